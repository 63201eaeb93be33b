// Batches of a topic under the world's clock: what closes them, of what they are made, and what is committed when.

import { expect, test } from "vitest";
import { type GroupOptions, STARTS_AT_MS, type ToldGroup, tellGroup } from "./told-group.ts";

/** Begun, with what is in the topic. */
function begun(options: GroupOptions, before: (told: ToldGroup) => void = () => {}) {
  const told = tellGroup(options);
  before(told);
  const mapping = told.mapping();
  mapping.runner.start();
  return { ...told, ...mapping };
}

const MIB = 1_048_576;
const atMs = ({ calls }: ToldGroup): readonly number[] => calls.map((call) => call.atMs);

test("TM-01, M-301, M-402: two full batches without waiting, the rest with the window; each commit after its call", async () => {
  const told = begun({ lane: { batchSize: 3 } }, (it) => it.produce(0, 7));
  expect(told.runner.summary().recordResult).toBeNull();
  await told.pass(10_000);
  expect(told.shown()).toBe("[p0:0-2] [p0:3-5] [p0:6]");
  expect(atMs(told)).toEqual([0, 0, 1_000]);
  expect(told.commits()).toBe("C0=3 C0=6 C0=7");
  expect(told.runner.summary()).toMatchObject({ recordResult: "OK", lagCount: 0, runningCount: 0 });
  told.runner.stop({ isDelete: false, graceMs: 1_000 });
  await told.pass(1_000);
  await told.stopped;
  expect(told.heard).toEqual(["positioned", "stopped"]);
  expect(told.topic.violations()).toEqual([]);
});

test("TM-05, M-106: an offset beyond 2^53 keeps its digits in the event and in the commit", async () => {
  const told = begun({ firstOffset: 9_007_199_254_740_993n }, (it) => it.produce(0, 1));
  await told.pass(2_000);
  expect(told.calls[0]?.text).toContain('"offset":9007199254740993,');
  expect(told.commits()).toBe("C0=9007199254740994");
});

test("TM-07, M-302: a window counts from the end of the batch before; one that stays empty lapses", async () => {
  const told = begun({ lane: { windowMs: 10_000, batchSize: 1 } }, (it) => it.produce(0, 1));
  // A full batch ends at 0 s. From then on the window closes them.
  await told.pass(0);
  told.runner.update({ ...told.spec, lane: { ...told.spec.lane, batchSize: 100 } });
  await told.pass(4_000);
  told.produce(0, 1);
  await told.pass(6_500);
  told.produce(0, 1);
  await told.pass(23_500);
  told.produce(0, 1);
  await told.pass(20_000);
  expect(atMs(told)).toEqual([0, 10_000, 20_000, 44_000]);
});

test("M-302: with batches in flight, no record waits longer than one window from when it could have gone", async () => {
  const told = begun({
    partitionCount: 3,
    lane: { windowMs: 10_000 },
    group: { callsAPoller: 5 },
    tookMs: () => 7_000,
  });
  await told.pass(1_000);
  told.produce(0, 1);
  await told.pass(11_000); // [p0:0] is out from 11 s to 18 s, with which another window begins.
  told.produce(1, 1);
  await told.pass(1_000);
  told.produce(0, 1); // Locked until 18 s.
  await told.pass(30_000);
  expect(told.calls.map(({ shown, atMs: at }) => `${shown} at ${at}`)).toEqual(["p0:0 at 11000", "p1:0 p0:1 at 22000"]);
});

test("TM-08, M-002, M-301: with a window of 500 ms within it, without one at once", async () => {
  const told = begun({ lane: { windowMs: 500 } });
  await told.pass(60_000);
  told.produce(0, 1);
  await told.pass(500);
  expect(atMs(told)).toEqual([60_500]);
  told.runner.update({ ...told.spec, lane: { ...told.spec.lane, windowMs: 0 } });
  await told.pass(10_000);
  told.produce(0, 1);
  await told.pass(0);
  expect(atMs(told)).toEqual([60_500, 70_500]);
});

test("TM-09, M-303: batches of 6 MB of the event's text, and none is over them", async () => {
  const told = begun({ lane: { batchSize: 10_000 } }, (it) => it.produce(0, 5, () => "x".repeat(2 * MIB)));
  await told.pass(10_000);
  expect(told.shown()).toBe("[p0:0-1] [p0:2-3] [p0:4]");
  expect(told.calls.filter(({ text }) => Buffer.byteLength(text) > 6_291_456)).toEqual([]);
  expect(atMs(told)).toEqual([0, 0, 1_000]);
  expect(told.facts("batch-closed").map(({ payloadBytes }) => payloadBytes)).toEqual(
    told.calls.map(({ text }) => Buffer.byteLength(text)),
  );
});

