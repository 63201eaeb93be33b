// What follows a call that went wrong, for batches of a topic: retries, limits, halves, partial answers, age, and what is reported.

import { expect, test } from "vitest";
import { type GroupOptions, type Handler, type SeenCall, type ToldGroup, tellGroup } from "./told-group.ts";

const QUEUE = "arn:aws:sqs:us-east-1:000000000000:q";

async function told(options: GroupOptions, before: (told: ToldGroup) => void, forMs = 20_000): Promise<ToldGroup> {
  const group = tellGroup(options);
  before(group);
  const { runner } = group.mapping();
  runner.start();
  await group.pass(forMs);
  expect(group.topic.violations()).toEqual([]);
  return group;
}

const has = (call: SeenCall, unit: string, offset: number): boolean => call.offsets[unit]?.includes(offset) ?? false;

/** Throws where the batch has this record of partition 0. */
const poison =
  (offset: number): Handler =>
  (call) =>
    has(call, "t-0", offset) ? "throws" : "ok";

const failures = (...listed: readonly (readonly [partition: string, offset: number | string])[]): { json: string } => ({
  json: JSON.stringify({
    batchItemFailures: listed.map(([partition, offset]) => ({ itemIdentifier: { partition, offset } })),
  }),
});

test("TM-12, M-403, M-406: the same batch again until it goes well, and no commit before", async () => {
  const commitsAtCall: string[] = [];
  const group = tellGroup({
    handler: (_call, index) => {
      commitsAtCall.push(group.commits());
      return index < 2 ? "throws" : "ok";
    },
  });
  group.produce(0, 3);
  group.mapping().runner.start();
  await group.pass(10_000);
  expect(group.shown()).toBe("[p0:0-2] [p0:0-2] [p0:0-2]");
  expect(new Set(group.calls.map(({ text }) => text)).size).toBe(1);
  // One identity, on the clock of retries (E-12, E-20).
  expect(new Set(group.calls.map(({ requestId }) => requestId)).size).toBe(1);
  expect(group.calls.map(({ atMs }) => atMs)).toEqual([1_000, 1_200, 1_600]);
  expect(commitsAtCall).toEqual(["", "", ""]);
  expect(group.commits()).toBe("C0=3");
});

test("TM-13, M-403, M-207: while one partition fails, the others go on", async () => {
  const group = tellGroup({
    partitionCount: 2,
    group: { callsAPoller: 2 },
    handler: (call) => (has(call, "t-0", 0) && call.atMs < 30_000 ? "throws" : "ok"),
  });
  group.produce(0, 1);
  group.mapping().runner.start();
  await group.pass(5_000);
  group.produce(1, 1);
  await group.pass(10_000);
  expect(group.commits()).toBe("C1=1");
  await group.pass(60_000);
  expect(group.commits()).toBe("C1=1 C0=1");
});

test("TM-14, M-403: without a limit nothing is dropped and nothing passed by", async () => {
  const group = await told({ handler: () => "throws" }, (it) => it.produce(0, 3), 200 * 60_000);
  expect(group.calls.length).toBeGreaterThan(200);
  expect(new Set(group.calls.map(({ shown }) => shown))).toEqual(new Set(["p0:0-2"]));
  expect(group.commits()).toBe("");
});

test("TM-15, M-405: at its limit a batch is dropped, committed, and the next one goes", async () => {
  const group = tellGroup({ lane: { retries: 2, batchSize: 3 }, handler: poison(0) });
  group.produce(0, 4);
  const { runner } = group.mapping();
  runner.start();
  await group.pass(20_000);
  expect(group.shown()).toBe("[p0:0-2] [p0:0-2] [p0:0-2] [p0:3]");
  expect(group.commits()).toBe("C0=3 C0=4");
  expect(group.facts("gave-up")).toMatchObject([{ recordCount: 3, attempts: 3, destination: null }]);
});

