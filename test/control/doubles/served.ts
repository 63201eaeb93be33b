// The whole port over doubles, but for the queues' store, on a free port of this machine; closed with the test.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MessageChannel } from "node:worker_threads";
import { onTestFinished } from "vitest";
import type { FunctionApi } from "../../../src/control/functions/function-api.ts";
import { createHttpServer } from "../../../src/control/http/http-server.ts";
import type { SelfFeedingWatch } from "../../../src/control/self-feeding.ts";
import { secretFileText } from "../../../src/config/secret-text.ts";
import { type ConfiguredSecret, createSecretTable } from "../../../src/control/secrets/secret-table.ts";
import { createJournalFeed, type JournalFeed } from "../../../src/journal/journal-feed.ts";
import { createSystemClock } from "../../../src/platform/system-clock.ts";
import { createSystemRandom } from "../../../src/platform/system-random.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { ItemTables } from "../../../src/ports/item-tables.ts";
import type { Queues } from "../../../src/ports/queues.ts";
import { createBucketObjects } from "../../../src/destinations/bucket-objects.ts";
import { createPartUploads } from "../../../src/destinations/part-uploads.ts";
import type { Buckets, PartUploads } from "../../../src/ports/buckets.ts";
import type { Topics } from "../../../src/ports/topics.ts";
import { embeddedDoors } from "../../../src/wiring/embedded-doors.ts";
import { openHouseTopics } from "../../../src/wiring/house-topics.ts";
import { createTables } from "../../../src/stores/store-tables.ts";
import type { Streams } from "../../../src/ports/streams.ts";
import { createStoreClient } from "../../../src/stores/store-client.ts";
import { openStoreDatabase } from "../../../src/stores/store-database.ts";
import { createQueues } from "../../../src/stores/store-queues.ts";
import { createStoreService } from "../../../src/stores/store-service.ts";
import { aHouse, type House, surroundings } from "./house.ts";
import { memoryFunctions } from "./memory-functions.ts";
import { noInvoke } from "./no-invoke.ts";
import { noTables } from "./no-tables.ts";

export interface Served extends House {
  readonly url: string;
  readonly port: number;
  readonly feed: JournalFeed;
  readonly functionApi: FunctionApi;
  /** Of a real store, in memory. */
  readonly queues: Queues;
  /** Over the same store; functions that are subscribed are called by nobody. */
  readonly topics: Topics;
  /** In a folder that goes with the test. */
  readonly buckets: Buckets;
  readonly uploads: PartUploads;
  readonly bucketRoot: string;
}

const VERSION_ID = "11111111-2222-4333-8444-555555555555";

export async function aServedHouse(
  secrets: readonly ConfiguredSecret[] = [],
  given: {
    readonly tables?: ItemTables;
    readonly streams?: Streams;
    readonly clock?: Clock;
    readonly selfFeeding?: SelfFeedingWatch;
    readonly clusters?: Parameters<typeof embeddedDoors>[0];
  } = {},
): Promise<Served> {
  const house = await aHouse();
  const feed = createJournalFeed();
  const random = createSystemRandom();
  const store = createStoreService(openStoreDatabase(":memory:"), {
    clock: createSystemClock(),
    random,
    region: surroundings.region,
    accountId: surroundings.accountId,
    maxShardBytes: null,
    onProblem: (error) => {
      throw error;
    },
  });
  const { port1, port2 } = new MessageChannel();
  store.connect(port1);
  const client = createStoreClient(port2);
  const queues = createQueues(client);
  const topics = await openHouseTopics({
    tables: createTables(client),
    queues,
    invocations: noInvoke,
    clock: createSystemClock(),
    random,
    journal: { append: (mapping, lane, fact) => feed.publish([{ ...fact, atMs: 0, mapping, lane, seq: 0 }], 0) },
    settings: surroundings,
    endpointUrl: () => url,
  });
  let url = "";
  const bucketRoot = await mkdtemp(join(tmpdir(), "millrace-buckets-"));
  const buckets = createBucketObjects(bucketRoot, random);
  const uploads = createPartUploads(bucketRoot, buckets, random);
  const functionApi = memoryFunctions({
    clock: house.clock,
    random,
    settings: surroundings,
  });
  const doors = given.clusters === undefined ? {} : embeddedDoors(given.clusters, { client, ...house });
  const server = createHttpServer({
    ...doors,
    selfFeeding: given.selfFeeding ?? { fed: () => undefined },
    control: house.control,
    invoke: noInvoke,
    functions: functionApi,
    streams: given.streams ?? house.streams,
    consumers: house.consumers,
    tables: given.tables ?? noTables,
    queues,
    topics,
    buckets,
    uploads,
    secrets: createSecretTable(secrets, {
      settings: surroundings,
      clock: { nowMs: () => 1_789_481_367_345 },
      versionId: () => VERSION_ID,
      textOf: secretFileText,
    }),
    journal: feed,
    clock: given.clock ?? house.clock,
    random,
    settings: surroundings,
    isReady: () => true,
    recordings: { begin: () => null },
    allowedHosts: ["aws.example"],
  });
  url = await server.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(async () => {
    await server.close(0);
    await topics.close();
    await rm(bucketRoot, { recursive: true, force: true });
    await house.control.close();
    client.close();
    store.close();
  });
  return {
    ...house,
    url,
    port: Number(new URL(url).port),
    feed,
    queues,
    topics,
    buckets,
    uploads,
    bucketRoot,
    functionApi,
  };
}
