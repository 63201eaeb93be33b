// Whether a batch is over though its end was not heard: under load main hears a sample of the journal, and the summaries know better.

import type { ViewOfMapping } from "./live-model.ts";

/** Reports are a moment old: what was heard of a batch must be older than this, in ms. */
export const REPORTS_LAG_MS = 1_000;

export interface HeardBatch {
  readonly lane: string;
  readonly recordCount: number;
  /** A call of it was heard, and no answer. */
  readonly isCalled: boolean;
}

/** Asks of batches of one mapping whether their lane is free, or nothing runs. */
export function overUnheard({ state, summary }: ViewOfMapping): (batch: HeardBatch) => boolean {
  if (summary === null) return () => state === "Disabled";
  const reports = new Map((summary.lanes ?? []).map(({ lane, isHeld }) => [lane, isHeld]));
  const units = new Map((summary.units ?? []).map(({ unit, lagCount }) => [String(unit), lagCount]));
  const { lagCount, runningCount } = summary;
  return ({ lane, recordCount, isCalled }) => {
    if (reports.get(lane) === false) return true;
    if (isCalled && runningCount === 0) return true;
    // The closing call of a tumbling window has no records, and counts as no lag.
    return recordCount > 0 && (lagCount === 0 || units.get(lane.split("/")[1] ?? "") === 0);
  };
}
