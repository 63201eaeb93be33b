// Partitions that come and go: rebalances, brokers that go away, crashes, stops, and how many members a mapping has.

import { expect, test } from "vitest";
import { calmTopic } from "../../../src/sim/virtual-log.ts";
import { type GroupOptions, tellGroup } from "./told-group.ts";

const twoBusy = {
  partitionCount: 2,
  lane: { batchSize: 3 },
  group: { callsAPoller: 2, isMixing: false },
  tookMs: () => 20_000,
} satisfies GroupOptions;

test("TM-44, M-808: of a partition that was taken away the result commits nothing; whoever has it next calls again", async () => {
  const told = tellGroup(twoBusy);
  for (const partition of [0, 1]) told.produce(partition, 3);
  told.mapping().runner.start();
  await told.pass(5_000);
  told.topic.joinForeign(); // It gets p1.
  await told.pass(20_000);
  expect(told.shown()).toBe("[p0:0-2] [p1:0-2]");
  expect(told.commits()).toBe("C0=3");
  expect(told.facts("given-back")).toMatchObject([{ recordCount: 3, why: "revoked" }]);
  told.topic.leaveForeign();
  await told.pass(60_000);
  expect(told.shown()).toBe("[p0:0-2] [p1:0-2] [p1:0-2]");
  expect(told.commits()).toBe("C0=3 C1=3");
  expect(told.topic.violations()).toEqual([]);
});

test("TM-45, M-807: what stays with an unchanged member goes on, its batch in flight too", async () => {
  const told = tellGroup(twoBusy);
  told.produce(0, 3);
  told.mapping().runner.start();
  await told.pass(5_000);
  told.topic.joinForeign();
  await told.pass(60_000);
  expect(told.shown()).toBe("[p0:0-2]");
  expect(told.commits()).toBe("C0=3");
});

test("M-807, M-809: a new member id begins behind what was committed, but not while the old batch is out", async () => {
  let isKept = true;
  const told = tellGroup({ ...twoBusy, fates: { ...calmTopic, isMemberKept: () => isKept } });
  told.produce(0, 3);
  told.mapping().runner.start();
  await told.pass(5_000);
  isKept = false;
  told.topic.joinForeign();
  await told.pass(15_500);
  expect(told.calls.map(({ shown, atMs }) => `${shown} at ${atMs}`)).toEqual(["p0:0-2 at 0", "p0:0-2 at 20000"]);
  expect(told.mostAtOnce()).toBe(1);
  await told.pass(60_000);
  expect(told.commits()).toBe("C0=3");
});

test("M-808: a failed batch that loses a partition goes on with the others, and reports nothing of it", async () => {
  const told = tellGroup({
    partitionCount: 2,
    lane: { retries: 3 },
    onFailureArn: "arn:aws:sqs:us-east-1:000000000000:q",
    handler: () => "throws",
    tookMs: () => 1_000,
  });
  for (const partition of [0, 1]) told.produce(partition, 2);
  told.mapping().runner.start();
  await told.pass(1_500); // The first call is out.
  told.topic.joinForeign();
  await told.pass(60_000);
  expect(told.shown()).toBe("[p0:0-1 p1:0-1] [p0:0-1] [p0:0-1] [p0:0-1]");
  expect(told.documents).toMatchObject([
    {
      body: {
        requestContext: { approximateInvokeCount: 4 },
        KafkaBatchInfo: { batchSize: 2, recordsInfo: { "t-0": {} } },
      },
    },
  ]);
  expect(told.documents[0]?.body).not.toHaveProperty("KafkaBatchInfo.recordsInfo.t-1");
  expect(told.commits()).toBe("C0=2");
});

