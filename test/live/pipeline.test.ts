// What a mapping does with a stream, live: where it starts, what it passes over, how it batches, and what order it keeps.

import type { PutRecordsResultEntry } from "@aws-sdk/client-kinesis";
import { expect, test } from "vitest";
import { mapped, put } from "./support/aws-clients.ts";
import { aHouse, allOf, base, numbered } from "./support/house.ts";
import { aGate, type Delivery, goOn } from "./support/witness.ts";

const arrivalOf = ({ SequenceNumber = "" }: PutRecordsResultEntry): number => Number(SequenceNumber.slice(2, 22));

test("H-1, H-3: TRIM_HORIZON brings all there is, AT_TIMESTAMP what arrived then or later", async () => {
  const { witness, server, lambda, kinesis } = await aHouse({ names: ["all", "since"] });
  const sent: PutRecordsResultEntry[] = [];
  for (const text of numbered(20)) sent.push(...(await put(kinesis, "orders", [text])));
  const atMs = arrivalOf(sent[10] ?? {});
  const since = numbered(20).filter((_, index) => arrivalOf(sent[index] ?? {}) >= atMs);

  await mapped(server, lambda, { ...base, FunctionName: "all" });
  await mapped(server, lambda, {
    ...base,
    FunctionName: "since",
    StartingPosition: "AT_TIMESTAMP",
    StartingPositionTimestamp: new Date(atMs),
  });
  await allOf(witness, 20, "all");
  await allOf(witness, since.length, "since");
  expect(witness.texts("all")).toEqual(numbered(20));
  expect(witness.texts("since")).toEqual(since);
  expect(since.length).toBeLessThan(20);
});

test("H-2: LATEST is one exact cut while records flow: all after it, none before", async () => {
  const { witness, server, lambda, kinesis } = await aHouse();
  let count = 0;
  const putOne = async (): Promise<void> => {
    await put(kinesis, "orders", [`r${count}`]);
    count += 1;
  };
  for (let before = 0; before < 5; before += 1) await putOne();
  const beforeCount = count;
  let isEnabled = false;
  const made = mapped(server, lambda, { ...base, StartingPosition: "LATEST" }).then(() => {
    isEnabled = true;
  });
  while (!isEnabled) await putOne();
  await made;
  const enabledCount = count;
  for (let after = 0; after < 5; after += 1) await putOne();

  await witness.sees(() => witness.texts().includes(`r${count - 1}`));
  const texts = witness.texts();
  const first = count - texts.length;
  expect(texts).toEqual(numbered(texts.length, first));
  expect(first).toBeGreaterThanOrEqual(beforeCount);
  expect(first).toBeLessThanOrEqual(enabledCount);
});

test("F-72, F-81: what the filter passes over reaches nobody, and the position goes on behind it", async () => {
  const { witness, server, lambda, kinesis } = await aHouse();
  const Filters = [{ Pattern: JSON.stringify({ data: { kind: ["order"], total: [{ numeric: [">", 10] }] } }) }];
  const orderOf = (total: number): string => JSON.stringify({ kind: "order", total });
  await mapped(server, lambda, { ...base, FilterCriteria: { Filters } });

  const records = [
    orderOf(5),
    "no JSON",
    orderOf(11),
    JSON.stringify({ kind: "visit", total: 99 }),
    orderOf(12),
    "end",
  ];
  const sent = await put(kinesis, "orders", records);
  const last = sent.at(-1)?.SequenceNumber;
  await server.log.entry((entry) => entry.kind === "checkpoint" && entry.after === last);
  expect(witness.texts()).toEqual([orderOf(11), orderOf(12)]);
});

test("E-40, E-12: a reported record is where the next call begins, under a new request id", async () => {
  const { witness, server, lambda, kinesis } = await aHouse();
  await put(kinesis, "orders", numbered(6));
  witness.orders(({ event }) => {
    if (event.Records.length < 6) return goOn;
    const itemIdentifier = event.Records[3]?.kinesis.sequenceNumber;
    return { do: "return", value: { batchItemFailures: [{ itemIdentifier }] } };
  });
  await mapped(server, lambda, { ...base, FunctionResponseTypes: ["ReportBatchItemFailures"] });

  await witness.sees((deliveries) => deliveries.length >= 2);
  expect(witness.deliveries.map(({ texts }) => texts)).toEqual([numbered(6), numbered(3, 3)]);
  expect(new Set(witness.deliveries.map(({ requestId }) => requestId)).size).toBe(2);
});

