// Tumbling windows through the whole runtime, where settings change or a mapping starts anew while one is open.

import { expect, test } from "vitest";
import { aDrivenMapping, type SeenCall } from "./driven-mapping.ts";

/** Counts records into the state. */
const counting = ({ records, state }: SeenCall): object => {
  const before = (state as { readonly count?: number } | undefined)?.count ?? 0;
  return { state: { count: before + records.length } };
};

test("W-8, W-18: a window that was open at a stop goes on with its state and ends once", async () => {
  const told = await aDrivenMapping(counting);
  told.put(2);
  await told.pass(1);
  await told.restart();
  told.put();
  await told.pass(1);
  await told.pass(200);
  await told.restart();
  await told.pass(200);
  expect(told.told()).toEqual(["2 {}", '1 {"count":2}', 'final {"count":3}']);
});

test("H-10, W-7: a batch in retry when windows are switched off still has its state read, and succeeds", async () => {
  let isBroken = true;
  const told = await aDrivenMapping((call) => (isBroken ? null : counting(call)));
  told.put();
  await told.pass(1);
  told.update({ lane: { tumblingMs: 0 } });
  isBroken = false;
  await told.pass(10);
  told.put();
  await told.pass(1);
  expect(told.told().slice(-3)).toEqual(["1 {}", 'final {"count":1}', "1"]);
});

test("H-10, E-66: windows switched off together with more lanes give the open window one final call", async () => {
  const told = await aDrivenMapping(counting);
  told.put();
  await told.pass(1);
  told.update({ factor: 4, lane: { tumblingMs: 0 } });
  await told.pass(10);
  expect(told.told()).toEqual(["1 {}", 'final {"count":1}']);
});

test("H-10, W-18: once windows are switched off, the final call of the last one is not made again by a later start", async () => {
  const told = await aDrivenMapping(counting);
  told.put();
  await told.pass(1);
  told.update({ lane: { tumblingMs: 0 } });
  await told.pass(10);
  await told.restart();
  await told.pass(200);
  expect(told.told()).toEqual(["1 {}", 'final {"count":1}']);
});

test("H-10, W-5: a window that is open keeps its length through another setting and a start", async () => {
  const told = await aDrivenMapping(counting, { tumblingMs: 60_000 });
  told.put();
  await told.pass(1);
  told.update({ lane: { tumblingMs: 10_000 } });
  await told.restart();
  await told.pass(40);
  told.put();
  await told.pass(1);
  expect(told.told()).toEqual(["1 {}", '1 {"count":1}']);
});

test("W-12: a state over the limit ends its window also where a stop came in between", async () => {
  const large = "x".repeat(2_000);
  const told = await aDrivenMapping(
    (call) => (call.index === 0 ? { state: large } : counting({ ...call, state: undefined })),
    { stateLimitBytes: 1_000 },
  );
  told.put();
  await told.pass(0); // The call is out, and is the last that this start makes.
  await told.restart();
  told.put();
  await told.pass(1);
  expect(told.told()).toEqual(["1 {}", 'early "xxxxxxxxxxxxxxxxxxx', "1 {}"]);
});

test("W-12, W-16: a rest keeps the name of its batch, though its window ended early before it went out", async () => {
  const told = await aDrivenMapping(
    ({ records, index }) => ({
      state: index === 0 ? "x".repeat(2_000) : "short",
      batchItemFailures: index === 0 ? [{ itemIdentifier: records[1]?.kinesis.sequenceNumber }] : [],
    }),
    { stateLimitBytes: 1_000, isReporting: true },
  );
  told.put(2);
  await told.pass(1);
  const invoked = told.entries().filter((entry) => entry.kind === "invoked");
  expect(told.told().length).toBe(3);
  expect(invoked.map(({ batch }) => batch)).toEqual(["1", "2", "1+"]);
});
