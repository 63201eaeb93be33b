// A store whose file is full: told once, and once when it can be written again.

import { MessageChannel } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { createSystemRandom } from "../../src/platform/system-random.ts";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";
import { createEmbeddedStreams } from "../../src/stores/embedded-streams.ts";
import { createStoreClient } from "../../src/stores/store-client.ts";
import { openStoreDatabase } from "../../src/stores/store-database.ts";
import { createStoreService } from "../../src/stores/store-service.ts";

const LARGE_BYTES = 200_000;
const STARTS_AT_MS = 1_790_000_000_000;

function aStore() {
  const database = openStoreDatabase(":memory:");
  const clock = createVirtualClock(STARTS_AT_MS);
  const told: string[] = [];
  const service = createStoreService(database, {
    clock,
    random: createSystemRandom(),
    region: "eu-west-1",
    accountId: "000000000000",
    maxShardBytes: null,
    onProblem: (error) => told.push(error instanceof Error ? error.message : String(error)),
    onWell: () => told.push("well"),
  });
  const { port1, port2 } = new MessageChannel();
  service.connect(port1);
  const client = createStoreClient(port2);
  onTestFinished(() => {
    client.close();
    service.close();
  });
  const streams = createEmbeddedStreams(client);
  return {
    told,
    streams,
    put: async (bytes: number) =>
      (await streams.append("s", [{ partitionKey: "k", explicitHashKey: null, data: Buffer.alloc(bytes) }])).kind,
    /** Pages that the file may still grow by. */
    leave: (pageCount: number): void => {
      const used = Number(database.prepare("PRAGMA page_count").get()?.["page_count"]);
      database.prepare(`PRAGMA max_page_count = ${used + pageCount}`).get();
    },
    pass: (ms: number): void => {
      const untilMs = clock.nowMs() + ms;
      while (clock.runNext(untilMs));
      clock.passTo(untilMs);
    },
  };
}

test("a full file is told once, and once when it takes what it refused", async () => {
  const { told, streams, put, leave, pass } = aStore();
  await streams.create("s", { shardCount: 1, mode: "PROVISIONED" });
  leave(4);
  expect([await put(LARGE_BYTES), await put(LARGE_BYTES)]).toEqual(["problem", "problem"]);
  pass(10_000);
  expect(told).toEqual(["database or disk is full"]);
  leave(1_000);
  expect(await put(LARGE_BYTES)).toBe("put");
  pass(10_000);
  expect(told).toEqual(["database or disk is full", "well"]);
});

test("a file that takes small records and refuses large ones is one trouble", async () => {
  const { told, streams, put, leave, pass } = aStore();
  await streams.create("s", { shardCount: 1, mode: "PROVISIONED" });
  leave(4);
  for (let round = 0; round < 3; round += 1) {
    expect([await put(LARGE_BYTES), await put(1)]).toEqual(["problem", "put"]);
    pass(1_000);
  }
  expect(await put(LARGE_BYTES)).toBe("problem");
  pass(60_000);
  expect(told).toEqual(["database or disk is full"]);
});

test("what a store refuses because it is not there is no trouble", async () => {
  const { told, put } = aStore();
  expect(await put(1)).toBe("missing");
  expect(told).toEqual([]);
});