test("E-62, E-64: lanes go on beside one that is held, and each key keeps its order, one call at a time", async () => {
  const { witness, server, lambda, kinesis } = await aHouse();
  const keys = ["k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7"];
  const records = numbered(160).map((text, index) => ({ text, key: keys[index % keys.length] ?? "" }));
  const keysOf = ({ event }: Delivery): readonly string[] =>
    event.Records.map(({ kinesis: { partitionKey } }) => partitionKey);
  const held = aGate();
  const running = new Set<string>();
  const overlaps: string[] = [];
  let isHolding = true;
  let heldKeys: readonly string[] = [];
  witness.orders(async (delivery) => {
    const own = new Set(keysOf(delivery));
    overlaps.push(...[...own].filter((key) => running.has(key)));
    for (const key of own) running.add(key);
    if (isHolding) {
      isHolding = false;
      heldKeys = [...own];
      await held.opened;
    }
    for (const key of own) running.delete(key);
    return goOn;
  });
  await put(kinesis, "orders", records);
  await mapped(server, lambda, { ...base, BatchSize: 5, ParallelizationFactor: 10 });

  const seen = (deliveries: readonly Delivery[], key: string): readonly string[] =>
    deliveries.flatMap(({ event, texts }) =>
      texts.filter((_, index) => event.Records[index]?.kinesis.partitionKey === key),
    );
  const sentOf = (key: string): readonly string[] => records.filter((each) => each.key === key).map(({ text }) => text);
  // A lane of the factor may hold several keys; a key whose records all came cannot be of the lane that is held.
  await witness.sees((deliveries) => {
    const done = keys.filter((key) => seen(deliveries, key).length === sentOf(key).length);
    return done.length > 0 && done.every((key) => !heldKeys.includes(key));
  });
  held.open();
  await allOf(witness, records.length);
  expect(keys.map((key) => seen(witness.deliveries, key))).toEqual(keys.map(sentOf));
  expect(overlaps).toEqual([]);
});

test("P-7, E-6: of two mappings on one stream one is held by its failing function, the other one goes on", async () => {
  const { witness, server, lambda, kinesis } = await aHouse({ names: ["failing", "fine"] });
  witness.orders(({ functionName }) => (functionName === "failing" ? { do: "throw", message: "always" } : goOn));
  for (const FunctionName of ["failing", "fine"]) await mapped(server, lambda, { ...base, FunctionName, BatchSize: 2 });
  for (const text of numbered(6)) await put(kinesis, "orders", [text]);

  await allOf(witness, 6, "fine");
  await witness.sees((deliveries) => deliveries.filter(({ functionName }) => functionName === "failing").length >= 3);
  expect(witness.texts("fine")).toEqual(numbered(6));
  const failing = witness.deliveries.filter(({ functionName }) => functionName === "failing");
  expect(new Set(failing.map(({ texts }) => texts.join(" "))).size).toBe(1);
  expect(new Set(failing.map(({ requestId }) => requestId)).size).toBe(1);
});

test("B-4: with a window records of several puts wait for each other", async () => {
  const { witness, server, lambda, kinesis } = await aHouse();
  await mapped(server, lambda, { ...base, BatchSize: 100, MaximumBatchingWindowInSeconds: 1 });
  for (const text of numbered(3)) await put(kinesis, "orders", [text]);
  const closed = await server.log.entry(({ kind }) => kind === "batch-closed");
  expect(closed).toMatchObject({ closedBy: "window", recordCount: 3 });
  await allOf(witness, 3);
  expect(witness.deliveries.map(({ texts }) => texts)).toEqual([numbered(3)]);
});

test("B-11: a batch of records near 1 MiB stops below 6 MiB of event, exactly as computed", async () => {
  const { witness, server, lambda, kinesis } = await aHouse({ function: { MemorySize: 1_024 } });
  const largest = 1_048_576 - "k".length;
  const records = numbered(9).map((text, index) => ({ key: "k", text: text.padEnd(largest - index * 50_000, ".") }));
  const sent: PutRecordsResultEntry[] = [];
  for (const record of records) sent.push(...(await put(kinesis, "orders", [record])));
  await mapped(server, lambda, base);

  const last = sent.at(-1)?.SequenceNumber;
  await server.log.entry((entry) => entry.kind === "checkpoint" && entry.after === last);
  expect(witness.texts().map((text) => text.length)).toEqual(records.map(({ text }) => text.length));
  const sizes = witness.deliveries.map(({ event }) => Buffer.byteLength(JSON.stringify(event)));
  const closed = server.log.entries.filter((entry) => entry.kind === "batch-closed");
  expect(closed.map(({ payloadBytes }) => payloadBytes)).toEqual(sizes);
  expect(closed[0]?.closedBy).toBe("payload");
  const nextBytes = Buffer.byteLength(JSON.stringify(witness.deliveries[1]?.event.Records[0]));
  expect(sizes[0]).toBeLessThanOrEqual(6_291_456);
  expect((sizes[0] ?? 0) + 1 + nextBytes).toBeGreaterThan(6_291_456);
});
