// What a report says of a run: each sentence at its condition, and not beside it.

import { expect, test } from "vitest";
import { loadRun } from "../../src/load/figures/load-run.ts";
import type { LoadObservation } from "../../src/load/observation.ts";
import type { FindingName, LoadRun } from "../../src/load/report.ts";
import { laneOf } from "../../src/core/lane-key.ts";
import type { ClosedByWord } from "../../src/core/closer.ts";
import { fourShards } from "./support/four-shards.ts";
import { BEGIN_MS, journal, observed, prices, sentAt, SHARD } from "./support/hand-made.ts";

interface Steady {
  readonly batches?: number;
  readonly perBatch?: number;
  readonly everyMs?: number;
  readonly tookMs?: number;
  readonly closedBy?: ClosedByWord;
  /** When a batch is closed, ms behind its last record; a lane that falls behind says more and more. */
  readonly delayMs?: (batch: number) => number;
  readonly also?: (told: ReturnType<typeof journal>) => void;
  readonly given?: Omit<Partial<LoadObservation>, "mapping"> & { mapping?: Partial<LoadObservation["mapping"]> };
}

/** One lane, a record every 10 ms, each batch of 10 closed as its last record comes: full, at once. */
function steady({
  batches = 200,
  perBatch = 10,
  everyMs = 10,
  tookMs = 5,
  closedBy = "size",
  delayMs = () => 0,
  also,
  given = {},
}: Steady): LoadRun {
  const sent = Array.from({ length: batches * perBatch }, (_, n) => sentAt(n, n * everyMs));
  const told = journal(SHARD, laneOf(new TextEncoder().encode("k"), given.mapping?.factor ?? 1));
  for (let batch = 0; batch < batches; batch += 1) {
    const closesAtMs = ((batch + 1) * perBatch - 1) * everyMs + delayMs(batch);
    const oldestArrivedAtMs = BEGIN_MS + batch * perBatch * everyMs;
    told.batch(closesAtMs, String(batch + 1), batch * perBatch, perBatch, tookMs, { closedBy, oldestArrivedAtMs });
  }
  also?.(told);
  const sendMs = sent.length * everyMs;
  const totalMs = Math.max(sendMs, sendMs + delayMs(batches) + tookMs);
  const { mapping, ...more } = given;
  return loadRun(
    observed({
      sent,
      entries: told.entries,
      totalMs,
      sendsUntilMs: BEGIN_MS + sendMs,
      ...more,
      ...(mapping === undefined ? {} : { mapping }),
    }),
    prices,
  );
}

const names = ({ findings }: LoadRun): readonly FindingName[] => findings.map(({ name }) => name);
const textOf = ({ findings }: LoadRun, wanted: FindingName): string | undefined =>
  findings.find(({ name }) => name === wanted)?.text;

test("nothing limits a run of full batches that keeps up", () => {
  const run = steady({});
  expect(run.findings).toEqual([
    { name: "none", text: "nothing limits it: lanes 5 % busy, batches 100 % full, oldest 0 s", rules: [] },
  ]);
});

test("under a hundred first batches nothing is said of them; facts are", () => {
  expect(names(steady({ batches: 99, perBatch: 2, closedBy: "window" }))).toEqual(["too-few"]);
  expect(names(steady({ batches: 100, perBatch: 2, closedBy: "window" }))).toEqual(["window"]);
  const run = loadRun(fourShards(), prices);
  expect(textOf(run, "too-few")).toBe("too few batches to say what limits them: 92, and 100 are needed");
  const soFar = loadRun(fourShards(), prices, undefined, 1);
  expect(textOf(soFar, "window")).toBe(
    "100 % of batches closed by the window at 52 of 100 records (median); at 50 records/s a lane size would close first from a window of 2 s",
  );
});