test("TM-10, M-306, M-422, M-425: a record over 6 MB is given up without a call, the ones around it are not", async () => {
  const sizes = [10, 5 * MIB, 10];
  const told = begun({ onFailureArn: "arn:aws:sqs:us-east-1:000000000000:q" }, (it) =>
    it.produce(0, 3, (index) => "x".repeat(sizes[index] ?? 0)),
  );
  await told.pass(10_000);
  expect(told.shown()).toBe("[p0:0] [p0:2]");
  expect(told.documents).toMatchObject([
    {
      body: {
        requestContext: { condition: "MaximumPayloadSizeExceeded", approximateInvokeCount: 1 },
        KafkaBatchInfo: {
          batchSize: 1,
          recordsInfo: { "t-0": { firstRecordOffset: "1", lastRecordOffset: "1" } },
        },
      },
    },
  ]);
  expect(told.documents[0]?.body).not.toHaveProperty("responseContext");
  expect(told.commits()).toBe("C0=1 C0=2 C0=3");
});

test("TM-10, M-306: without a destination it is given up all the same", async () => {
  const told = begun({}, (it) => it.produce(0, 2, (index) => "x".repeat(index === 0 ? 5 * MIB : 1)));
  await told.pass(10_000);
  expect(told.shown()).toBe("[p0:1]");
  expect(told.facts("gave-up")).toMatchObject([{ condition: "MaximumPayloadSizeExceeded", destination: null }]);
  expect(told.commits()).toBe("C0=1 C0=2");
});

test("TM-11, M-104, M-304: one event of two partitions, each in one list", async () => {
  const told = begun({ partitionCount: 2, lane: { batchSize: 10 } }, (it) => {
    it.produce(0, 2);
    it.produce(1, 2);
  });
  await told.pass(10_000);
  expect(told.shown()).toBe("[p0:0-1 p1:0-1]");
  expect(told.commits()).toBe("C0=2 C1=2");
  expect(told.facts("batch-closed")).toMatchObject([
    {
      partitions: [
        { unit: "t-0", first: "0", last: "1", recordCount: 2 },
        { unit: "t-1", first: "0", last: "1", recordCount: 2 },
      ],
    },
  ]);
});

test("M-304: batches begin with each partition in turn", async () => {
  const told = begun({ partitionCount: 3, lane: { batchSize: 2 } }, (it) => {
    for (const partition of [0, 1, 2]) it.produce(partition, 3);
  });
  await told.pass(10_000);
  expect(told.shown()).toBe("[p0:0-1] [p1:0-1] [p2:0-1] [p0:2 p1:2] [p2:2]");
});

test("M-304: with `mixPartitions: false` each batch has one partition", async () => {
  const told = begun({ partitionCount: 2, lane: { batchSize: 10 }, group: { isMixing: false } }, (it) => {
    it.produce(0, 3);
    it.produce(1, 3);
  });
  await told.pass(10_000);
  expect(told.shown()).toBe("[p0:0-2] [p1:0-2]");
  expect(atMs(told)).toEqual([1_000, 1_000]);
});

test("M-207: a member has as many batches in flight as it may, and never two of one partition", async () => {
  const told = begun(
    { partitionCount: 6, lane: { batchSize: 1 }, group: { callsAPoller: 4 }, tookMs: () => 1_000 },
    (it) => {
      for (let partition = 0; partition < 6; partition += 1) it.produce(partition, 2);
    },
  );
  await told.pass(60_000);
  expect(told.mostAtOnce()).toBe(4);
  expect(told.calls).toHaveLength(12);
});

test("M-208: what waits is bounded, and all of it is delivered", async () => {
  const told = begun({ lane: { batchSize: 10, windowMs: 0 }, tookMs: () => 1_000 }, (it) => it.produce(0, 200));
  await told.pass(500);
  const early = told.runner.summary().lagCount;
  // A fetch of the virtual topic brings 40 at most.
  expect(early).toBeLessThanOrEqual(20 + 40);
  await told.pass(60_000);
  expect(told.commits().split(" ").at(-1)).toBe("C0=200");
});

test("TM-61, M-208: 100,000 records behind a slow function: what waits stays bounded, and all come in order", async () => {
  const text = "x".repeat(1_000);
  const told = begun({ lane: { batchSize: 1_000, windowMs: 0 }, tookMs: () => 1_000 }, (it) =>
    it.produce(0, 100_000, () => text),
  );
  let most = 0;
  while (told.commits().split(" ").at(-1) !== "C0=100000") {
    await told.pass(5_000);
    most = Math.max(most, told.runner.summary().lagCount);
  }
  // Two batches that wait, one that is out, and what a fetch brings.
  expect(most).toBeLessThanOrEqual(3_000 + 40);
  const offsets = told.calls.flatMap((call) => call.offsets["t-0"] ?? []);
  expect(offsets).toEqual(Array.from({ length: 100_000 }, (_, index) => index));
});

