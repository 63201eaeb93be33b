// Entry of a poller thread: checks where it runs, parses what arrives, and hands it to the host, which wires and runs.

import { randomUUID } from "node:crypto";
import { parentPort } from "node:worker_threads";
import { MillraceError } from "../src/errors.ts";
import { createSystemClock } from "../src/platform/system-clock.ts";
import { parseToPoller } from "../src/threads/parse-message.ts";
import { type FromPoller, type PollerBoot, PROTOCOL_VERSION } from "../src/threads/protocol.ts";
import { createPollerHost, type PollerHost, type RedisParts } from "./poller-host.ts";

const owner = parentPort;
if (owner === null) throw new MillraceError("protocol-broken", "workers/poller.ts runs in a thread only");
const tell = (answer: FromPoller): void => owner.postMessage(answer);
// Messages are taken in order; what comes while a broker's client is being loaded waits for it.
let host: Promise<PollerHost> | null = null;

owner.on("message", (value: unknown) => {
  const message = parseToPoller(value);
  if (message.kind === "boot") host = boot(message);
  else void host?.then((ready) => ready.receive(message));
});

async function boot(message: PollerBoot): Promise<PollerHost> {
  if (message.protocolVersion !== PROTOCOL_VERSION)
    throw new MillraceError("protocol-broken", "the poller thread is of another version than its owner");
  const created = createPollerHost(message, await redisParts(message), tell);
  tell({ kind: "ready", protocolVersion: PROTOCOL_VERSION });
  return created;
}

/** Loaded only where it is configured: a broker's client is half of a thread's start. */
async function redisParts({ redis }: PollerBoot): Promise<RedisParts | null> {
  if (redis === null) return null;
  const { createRedisSources } = await import("./redis/redis-sources.ts");
  const { createRedisQueues } = await import("./redis/queues/redis-queues.ts");
  const clock = createSystemClock();
  return {
    sources: createRedisSources({ address: redis, wakeName: randomUUID(), ...clock }),
    // Main looks after their retention.
    queues: createRedisQueues({ address: redis, clock, sweepEveryMs: null }),
  };
}
