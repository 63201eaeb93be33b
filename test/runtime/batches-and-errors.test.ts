// Stories of J.1 to J.5 that need the whole runtime: filters, several mappings, shards, counters, the status text.

import { expect, test } from "vitest";
import { aHouse, range, shard } from "./told-house.ts";

const keepNone = { FilterCriteria: { Filters: [{ Pattern: '{"data":{"keep":["never"]}}' }] } };
const keepEven = { FilterCriteria: { Filters: [{ Pattern: '{"data":{"isEven":[true]}}' }] } };

function countersOf(told: Awaited<ReturnType<typeof aHouse>>, uuid: string) {
  const counters = told.house.control.views().find((view) => view.uuid === uuid)?.summary?.counters;
  if (counters === undefined) throw new Error("no summary yet");
  return counters;
}

test("T-10: a filter that keeps nothing calls nothing, commits all, and nothing is read again after a crash", async () => {
  const told = await aHouse();
  told.putAll(range(1, 4));
  const uuid = await told.map(keepNone);
  await told.house.pass(1_000);
  expect(told.calls()).toEqual([]);
  expect(told.committed(uuid)).toBe("4");
  expect(countersOf(told, uuid)).toMatchObject({ polled: 4, filtered: 4, invoked: 0 });

  told.house.crash();
  await told.house.pass(1_000);
  const reads = told.house.entries().filter((entry) => entry.kind === "read");
  expect(reads.map((entry) => entry.recordCount)).toEqual([4]);
});

test("T-11: filtered records take no place in a batch", async () => {
  const told = await aHouse();
  for (const label of range(1, 20)) told.put(label, { data: { isEven: Number(label) % 2 === 0 } });
  const uuid = await told.map({ ...keepEven, BatchSize: 10 });
  await told.untilCalls(1);
  await told.house.pass(5_000);
  expect(told.calls()).toEqual([range(1, 20).filter((label) => Number(label) % 2 === 0)]);
  expect(told.committed(uuid)).toBe("20");
});

test("T-12, P-7: two mappings with two filters on one stream each get exactly their own records", async () => {
  const told = await aHouse();
  told.addFunction("other", () => ({}));
  const pattern = (type: string): object => ({
    FilterCriteria: { Filters: [{ Pattern: `{"data":{"type":["${type}"]}}` }] },
  });
  await told.map(pattern("function_1"));
  await told.map({ ...pattern("function_2"), FunctionName: "other" });
  for (const label of range(1, 6)) told.put(label, { data: { type: `function_${1 + (Number(label) % 2)}` } });
  await told.house.pass(5_000);
  expect(told.calls("handle").flat()).toEqual(["2", "4", "6"]);
  expect(told.calls("other").flat()).toEqual(["1", "3", "5"]);
});

test("T-24, E-61: a poison record holds its own shard and no other", async () => {
  const told = await aHouse(({ labels }) => ({ throws: labels.includes("poison") }), { shards: 2 });
  const uuid = await told.map({ BatchSize: 1 });
  told.putAll(["poison", "a1", "a2"], { shard: shard(0) });
  told.putAll(["b1", "b2"], { shard: shard(1) });
  await told.house.pass(30_000);
  const calls = told.calls().flat();
  expect(calls.filter((label) => label !== "poison")).toEqual(["b1", "b2"]);
  expect(calls.filter((label) => label === "poison").length).toBeGreaterThan(5);
  expect([told.committed(uuid, shard(0)), told.committed(uuid, shard(1))]).toEqual([null, "b2"]);
});

test("P-13, B-2: while a source cannot be read, a mapping without a window delivers what it has", async () => {
  const told = await aHouse(() => {
    told.stream.setProblem({ code: "unreachable", text: "PROBLEM: away", detail: "told to" });
    return {};
  });
  for (const label of range(1, 12)) told.put(label, { data: { fill: "x".repeat(1_000_000) } });
  await told.map();
  await told.house.pass(600_000);
  const reads = told.house.entries().filter((entry) => entry.kind === "read");
  const readCount = reads.reduce((sum, entry) => sum + entry.recordCount, 0);
  expect(reads.at(-1)?.isCaughtUp).toBe(false);
  expect(told.calls().flat()).toEqual(range(1, readCount));
});

test("T-29, H-8: age runs on while a mapping is disabled", async () => {
  const told = await aHouse();
  const uuid = await told.map({ MaximumRecordAgeInSeconds: 60 });
  await told.update(uuid, { Enabled: false });
  await told.untilState(uuid, "Disabled");
  told.put("1");
  await told.house.pass(70_000);
  await told.update(uuid, { Enabled: true });
  await told.untilState(uuid, "Enabled");
  await told.house.pass(5_000);
  expect(told.calls()).toEqual([]);
  expect(told.documents()).toMatchObject([
    { condition: "RecordAgeExceeded", count: 1, first: "1", last: "1", size: 1 },
  ]);
  expect((await told.get(uuid))["LastProcessingResult"]).toBe("No records processed");
});