test("M-808: what is given up by a call that was out as its partition went is reported without it", async () => {
  const told = tellGroup({
    partitionCount: 2,
    lane: { retries: 0 },
    onFailureArn: "arn:aws:sqs:us-east-1:000000000000:q",
    handler: () => "throws",
    tookMs: () => 1_000,
  });
  for (const partition of [0, 1]) told.produce(partition, 2);
  told.mapping().runner.start();
  await told.pass(1_500);
  told.topic.joinForeign();
  await told.pass(60_000);
  expect(told.documents).toMatchObject([{ body: { KafkaBatchInfo: { batchSize: 2, recordsInfo: { "t-0": {} } } } }]);
  expect(told.documents[0]?.body).not.toHaveProperty("KafkaBatchInfo.recordsInfo.t-1");
  expect(told.commits()).toBe("C0=2");
});

test("M-808: what waits for its retry is not tried again once its partition is gone", async () => {
  const told = tellGroup({ ...twoBusy, handler: () => "throws", tookMs: () => 0 });
  told.produce(1, 3);
  told.mapping().runner.start();
  await told.pass(100_000);
  const before = told.calls.length;
  told.topic.joinForeign();
  await told.pass(600_000);
  expect(told.calls.length - before).toBe(0);
  expect(told.facts("given-back")).toMatchObject([{ recordCount: 3, why: "revoked" }]);
});

test("TM-46, M-810: a partition that was paused, lost and regained is read on", async () => {
  const told = tellGroup({ ...twoBusy, tookMs: () => 1_000 });
  told.produce(1, 100);
  told.mapping().runner.start();
  await told.pass(1_500);
  told.topic.joinForeign();
  await told.pass(10_000);
  told.topic.leaveForeign();
  await told.pass(200_000);
  expect(told.commits().split(" ").at(-1)).toBe("C1=100");
});

test.each([false, true])(
  "TM-47, M-806: a broker that restarts while the function runs costs nothing (forgotten: %s)",
  async (isForgotten) => {
    const told = tellGroup({ tookMs: () => 5_000 });
    told.produce(0, 3);
    const { runner } = told.mapping();
    runner.start();
    await told.pass(2_000);
    told.topic.goAway();
    await told.pass(10_000);
    expect(runner.summary().problemText).toContain("PROBLEM: Connection error");
    told.topic.comeBack(isForgotten);
    await told.pass(30_000);
    expect(runner.summary().problemText).toBeNull();
    expect(told.shown()).toBe(isForgotten ? "[p0:0-2] [p0:0-2]" : "[p0:0-2]");
    expect(told.commits()).toBe("C0=3");
  },
);

test("M-402: a commit that the broker does not take is sent again", async () => {
  let isFailing = true;
  const told = tellGroup({ fates: { ...calmTopic, isCommitFailed: () => isFailing } });
  told.produce(0, 3);
  told.mapping().runner.start();
  await told.pass(5_000);
  expect(told.commits()).toBe("");
  expect(told.facts("checkpoint-problem")).toHaveLength(1);
  isFailing = false;
  await told.pass(10_000);
  expect(told.commits()).toBe("C0=3");
});

test("TM-49, M-401: a process that dies between the call and its commit delivers the batch again", async () => {
  const told = tellGroup({ fates: { ...calmTopic, isCommitFailed: () => told.calls.length < 2 } });
  told.produce(0, 3);
  const one = told.mapping();
  one.runner.start();
  await told.pass(3_000);
  one.kill();
  told.mapping().runner.start();
  await told.pass(30_000);
  expect(told.shown()).toBe("[p0:0-2] [p0:0-2]");
  expect(told.commits()).toBe("C0=3");
});

test("TM-52, M-507, M-823: a stop lets the batch end and commits it; a start goes on behind it", async () => {
  const told = tellGroup({ lane: { batchSize: 3 }, tookMs: () => 5_000 });
  told.produce(0, 6);
  const one = told.mapping();
  one.runner.start();
  await told.pass(1_000);
  one.runner.stop({ isDelete: false, graceMs: 60_000 });
  await told.pass(3_000);
  expect(told.heard).toEqual(["positioned"]);
  await told.pass(5_000);
  await one.stopped;
  expect(told.commits()).toBe("C0=3");
  expect(told.facts("given-back")).toMatchObject([{ recordCount: 3, why: "stopped" }]);
  told.mapping().runner.start();
  await told.pass(20_000);
  expect(told.shown()).toBe("[p0:0-2] [p0:3-5]");
  expect(told.commits()).toBe("C0=3 C0=6");
  expect(told.topic.violations()).toEqual([]);
});

