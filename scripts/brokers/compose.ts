// A broker by Docker Compose, for machines that have an engine and no server of their own: one service of the project's
// `docker-compose.yml`, under a project name of its own so that two runs do not meet, on a free port, waited for by its
// health check. Compose ends it by that project name; there is no leash on a container.

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BrokerKind, RunningBroker } from "./broker.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..", "..");
const upWithinMs = 180_000;

export async function startWithCompose(kind: BrokerKind, port: number): Promise<RunningBroker> {
  const project = `millrace-test-${randomBytes(4).toString("hex")}`;
  const compose = async (...words: readonly string[]): Promise<void> => {
    await run("docker", ["compose", "--project-name", project, "--file", join(root, "docker-compose.yml"), ...words], {
      timeout: upWithinMs,
      env: { ...process.env, [kind.composePortVariable]: String(port) },
    });
  };
  const up = () => compose("up", "--detach", "--wait", kind.composeService);
  const url = kind.plainUrl("127.0.0.1", port);
  try {
    await up();
    await kind.ask(url, null);
  } catch (error) {
    await compose("down", "--volumes");
    throw error;
  }
  return {
    name: kind.name,
    url,
    host: "127.0.0.1",
    port,
    caFile: null,
    origin: { kind: "compose", project },
    processId: null,
    folder: null,
    stop: () => compose("down", "--volumes", "--timeout", "5"),
    kill: () => compose("kill", kind.composeService),
    restart: async () => {
      await compose("stop", kind.composeService);
      await up();
    },
    pause: () => compose("pause", kind.composeService),
    resume: () => compose("unpause", kind.composeService),
  };
}
