// Rules of streams that are seen best from outside: through an app under test.

import type { DynamoDBStreamEvent, KinesisStreamEvent } from "aws-lambda";
import { expect, test } from "vitest";
import { type App, millrace } from "../../src/testing/index.ts";

async function anApp(shards = 1): Promise<App> {
  const app = await millrace();
  app.stream("orders", { shards });
  await app.function("f", { handler: () => undefined });
  return app;
}

const mapping = { source: "orders", FunctionName: "f" };

test("B-3: a window is 0 to 300 whole seconds, and 0 unless said", async () => {
  await using app = await anApp();
  expect(await (await app.mapping(mapping)).get()).toMatchObject({ MaximumBatchingWindowInSeconds: 0 });
  for (const seconds of [-1, 301, 1.5])
    await expect(
      app.mapping({ ...mapping, EventSourceArn: "", MaximumBatchingWindowInSeconds: seconds }),
    ).rejects.toThrow(/Exception/);
  app.stream("others");
  const longest = await app.mapping({ ...mapping, source: "others", MaximumBatchingWindowInSeconds: 300 });
  expect(await longest.get()).toMatchObject({ MaximumBatchingWindowInSeconds: 300 });
});

test("B-13: a change of the largest item fits into an event, and few of them fill one", async () => {
  await using app = await millrace();
  const table = app.table("orders", { key: "id" });
  await app.function("f", { handler: () => undefined });
  await app.mapping({ ...mapping, MaximumRetryAttempts: 0 });
  for (let each = 0; each < 10; each += 1) table.put({ id: `${each}`, text: "x".repeat(400_000) });
  for (let each = 0; each < 10; each += 1) table.put({ id: `${each}`, text: "y".repeat(400_000) });
  await app.drained();
  expect(app.documents()).toEqual([]);
  expect(app.invocations().every(({ outcome }) => outcome === "ok")).toBe(true);
  expect(app.batches().some(({ closedBy }) => closedBy === "payload")).toBe(true);
  for (const { payloadBytes } of app.batches()) expect(payloadBytes).toBeLessThanOrEqual(6_291_456);
});

test("B-16, P-1: a batch is of one shard, in the order of its positions", async () => {
  await using app = await anApp(4);
  const puts = Array.from({ length: 200 }, (_, each) =>
    app.put("orders", { partitionKey: `k${each % 17}`, data: `${each}` }),
  );
  const shardOf = new Map(puts.map(({ sequenceNumber, shardId }) => [sequenceNumber, shardId]));
  await app.mapping({ ...mapping, BatchSize: 7 });
  await app.drained();
  const numbers = app.invocations().map(({ event }) => event.Records.map(({ kinesis }) => kinesis.sequenceNumber));
  expect(numbers.flat().length).toBe(200);
  for (const batch of numbers) {
    expect(batch.toSorted()).toEqual(batch);
    expect(new Set(batch.map((number) => shardOf.get(number))).size).toBe(1);
  }
});

test("D-3: the version of a table's record is 1.1", async () => {
  await using app = await millrace();
  const table = app.table("orders", { key: "id" });
  await app.function("f", { handler: () => undefined });
  await app.mapping(mapping);
  table.put({ id: "a" });
  await app.drained();
  expect(app.invocations<DynamoDBStreamEvent>()[0]?.event.Records[0]?.eventVersion).toBe("1.1");
});

test("E-67: an aggregate on shared reads has one lane, whatever the factor; beside windows a factor is refused", async () => {
  await using app = await anApp();
  let most = 0;
  let running = 0;
  await app.function("f", {
    async handler(_event, context) {
      most = Math.max(most, ++running);
      await context.sleep(100);
      running -= 1;
    },
  });
  // Shared reads do not look into an aggregate: its outer key is all that a lane knows.
  await app.mapping({ ...mapping, BatchSize: 1, ParallelizationFactor: 10 });
  for (let each = 0; each < 10; each += 1) app.put("orders", { partitionKey: "outer", data: `${each}` });
  await app.drained();
  expect(most).toBe(1);
  app.stream("others");
  await expect(
    app.mapping({ ...mapping, source: "others", ParallelizationFactor: 2, TumblingWindowInSeconds: 10 }),
  ).rejects.toThrow("Parallelization factor must be equal to 1");
});

test("H-4: a starting position counts at creation and cannot be changed", async () => {
  await using app = await anApp();
  app.put("orders", { partitionKey: "a", data: "before" });
  const latest = await app.mapping({ ...mapping, StartingPosition: "LATEST" });
  const change: object = { StartingPosition: "TRIM_HORIZON", BatchSize: 9 };
  await latest.update(change);
  app.put("orders", { partitionKey: "a", data: "after" });
  await app.drained();
  expect(await latest.get()).toMatchObject({ StartingPosition: "LATEST", BatchSize: 9 });
  expect(app.invocations().flatMap(({ event }) => event.Records)).toHaveLength(1);
});

test("K-4, K-5: a record has no members but these, and its data is base64, also where a filter read it", async () => {
  await using app = await anApp();
  await app.mapping({ ...mapping, FilterCriteria: { Filters: [{ Pattern: '{"data":{"n":[1]}}' }] } });
  app.put("orders", { partitionKey: "a", data: { n: 1 } });
  await app.drained();
  const [record] = app.invocations<KinesisStreamEvent>()[0]?.event.Records ?? [];
  expect(Object.keys(record?.kinesis ?? {})).toEqual([
    "kinesisSchemaVersion",
    "partitionKey",
    "sequenceNumber",
    "data",
    "approximateArrivalTimestamp",
  ]);
  expect(Buffer.from(record?.kinesis.data ?? "", "base64").toString()).toBe('{"n":1}');
});

test("O-16: an empty destination in an update takes the destination away", async () => {
  await using app = await anApp();
  const one = await app.mapping({
    ...mapping,
    DestinationConfig: { OnFailure: { Destination: app.queueArn("failed") } },
  });
  await one.update({ DestinationConfig: { OnFailure: { Destination: "" } } });
  expect(await one.get()).toMatchObject({ DestinationConfig: { OnFailure: {} } });
});