const every =
  (wanted: readonly number[]) =>
  (text: string): boolean =>
    wanted.some((index) => text === `v${index}`);

test("TM-35, M-317, M-318: what the filter passed over is committed with the batch, and does not split it", async () => {
  const told = begun({ filter: every([2, 5, 9]) }, (it) => it.produce(0, 10));
  await told.pass(10_000);
  expect(told.shown()).toBe("[p0:2,5,9]");
  expect(told.commits()).toBe("C0=10");
  expect(told.runner.summary().counters.filtered).toBe(7);
});

test("TM-36, M-317: what has nothing to deliver is committed at once, without a call and without its window", async () => {
  const told = begun({ filter: () => false, lane: { windowMs: 10_000 } }, (it) => it.produce(0, 10));
  await told.pass(0);
  expect(told.commits()).toBe("C0=10");
  expect(told.calls).toEqual([]);
});

test("TM-37, M-317: while the batch fails nothing is committed, not even what is before it", async () => {
  const told = begun({ filter: every([2, 5, 9]), handler: () => "throws" }, (it) => it.produce(0, 10));
  await told.pass(600_000);
  expect(told.commits()).toBe("");
  expect(new Set(told.calls.map(({ shown }) => shown))).toEqual(new Set(["p0:2,5,9"]));
});

test("M-305: after 10,000 that the filter passed over, a batch closes as if its window were over", async () => {
  const told = begun({ filter: (text) => text === "wanted", lane: { windowMs: 300_000 } }, (it) => {
    it.produce(0, 1, () => "wanted");
    it.produce(0, 10_000);
  });
  await told.pass(1_000);
  expect(told.shown()).toBe("[p0:0]");
  expect(told.commits()).toBe("C0=10001");
});

test("TM-56: positions without records are passed, to the end of the log", async () => {
  const told = begun({}, (it) => it.topic.produce(0, ["a", "b", "c", null, null, null]));
  await told.pass(10_000);
  expect(told.shown()).toBe("[p0:0-2]");
  expect(told.commits()).toBe("C0=6");
  told.topic.produce(0, [null, null]);
  await told.pass(0);
  expect(told.commits()).toBe("C0=6 C0=8");
});

test("TM-57, M-105: a compacted log has gaps, and the batch has them, too", async () => {
  const told = begun({}, (it) => it.topic.produce(0, ["a", ...Array.from({ length: 6 }, () => null), "b", null, "c"]));
  await told.pass(10_000);
  expect(told.shown()).toBe("[p0:0,7,9]");
  expect(told.commits()).toBe("C0=10");
});

test("TM-59, M-414: what its schema does not fit is given up by itself, and the others go on", async () => {
  const told = begun({ onFailureArn: "arn:aws:sqs:us-east-1:000000000000:q" }, (it) =>
    it.produce(0, 3, (index) => (index === 1 ? "!" : "good")),
  );
  await told.pass(10_000);
  expect(told.shown()).toBe("[p0:0,2]");
  expect(told.documents).toMatchObject([
    {
      body: {
        requestContext: { condition: "SCHEMA_NOT_FOUND", approximateInvokeCount: 1 },
        KafkaBatchInfo: { batchSize: 1, recordsInfo: { "t-0": { firstRecordOffset: "1" } } },
      },
    },
  ]);
  expect(told.commits()).toBe("C0=3");
});

test("TM-59, M-414: without a destination it is dropped, also before a filter that would not want it", async () => {
  const told = begun({ filter: () => true }, (it) => it.produce(0, 3, (index) => (index === 0 ? "!" : "good")));
  await told.pass(10_000);
  expect(told.shown()).toBe("[p0:1-2]");
  expect(told.facts("gave-up")).toMatchObject([{ condition: "SCHEMA_NOT_FOUND", recordCount: 1, attempts: 0 }]);
  expect(told.commits()).toBe("C0=1 C0=3");
});

test("a person who watches sees what is assembled, and steps from call to call", async () => {
  const told = begun({ partitionCount: 2, lane: { windowMs: 60_000 } });
  await told.pass(1_000);
  told.produce(0, 2);
  await told.pass(1_000);
  expect(told.runner.laneReports()).toMatchObject([
    { waitingCount: 2, recordCount: 2, closedBy: "window", closesAtMs: STARTS_AT_MS + 61_000, isHeld: false },
  ]);
  told.runner.steer("pause");
  await told.pass(100_000);
  expect(told.calls).toEqual([]);
  told.runner.steer("step");
  await told.pass(1_000);
  expect(told.shown()).toBe("[p0:0-1]");
  told.produce(1, 1);
  await told.pass(100_000);
  expect(told.calls).toHaveLength(1);
  told.runner.steer("resume");
  await told.pass(1_000);
  expect(told.shown()).toBe("[p0:0-1] [p1:0]");
});