test("the window closes half-empty batches: from which one on size would (B-1, B-3, B-4)", () => {
  // 1.1 records/s a lane: 100 / 1.1 - 0.005 = 90.904…
  const run = steady({ perBatch: 11, everyMs: 1_000 / 1.1, closedBy: "window", given: { batchSize: 100 } });
  expect(textOf(run, "window")).toContain("at 11 of 100 records (median); at 1.1 records/s a lane");
  expect(textOf(run, "window")).toContain("size would close first from a window of 91 s");
  expect(run.findings[0]?.rules).toEqual(["B-1", "B-3", "B-4"]);
  const slow = steady({ perBatch: 1, everyMs: 10_000, closedBy: "window", given: { batchSize: 100 } });
  expect(textOf(slow, "window")).toContain(
    "no window fills them, as 1,000 s would be over the 300 s that there may be: use fewer lanes",
  );
  expect(names(steady({ perBatch: 7, closedBy: "window" }))).toEqual(["none"]);
  expect(names(steady({ perBatch: 6, closedBy: "window" }))).toEqual(["window"]);
});

test("a window that would fill batches if records came evenly is not asked for where it is there", () => {
  const given = { batchSize: 100, windowMs: 20_000 };
  const run = steady({ perBatch: 11, everyMs: 100, closedBy: "window", given });
  expect(textOf(run, "window")).toBe(
    "100 % of batches closed by the window at 11 of 100 records (median); at 10 records/s a lane a longer window would fill them only where more comes: records are spread unevenly over lanes or time",
  );
  const shorter = { ...given, windowMs: 9_000 };
  expect(textOf(steady({ perBatch: 11, everyMs: 100, closedBy: "window", given: shorter }), "window")).toContain(
    "size would close first from a window of 10 s",
  );
});

test("what was not sent because a run was interrupted makes no rate lower", () => {
  const cut = { batchSize: 100, endedBy: "interrupted", sendsUntilMs: BEGIN_MS + 3_600_000 } as const;
  const run = steady({ perBatch: 11, everyMs: 1_000, closedBy: "window", given: cut });
  expect(run.sendMs).toBe(2_199_000);
  expect(textOf(run, "window")).toContain("at 1 records/s a lane size would close first from a window of 100 s");
});

test("records that go alone are batched again with a window of a second, by the core (B-2, B-4)", () => {
  // Windows of 1 s behind calls of 10 ms: 1.00, 2.01, 3.02 s … twenty of them for 200 arrivals every 100 ms.
  const run = steady({ perBatch: 1, everyMs: 100, tookMs: 10, closedBy: "caught up", given: { windowMs: 0 } });
  expect(textOf(run, "alone")).toBe(
    "records go nearly alone (median 1 a batch); a window of 1 s makes 20 invocations of 200, and adds at most 1 s",
  );
  const windowed = steady({ perBatch: 1, everyMs: 100, closedBy: "caught up", given: { windowMs: 1_000 } });
  expect(names(windowed)).not.toContain("alone");
  expect(names(steady({ perBatch: 3, everyMs: 100, closedBy: "caught up" }))).not.toContain("alone");
});

test("payload closes: how many records of this size there is room for (B-11)", () => {
  const run = steady({ perBatch: 8, closedBy: "payload", given: { batchSize: 100 } });
  expect(textOf(run, "payload")).toBe(
    "100 % of batches closed by payload: 6,291,456 bytes hold 8 records of this size, and a BatchSize above 8 changes nothing",
  );
});

test("full batches and an oldest record that grows older: the lanes do not keep up (P-6)", () => {
  // Twice as long as the records take to come: half of them are done while they come.
  const run = steady({ delayMs: (batch) => batch * 100 });
  expect(names(run)).toEqual(["behind"]);
  expect(textOf(run, "behind")).toMatch(
    /^full batches, still behind: a lane does 50 of 100 records\/s, and the oldest waits 10 s; larger batches/,
  );
  expect(names(steady({ delayMs: () => 100 }))).toEqual(["none"]);
});

