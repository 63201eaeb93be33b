// What a mapping on a topic counts for Kafka's groups of metrics (M-210).

import { expect, test } from "vitest";
import { calmTopic } from "../../../src/sim/virtual-log.ts";
import { type GroupOptions, STARTS_AT_MS, tellGroup, type ToldGroup } from "./told-group.ts";

function begun(options: GroupOptions, before: (told: ToldGroup) => void = () => undefined) {
  const told = tellGroup({ ...options, lane: { windowMs: 0, ...options.lane } });
  before(told);
  const { runner } = told.mapping();
  runner.start();
  return { told, runner };
}

test("M-210: CommittedEventCount is by how much the committed offsets went on, whatever the first offset is", async () => {
  const { told, runner } = begun({ partitionCount: 2, firstOffset: 100n }, (it) => {
    it.produce(0, 3);
    it.produce(1, 1);
  });
  await told.pass(1_000);
  expect(runner.summary().counters.committed).toBe(4);
  told.produce(0, 2);
  await told.pass(1_000);
  expect(runner.summary().counters.committed).toBe(6);
});

test("M-210: a starting place that is behind records does not count them", async () => {
  const { told, runner } = begun({ start: { kind: "latest" } }, (it) => it.produce(0, 5));
  await told.pass(1_000);
  told.produce(0, 2);
  await told.pass(1_000);
  expect(runner.summary().counters.committed).toBe(2);
});

test("M-210: a partition that comes back counts only what is committed from then on", async () => {
  const { told, runner } = begun({ partitionCount: 2, fates: { ...calmTopic, isMemberKept: () => false } }, (it) => {
    it.produce(0, 3);
    it.produce(1, 3);
  });
  await told.pass(1_000);
  told.topic.addPartition(0);
  await told.pass(1_000);
  told.produce(0, 1);
  await told.pass(1_000);
  expect(runner.summary().counters.committed).toBe(7);
});

test("M-210: the lag is looked at once a minute, over all partitions and of the one furthest behind", async () => {
  const { told, runner } = begun({ partitionCount: 2, handler: () => "throws" }, (it) => {
    it.produce(0, 3);
    it.produce(1, 5);
  });
  await told.pass(1_000);
  expect(runner.summary().offsetLag).toBe(null);
  await told.pass(60_000);
  expect(runner.summary().offsetLag).toEqual({ atMs: STARTS_AT_MS + 60_000, sum: 8, max: 5 });
  told.answerWith(() => "ok");
  await told.pass(120_000);
  expect(runner.summary().offsetLag).toMatchObject({ sum: 0, max: 0 });
});

test("M-210: records before the starting place are no lag, though nothing is committed yet", async () => {
  const { told, runner } = begun({ start: { kind: "latest" } }, (it) => it.produce(0, 5));
  await told.pass(61_000);
  expect(runner.summary().offsetLag).toMatchObject({ sum: 0, max: 0 });
});

test("M-210: a look that has no answer leaves the lag as it was, with its instant", async () => {
  const { told, runner } = begun({}, (it) => it.produce(0, 1));
  await told.pass(61_000);
  const before = runner.summary().offsetLag;
  told.topic.goAway();
  await told.pass(120_000);
  expect(runner.summary().offsetLag).toBe(before);
});

test("M-210: every failed attempt of a batch is one InvokeErrorCount, a partial answer and a throttle too", async () => {
  const itemIdentifier = { partition: "t-0", offset: 1 };
  const partial = { json: JSON.stringify({ batchItemFailures: [{ itemIdentifier }] }) };
  const answers = ["throws", "throttled", partial, "ok"] as const;
  const { told, runner } = begun(
    { lane: { isReporting: true }, handler: (_call, index) => answers[index] ?? "ok" },
    (it) => it.produce(0, 3),
  );
  await told.pass(60_000);
  const { invokeErrors, invocations } = runner.summary().counters;
  expect([invokeErrors, invocations]).toEqual([3, 4]);
});

test("M-210: a commit that the broker did not take is a CommitErrorCount", async () => {
  let failedCount = 0;
  const isCommitFailed = (): boolean => (failedCount += 1) === 1;
  const { told, runner } = begun({ fates: { ...calmTopic, isCommitFailed } }, (it) => it.produce(0, 3));
  await told.pass(30_000);
  expect(runner.summary().counters).toMatchObject({ commitErrors: 1, committed: 3 });
});

test("M-210: a topic that cannot be read is a PollingErrorCount, once a trouble", async () => {
  const { told, runner } = begun({}, (it) => it.produce(0, 1));
  await told.pass(1_000);
  told.topic.goAway();
  await told.pass(600_000);
  expect(runner.summary().counters).toMatchObject({ pollingErrors: 1, registryErrors: 0 });
});

test("M-210, M-414: a record that no schema fits is a SchemaRegistryErrorCount", async () => {
  const { told, runner } = begun({}, (it) => it.produce(0, 2, (index) => (index === 0 ? "!unknown" : "known")));
  await told.pass(1_000);
  expect(runner.summary().counters).toMatchObject({ registryErrors: 1, pollingErrors: 0 });
});
