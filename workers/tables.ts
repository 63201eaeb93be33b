// The tables' thread: opens their database, of which there may be one opener, and serves main. Everything it does is
// src/tables/table-service.ts. Why a thread of its own: docs/decisions/0006-tables-in-a-thread-of-their-own.md.

import { parentPort } from "node:worker_threads";
import { assertNever } from "../src/core/assert-never.ts";
import { MillraceError } from "../src/errors.ts";
import { createSystemClock } from "../src/platform/system-clock.ts";
import { createSystemRandom } from "../src/platform/system-random.ts";
import type { Streams } from "../src/ports/streams.ts";
import { createEmbeddedStreams } from "../src/stores/embedded-streams.ts";
import { createStoreClient, type StoreClient } from "../src/stores/store-client.ts";
import { openTableService, type TableService } from "../src/tables/table-service.ts";
import {
  type FromTables,
  parseToTables,
  TABLES_PROTOCOL_VERSION,
  type TablesBoot,
} from "../src/tables/tables-protocol.ts";

const owner = parentPort;
if (owner === null) throw new MillraceError("protocol-broken", "workers/tables.ts runs in a thread only");
const tell = (message: FromTables): void => owner.postMessage(message);

interface Host {
  readonly service: TableService;
  readonly streams: Streams;
  readonly client: StoreClient;
}

let host: Promise<Host | null> | null = null;

async function open(boot: TablesBoot): Promise<Host | null> {
  if (boot.protocolVersion !== TABLES_PROTOCOL_VERSION)
    throw new MillraceError("protocol-broken", "the tables' thread is of another version than its owner");
  const clock = createSystemClock();
  const client = createStoreClient(boot.storePort);
  const streams = await openStreams(boot, client);
  try {
    const service = await openTableService({ ...boot, streams, clock, random: createSystemRandom() });
    tell({ kind: "ready" });
    return { service, streams, client };
  } catch (error) {
    await streams.close();
    client.close();
    const reason = error instanceof Error ? error.message : String(error);
    tell({ kind: "failed", code: "state-broken", message: `the tables in ${boot.folder} cannot be opened: ${reason}` });
    return null;
  }
}

/** Redis's client is loaded only where it is configured. Retention is main's to look after. */
async function openStreams({ redis }: TablesBoot, client: StoreClient): Promise<Streams> {
  if (redis === null) return createEmbeddedStreams(client);
  const { createRedisStreams } = await import("./redis/redis-streams.ts");
  const clock = createSystemClock();
  return createRedisStreams({ address: redis, plainStreams: [], nowMs: () => clock.nowMs(), trimEveryMs: null });
}

async function close(): Promise<void> {
  const opened = await host;
  await opened?.service.close();
  await opened?.streams.close();
  opened?.client.close();
  tell({ kind: "closed" });
  owner?.close();
}

owner.on("message", (value: unknown) => {
  const message = parseToTables(value);
  switch (message.kind) {
    case "boot":
      host = open(message);
      return;
    case "call":
      void host?.then(async (opened) => {
        if (opened === null) return;
        const reply = await opened.service.call(message.operation, message.body);
        tell({ kind: "reply", requestId: message.requestId, reply });
      });
      return;
    case "streams":
      void host?.then(async (opened) => {
        if (opened !== null)
          tell({ kind: "listed", requestId: message.requestId, streams: await opened.service.streams() });
      });
      return;
    case "close":
      void close();
      return;
    default:
      assertNever(message);
  }
});