test("M-823: a stop whose broker is away waits for it only a little once its calls have ended", async () => {
  const told = tellGroup({ tookMs: () => 1_000 });
  told.produce(0, 3);
  const { runner, stopped } = told.mapping();
  runner.start();
  await told.pass(1_500);
  told.topic.goAway();
  runner.stop({ isDelete: false, graceMs: 20_000 });
  await told.pass(3_400); // The call goes on for half a second.
  expect(told.heard).not.toContain("stopped");
  await told.pass(200);
  await stopped;
  expect(told.facts("checkpoint-problem").at(-1)).toMatchObject({ nextTryMs: null });
  // At least once: the next start has it again.
  told.topic.comeBack(false);
  told.mapping().runner.start();
  await told.pass(5_000);
  expect(told.shown()).toBe("[p0:0-2] [p0:0-2]");
  expect(told.commits()).toBe("C0=3");
});

test("M-823: a member that goes while the mapping stays waits for its commits as long as it takes", async () => {
  const told = tellGroup({
    partitionCount: 2,
    group: { isProvisioned: true, leastPollerCount: 2, mostPollerCount: 2 },
    tookMs: () => 1_000,
  });
  for (const partition of [0, 1]) told.produce(partition, 3);
  const { runner, spec } = told.mapping();
  runner.start();
  await told.pass(1_500);
  told.topic.goAway();
  runner.update({ ...spec, group: { ...spec.group, leastPollerCount: 1, mostPollerCount: 1 } });
  await told.pass(20_000);
  told.topic.comeBack(false);
  await told.pass(20_000);
  expect(told.commits().split(" ").sort()).toEqual(["C0=3", "C1=3"]);
  expect(told.calls).toHaveLength(2);
});

test("M-823: a stop does not wait long for a commit that the broker never answers", async () => {
  let isHung = false;
  const told = tellGroup({
    tookMs: () => 1_000,
    fates: { ...calmTopic, delayMs: () => (isHung ? 3_600_000 : 0) },
  });
  told.produce(0, 3);
  const { runner, stopped } = told.mapping();
  runner.start();
  await told.pass(1_500);
  isHung = true;
  await told.pass(1_000); // The call has ended, its commit is out.
  isHung = false;
  runner.stop({ isDelete: false, graceMs: 20_000 });
  await told.pass(4_900);
  expect(told.heard).not.toContain("stopped");
  await told.pass(200);
  await stopped;
  expect(told.facts("checkpoint-problem")).toMatchObject([{ nextTryMs: null }]);
  expect(told.topic.violations()).toEqual([]);
});

test("M-203, M-205: as many members as there may be at least, and never more than partitions", async () => {
  const told = tellGroup({
    partitionCount: 3,
    group: { isProvisioned: true, leastPollerCount: 5, mostPollerCount: 8 },
  });
  told.mapping().runner.start();
  await told.pass(1_000);
  expect(told.facts("scaled")).toMatchObject([{ from: 0, to: 3, why: "started" }]);
});

test("M-204: with a backlog there is one member more a minute, and one fewer once it is idle", async () => {
  const told = tellGroup({
    partitionCount: 3,
    lane: { batchSize: 1, windowMs: 0 },
    group: { mostPollerCount: 200, callsAPoller: 2 },
    tookMs: () => 5_000,
  });
  for (const partition of [0, 1, 2]) told.produce(partition, 60);
  const { runner } = told.mapping();
  runner.start();
  await told.pass(3_600_000);
  expect(told.facts("scaled").map(({ from, to, why }) => `${from}>${to} ${why}`)).toEqual([
    "0>1 started",
    "1>2 work",
    "2>3 work",
    "3>2 idle",
    "2>1 idle",
  ]);
  expect(runner.summary().lagCount).toBe(0);
  expect([...told.topic.committed().values()]).toEqual([60n, 60n, 60n]);
  expect(told.topic.violations()).toEqual([]);
});

