// What the dashboard makes of the journal and of summaries: the moment of the live view's own tests, and each family of sources.

import { describe, expect, test } from "vitest";
import { createDashboardModel, type FrameParts } from "../../src/dashboard/dashboard-model.ts";
import type { Frame } from "../../src/dashboard/frame.ts";
import type { Entry, Fact } from "../../src/ports/journal.ts";
import type { LaneReport } from "../../src/runtime/lane-report.ts";
import {
  at,
  audit,
  decided,
  entry,
  laneOf,
  nowMs,
  positionOf,
  process,
  settings,
  story,
  viewOf,
  views,
} from "../cli/live/moment.ts";

const parts: FrameParts = {
  number: 1,
  atMs: nowMs,
  origin: { kind: "server", version: "test", store: "embedded store", isReadOnly: false },
  seconds: [],
  threads: [],
};

function frameOf(entries: readonly Entry[], seen = views): Frame {
  const model = createDashboardModel({ areBytesKnown: true });
  model.learn(entries, 0);
  model.learnViews(seen, nowMs);
  return model.delta(parts);
}

const closed = (batch: string, fact: Partial<Extract<Fact, { kind: "batch-closed" }>> = {}): Fact => ({
  kind: "batch-closed",
  batch,
  closedBy: "size",
  recordCount: 10,
  payloadBytes: 900,
  windowMs: null,
  first: null,
  last: null,
  oldestArrivedAtMs: null,
  ...fact,
});

const report = (lane: string, more: Partial<LaneReport> = {}): LaneReport => ({
  lane,
  waitingCount: 4,
  recordCount: 4,
  recordBytes: 400,
  eventBytes: 414,
  eventLimitBytes: 6_291_456,
  windowFromMs: null,
  closedBy: "size",
  closesAtMs: null,
  isHeld: false,
  tumbling: null,
  ...more,
});

