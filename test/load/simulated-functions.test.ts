// Functions of simulated load runs: models that fail, wait, start cold or are throttled, the user's own handler, and how a run ends.

import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { HandlerModel, LoadPlan } from "../../src/load/plan/plan.ts";
import type { Entry } from "../../src/ports/journal.ts";
import { simulateLoad } from "../../src/wiring/load/simulate-load.ts";
import { closedIn, courseOf, model, runOf, sizesIn, smallPlan } from "./support/simulated-plans.ts";

const { send } = smallPlan;
const queue: LoadPlan["source"] = {
  kind: "sqs",
  text: "sqs:jobs",
  queue: "jobs",
  isFifo: false,
  visibilityMs: 30_000,
  deadLetters: null,
};
type Decided = Extract<Entry, { kind: "decided" }>;

const decidedIn = (entries: Iterable<Entry>): readonly Decided[] =>
  [...entries].filter((entry) => entry.kind === "decided");

const doing = (does: Partial<HandlerModel>, more: Partial<LoadPlan["function"]> = {}): LoadPlan["function"] => ({
  ...smallPlan.function,
  does: { ...model, ...does },
  ...more,
});

describe("a model of a function in a simulated load run", () => {
  it("is throttled above its reserved concurrency, which uses up no attempt (E-4)", async () => {
    const plan: LoadPlan = {
      ...smallPlan,
      source: { kind: "kinesis", text: "kinesis:orders", stream: "orders", shards: 2 },
      mapping: { BatchSize: 10, MaximumRetryAttempts: 0 },
      function: doing({}, { reservedConcurrency: 1 }),
      send: {
        ...send,
        keys: { count: 2, prefix: "k", distribution: "round-robin", hotShare: null },
        phases: [{ kind: "burst", count: 10 }],
      },
    };
    const decided = decidedIn((await simulateLoad(runOf(plan))).entries);
    expect(decided.map(({ outcome, verdict, attempt }) => [outcome, verdict, attempt])).toEqual([
      ["throttled", "retry", 1],
      ["ok", "done", 1],
      ["ok", "done", 1],
    ]);
  });

  it("takes longer where no environment is free, and for each record", async () => {
    const plan: LoadPlan = {
      ...smallPlan,
      mapping: { BatchSize: 5 },
      function: doing({ coldStartMs: 200, perRecordMs: 3 }),
      send: { ...send, phases: [{ kind: "burst", count: 10 }] },
    };
    const seen = await simulateLoad(runOf(plan));
    expect(decidedIn(seen.entries).map(({ tookMs }) => tookMs)).toEqual([40 + 200 + 5 * 3, 40 + 5 * 3]);
    expect(seen.coldStarts).toBe(1);
  });

  it("is cut off at its time-out, and what ran then does not run again (E-1)", async () => {
    const plan: LoadPlan = {
      ...smallPlan,
      mapping: { BatchSize: 5, MaximumRetryAttempts: 1 },
      function: doing({ took: { kind: "fixed", ms: 5_000 } }, { timeoutMs: 1_000 }),
      send: { ...send, phases: [{ kind: "burst", count: 5 }] },
    };
    const seen = await simulateLoad(runOf(plan));
    expect(decidedIn(seen.entries).map(({ outcome, verdict, tookMs }) => [outcome, verdict, tookMs])).toEqual([
      ["timed out", "retry", 1_000],
      ["timed out", "give up", 1_000],
    ]);
    expect(seen.coldStarts).toBe(2);
    expect(seen.endedBy).toBe("plan");
  });

  it("throws where a record is poisoned, or names it in its answer (S-1)", async () => {
    const poisoned: LoadPlan = {
      ...smallPlan,
      mapping: { BatchSize: 10, MaximumRetryAttempts: 0, BisectBatchOnFunctionError: true },
      send: { ...send, phases: [{ kind: "burst", count: 10 }], poisonShare: 0.2 },
    };
    const thrown = await simulateLoad(runOf(poisoned));
    const poisonCount = thrown.sent.filter(({ isPoison }) => isPoison).length;
    expect(poisonCount).toBeGreaterThan(0);
    const gaveUp = [...thrown.entries].filter((entry) => entry.kind === "gave-up");
    expect(gaveUp.map(({ first }) => first)).toEqual(
      thrown.sent.filter(({ isPoison }) => isPoison).map(({ id }) => id),
    );
    const { BisectBatchOnFunctionError: _, ...mapping } = poisoned.mapping;
    const reported = await simulateLoad(
      runOf({
        ...poisoned,
        mapping: { ...mapping, FunctionResponseTypes: ["ReportBatchItemFailures"] },
        function: doing({ onPoison: "report" }),
      }),
    );
    const [first] = decidedIn(reported.entries);
    const before = reported.sent.findIndex(({ isPoison }) => isPoison);
    expect([first?.outcome, first?.verdict, first?.next[0]?.recordCount]).toEqual(["partial", "rest", 10 - before]);
  });

  it.each([
    [
      { kind: "between", minMs: 10, maxMs: 30 },
      { least: 10, p50: 20, p99: 30, most: 30 },
    ],
    [
      { kind: "normal", meanMs: 50, deviationMs: 5 },
      { least: 20, p50: 50, p99: 62, most: 80 },
    ],
    [
      { kind: "lognormal", p50Ms: 20, p99Ms: 100 },
      { least: 1, p50: 20, p99: 100, most: 400 },
    ],
  ] as const)("draws how long it takes: %j", async (took, { least, p50, p99, most }) => {
    const plan: LoadPlan = {
      ...smallPlan,
      mapping: { BatchSize: 1 },
      function: doing({ took }),
      send: { ...send, phases: [{ kind: "burst", count: 2_000 }] },
    };
    const tooks = decidedIn((await simulateLoad(runOf(plan))).entries)
      .map(({ tookMs }) => tookMs)
      .toSorted((one, other) => one - other);
    expect(tooks[0]).toBeGreaterThanOrEqual(least);
    expect(tooks.at(-1)).toBeLessThanOrEqual(most);
    expect(Math.abs((tooks[1_000] ?? 0) - p50)).toBeLessThanOrEqual(2);
    expect(Math.abs((tooks[1_980] ?? 0) - p99)).toBeLessThanOrEqual(15);
  });

  it("answers a state within a tumbling window, whose final call is waited for (W-7, W-9)", async () => {
    const plan: LoadPlan = { ...smallPlan, mapping: { BatchSize: 100, TumblingWindowInSeconds: 1 } };
    const seen = await simulateLoad(runOf(plan));
    expect(new Set(decidedIn(seen.entries).map(({ outcome }) => outcome))).toEqual(new Set(["ok"]));
    const last = closedIn(seen).at(-1);
    expect([last?.recordCount, last?.closedBy]).toEqual([0, "tumbling edge"]);
    // The window ends at 1 s, and 120 s of silence close it.
    expect([seen.endedBy, seen.endedAtMs - seen.startedAtMs]).toEqual(["plan", 121_040]);
  });

  it("fails and is throttled as often as the plan's shares say", async () => {
    const plan: LoadPlan = {
      ...smallPlan,
      mapping: { BatchSize: 1 },
      function: doing({ errorShare: 0.2, throttleShare: 0.1, took: { kind: "fixed", ms: 1 } }),
      send: { ...send, phases: [{ kind: "burst", count: 1_000 }] },
    };
    const decided = decidedIn((await simulateLoad(runOf(plan))).entries);
    const throttled = decided.filter(({ outcome }) => outcome === "throttled").length;
    const threw = decided.filter(({ outcome }) => outcome === "threw").length;
    expect(Math.abs(throttled / decided.length - 0.1)).toBeLessThan(0.03);
    expect(Math.abs(threw / (decided.length - throttled) - 0.2)).toBeLessThan(0.04);
  });
});

