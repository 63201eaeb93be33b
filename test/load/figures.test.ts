// The figures of a run against journals written by hand, with answers worked out by hand.

import { expect, test } from "vitest";
import { loadRun } from "../../src/load/figures/load-run.ts";
import type { Entry } from "../../src/ports/journal.ts";
import type { SentRecord } from "../../src/load/observation.ts";
import { BEGIN_MS, journal, observed, prices, sentAt } from "./support/hand-made.ts";

/** Four shards, an arrival exactly every 20 ms on each, window 1 s, size 100, a call takes 40 ms: until 24 s. */
function fourShards() {
  const sent: SentRecord[] = [];
  const entries: Entry[] = [];
  for (let shard = 0; shard < 4; shard += 1) {
    const unit = `shardId-00000000000${shard}`;
    for (let n = 0; n < 1_200; n += 1) sent.push(sentAt(n, n * 20, { unit, bytes: 1_000 }));
    const told = journal(unit);
    let [from, freeAtMs] = [0, 0];
    for (let batch = 1; ; batch += 1) {
      const closesAtMs = freeAtMs + 1_000; // B-4
      if (closesAtMs > 24_000) break;
      const count = Math.ceil(closesAtMs / 20) - from;
      const oldest = { oldestArrivedAtMs: BEGIN_MS + from * 20 };
      told.closed(closesAtMs, `${batch}/${shard}`, from, count, { ...oldest, windowMs: 1_000 });
      told.invoked(closesAtMs, `${batch}/${shard}`, count);
      const iteratorAgeMs = closesAtMs + 40 - (from + count - 1) * 20;
      told.decided(closesAtMs + 40, `${batch}/${shard}`, count, { tookMs: 40, iteratorAgeMs });
      [from, freeAtMs] = [from + count, closesAtMs + 40];
    }
    entries.push(...told.entries);
  }
  sent.sort((one, other) => one.plannedAtMs - other.plannedAtMs);
  entries.sort((one, other) => one.atMs - other.atMs);
  return observed({
    sent,
    entries,
    totalMs: 24_000,
    batchSize: 100,
    windowMs: 1_000,
    allowedConcurrency: 4,
    mapping: { unitCount: 4 },
  });
}

test("a lane's 50, then 52 every 1.04 s: the figures that are drawn for it (B-4, M-9, P-6)", () => {
  const run = loadRun(fourShards(), prices);
  expect(run.counts).toMatchObject({ sent: 4_800, invocations: 92, firstBatches: 92, open: 24, retries: 0 });
  expect(run.batches).toMatchObject({ meanRecords: 51.913, medianRecords: 52 });
  expect(run.batches.reasons.map(({ closedBy, count }) => [closedBy, count])).toEqual([["window", 92]]);
  expect(run.latency.toStart).toMatchObject({ p50: 520, p90: 940, p99: 1_040, max: 1_040 });
  expect(run.latency.toDone).toMatchObject({ p50: 560, p90: 980, p99: 1_080, max: 1_080 });
  expect(run.concurrency).toEqual({ mean: 0.153, most: 4 });
  expect(run.seconds.at(-1)).toMatchObject({ second: 23, waiting: 24, oldestMs: 120, running: 0, invocations: 4 });
  expect(run.failures.iteratorAge).toMatchObject({ p50: 60, p99: 60 });
  expect(run.lanes[0]).toMatchObject({ lane: "shard 0", held: 0, running: 0.038333 });
});