test("TM-16, M-421, M-428: one document for the batch, before its commit", async () => {
  const commitsAtReport: string[] = [];
  const options: GroupOptions = {
    partitionCount: 2,
    lane: { retries: 2 },
    onFailureArn: QUEUE,
    handler: () => "throws",
    isReporterUp: () => {
      commitsAtReport.push(group.commits());
      return true;
    },
  };
  const group = tellGroup(options);
  group.topic.setCommitted(1, 7n);
  group.topic.produce(0, ["a", "b"]);
  group.topic.produce(1, ["", "", "", "", "", "", "", "c"]);
  group.mapping().runner.start();
  await group.pass(20_000);
  expect(group.documents).toMatchObject([
    {
      body: {
        requestContext: { condition: "RetryAttemptsExhausted", approximateInvokeCount: 3 },
        responseContext: { functionError: "Unhandled" },
        KafkaBatchInfo: {
          batchSize: 3,
          recordsInfo: {
            "t-0": { firstRecordOffset: "0", lastRecordOffset: "1" },
            "t-1": { firstRecordOffset: "7", lastRecordOffset: "7" },
          },
        },
      },
    },
  ]);
  expect(group.documents[0]?.body).not.toHaveProperty("payload");
  expect(commitsAtReport).toEqual([""]);
  expect(group.commits()).toBe("C0=2 C1=8");
});