describe("a simulated load run", () => {
  it("leaves the same observation each time, another with another seed", async () => {
    const plan: LoadPlan = {
      ...smallPlan,
      function: doing({ took: { kind: "lognormal", p50Ms: 20, p99Ms: 100 }, errorShare: 0.1 }),
      send: { ...send, arrivals: "poisson" },
    };
    const textOf = async (seed: number): Promise<string> => {
      const seen = await simulateLoad(runOf({ ...plan, seed }));
      const sent = seen.sent.map(({ id, plannedAtMs, unit, key }) => [id, plannedAtMs, unit, key]);
      return JSON.stringify({ ...seen, sent, entries: [...seen.entries] });
    };
    const first = await textOf(1);
    expect(await textOf(1)).toBe(first);
    expect(await textOf(2)).not.toBe(first);
  });

  it("ends where it is given up: none of what is left has ended for the plan's wait", async () => {
    const plan: LoadPlan = {
      ...smallPlan,
      waitMs: 30_000,
      mapping: { BatchSize: 10 },
      function: doing({ errorShare: 1 }),
      send: { ...send, phases: [{ kind: "burst", count: 10 }] },
    };
    const seen = await simulateLoad(runOf(plan));
    expect([seen.endedBy, seen.endedAtMs - seen.startedAtMs]).toEqual(["stalled", 30_000]);
  });

  it("ends early where it is told to, with what there is", async () => {
    const stop = new AbortController();
    const plan: LoadPlan = {
      ...smallPlan,
      send: { ...send, phases: [{ kind: "rate", perSecond: 100, forMs: 600_000 }] },
    };
    const told: number[] = [];
    const seen = await simulateLoad(runOf(plan), {
      signal: stop.signal,
      onProgress({ sentCount }) {
        told.push(sentCount);
        stop.abort();
      },
    });
    expect(seen.endedBy).toBe("interrupted");
    expect(seen.plannedCount).toBe(60_000);
    expect(seen.sent.length).toBeGreaterThanOrEqual(told[0] ?? Infinity);
    expect(seen.sent.length).toBeLessThan(60_000);
  });

  it("hands out its entries as they come, and keeps none then", async () => {
    const kept = await simulateLoad(runOf(smallPlan));
    const taken: Entry[] = [];
    const told = await simulateLoad(runOf(smallPlan), {
      begin({ mapping, batchSize, startedAtMs }) {
        expect([batchSize, startedAtMs]).toEqual([kept.batchSize, kept.startedAtMs]);
        return (entry) => {
          expect(entry.mapping).toBe(mapping.uuid);
          taken.push(entry);
        };
      },
    });
    expect(taken).toEqual([...kept.entries]);
    expect([...told.entries]).toEqual([]);
  });

  it("tells AWS's refusal of the plan's mapping as it is", async () => {
    const plan: LoadPlan = { ...smallPlan, source: queue, mapping: { BatchSize: 100 } };
    await expect(simulateLoad(runOf(plan))).rejects.toMatchObject({
      code: "bad-argument",
      message: expect.stringContaining("Maximum batch window in seconds must be greater than 0"),
    });
    for (const mapping of [
      { Enabled: false },
      { StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp: 1_790_000_000 },
    ])
      await expect(simulateLoad(runOf({ ...smallPlan, mapping }))).rejects.toMatchObject({ code: "bad-argument" });
  });

  it("runs the user's own handler by the world's clock", async () => {
    const file = fileURLToPath(new URL("support/waits-and-counts.ts", import.meta.url));
    const plan: LoadPlan = {
      ...smallPlan,
      mapping: { BatchSize: 10, FunctionResponseTypes: ["ReportBatchItemFailures"], MaximumRetryAttempts: 0 },
      function: {
        ...smallPlan.function,
        does: { kind: "file", file, exportName: "handler", environment: {}, isBundled: true },
      },
      send: { ...send, phases: [{ kind: "burst", count: 20 }] },
    };
    const seen = await simulateLoad(runOf(plan));
    // It waits 100 ms, and a call takes 2 ms in the world beside that; it reports what has a number above 18.
    expect(sizesIn(seen)).toEqual([
      [0, 10],
      [102, 10],
    ]);
    expect(decidedIn(seen.entries).map(({ outcome, tookMs }) => [outcome, tookMs])[1]).toEqual(["partial", 102]);
    expect(seen.endedBy).toBe("plan");
    expect(seen.coldStarts).toBeNull();
  });

  it("starts a record that is planned between two milliseconds at the later one", async () => {
    const plan: LoadPlan = {
      ...smallPlan,
      mapping: { BatchSize: 1 },
      function: doing({ took: { kind: "fixed", ms: 1 } }),
      send: { ...send, phases: [{ kind: "rate", perSecond: 400, forMs: 10 }] },
    };
    const seen = await simulateLoad(runOf(plan));
    expect(seen.sent.map(({ plannedAtMs }) => plannedAtMs - seen.startedAtMs)).toEqual([0, 2.5, 5, 7.5]);
    expect(closedIn(seen).map(({ atMs }) => atMs - seen.startedAtMs)).toEqual([0, 3, 5, 8]);
    expect(courseOf(seen)).toHaveLength(8);
  });
});
