// The tables in this very thread, over an embedded store of their own, behind the real port; and the SDK's own clients of it.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { onTestFinished } from "vitest";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import { createSystemRandom } from "../../src/platform/system-random.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { StoredRecord, Streams } from "../../src/ports/streams.ts";
import { createEmbeddedStreams, trimEmbeddedStream } from "../../src/stores/embedded-streams.ts";
import { openTableService, type TableService } from "../../src/tables/table-service.ts";
import { surroundings } from "../control/doubles/house.ts";
import { aServedHouse } from "../control/doubles/served.ts";
import { openStoreAside } from "../stores/aside.ts";

export interface TablesAside {
  readonly folder: string;
  readonly streams: Streams;
  readonly tables: TableService;
  /** Lets all that a stream holds now go, as its retention would. */
  trim(streamName: string): Promise<void>;
}

/** The service alone; `streams` stands between it and the store. */
export async function openTablesAside(
  given: { readonly streams?: (real: Streams) => Streams; readonly clock?: Clock } = {},
): Promise<TablesAside> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-tables-"));
  const store = await openStoreAside();
  const real = createEmbeddedStreams(store.client);
  const streams = given.streams?.(real) ?? real;
  const tables = await openTables(folder, streams, given.clock);
  onTestFinished(async () => {
    await tables.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { folder, streams, tables, trim: (name) => trimEmbeddedStream(store.client, name) };
}

export function openTables(
  folder: string,
  streams: Streams,
  clock: Clock = createSystemClock(),
): Promise<TableService> {
  return openTableService({ ...surroundings, folder, streams, clock, random: createSystemRandom() });
}

export interface ServedTables extends TablesAside {
  readonly url: string;
  readonly db: DynamoDBClient;
  readonly streamsClient: DynamoDBStreamsClient;
}

export async function serveTables(clock?: Clock): Promise<ServedTables> {
  const aside = await openTablesAside(clock === undefined ? {} : { clock });
  const { tables, streams } = aside;
  const served = await aServedHouse([], { tables, streams, ...(clock === undefined ? {} : { clock }) });
  const client = {
    endpoint: served.url,
    region: surroundings.region,
    credentials: { accessKeyId: "key", secretAccessKey: "secret" },
    maxAttempts: 1,
  };
  const db = new DynamoDBClient(client);
  const streamsClient = new DynamoDBStreamsClient(client);
  onTestFinished(() => {
    db.destroy();
    streamsClient.destroy();
  });
  return { ...aside, url: served.url, db, streamsClient };
}

/** A call of the service alone: its status and answer. */
export async function call(
  tables: TableService,
  operation: Parameters<TableService["call"]>[0],
  request: unknown,
): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }> {
  const { status, body } = await tables.call(operation, Buffer.from(JSON.stringify(request)));
  return { status, body: { ...Object(JSON.parse(body)) } };
}

export const ordersTable = (viewType: string | null = "NEW_AND_OLD_IMAGES"): Readonly<Record<string, unknown>> => ({
  TableName: "orders",
  AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
  BillingMode: "PAY_PER_REQUEST",
  ...(viewType === null ? {} : { StreamSpecification: { StreamEnabled: true, StreamViewType: viewType } }),
});

export interface ToldChange {
  readonly eventID: string;
  readonly eventName: string;
  readonly dynamodb: {
    readonly Keys: Readonly<Record<string, unknown>>;
    readonly NewImage?: Readonly<Record<string, unknown>>;
    readonly OldImage?: Readonly<Record<string, unknown>>;
    readonly SizeBytes: number;
    readonly StreamViewType: string;
  };
}

/** Everything that a stream has, in order. */
export async function changesIn(streams: Streams, name: string): Promise<readonly ToldChange[]> {
  const described = await streams.describe(name);
  if (described.kind !== "stream") throw new Error(`there is no stream ${name}`);
  const records: StoredRecord[] = [];
  for (const { id } of described.stream.shards) {
    const read = await streams.read(name, id, null, { limit: 1_000_000, maxBytes: 1_000_000_000 });
    if (read.kind !== "records") throw new Error(`a read answered ${read.kind}`);
    records.push(...read.records);
  }
  return records.map(({ data }) => JSON.parse(Buffer.from(data).toString("utf8")) as ToldChange);
}

/** Of a table's latest stream. */
export async function changesOf(aside: TablesAside, table = "orders"): Promise<readonly ToldChange[]> {
  const latest = (await aside.tables.streams()).filter((stream) => stream.table === table).at(-1);
  if (latest === undefined) throw new Error(`${table} has no stream`);
  return changesIn(aside.streams, latest.name);
}
