// ShardFilter of ListShards: which shards each type lets through, and that it holds on the pages that follow.

import { expect, test } from "vitest";
import { callKinesis } from "../../src/control/kinesis/kinesis-calls.ts";
import { shardFilterFault, shardsThrough } from "../../src/control/kinesis/shard-filter.ts";
import type { ShardDescription, StreamDescription } from "../../src/ports/streams.ts";
import { handClock, surroundings } from "./doubles/house.ts";
import { memoryConsumers } from "./doubles/memory-consumers.ts";
import { memoryStreams } from "./doubles/memory-streams.ts";

const HOUR_MS = 3_600_000;
const at = (ms: number): string => `49${String(ms).padStart(20, "0")}${"0".repeat(20)}`;
const shard = (id: string, more: Partial<ShardDescription>): ShardDescription => ({
  id,
  parentId: null,
  adjacentParentId: null,
  startingHashKey: "0",
  endingHashKey: "1",
  startingSequenceNumber: at(0),
  endingSequenceNumber: null,
  ...more,
});
/** Made at hour 0; `a` was split into `b` and `c` at hour 10; `d` never changed. A day of retention. */
const stream: StreamDescription = {
  name: "orders",
  status: "ACTIVE",
  mode: "PROVISIONED",
  shards: [
    shard("a", { endingSequenceNumber: at(10 * HOUR_MS) }),
    shard("b", { parentId: "a", startingSequenceNumber: at(10 * HOUR_MS) }),
    shard("c", { parentId: "a", startingSequenceNumber: at(10 * HOUR_MS) }),
    shard("d", {}),
  ],
  retentionHours: 24,
  createdAtMs: 0,
  isPlain: false,
};
const seconds = (hours: number) => (hours * HOUR_MS) / 1_000;

test.each([
  [{}, 20, "a b c d"],
  [{ Type: "AFTER_SHARD_ID", ShardId: "b" }, 20, "c d"],
  [{ Type: "AT_LATEST" }, 20, "b c d"],
  [{ Type: "AT_TRIM_HORIZON" }, 20, "a d"],
  [{ Type: "AT_TRIM_HORIZON" }, 40, "b c d"],
  [{ Type: "FROM_TRIM_HORIZON" }, 20, "a b c d"],
  [{ Type: "FROM_TRIM_HORIZON" }, 40, "b c d"],
  [{ Type: "AT_TIMESTAMP", Timestamp: seconds(9) }, 20, "a d"],
  [{ Type: "AT_TIMESTAMP", Timestamp: seconds(11) }, 20, "b c d"],
  [{ Type: "AT_TIMESTAMP", Timestamp: seconds(1) }, 40, "b c d"],
  [{ Type: "FROM_TIMESTAMP", Timestamp: seconds(9) }, 20, "a b c d"],
  [{ Type: "FROM_TIMESTAMP", Timestamp: seconds(11) }, 20, "b c d"],
])("%j at hour %i lets through %s", (filter, hour, ids) => {
  expect(shardFilterFault(filter)).toBeNull();
  const through = shardsThrough(filter, stream, hour * HOUR_MS);
  expect(through.map(({ id }) => id).join(" ")).toBe(ids);
});

test("holds on the pages that follow", async () => {
  const clock = handClock();
  const streams = memoryStreams(clock);
  await streams.create("orders", { shardCount: 2, mode: "PROVISIONED" });
  const page = (more: object) =>
    callKinesis({ streams, consumers: memoryConsumers(clock), clock, settings: surroundings }, "ListShards", {
      MaxResults: 1,
      ...more,
    });
  const first = await page({ StreamName: "orders", ShardFilter: { Type: "AFTER_SHARD_ID", ShardId: "a" } });
  const second = await page({ NextToken: first.body?.["NextToken"] });
  expect([first, second].map(({ body }) => body?.["Shards"])).toMatchObject([
    [{ ShardId: "shardId-000000000000" }],
    [{ ShardId: "shardId-000000000001" }],
  ]);
  expect(second.body).not.toHaveProperty("NextToken");
  const latest = await page({ StreamName: "orders", ShardFilter: { Type: "AT_TIMESTAMP", Timestamp: 1.5 } });
  expect((await page({ NextToken: latest.body?.["NextToken"] })).body?.["Shards"]).toMatchObject([
    { ShardId: "shardId-000000000001" },
  ]);
});
