// What the live view makes of the journal, also of one that has gaps.

import { describe, expect, test } from "vitest";
import type { Fact } from "../../../src/ports/journal.ts";
import { learnEntries, learnViews, sampledBy } from "../../../src/cli/live/live-model.ts";
import {
  at,
  decided,
  entry,
  laneOf,
  momentOf,
  nowMs,
  positionOf,
  process,
  sceneOf,
  settings,
  textOf,
  viewOf,
} from "./moment.ts";

const lane = laneOf(process, 0);
const view = viewOf(process, "orders.process", {});
const closed = (batch: string, recordCount: number): Fact => ({
  kind: "batch-closed",
  batch,
  closedBy: "size",
  recordCount,
  payloadBytes: 100,
  windowMs: null,
  first: positionOf(1),
  last: positionOf(recordCount),
  oldestArrivedAtMs: null,
});

function drawn(facts: readonly Fact[], more: Parameters<typeof sceneOf>[0] = {}): string {
  const first = entry(
    at("31"),
    process,
    process,
    settings("orders.process", { BatchSize: 4, MaximumRetryAttempts: -1 }),
  );
  const entries = facts.map((fact, index) => entry(at("31") + index * 10, process, lane, fact));
  return textOf(sceneOf({ model: momentOf([first, ...entries], [view]), nowMs: at("31.1"), ...more }));
}

const part = (batch: string, from: number, to: number) => ({
  batch,
  first: positionOf(from),
  last: positionOf(to),
  recordCount: to - from + 1,
});

const gaveUp = (batch: string, fact: Partial<Extract<Fact, { kind: "gave-up" }>>): Fact => ({
  kind: "gave-up",
  batch,
  requestId: "r",
  condition: "RetryAttemptsExhausted",
  recordCount: 1,
  attempts: 1,
  first: null,
  last: null,
  destination: null,
  ...fact,
});

describe("trees", () => {
  test("a rest after partial progress stands below its batch, with its own places", () => {
    const text = drawn([
      closed("7", 4),
      decided("7", "r1", {
        verdict: "rest",
        outcome: "partial",
        error: null,
        recordCount: 4,
        next: [part("7+", 3, 4)],
      }),
      decided("7+", "r2", { verdict: "retry", recordCount: 2, retryAfterMs: 200 }),
    ]);
    expect(text).toContain("  7                1–4  ✗  1 ms  2 ok, the rest of 2 again");
    expect(text).toContain("  └ 7+             3–4  ✗  1 ms  attempt 2, no limit, in 0.12 s, waiting 200 ms");
  });

  test("a throttled call is not counted", () => {
    const text = drawn([
      closed("7", 4),
      decided("7", "r1", { verdict: "retry", outcome: "throttled", error: null, recordCount: 4, retryAfterMs: 400 }),
    ]);
    expect(text).toContain("≈  1 ms  throttled, again in 0.3 s, not counted");
    expect(text).toContain("≈ throttled");
  });

  test("E-13: what was too old goes, what is left goes on as a rest", () => {
    const text = drawn([
      closed("7", 4),
      decided("7", "r1", { verdict: "retry", recordCount: 4, retryAfterMs: 10 }),
      gaveUp("7", { condition: "RecordAgeExceeded", recordCount: 3 }),
      { kind: "invoked", batch: "7+", requestId: "r2", attempt: 1, recordCount: 1 },
    ]);
    expect(text).toContain("3 too old, given up; 1 go on");
    expect(text).toContain("└ 7+               4  ·        running since 0.07 s");
  });

  test("a batch that went well is no tree; one that failed before is one until it has ended", () => {
    expect(drawn([closed("7", 4), decided("7", "r1", {})])).not.toContain("FAILING");
    const facts = [closed("7", 4), decided("7", "r1", { verdict: "retry", retryAfterMs: 10 })];
    expect(drawn(facts)).toContain("FAILING  batch 7, shard 0");
    expect(drawn([...facts, decided("7", "r1", { attempt: 2 })])).toContain("ENDED    batch 7, shard 0");
  });

  test("no destination: what is given up is dropped", () => {
    const facts = [closed("7", 1), decided("7", "r1", { verdict: "give up", recordCount: 1 }), gaveUp("7", {})];
    expect(drawn(facts)).toContain("■  1 ms  given up after 1, dropped: no destination");
  });
});