test("a burst that busy lanes work off after the sends: they did not keep up (P-6)", () => {
  // 2,000 records at once, ten a batch, one call of `tookMs` every 100 ms.
  const burst = (tookMs: number, batches = 200) =>
    steady({ batches, everyMs: 0, tookMs, delayMs: (batch) => batch * 100 });
  expect(names(burst(100))).toEqual(["behind"]);
  expect(textOf(burst(100), "behind")).toBe(
    "full batches, still behind: lanes were 100 % busy, a lane did 99.5 records/s, and the rest took 20.1 s after the last was sent; the oldest waited 20 s; larger batches, a higher ParallelizationFactor or more shards would catch up",
  );
  expect(names(burst(70))).toEqual(["none"]);
  // Busy, and done with the last batch as soon as it has come.
  expect(names(steady({ tookMs: 95 }))).toEqual(["none"]);
});

test("one key in more than its share of the records keeps its lane (E-62)", () => {
  expect(textOf(steady({ given: { mapping: { factor: 10 } } }), "hot-key")).toBe(
    "one key is 100 % of all records and keeps one lane: at most 1 times faster, whatever the factor",
  );
  expect(names(steady({ given: { mapping: { factor: 1 } } }))).not.toContain("hot-key");
});

test("what a poisoned record costs: calls beyond the first, and lane time (E-15, E-18, E-20)", () => {
  const run = steady({
    also(told) {
      told.closed(21_000, "300", 0, 2);
      told.invoked(21_000, "300", 2);
      const halves = [
        { batch: "300.1", first: "0", last: "0", recordCount: 1 },
        { batch: "300.2", first: "1", last: "1", recordCount: 1 },
      ];
      told.decided(21_010, "300", 2, { outcome: "threw", verdict: "bisect", next: halves });
      told.invoked(21_010, "300.1", 1);
      told.decided(21_020, "300.1", 1, { outcome: "threw", verdict: "give up" });
      told.gaveUp(21_020, "300.1", 0, 1);
      told.invoked(21_020, "300.2", 1);
      told.decided(21_500, "300.2", 1);
    },
    given: { endedAtMs: BEGIN_MS + 25_000 },
  });
  // Its records had been done before, so none of them counts as given up: the sentence goes by the record's first end.
  expect(run.counts.gaveUp).toBe(0);
  expect(run.failures.trees[0]).toEqual({
    batch: "300",
    lane: "shard 0",
    invocations: 3,
    gaveUp: 1,
    heldMs: 500,
    story: "1–2✗ 1■ 2✓",
  });
});

test("no limit of retries or age, and a batch at its ninth attempt (E-6, E-20)", () => {
  const failing = (attempts: number, mapping: Partial<LoadObservation["mapping"]> = {}) =>
    steady({
      also(told) {
        told.closed(20_000, "300", 2_000, 1);
        let atMs = 20_000;
        for (let attempt = 1; attempt <= attempts; attempt += 1) {
          told.invoked(atMs, "300", 1, attempt);
          const retryAfterMs = 200 * 2 ** (attempt - 1);
          told.decided(atMs, "300", 1, { outcome: "threw", verdict: "retry", attempt, retryAfterMs });
          atMs += retryAfterMs;
        }
      },
      given: { endedAtMs: BEGIN_MS + 80_000, mapping },
    });
  const run = failing(9);
  expect(textOf(run, "no-limit")).toContain("a batch was tried 9 times, and its lane is held (51 s so far)");
  expect(run.failures.trees[0]?.story).toBe("1✗×9");
  expect(run.lanes[0]?.held).toBeCloseTo(0.75, 2);
  expect(names(failing(8))).not.toContain("no-limit");
  expect(names(failing(9, { retries: 20 }))).not.toContain("no-limit");
});

