// The plan that is drawn in the documents, its journal written by the rules.

import type { Entry } from "../../../src/ports/journal.ts";
import type { SentRecord } from "../../../src/load/observation.ts";
import { BEGIN_MS, journal, observed, sentAt } from "./hand-made.ts";

/** Four shards, an arrival exactly every 20 ms on each, window 1 s, size 100, a call takes 40 ms: until then. */
export function fourShards(untilMs = 24_000) {
  const sent: SentRecord[] = [];
  const entries: Entry[] = [];
  for (let shard = 0; shard < 4; shard += 1) {
    const unit = `shardId-00000000000${shard}`;
    for (let n = 0; n < untilMs / 20; n += 1) sent.push(sentAt(n, n * 20, { unit, bytes: 1_000 }));
    const told = journal(unit);
    let [from, freeAtMs] = [0, 0];
    for (let batch = 1; ; batch += 1) {
      const closesAtMs = freeAtMs + 1_000; // B-4
      if (closesAtMs > untilMs) break;
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
    totalMs: untilMs,
    batchSize: 100,
    windowMs: 1_000,
    allowedConcurrency: 4,
    mapping: { unitCount: 4 },
  });
}
