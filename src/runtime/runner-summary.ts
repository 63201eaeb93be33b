// What a running mapping says of itself, whatever it reads from: its counters, and sums over the units (shards, consumers, members) at work.

import { type Counters, type ResultTexts, resultTextsOf } from "./counters.ts";
import type { OffsetLag } from "./offset-lag.ts";

export interface RunnerSummary extends ResultTexts {
  readonly counters: Counters;
  /** Records read and not ended yet. */
  readonly lagCount: number;
  readonly oldestArrivedAtMs: number | null;
  readonly runningCount: number;
  /** Of a topic's consumer group: how far it is behind; null: not known yet. */
  readonly offsetLag?: OffsetLag | null;
}

interface UnitAtWork {
  lagCount(): number;
  oldestArrivedAtMs(): number | null;
  runningCount(): number;
}

export function runnerSummary(context: { counters: Counters }, units: readonly UnitAtWork[]): RunnerSummary {
  const oldest = units.map((each) => each.oldestArrivedAtMs()).filter((each) => each !== null);
  const { counters } = context;
  // The same object as before tells the asker that nothing has happened since.
  if (counters.iteratorAgeMs !== null) context.counters = { ...counters, iteratorAgeMs: null };
  return {
    counters,
    ...resultTextsOf(counters),
    lagCount: units.reduce((sum, each) => sum + each.lagCount(), 0),
    oldestArrivedAtMs: oldest.length === 0 ? null : Math.min(...oldest),
    runningCount: units.reduce((sum, each) => sum + each.runningCount(), 0),
  };
}
