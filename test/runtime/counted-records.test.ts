// What a mapping counts (M-rules), seen as its user sees it.

import { expect, test } from "vitest";
import { aHouse, type ToldHouse } from "./told-house.ts";

async function countsOf({ house }: ToldHouse, uuid: string) {
  // Summaries are told a few times a second.
  await house.pass(1_000);
  const summary = house.control.views().find((view) => view.uuid === uuid)?.summary;
  if (summary === undefined || summary === null) throw new Error("nothing was counted");
  return summary.counters;
}

const filter = { FilterCriteria: { Filters: [{ Pattern: '{"data":{"keep":[true]}}' }] } };

test("M-2, M-3, M-4: what is read, passed over and invoked, every attempt again", async () => {
  const told = await aHouse(({ index }) => ({ throws: index === 0 }));
  const uuid = await told.map({ MaximumRetryAttempts: 3, ...filter });
  told.put("a", { data: { keep: true } });
  told.put("b", { data: { keep: false } });
  told.put("c", { data: { keep: true } });
  await told.untilCalls(2);
  expect(await countsOf(told, uuid)).toMatchObject({ polled: 3, filtered: 1, invoked: 4, failedInvoke: 2 });
});

test("M-4, M-5: throttled attempts count as invoked and as failed", async () => {
  const told = await aHouse(() => ({}), { reservedConcurrency: 0 });
  const uuid = await told.map();
  told.put("a");
  await told.house.pass(300);
  const { invoked, failedInvoke, throttles } = await countsOf(told, uuid);
  expect(throttles).toBeGreaterThan(0);
  expect([invoked, failedInvoke]).toEqual([throttles, throttles]);
});

test("M-9: the iterator age is that of the batch's last record when the attempt ends", async () => {
  const told = await aHouse(() => ({ tookMs: 7_000 }));
  await told.map({ MaximumBatchingWindowInSeconds: 5 });
  told.put("a");
  await told.house.pass(4_000);
  told.put("b");
  await told.untilCalls(1);
  const ages = told.house.entries().flatMap((entry) => (entry.kind === "decided" ? [entry.iteratorAgeMs] : []));
  expect(ages).toEqual([8_000]);
});

test("M-11: with a destination every record read is filtered, succeeded, delivered or dropped, once", async () => {
  const told = await aHouse(({ labels }) => ({ throws: labels.some((label) => label.startsWith("bad")) }));
  const uuid = await told.map({ MaximumRetryAttempts: 1, BisectBatchOnFunctionError: true, ...filter });
  for (const label of ["a", "bad1", "b", "c"]) told.put(label, { data: { keep: label !== "c" } });
  await told.house.pass(60_000);
  told.refuseDocuments();
  told.put("bad2", { data: { keep: true } });
  await told.house.pass(60_000);
  const { polled, filtered, delivered, dropped } = await countsOf(told, uuid);
  const succeeded = new Set(
    told
      .calls()
      .filter((labels) => !labels.some((label) => label.startsWith("bad")))
      .flat(),
  ).size;
  expect({ polled, filtered, succeeded, delivered, dropped }).toEqual({
    polled: 5,
    filtered: 1,
    succeeded: 2,
    delivered: 1,
    dropped: 1,
  });
});
