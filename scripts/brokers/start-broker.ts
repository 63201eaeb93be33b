// Starts a broker for tests, benches and people: an address in the environment wins; otherwise a server is found
// (`find-server.ts`), started on a free port with a temporary folder, and waited for until it answers. What one broker's
// server needs is in its own file (`redis.ts`); invariants B1 and B2 are in `broker.ts`.

import { rmSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MillraceError } from "../../src/errors.ts";
import { activemq } from "./activemq.ts";
import { type BrokerKind, type BrokerName, type BrokerOptions, type LaunchPlan, type RunningBroker } from "./broker.ts";
import { endDetached, type OwnedProcess, sendSignal, startDetached, startLeashed } from "./child.ts";
import { startWithCompose } from "./compose.ts";
import { brokerMissing, findServer } from "./find-server.ts";
import { freePort } from "./free-port.ts";
import { kafka } from "./kafka.ts";
import { mongodb } from "./mongodb.ts";
import { rabbitmq } from "./rabbitmq.ts";
import { redis } from "./redis.ts";
import { surroundingsOfMachine } from "./surroundings.ts";

const askEveryMs = 20;
const startTries = 3;

export const brokerKinds: Readonly<Record<BrokerName, BrokerKind>> = {
  redis,
  rabbitmq,
  activemq,
  kafka,
  mongodb,
};

/**
 * Resolves with a broker that answers. Throws `broker-missing` if none can be had, or if the environment's address does
 * not answer. Whoever calls it calls `stop`; a process that ends without doing so takes the broker with it.
 */
export async function startBroker(name: BrokerName, options: BrokerOptions = {}): Promise<RunningBroker> {
  const kind = brokerKinds[name];
  const rabbitOptions = [options.virtualHosts, options.consumerTimeoutMs].filter((each) => each !== undefined);
  if (name !== "rabbitmq" && rabbitOptions.length > 0) {
    throw new MillraceError(
      "bad-argument",
      `virtualHosts and consumerTimeoutMs are options of rabbitmq, not of ${name}`,
    );
  }
  if (name !== "kafka" && options.kafka !== undefined) {
    throw new MillraceError("bad-argument", `kafka is an option of kafka, not of ${name}`);
  }
  const isPlain =
    options.kafka === undefined && options.tls !== true && options.acl === undefined && rabbitOptions.length === 0;
  const address = process.env[kind.variable];
  if (address !== undefined && address !== "" && isPlain && options.own !== true) {
    return await brokerOfEnvironment(kind, address);
  }
  const tell = options.tell ?? (() => undefined);
  const wanted = { isPlain, mayInstall: options.mayInstall !== false };
  const server = await findServer(kind, wanted, surroundingsOfMachine(tell));
  if (server.kind === "compose") return await startWithCompose(kind, options.port ?? (await freePort()));
  return await startBinary(kind, server.path, options);
}

async function brokerOfEnvironment(kind: BrokerKind, address: string): Promise<RunningBroker> {
  try {
    await kind.ask(address, null);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw brokerMissing(
      kind,
      [`${kind.variable} names ${withoutPassword(address)}, where none answers (${reason})`],
      error,
    );
  }
  // Of several servers the first.
  const url = new URL(address.replace(/,[^/?]*/, ""));
  const refuse = (): Promise<never> =>
    Promise.reject(
      new MillraceError("bad-argument", `the ${kind.name} of ${kind.variable} is not ours to stop or restart (B2)`, {
        help: `startBroker("${kind.name}", { own: true })`,
      }),
    );
  return {
    name: kind.name,
    url: address,
    host: url.hostname,
    port: Number(url.port),
    caFile: null,
    origin: { kind: "environment", variable: kind.variable },
    processId: null,
    folder: null,
    stop: () => Promise.resolve(),
    kill: refuse,
    restart: refuse,
    pause: refuse,
    resume: refuse,
  };
}