test("TM-18, M-423: a bucket's object has the event as text, and goes by the first partition", async () => {
  const group = await told(
    { partitionCount: 2, lane: { retries: 0 }, onFailureArn: "arn:aws:s3:::bucket", handler: () => "throws" },
    (it) => it.produce(1, 2),
  );
  expect(group.documents).toMatchObject([{ body: { payload: group.calls[0]?.text } }]);
  expect(group.documents[0]?.objectKey).toMatch(/^aws\/lambda\/[^/]+\/t-1\//);
});

test("TM-19, M-424: a topic gets a message a record, with the event of that record", async () => {
  const group = await told({ lane: { retries: 0 }, onFailureArn: "kafka://dead", handler: () => "throws" }, (it) =>
    it.produce(0, 3),
  );
  expect(group.shown()).toBe("[p0:0-2]");
  expect(group.documents).toMatchObject(
    ["0", "1", "2"].map((offset) => ({
      body: {
        requestContext: { condition: "RetriesExhausted" },
        KafkaBatchInfo: { batchSize: 1, recordInfo: { offset } },
        payload: { records: { "t-0": [{ offset: Number(offset) }] } },
      },
    })),
  );
  expect(group.commits()).toBe("C0=3");
});

test("TM-21, M-427: what a destination does not take is dropped, and the partition goes on", async () => {
  const group = tellGroup({
    lane: { retries: 0, batchSize: 2 },
    onFailureArn: QUEUE,
    isReporterUp: () => false,
    handler: poison(0),
  });
  group.produce(0, 4);
  const { runner } = group.mapping();
  runner.start();
  await group.pass(20_000);
  expect(group.shown()).toBe("[p0:0-1] [p0:2-3]");
  expect(group.commits()).toBe("C0=2 C0=4");
  expect(runner.summary().counters).toMatchObject({ dropped: 2, deliveryFailures: 1 });
});

test("TM-22, M-404: throttled calls are no attempts", async () => {
  const group = await told(
    { lane: { retries: 0 }, onFailureArn: QUEUE, handler: (_call, index) => (index < 20 ? "throttled" : "ok") },
    (it) => it.produce(0, 2),
    3_600_000,
  );
  expect(group.calls).toHaveLength(21);
  expect(group.documents).toEqual([]);
  expect(group.commits()).toBe("C0=2");
});

test("TM-23, M-408: bisect finds the bad one, left half first", async () => {
  const group = await told(
    { lane: { retries: 0, isBisecting: true }, onFailureArn: QUEUE, handler: poison(2), tookMs: () => 100 },
    (it) => it.produce(0, 4),
  );
  expect(group.shown()).toBe("[p0:0-3] [p0:0-1] [p0:2-3] [p0:2] [p0:3]");
  expect(group.documents).toMatchObject([
    {
      body: {
        requestContext: { approximateInvokeCount: 1 },
        KafkaBatchInfo: { batchSize: 1, recordsInfo: { "t-0": { firstRecordOffset: "2" } } },
      },
    },
  ]);
  expect(group.commits()).toBe("C0=2 C0=3 C0=4");
});

test("TM-24, M-408: a batch of one uses attempts, a split none", async () => {
  const group = await told({ lane: { retries: 1, isBisecting: true }, onFailureArn: QUEUE, handler: poison(0) }, (it) =>
    it.produce(0, 5),
  );
  expect(group.shown()).toBe("[p0:0-4] [p0:0-1] [p0:0] [p0:0] [p0:1] [p0:2-4]");
  expect(group.documents).toMatchObject([{ body: { requestContext: { approximateInvokeCount: 2 } } }]);
  expect(group.commits().split(" ").at(-1)).toBe("C0=5");
});

test("M-408: halves of a batch of several partitions go by the event's order", async () => {
  const group = await told(
    {
      partitionCount: 2,
      lane: { retries: 0, isBisecting: true },
      handler: (call) => (has(call, "t-1", 1) ? "throws" : "ok"),
    },
    (it) => {
      it.produce(0, 3);
      it.produce(1, 3);
    },
  );
  expect(group.shown()).toBe("[p0:0-2 p1:0-2] [p0:0-2] [p1:0-2] [p1:0] [p1:1-2] [p1:1] [p1:2]");
});

test("TM-25, M-408: a throttled call does not split", async () => {
  const group = await told(
    { lane: { retries: 0, isBisecting: true }, handler: (_call, index) => (index < 2 ? "throttled" : "ok") },
    (it) => it.produce(0, 4),
  );
  expect(group.shown()).toBe("[p0:0-3] [p0:0-3] [p0:0-3]");
});

const reporting = { lane: { isReporting: true } } satisfies GroupOptions;
const first =
  (answer: { readonly json: string }): Handler =>
  (_call, index) =>
    index === 0 ? answer : "ok";
const twoByThree = (it: ToldGroup): void => {
  it.produce(0, 3);
  it.produce(1, 3);
};

test("TM-26, M-411, M-412: what is done is committed at once, the rest goes without a pause", async () => {
  const group = await told({ ...reporting, partitionCount: 2, handler: first(failures(["t-0", 1])) }, twoByThree);
  expect(group.shown()).toBe("[p0:0-2 p1:0-2] [p0:1-2]");
  expect(group.calls.map(({ atMs }) => atMs)).toEqual([1_000, 1_000]);
  expect(group.commits()).toBe("C0=1 C1=3 C0=3");
});

test("TM-26, M-411: with `items` only what was named goes again", async () => {
  const group = await told(
    { ...reporting, partitionCount: 2, group: { partialAnswers: "items" }, handler: first(failures(["t-0", 1])) },
    twoByThree,
  );
  expect(group.shown()).toBe("[p0:0-2 p1:0-2] [p0:1]");
  expect(group.commits()).toBe("C0=1 C1=3 C0=3");
});

test("M-411: the partition that is done can have its next batch while the rest is out", async () => {
  const group = tellGroup({
    ...reporting,
    partitionCount: 2,
    lane: { isReporting: true, windowMs: 0 },
    group: { callsAPoller: 2 },
    tookMs: () => 1_000,
    handler: first(failures(["t-0", 1])),
  });
  twoByThree(group);
  group.mapping().runner.start();
  await group.pass(500);
  group.produce(1, 1);
  await group.pass(600);
  expect(group.shown()).toBe("[p0:0-2 p1:0-2] [p0:1-2] [p1:3]");
});

test("TM-27, M-411: of two that are named in a partition the lower one counts", async () => {
  const group = await told({ ...reporting, handler: first(failures(["t-0", 2], ["t-0", 1])) }, (it) =>
    it.produce(0, 3),
  );
  expect(group.shown()).toBe("[p0:0-2] [p0:1-2]");
});

test.each(["null", "{}", '{"batchItemFailures":[]}', '{"batchItemFailures":null}'])(
  "TM-28, M-410: %s is success",
  async (json) => {
    const group = await told({ ...reporting, handler: () => ({ json }) }, (it) => it.produce(0, 3));
    expect(group.shown()).toBe("[p0:0-2]");
    expect(group.commits()).toBe("C0=3");
  },
);

test.each([
  ["an offset that it has not", failures(["t-0", 99])],
  ["a partition that it has not", failures(["t-9", 0])],
  ["a text for an identifier", { json: '{"batchItemFailures":[{"itemIdentifier":"t-0:1"}]}' }],
])("TM-29, TM-30, M-410: %s fails the whole batch", async (_what, answer) => {
  const group = await told({ ...reporting, handler: first(answer) }, (it) => it.produce(0, 3));
  expect(group.shown()).toBe("[p0:0-2] [p0:0-2]");
  expect(group.commits()).toBe("C0=3");
});

test("TM-30, M-409: `topic-partition` is taken for `partition`", async () => {
  const json = '{"batchItemFailures":[{"itemIdentifier":{"topic-partition":"t-0","offset":1}}]}';
  const group = await told({ ...reporting, handler: first({ json }) }, (it) => it.produce(0, 3));
  expect(group.shown()).toBe("[p0:0-2] [p0:1-2]");
});

test("TM-31, M-413: without ReportBatchItemFailures nobody looks at the answer", async () => {
  const group = await told({ handler: () => failures(["t-0", 1]) }, (it) => it.produce(0, 3));
  expect(group.shown()).toBe("[p0:0-2]");
  expect(group.commits()).toBe("C0=3");
});

test("TM-32, M-412, M-422: progress begins the count anew, and without it the limit holds", async () => {
  const named = [1, 2, 2, 2];
  const group = await told(
    {
      lane: { isReporting: true, retries: 1 },
      onFailureArn: QUEUE,
      handler: (_call, index) => failures(["t-0", named[index] ?? 2]),
    },
    (it) => it.produce(0, 3),
  );
  expect(group.shown()).toBe("[p0:0-2] [p0:1-2] [p0:2] [p0:2]");
  expect(group.documents).toMatchObject([
    {
      body: {
        requestContext: { approximateInvokeCount: 2 },
        responseContext: { statusCode: 200, functionError: null },
        KafkaBatchInfo: { recordsInfo: { "t-0": { firstRecordOffset: "2" } } },
      },
    },
  ]);
  expect(group.commits()).toBe("C0=1 C0=2 C0=3");
});

test("TM-33, M-407: leading records that are too old are given up together, the rest goes", async () => {
  const group = await told({ lane: { maxAgeMs: 60_000 }, onFailureArn: QUEUE }, (it) => {
    it.topic.produce(0, ["old", "older"], { atMs: it.clock.nowMs() - 3_600_000 });
    it.produce(0, 1);
  });
  expect(group.shown()).toBe("[p0:2]");
  expect(group.documents).toMatchObject([
    {
      body: {
        requestContext: { condition: "RecordAgeExceeded", approximateInvokeCount: 1 },
        KafkaBatchInfo: { batchSize: 2 },
      },
    },
  ]);
  expect(group.commits().split(" ").at(-1)).toBe("C0=3");
});

test("M-407: old ones are cut off at the head of each partition, in one document", async () => {
  const group = await told({ partitionCount: 2, lane: { maxAgeMs: 60_000 }, onFailureArn: QUEUE }, (it) => {
    for (const partition of [0, 1]) {
      it.topic.produce(partition, ["old"], { atMs: it.clock.nowMs() - 3_600_000 });
      it.produce(partition, 1);
      it.topic.produce(partition, ["old, and behind a new one"], { atMs: it.clock.nowMs() - 3_600_000 });
    }
  });
  expect(group.shown()).toBe("[p0:1-2 p1:1-2]");
  expect(group.documents).toMatchObject([
    { body: { KafkaBatchInfo: { batchSize: 2, recordsInfo: { "t-0": {}, "t-1": {} } } } },
  ]);
});

test("TM-34, M-407: a batch that always fails is tried until it is too old, and not once more", async () => {
  const group = await told(
    { lane: { maxAgeMs: 60_000 }, onFailureArn: QUEUE, handler: () => "throws" },
    (it) => it.produce(0, 2),
    300_000,
  );
  expect(group.calls.filter(({ atMs }) => atMs >= 60_000)).toEqual([]);
  expect(group.calls.length).toBeGreaterThan(5);
  expect(group.documents).toMatchObject([
    { atMs: 60_000, body: { requestContext: { condition: "RecordAgeExceeded" } } },
  ]);
  expect(group.commits()).toBe("C0=2");
});