describe("a sample of the journal", () => {
  test("a lane that has gone on has no failing batch any more, whatever was not heard", () => {
    const text = drawn([
      closed("7", 4),
      decided("7", "r1", { verdict: "bisect", recordCount: 4, next: [part("7.1", 1, 2), part("7.2", 3, 4)] }),
      closed("8", 4),
    ]);
    expect(text).toContain("ENDED    batch 7");
    expect(text).toContain("├ 7.1            1–2  ·        over");
    expect(drawn([closed("7", 4), closed("8", 4)])).toMatch(/^ {2}7 .* {2}– not heard$/m);
  });

  test("a lane in which nothing waits and nothing runs has no running batch", () => {
    const called: Fact = { kind: "invoked", batch: "7", requestId: "r1", attempt: 1, recordCount: 4 };
    const idle = viewOf(process, "orders.process", { lagCount: 0, runningCount: 0 });
    const model = momentOf(
      [entry(at("31"), process, lane, closed("7", 4)), entry(at("31"), process, lane, called)],
      [view],
    );
    learnViews(model, [idle], at("32"));
    expect(textOf(sceneOf({ model, nowMs: at("32") }))).toMatch(/^ {2}7 .* running$/m);
    learnViews(model, [idle], at("32.1"));
    expect(textOf(sceneOf({ model, nowMs: at("32.1") }))).toMatch(/^ {2}7 .* – not heard$/m);
  });

  test("a batch whose closing was not heard is known from its failure on", () => {
    const text = drawn([
      decided("7", "r1", { verdict: "bisect", recordCount: 4, next: [part("7.1", 1, 2), part("7.2", 3, 4)] }),
    ]);
    expect(text).toContain("  7                1–4  ✗  1 ms  split 2 + 2");
    const wide = drawn([decided("7", "r1", { verdict: "retry", recordCount: 4, retryAfterMs: 90 })], { columns: 120 });
    expect(wide).toMatch(/^ {2}7 .* \+0\.000 {3}r1 /m);
  });

  test("how many were left out is told while they are", () => {
    const model = momentOf([], [view]);
    const logged = entry(at("31"), process, lane, closed("1", 1));
    learnEntries(model, [logged], 9);
    expect(sampledBy(model, at("31.5"))).toBe(10);
    learnEntries(model, [{ ...logged, atMs: at("32.1") }], 0);
    expect(sampledBy(model, at("32.2"))).toBe(10);
    learnEntries(model, [{ ...logged, atMs: at("33.1") }], 0);
    expect(sampledBy(model, at("33.2"))).toBe(1);
  });
});

describe("bounds", () => {
  test("what is known of a mapping goes with it", () => {
    const model = momentOf();
    learnViews(model, [], nowMs);
    expect(model.mappings.size).toBe(0);
  });

  test("of batches the newest are kept; of failures that ended some, and only for a while", () => {
    const facts = Array.from({ length: 500 }, (_, index) => [
      closed(String(index + 1), 1),
      decided(String(index + 1), "r", { verdict: "give up", recordCount: 1 }),
      gaveUp(String(index + 1), {}),
    ]).flat();
    const model = momentOf(
      facts.map((fact) => entry(at("31"), process, lane, fact)),
      [view],
    );
    const mapping = model.mappings.get(process);
    expect(mapping?.batches).toHaveLength(200);
    expect(mapping?.batches[0]?.name).toBe("500");
    expect(mapping?.ended).toHaveLength(20);
    learnViews(model, [view], at("31") + 30_001);
    expect(mapping?.ended).toHaveLength(0);
  });
});