test("M-204: a throttled function has one member fewer", async () => {
  const told = tellGroup({
    partitionCount: 4,
    lane: { batchSize: 1, windowMs: 0 },
    group: { isProvisioned: true, leastPollerCount: 2, mostPollerCount: 4 },
    tookMs: () => 5_000,
  });
  for (const partition of [0, 1, 2, 3]) told.produce(partition, 100);
  told.mapping().runner.start();
  await told.pass(130_000);
  told.answerWith(() => "throttled");
  await told.pass(300_000);
  expect(told.facts("scaled").map(({ from, to, why }) => `${from}>${to} ${why}`)).toEqual([
    "0>2 started",
    "2>3 work",
    "3>4 work",
    "4>3 errors",
    "3>2 errors",
  ]);
});

test("M-205: new bounds are in force at once, and equal ones switch scaling off", async () => {
  const told = tellGroup({
    partitionCount: 4,
    lane: { batchSize: 1, windowMs: 0 },
    group: { isProvisioned: true, leastPollerCount: 2, mostPollerCount: 2 },
    tookMs: () => 5_000,
  });
  for (const partition of [0, 1, 2, 3]) told.produce(partition, 200);
  const { runner, spec } = told.mapping();
  runner.start();
  await told.pass(300_000);
  expect(told.facts("scaled")).toHaveLength(1);
  runner.update({ ...spec, group: { ...spec.group, leastPollerCount: 4, mostPollerCount: 4 } });
  await told.pass(1_000);
  expect(told.facts("scaled").at(-1)).toMatchObject({ from: 2, to: 4, why: "settings" });
  expect(told.heard.at(-1)).toBe("updated");
});

test("TM-62, M-806: a foreign member that joins and leaves every second: nothing is lost, no commit goes back", async () => {
  const told = tellGroup({ partitionCount: 4, lane: { batchSize: 5 }, tookMs: () => 700 });
  for (let partition = 0; partition < 4; partition += 1) told.produce(partition, 40);
  told.mapping().runner.start();
  for (let second = 0; second < 60; second += 1) {
    if (second % 2 === 0) told.topic.joinForeign();
    else told.topic.leaveForeign();
    await told.pass(1_000);
  }
  await told.pass(60_000);
  const seen = new Set(
    told.calls.flatMap(({ offsets }) =>
      Object.entries(offsets).flatMap(([unit, list]) => list.map((each) => `${unit}/${each}`)),
    ),
  );
  expect(seen.size).toBe(160);
  expect([...told.topic.committed().values()]).toEqual([40n, 40n, 40n, 40n]);
  for (const unit of ["t-0", "t-1", "t-2", "t-3"]) {
    const offsets = told.topic
      .commits()
      .filter((each) => each.unit === unit)
      .map(({ offset }) => Number(offset));
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
  }
  expect(told.topic.violations()).toEqual([]);
});

test("M-821: a poller that its group keeps waiting says so once, after a while", async () => {
  const told = tellGroup({ fates: { ...calmTopic, delayMs: () => 5_000 } });
  told.mapping().runner.start();
  await told.pass(60_000);
  const [awaited, ...more] = told.facts("group-awaited");
  const share = told.facts("share").at(-1);
  expect([awaited?.lane, more]).toEqual([share?.lane, []]);
  expect(share?.partitionCount).toBe(1);
  expect((awaited?.atMs ?? 0) - (awaited?.sinceMs ?? 0)).toBe(3_000);
  // Who is let in at once says nothing.
  const calm = tellGroup();
  calm.mapping().runner.start();
  await calm.pass(60_000);
  expect(calm.facts("group-awaited")).toEqual([]);
});