test("reported, not bisected: what was given up beside the one that failed (O-13, T-51)", () => {
  const givingUp = (mapping: Partial<LoadObservation["mapping"]>) =>
    steady({
      also(told) {
        told.closed(20_000, "300", 0, 4);
        told.invoked(20_000, "300", 4);
        told.decided(20_010, "300", 4, { outcome: "partial", verdict: "give up" });
        told.gaveUp(20_010, "300", 0, 4);
      },
      given: { mapping },
    });
  expect(textOf(givingUp({ isReporting: true }), "suffix")).toBe(
    "3 records were given up along with the failed ones; BisectBatchOnFunctionError would have tried them",
  );
  expect(names(givingUp({ isReporting: true, isBisecting: true }))).not.toContain("suffix");
});

test("throttled calls: at one in a hundred, and what to set (E-4, P-25)", () => {
  const throttled = (count: number, given: Steady["given"]) =>
    steady({
      also(told) {
        told.closed(20_000, "300", 0, 1);
        for (let call = 0; call < count; call += 1) {
          told.invoked(20_000 + call, "300", 1);
          told.decided(20_000 + call, "300", 1, { outcome: "throttled", verdict: "retry", retryAfterMs: 1 });
        }
      },
      ...(given === undefined ? {} : { given }),
    });
  const run = throttled(3, { mapping: { reservedConcurrency: 2 } });
  expect(textOf(run, "throttle")).toBe(
    "1.5 % of calls were throttled: reserved concurrency 2 is below what pollers run",
  );
  expect(run.counts).toMatchObject({ throttles: 3, invocations: 200, retries: 0, failedInvocations: 0 });
  expect(names(throttled(1, {}))).not.toContain("throttle");
});

test("the loader was the limit: said first, whatever else is found", () => {
  const run = steady({ given: { plannedCount: 2_021, mapping: { factor: 10 } } });
  expect(run.loader.isLimit).toBe(true);
  expect(names(run)).toEqual(["loader", "hot-key"]);
  expect(steady({ given: { plannedCount: 2_020 } }).loader.isLimit).toBe(false);
  const near = steady({ given: { ceilingPerSecond: 1_000, busiestPerSecond: 801 } });
  expect(textOf(near, "loader")).toContain("the busiest second was 80 % of its own ceiling, 1,000 records/s");
  expect(names(steady({ given: { ceilingPerSecond: 1_000, busiestPerSecond: 800 } }))).toEqual(["none"]);
});

test("a queue: few messages spread over few pollers, and a visibility that may be too short (B-15, P-20, P-23, Q-24)", () => {
  const of = (visibilityMs: number, windowMs: number | null = null) => {
    const told = journal("orders", 0);
    const sent = Array.from({ length: 100 }, (_, n) => sentAt(n, n * 100, { unit: "", id: `m-${n}`, key: null }));
    for (const [n, { id }] of sent.entries()) {
      const receives = [{ receivedAtMs: BEGIN_MS + n * 100, receiveCount: 1, ids: [id] }];
      told.batch(n * 100, String(n + 1), n, 1, 40, { receives, closedBy: "window" });
      told.note(n * 100 + 41, { kind: "deleted", batch: String(n + 1), requestId: "", recordCount: 1, missedCount: 0 });
    }
    const mapping = { visibilityMs, functionTimeoutMs: 3_000 };
    return loadRun(
      observed({ sent, entries: told.entries, totalMs: 10_000, family: "queue", windowMs, mapping }),
      prices,
    );
  };
  expect(names(of(18_000))).toEqual(["window", "thin"]);
  expect(textOf(of(18_000), "thin")).toBe(
    "few messages are spread over the pollers, 1 of 10 a batch (median); AWS spreads them so too",
  );
  expect(textOf(of(18_000, 1_000), "visibility")).toBe(
    "the queue's visibility of 18 s is below six times the function's timeout and the window, 19 s: messages may come back while they run; none did",
  );
  expect(textOf(of(30), "visibility")).toContain("a call took 0.04 s, longer than the queue's visibility of 0.03 s");
});