test("T-32, E-4: throttles alone use no attempt, and end in the record's age", async () => {
  const told = await aHouse(() => ({}), { reservedConcurrency: 0 });
  told.put("1");
  const uuid = await told.map({ MaximumRecordAgeInSeconds: 60, MaximumRetryAttempts: 0 });
  await told.house.pass(120_000);
  expect(told.calls()).toEqual([]);
  expect(told.documents()).toEqual([
    { condition: "RecordAgeExceeded", count: 1, first: "1", last: "1", size: 1, functionError: undefined },
  ]);
  expect(countersOf(told, uuid)).toMatchObject({ errors: 0, delivered: 1 });
  expect(countersOf(told, uuid).throttles).toBeGreaterThan(5);
});

test("T-35, E-1: a call that outlives the function's time-out is one attempt and an unhandled error", async () => {
  const told = await aHouse(() => ({ tookMs: 10_000 }), { timeoutMs: 3_000 });
  told.put("1");
  await told.map({ MaximumRetryAttempts: 1 });
  await told.house.pass(20_000);
  const [first, second] = told.house.calls();
  expect(told.calls()).toEqual([["1"], ["1"]]);
  expect((first?.endedAtMs ?? 0) - (first?.startedAtMs ?? 0)).toBe(3_000);
  expect((second?.startedAtMs ?? 0) - (first?.endedAtMs ?? 0)).toBe(200);
  expect(told.documents()).toMatchObject([{ count: 2, functionError: "Unhandled" }]);
});

test("T-57, E-36: an empty body is a success", async () => {
  const told = await aHouse(() => ({ json: "" }));
  told.put("1");
  const uuid = await told.map({ FunctionResponseTypes: ["ReportBatchItemFailures"], MaximumRetryAttempts: 2 });
  await told.house.pass(10_000);
  expect(told.calls()).toEqual([["1"]]);
  expect([told.committed(uuid), told.documents()]).toEqual(["1", []]);
});

test("T-60, H-12: the status text is OK after a valid partial answer, and names a failure after a throw", async () => {
  const told = await aHouse(({ labels }) => {
    if (labels.includes("bad")) return { throws: true };
    return { reports: labels.length > 1 ? labels.slice(1) : [] };
  });
  const uuid = await told.map({ FunctionResponseTypes: ["ReportBatchItemFailures"], MaximumRetryAttempts: 0 });
  const status = async (): Promise<unknown> => (await told.get(uuid))["LastProcessingResult"];
  expect(await status()).toBe("No records processed");
  told.putAll(["1", "2"]);
  await told.house.pass(5_000);
  expect([told.calls(), await status()]).toEqual([[["1", "2"], ["2"]], "OK"]);
  told.put("bad");
  await told.house.pass(5_000);
  expect(await status()).toBe("PROBLEM: Function call failed");
});

test("T-70, O-15, M-6: a refused document is lost and counted, and the lane goes on", async () => {
  const told = await aHouse(({ labels }) => ({ throws: labels.includes("1") }));
  told.refuseDocuments();
  told.putAll(range(1, 3));
  const uuid = await told.map({ BatchSize: 2, MaximumRetryAttempts: 0 });
  await told.house.pass(5_000);
  expect(told.calls()).toEqual([["1", "2"], ["3"]]);
  expect(told.committed(uuid)).toBe("3");
  expect(countersOf(told, uuid)).toMatchObject({ dropped: 2, delivered: 0, deliveryFailures: 1 });
});

test("O-15, E-65: documents that do not get through pile up to a bound, and all arrive once they do", async () => {
  const told = await aHouse(() => ({ throws: true }));
  const release = told.holdDocuments();
  told.putAll(range(1, 3_000));
  const uuid = await told.map({ BatchSize: 1, MaximumRetryAttempts: 0 });
  await told.house.pass(60_000);
  expect(countersOf(told, uuid).polled).toBeLessThanOrEqual(1_100);
  release();
  await told.house.pass(60_000);
  expect(told.documents().map(({ first }) => first)).toEqual(range(1, 3_000));
  expect(told.committed(uuid)).toBe("3000");
});

test("T-71, M-7: what is delivered is counted in records", async () => {
  const told = await aHouse(() => ({ throws: true }));
  told.putAll(range(1, 3));
  const uuid = await told.map({ MaximumRetryAttempts: 0 });
  await told.house.pass(5_000);
  expect(told.documents()).toMatchObject([{ first: "1", last: "3", size: 3 }]);
  expect(countersOf(told, uuid)).toMatchObject({ dropped: 0, delivered: 3 });
});

test("E-18, E-65: ten thousand records under bisect with retries without limit stay in hand, and end once the function is well", async () => {
  let isBroken = true;
  const told = await aHouse(({ labels }) => ({ throws: isBroken && labels.includes("9999") }));
  told.putAll(range(1, 10_000));
  const uuid = await told.map({ BatchSize: 10_000, BisectBatchOnFunctionError: true });
  await told.house.pass(120_000);
  expect(told.committed(uuid)).toBe("9998");
  isBroken = false;
  await told.house.pass(120_000);
  expect([told.committed(uuid), told.documents()]).toEqual(["10000", []]);
  const delivered = told
    .calls()
    .flat()
    .filter((label) => label === "10000");
  expect(delivered.length).toBeLessThan(20);
});
