// Gives every test run its shared brokers, and a place for compiled code. Redis at once: `npm test` has started it and says its address; a run by hand starts one
// here. The slower ones when the first test asks (`shared-broker.ts`), so that who runs one file of another part waits for none.
// All are stopped at the run's end. Where one cannot be had, tests that need none still run, and those that ask for it fail.

import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { BrokerName, RunningBroker } from "../../scripts/brokers/broker.ts";
import { brokerKinds, startBroker } from "../../scripts/brokers/start-broker.ts";
import { MillraceError } from "../../src/errors.ts";
import { brokerProblemVariable } from "./redis-url.ts";
import { type BrokerAnswer, deskVariable } from "./shared-broker.ts";

export default async function setup(): Promise<() => Promise<void>> {
  const started = new Map<BrokerName, Promise<RunningBroker>>();
  const folder = await mkdtemp(join(tmpdir(), "millrace-desk-"));
  // Hundreds of processes and threads load the same files: each is compiled once a run. Of a folder that stays, copies of handlers would make a heap.
  process.env["NODE_COMPILE_CACHE"] ??= join(folder, "compiled");
  const desk = await openDesk(join(folder, "desk"), started);
  try {
    const redis = await sharedBroker("redis", started);
    process.env["MILLRACE_TEST_REDIS_URL"] = redis.url;
  } catch (error) {
    process.env[brokerProblemVariable] = problemOf(error);
  }
  return async () => {
    desk.close();
    // One that did not start has nothing to stop, and was told to whoever asked for it.
    await Promise.allSettled([...started.values()].map(async (broker) => await (await broker).stop()));
    await rm(folder, { recursive: true, force: true });
  };
}

/** Where tests, in processes of their own, ask for a broker: a line with its name, answered by a line of JSON. */
async function openDesk(path: string, started: Map<BrokerName, Promise<RunningBroker>>): Promise<Server> {
  const server = createServer((socket) => {
    // A test that ends meanwhile takes its question with it.
    socket.on("error", () => undefined);
    createInterface({ input: socket }).once("line", (line) => {
      void answerTo(line, started).then((answer) => socket.end(`${JSON.stringify(answer)}\n`));
    });
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
  process.env[deskVariable] = path;
  return server;
}

async function answerTo(line: string, started: Map<BrokerName, Promise<RunningBroker>>): Promise<BrokerAnswer> {
  const kind = Object.values(brokerKinds).find((each) => each.name === line);
  if (kind === undefined) return { url: null, problem: `no broker is called ${line}` };
  try {
    const broker = await sharedBroker(kind.name, started);
    return { url: broker.url, problem: null };
  } catch (error) {
    return { url: null, problem: problemOf(error) };
  }
}

function sharedBroker(name: BrokerName, started: Map<BrokerName, Promise<RunningBroker>>): Promise<RunningBroker> {
  // Installing a package is for `npm test`; who runs one file by hand does not expect it.
  const broker = started.get(name) ?? startBroker(name, { mayInstall: false });
  started.set(name, broker);
  return broker;
}

function problemOf(error: unknown): string {
  if (error instanceof MillraceError) return `${error.message}${error.help === null ? "" : `\nhelp: ${error.help}`}`;
  return String(error);
}