describe("the moment of the live view", () => {
  const frame = frameOf(story);
  const [orders] = frame.mappings;

  test("a held lane names its batch, an assembling one the limit that fires first (B-1, B-6)", () => {
    expect(orders?.lanes.map(({ label }) => label)).toEqual(["shard 0", "shard 1"]);
    const [held, assembling] = orders?.lanes ?? [];
    expect(held).toMatchObject({ heldBy: { batch: "29.2.1.2", sinceMs: at("31.207") }, assembling: null });
    expect(held?.checkpoint).toBe(positionOf(18_406));
    expect(assembling?.heldBy).toBe(null);
    expect(assembling?.assembling).toMatchObject({
      recordCount: 6,
      eventBytes: 5_605,
      closedBy: "window",
      closesAtMs: at("33.344"),
    });
  });

  test("settings tell which are not AWS's default (B-8)", () => {
    const changed = orders?.settings.filter(({ isChanged }) => isChanged).map(({ member }) => member);
    expect(changed).toEqual([
      "BatchSize",
      "MaximumBatchingWindowInSeconds",
      "MaximumRetryAttempts",
      "BisectBatchOnFunctionError",
      "DestinationConfig",
    ]);
    expect(frame.mappings[1]?.settings.filter(({ isChanged }) => isChanged)).toEqual([]);
  });

  test("rows of batches in the order of closing, each with what came of it", () => {
    expect(frame.batches.map(({ batch, closedBy, outcome, next }) => [batch, closedBy, outcome, next])).toEqual([
      ["27", "window", "ok", ""],
      ["28", "window", "ok", ""],
      ["29", "size", "threw", "split 5 + 5"],
      ["214", "caught up", "ok", ""],
    ]);
    expect(frame.batches.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    expect(frame.shownOf).toBe(1);
  });

  test("the failing tree is the terminal's (E-15, E-18)", () => {
    expect(frame.failing).toHaveLength(1);
    const [failing] = frame.failing;
    expect(failing).toMatchObject({ batch: "29", label: "shard 0", endedAtMs: null });
    expect(failing?.root).toMatchObject({ name: "29", from: 1, to: 10, state: "split" });
    const [first, second] = failing?.root.children ?? [];
    expect(first).toMatchObject({ name: "29.1", state: "done", checkpoint: positionOf(18_405) });
    const stuck = second?.children[0]?.children[1];
    expect(stuck).toMatchObject({ name: "29.2.1.2", from: 7, to: 7, state: "retrying", attempt: 2 });
    expect(stuck?.retryAtMs).toBe(at("31.844"));
  });

  test("destinations are there with what they were given", () => {
    expect(frame.destinations).toEqual([
      {
        arn: "arn:aws:sqs:us-east-1:000000000000:orders-failed",
        name: "sqs:orders-failed",
        kind: "queue",
        documentCount: 2,
        refusedCount: 0,
        lastCondition: "RetryAttemptsExhausted",
        deadLettersOf: [],
        messageCount: null,
      },
    ]);
  });

  test("give-ups and changes of a state are news once", () => {
    const model = createDashboardModel({ areBytesKnown: true });
    model.learn(story, 0);
    model.learn(
      [entry(nowMs, audit, audit, { kind: "mapping-state", from: "Disabling", to: "Disabled", reason: "" })],
      0,
    );
    model.learnViews(views, nowMs);
    expect(model.delta(parts).news.at(-1)).toBe("orders.audit is Disabled");
    expect(model.delta({ ...parts, number: 2 }).news).toEqual([]);
  });
});

describe("a delta", () => {
  test("has what is new or changed since the one before, and a whole frame all of it", () => {
    const model = createDashboardModel({ areBytesKnown: true });
    const lane = laneOf(process, 0);
    model.learn(
      [story[0] ?? entry(0, process, process, settings("f", {})), entry(nowMs, process, lane, closed("30"))],
      0,
    );
    model.learnViews(views, nowMs);
    expect(model.delta(parts).batches.map(({ batch, outcome }) => [batch, outcome])).toEqual([["30", null]]);
    expect(model.delta(parts).batches).toEqual([]);
    model.learn([entry(nowMs, process, lane, decided("30", "r1", {}))], 0);
    expect(model.delta(parts).batches.map(({ id, outcome }) => [id, outcome])).toEqual([[1, "ok"]]);
    expect(model.whole(parts).batches.map(({ batch, outcome }) => [batch, outcome])).toEqual([["30", "ok"]]);
    expect(model.whole(parts)).toMatchObject({ isWhole: true, number: 1 });
  });

  test("a mapping that is gone takes all that is known of it along", () => {
    const model = createDashboardModel({ areBytesKnown: true });
    model.learn(story, 0);
    model.learnViews(views, nowMs);
    model.delta(parts);
    model.learn(
      [entry(nowMs, process, process, { kind: "mapping-state", from: "Deleting", to: "Gone", reason: "" })],
      0,
    );
    model.learnViews(views.slice(1), nowMs);
    const after = model.whole(parts);
    expect(after.mappings.map(({ functionName }) => functionName)).toEqual(["orders.audit"]);
    expect(after.failing).toEqual([]);
    expect(after.batches.map(({ mapping }) => mapping)).toEqual([audit]);
  });
});

describe("other families", () => {
  const one = (of: object, lanes: readonly LaneReport[], more: readonly Fact[], lane: string, arn: string) =>
    frameOf(
      [
        entry(at("31"), process, process, settings("f", { BatchSize: 10, ...of })),
        ...more.map((fact) => entry(at("31"), process, lane, fact)),
      ],
      [{ ...viewOf(process, "f", { lanes }), eventSourceArn: arn }],
    ).mappings[0];

  test("a topic: a row a partition with its own lag, and the batch that holds it (M-207)", () => {
    const arn = "arn:aws:kafka:us-east-1:000000000000:cluster/shop/f3bb8a1e-1";
    const poller = `${process}/p0`;
    const partition = (unit: string, lagCount: number) => ({
      unit,
      through: "17",
      lagCount,
      oldestArrivedAtMs: at("30"),
    });
    const mapping = one(
      { EventSourceArn: arn, Topics: ["orders"] },
      [report(poller, { partitions: [partition("orders-0", 4), partition("orders-1", 2)], waitingCount: 0 })],
      [
        { kind: "share", partitionCount: 2, units: ["orders-0", "orders-1"] },
        closed("29", { recordCount: 4, partitions: [{ unit: "orders-0", first: "15", last: "18", recordCount: 4 }] }),
        decided("29", "r", { verdict: "retry", recordCount: 4, retryAfterMs: 90_000 }),
      ],
      poller,
      arn,
    );
    expect(mapping).toMatchObject({ family: "topic", source: "kafka:shop/orders" });
    expect(mapping?.lanes.map(({ label, lagCount, heldBy }) => [label, lagCount, heldBy?.batch ?? null])).toEqual([
      ["orders-0", 4, "29"],
      ["orders-1", 2, null],
      ["poller 0", 4, "29"],
    ]);
  });

  test("a queue: a row a poller in use, and what lies in the queue", () => {
    const arn = "arn:aws:sqs:us-east-1:000000000000:orders";
    const model = createDashboardModel({ areBytesKnown: true });
    const lane = `${process}/orders/3`;
    model.learn(
      [
        entry(at("31"), process, process, settings("f", { EventSourceArn: arn })),
        entry(at("31"), process, lane, closed("1")),
      ],
      0,
    );
    model.learnViews([{ ...viewOf(process, "f", { lanes: [] }), eventSourceArn: arn }], nowMs);
    model.learnQueue(process, { visibleCount: 7, hiddenCount: 2, delayedCount: 1 });
    model.learnDeadLetters([{ arn: `${arn}-dlq`, of: ["orders"], messageCount: 3 }]);
    const frame = model.whole(parts);
    expect(frame.mappings[0]).toMatchObject({
      family: "queue",
      queue: { visible: 7, inFlight: 2, delayed: 1 },
      batchSize: 10,
    });
    expect(frame.mappings[0]?.lanes.map(({ label, checkpoint }) => [label, checkpoint])).toEqual([["poller 3", null]]);
    expect(frame.destinations).toMatchObject([
      { name: "sqs:orders-dlq", kind: "dead-letter queue", deadLettersOf: ["orders"], messageCount: 3 },
    ]);
  });

  test("a broker: a row a consumer", () => {
    const arn = "arn:aws:mq:us-east-1:000000000000:broker:shop:b-12345678-1234-1234-1234-123456789012";
    const lane = `${process}/0`;
    const mapping = one({ EventSourceArn: arn, Queues: ["orders"] }, [report(lane)], [], lane, arn);
    expect(mapping).toMatchObject({ family: "broker", source: "mq:shop" });
    expect(mapping?.lanes).toMatchObject([{ label: "consumer 0", lagCount: 4, assembling: { recordCount: 4 } }]);
  });

  test("a change stream: its one place", () => {
    const arn = "arn:aws:rds:us-east-1:000000000000:cluster:docs";
    const lane = `${process}/changes/0`;
    const of = { EventSourceArn: arn, DocumentDBEventSourceConfig: { DatabaseName: "shop", CollectionName: "orders" } };
    const mapping = one(
      of,
      [report(lane)],
      [{ kind: "unit-opened", after: "token", startedFrom: "checkpoint" }],
      lane,
      arn,
    );
    expect(mapping).toMatchObject({ family: "changes", source: "documentdb:docs/shop/orders" });
    expect(mapping?.lanes).toMatchObject([{ label: "change stream", checkpoint: "token" }]);
  });

  test("several lanes a shard: a row for the shard, and one for each lane with something in hand (E-61)", () => {
    const mapping = frameOf(
      [
        entry(at("31"), process, process, settings("f", { ParallelizationFactor: 4, BatchSize: 10 })),
        entry(at("31"), process, `${process}/shardId-000000000000`, {
          kind: "unit-opened",
          after: null,
          startedFrom: "trimHorizon",
        }),
      ],
      [
        viewOf(process, "f", {
          lanes: [report(`${process}/shardId-000000000000/2`)],
          units: [{ unit: "shardId-000000000000", through: positionOf(7), lagCount: 9, oldestArrivedAtMs: at("30") }],
        }),
      ],
    ).mappings[0];
    expect(mapping?.lanes.map(({ label, lagCount, oldestAtMs }) => [label, lagCount, oldestAtMs])).toEqual([
      ["shard 0", 9, at("30")],
      ["shard 0 lane 2", 4, null],
    ]);
  });

  test("more than fifty lanes: those with most to tell, the most urgent first, and how many more there are", () => {
    const lanes = Array.from({ length: 120 }, (_, index) =>
      report(`${process}/shardId-000000000${String(index).padStart(3, "0")}/0`, { waitingCount: index + 1 }),
    );
    const mapping = frameOf([entry(at("31"), process, process, settings("f", {}))], [viewOf(process, "f", { lanes })])
      .mappings[0];
    expect(mapping?.lanes).toHaveLength(50);
    expect(mapping?.moreLanes).toBe(70);
    expect(mapping?.lanes.map(({ lagCount }) => lagCount)).toEqual(
      Array.from({ length: 50 }, (_, index) => 120 - index),
    );
  });
});

describe("a lane that assembles nothing", () => {
  const lane = laneOf(process, 0);
  const laneWith = (more: Parameters<typeof viewOf>[2], facts: readonly Fact[] = []) => {
    const opened = entry(at("31"), process, lane, { kind: "unit-opened", after: null, startedFrom: "trimHorizon" });
    const entries = [opened, ...facts.map((fact) => entry(at("31.5"), process, lane, fact))];
    return frameOf(entries, [viewOf(process, "f", more)]).mappings[0]?.lanes[0];
  };
  const unit = (lagCount: number) => [
    { unit: "shardId-000000000000", through: null, lagCount, oldestArrivedAtMs: null },
  ];

  test("with a batch in hand: whether its call runs, though its closing was not heard", () => {
    const lag = { lagCount: 10, units: unit(10) };
    expect(laneWith({ ...lag, runningCount: 1 }, [closed("1")])).toMatchObject({ batch: "runs", assembling: null });
    expect(laneWith({ ...lag, runningCount: 1 })).toMatchObject({ lagCount: 10, batch: "runs" });
    expect(laneWith({ ...lag, runningCount: 1, lanes: [report(lane, { isHeld: true })] })?.batch).toBe("runs");
    expect(laneWith({ ...lag, runningCount: 0 }, [closed("1")])?.batch).toBe("waits");
  });

  test("with none: nothing, and nothing of one that assembles", () => {
    expect(laneWith({ units: unit(0) })).toMatchObject({ lagCount: 0, batch: null });
    expect(laneWith({ lagCount: 4, units: unit(4), lanes: [report(lane)] })).toMatchObject({
      batch: null,
      assembling: { recordCount: 4 },
    });
  });
});
