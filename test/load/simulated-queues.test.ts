// Load plans on queues of SQS under virtual time, with answers worked out by hand.

import { describe, expect, it } from "vitest";
import type { LoadPlan } from "../../src/load/plan/plan.ts";
import type { Entry } from "../../src/ports/journal.ts";
import { loadRun } from "../../src/load/figures/load-run.ts";
import { simulateLoad } from "../../src/wiring/load/simulate-load.ts";
import { closedIn, model, runOf, sizesIn, smallPlan } from "./support/simulated-plans.ts";

const standard: LoadPlan = {
  ...smallPlan,
  source: { kind: "sqs", text: "sqs:jobs", queue: "jobs", isFifo: false, visibilityMs: 30_000, deadLetters: null },
  mapping: { BatchSize: 10 },
  send: { ...smallPlan.send, isPerShard: false, keys: null },
};
const fifo: LoadPlan = {
  ...standard,
  source: {
    kind: "sqs",
    text: "sqs:jobs.fifo",
    queue: "jobs.fifo",
    isFifo: true,
    visibilityMs: 30_000,
    deadLetters: null,
  },
  send: { ...standard.send, keys: { count: 2, prefix: "g", distribution: "round-robin", hotShare: null } },
};
const burst = (count: number): LoadPlan["send"]["phases"] => [{ kind: "burst", count }];
const outcomes = (entries: Iterable<Entry>): readonly string[] =>
  [...entries].flatMap((entry) => (entry.kind === "decided" ? [entry.outcome] : []));

describe("a simulated load run on a queue", () => {
  it("is read by five pollers at first, each with batches of its own (P-20, P-23)", async () => {
    const seen = await simulateLoad(runOf({ ...standard, send: { ...standard.send, phases: burst(50) } }));
    // Five long polls wait, and the store deals out to all of them at once what they may have together; 20 messages are left.
    expect(sizesIn(seen)).toEqual([...Array.from({ length: 5 }, () => [0, 6]), [40, 10], [40, 10]]);
    expect([seen.endedBy, seen.endedAtMs - seen.startedAtMs]).toEqual(["plan", 80]);
    const run = loadRun(seen, standard.prices);
    expect([run.concurrency.most, run.counts.done, run.latency.toDone.max]).toEqual([5, 50, 80]);
  });

  it("runs no more calls than MaximumConcurrency lets it (P-25)", async () => {
    const mapping = { BatchSize: 10, ScalingConfig: { MaximumConcurrency: 2 } };
    const seen = await simulateLoad(runOf({ ...standard, mapping, send: { ...standard.send, phases: burst(92) } }));
    expect(seen.allowedConcurrency).toBe(2);
    // Two of 6, then eight of 10, two at a time, 40 ms each.
    expect(seen.endedAtMs - seen.startedAtMs).toBe(200);
    expect(loadRun(seen, standard.prices).concurrency.most).toBe(2);
  });

  it("puts one group into a FIFO batch, in its order (P-32)", async () => {
    const seen = await simulateLoad(runOf({ ...fifo, send: { ...fifo.send, phases: burst(6) } }));
    const closed = closedIn(seen);
    expect(closed.map(({ recordCount, closedBy }) => [recordCount, closedBy])).toEqual([
      [3, "caught up"],
      [3, "caught up"],
    ]);
    const groups = closed.map(({ receives = [] }) => receives.flatMap(({ ids }) => ids));
    const idsOf = (group: string): readonly string[] =>
      seen.sent.filter(({ key }) => key === group).map(({ id }) => id);
    expect(groups).toHaveLength(2);
    expect(groups).toContainEqual(idsOf("g1"));
    expect(groups).toContainEqual(idsOf("g2"));
  });

  it("messages of a batch that failed come back once their visibility is over, and go to the dead letters in the end (Q-11, Q-12)", async () => {
    const plan: LoadPlan = {
      ...standard,
      source: { ...standard.source, deadLetters: { maxReceiveCount: 2 } } as LoadPlan["source"],
      function: { ...standard.function, does: { ...model, errorShare: 1 } },
      send: { ...standard.send, phases: burst(3) },
    };
    const seen = await simulateLoad(runOf(plan));
    expect(new Set(outcomes(seen.entries))).toEqual(new Set(["threw"]));
    expect([...seen.entries].filter(({ kind }) => kind === "dead-letter")).toHaveLength(3);
    expect(seen.endedBy).toBe("plan");
    // Received at 0 and at 30 s; the receive after that moves them.
    expect(Math.floor((seen.endedAtMs - seen.startedAtMs) / 1_000)).toBe(60);
  });

  it("names poisoned messages in its answer, and the others are done (S-1)", async () => {
    const plan: LoadPlan = {
      ...standard,
      source: { ...standard.source, deadLetters: { maxReceiveCount: 1 } } as LoadPlan["source"],
      mapping: { BatchSize: 10, FunctionResponseTypes: ["ReportBatchItemFailures"] },
      function: { ...standard.function, does: { ...model, onPoison: "report" } },
      send: { ...standard.send, phases: burst(100), poisonShare: 0.1 },
    };
    const seen = await simulateLoad(runOf(plan));
    const poisoned = seen.sent.filter(({ isPoison }) => isPoison).map(({ id }) => id);
    const dead = [...seen.entries].flatMap((entry) => (entry.kind === "dead-letter" ? [entry.messageId] : []));
    expect(poisoned.length).toBeGreaterThan(0);
    expect(dead.toSorted()).toEqual(poisoned.toSorted());
  });

  it("passes over what its filter does not match, and says which records that are", async () => {
    const plan: LoadPlan = {
      ...standard,
      mapping: { BatchSize: 10, FilterCriteria: { Filters: [{ Pattern: '{"body":{"n":[{"numeric":["<=",30]}]}}' }] } },
      send: { ...standard.send, phases: burst(100) },
    };
    const seen = await simulateLoad(runOf(plan));
    expect(seen.sent.filter(({ isMatching }) => isMatching)).toHaveLength(30);
    expect(sizesIn(seen).reduce((sum, [, count]) => sum + count, 0)).toBe(30);
    expect([seen.endedBy, seen.mapping.hasFilter]).toEqual(["plan", true]);
  });
});