async function startBinary(kind: BrokerKind, path: string, options: BrokerOptions): Promise<RunningBroker> {
  const folder = await mkdtemp(join(tmpdir(), `millrace-${kind.name}-`));
  for (let attempt = 1; ; attempt += 1) {
    const plan = await kind.plan(path, folder, options.port ?? (await freePort()), options);
    try {
      if (options.life === "detached") return await detachedBroker(kind, path, folder, plan);
      return leashedBroker(kind, path, folder, plan, await launch(kind, folder, plan));
    } catch (error) {
      // The free port may have been taken meanwhile; a port that the caller chose stays as it is.
      if (options.port === undefined && attempt < startTries) continue;
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

async function launch(kind: BrokerKind, folder: string, plan: LaunchPlan): Promise<OwnedProcess> {
  const server = await startLeashed(plan.command, plan.commandArguments, folder, plan.environment);
  try {
    await waitUntilReady(kind, plan, server.isRunning);
    return server;
  } catch (error) {
    await server.kill();
    throw new MillraceError("broker-missing", `${kind.name} did not start:\n${server.logTail()}`, { cause: error });
  }
}

async function waitUntilReady(kind: BrokerKind, plan: LaunchPlan, isRunning: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + kind.readyWithinMs;
  for (;;) {
    try {
      await plan.ask();
      return;
    } catch (error) {
      const hasTime = performance.now() < deadlineMs;
      if (!hasTime || !isRunning()) {
        throw new Error(`${kind.name} on port ${plan.port} ${hasTime ? "ended" : "is not ready"}`, { cause: error });
      }
    }
    await delay(askEveryMs);
  }
}

function leashedBroker(
  kind: BrokerKind,
  path: string,
  folder: string,
  plan: LaunchPlan,
  first: OwnedProcess,
): RunningBroker {
  let server: OwnedProcess | null = first;
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", removeFolder);
  return {
    ...addressOf(kind, path, folder, plan),
    get processId() {
      return server?.isRunning() === true ? server.processId : null;
    },
    stop: async () => {
      await server?.stop();
      server = null;
      process.off("exit", removeFolder);
      removeFolder();
    },
    kill: async () => {
      await server?.kill();
      server = null;
    },
    restart: async () => {
      await server?.stop();
      server = null;
      server = await launch(kind, folder, plan);
    },
    pause: async () => server?.signal("SIGSTOP"),
    resume: async () => server?.signal("SIGCONT"),
  };
}

async function detachedBroker(
  kind: BrokerKind,
  path: string,
  folder: string,
  plan: LaunchPlan,
): Promise<RunningBroker> {
  // No broker has a file of this name in its folder; RabbitMQ has one called log.
  const logFile = join(folder, "server.log");
  const processId = startDetached(plan.command, plan.commandArguments, logFile, plan.environment);
  try {
    await waitUntilReady(kind, plan, () => sendSignal(processId, 0));
  } catch (error) {
    sendSignal(processId, "SIGKILL");
    const said = await readFile(logFile, "utf8").catch(() => "");
    const tail = said.split("\n").slice(-40).join("\n");
    throw new MillraceError("broker-missing", `${kind.name} did not start:\n${tail}`, { cause: error });
  }
  const refuse = (): Promise<never> =>
    Promise.reject(new MillraceError("bad-argument", `a detached ${kind.name} can only be stopped`));
  return {
    ...addressOf(kind, path, folder, plan),
    processId,
    stop: async () => {
      await endDetached(processId);
      await rm(folder, { recursive: true, force: true });
    },
    kill: refuse,
    restart: refuse,
    pause: refuse,
    resume: refuse,
  };
}

function addressOf(kind: BrokerKind, path: string, folder: string, plan: LaunchPlan) {
  return {
    name: kind.name,
    url: plan.url,
    host: plan.host,
    port: plan.port,
    caFile: plan.caFile,
    folder,
    origin: { kind: "binary", path },
  } as const;
}

function withoutPassword(address: string): string {
  return address.replace(/(\/\/[^:@/]*):[^@/]*@/, "$1:***@");
}
