// Stores for tests: the service in this very thread under a clock that is moved by hand, and the real thread.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { MessageChannel } from "node:worker_threads";
import type { Clock } from "../../src/ports/clock.ts";
import type { NewMessage, Received } from "../../src/ports/queues.ts";
import { createSystemRandom } from "../../src/platform/system-random.ts";
import { createStoreClient, type StoreClient } from "../../src/stores/store-client.ts";
import { openStoreDatabase } from "../../src/stores/store-database.ts";
import { createStoreService, type StoreService } from "../../src/stores/store-service.ts";
import { startStoreThread, type StoreThread } from "../../src/stores/start-store-thread.ts";
import { workerEntry } from "../../src/threads/entries.ts";

export const REGION = "us-east-1";
export const ACCOUNT_ID = "000000000000";

/** A clock that stands still until it is moved. Its wake-ups never come: tests sweep by hand. */
export interface HandClock extends Clock {
  moveBy(ms: number): void;
}

export function createHandClock(startMs = 1_789_654_321_123): HandClock {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    wakeAt: () => () => undefined,
    moveBy(ms) {
      nowMs += ms;
    },
  };
}

export interface StoreAside {
  readonly dir: string;
  readonly clock: HandClock;
  readonly service: StoreService;
  readonly client: StoreClient;
  connect(): StoreClient;
  /** Closes the store and opens its file again, as after a restart; `change` is made to the file in between. */
  reopen(change?: (database: DatabaseSync) => void): Promise<StoreAside>;
  close(): Promise<void>;
}

export async function openStoreAside(
  given: { readonly dir?: string; readonly clock?: HandClock; readonly maxShardBytes?: number | null } = {},
): Promise<StoreAside> {
  const dir = given.dir ?? (await mkdtemp(join(tmpdir(), "millrace-store-")));
  const clock = given.clock ?? createHandClock();
  const maxShardBytes = given.maxShardBytes ?? null;
  const service = createStoreService(openStoreDatabase(join(dir, "store.db")), {
    clock,
    random: createSystemRandom(),
    region: REGION,
    accountId: ACCOUNT_ID,
    maxShardBytes,
    onProblem: (error) => {
      throw error;
    },
  });
  const clients: StoreClient[] = [];
  const connect = (): StoreClient => {
    const { port1, port2 } = new MessageChannel();
    service.connect(port1);
    const client = createStoreClient(port2);
    clients.push(client);
    return client;
  };
  const stop = (): void => {
    for (const client of clients) client.close();
    service.close();
  };
  return {
    dir,
    clock,
    service,
    client: connect(),
    connect,
    async reopen(change) {
      stop();
      if (change !== undefined) {
        const database = new DatabaseSync(join(dir, "store.db"));
        change(database);
        database.close();
      }
      return openStoreAside({ dir, clock, maxShardBytes });
    },
    async close() {
      stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export interface ThreadAside {
  readonly dir: string;
  readonly thread: StoreThread;
  readonly client: StoreClient;
  close(): Promise<void>;
}

export async function startThreadAside(): Promise<ThreadAside> {
  const dir = await mkdtemp(join(tmpdir(), "millrace-store-"));
  const thread = await startStoreThread({
    entry: workerEntry("store"),
    storeFile: join(dir, "store.db"),
    region: REGION,
    accountId: ACCOUNT_ID,
    maxShardBytes: null,
    onFailed: (error) => {
      throw error;
    },
    onProblem: (message) => {
      throw new Error(message);
    },
  });
  const client = createStoreClient(thread.connect());
  return {
    dir,
    thread,
    client,
    async close() {
      client.close();
      await thread.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A message as an edge hands it over, with nothing but a body. */
export function aMessage(body: string, more: Partial<NewMessage> = {}): NewMessage {
  return { body, attributes: null, sizeBytes: Buffer.byteLength(body), delayMs: null, ...more };
}

/** Null: there was no such queue. */
export const bodies = (received: Received | null): readonly string[] | null =>
  received?.messages.map((each) => each.body) ?? null;

/** Rows of records that are left in the file, after the store was closed. */
export function chunkCount(dir: string): unknown {
  const database = new DatabaseSync(join(dir, "store.db"));
  const count = database.prepare("SELECT count(*) AS count FROM chunks").get()?.["count"];
  database.close();
  return count;
}
