// Calls by how they ended.

import type { Entry, OutcomeName } from "../../ports/journal.ts";

export interface CallCounts {
  /** Those that ran. */
  invocations: number;
  /** What AWS bills for those of them that have ended, each begun ms a whole one. */
  billedMs: number;
  /** Records of events that the function had. */
  deliveries: number;
  retries: number;
  splits: number;
  rests: number;
  throttles: number;
  faults: number;
  timeouts: number;
  failed: number;
  documents: number;
  deadLetters: number;
  /** Of a queue: messages that others had received again before they were deleted. */
  missed: number;
}

export const noCalls = (): CallCounts => ({
  invocations: 0,
  billedMs: 0,
  deliveries: 0,
  retries: 0,
  splits: 0,
  rests: 0,
  throttles: 0,
  faults: 0,
  timeouts: 0,
  failed: 0,
  documents: 0,
  deadLetters: 0,
  missed: 0,
});

const notRun: ReadonlySet<OutcomeName> = new Set([
  "throttled",
  "fault",
  "too large",
  "function missing",
  "not started",
]);

/** The function had the event. */
export const hasRun = (outcome: OutcomeName): boolean => !notRun.has(outcome);

export function countCall(counts: CallCounts, entry: Extract<Entry, { kind: "decided" }>): void {
  const { outcome, verdict, recordCount, tookMs } = entry;
  if (hasRun(outcome)) {
    counts.invocations += 1;
    counts.billedMs += Math.ceil(tookMs);
    counts.deliveries += recordCount;
  }
  if (verdict === "bisect") counts.splits += 1;
  if (verdict === "rest") counts.rests += 1;
  if (outcome === "throttled") counts.throttles += 1;
  else if (outcome === "fault") counts.faults += 1;
  else if (outcome !== "ok") counts.failed += 1;
  if (outcome === "timed out") counts.timeouts += 1;
}
