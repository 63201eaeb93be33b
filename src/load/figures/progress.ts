// Counts of a run that goes on, from the journal's entries alone: cheap enough for every entry. For the picture while it runs, and for
// the question whether all that was sent has ended.

import type { ClosedByWord } from "../../core/closer.ts";
import type { Entry } from "../../ports/journal.ts";
import type { LoadRun } from "../report.ts";
import { hasRun } from "./call-counts.ts";

export interface ProgressCounts {
  /** Done, given up, passed over by the filter or dead letters. A record that is delivered again after a crash may be counted twice. */
  readonly ended: number;
  readonly done: number;
  readonly gaveUp: number;
  readonly filtered: number;
  readonly deadLetters: number;
  /** Invocations now, and the most at once. */
  readonly running: number;
  readonly mostRunning: number;
  /** Calls that ran and have ended. */
  readonly invocations: number;
  readonly failed: number;
  readonly retries: number;
  readonly throttles: number;
  /** First batches, their records, and how many of them each reason closed. */
  readonly batches: number;
  readonly batchRecords: number;
  readonly closedBy: Readonly<Partial<Record<ClosedByWord, number>>>;
  /** Of the call that ended last (M-9); null: none yet, or the source has none. */
  readonly iteratorAgeMs: number | null;
  /** Invocation time so far, of calls that have ended. */
  readonly busyMs: number;
}

export interface Progress {
  /** Of the run's mapping only. */
  take(entry: Entry): void;
  counts(): ProgressCounts;
}

/** A queue's messages have ended when they are deleted, all others when their call has. */
export function createProgress(family: LoadRun["family"]): Progress {
  const counts = {
    done: 0,
    gaveUp: 0,
    filtered: 0,
    deadLetters: 0,
    running: 0,
    mostRunning: 0,
    invocations: 0,
    failed: 0,
    retries: 0,
    throttles: 0,
    batches: 0,
    batchRecords: 0,
    iteratorAgeMs: null as number | null,
    busyMs: 0,
  };
  const closedBy: Partial<Record<ClosedByWord, number>> = {};
  const isQueue = family === "queue";

  function decided(entry: Extract<Entry, { kind: "decided" }>): void {
    const { outcome, verdict, recordCount, next, tookMs, iteratorAgeMs } = entry;
    counts.running = Math.max(0, counts.running - 1);
    if (hasRun(outcome)) {
      counts.invocations += 1;
      counts.busyMs += tookMs;
    }
    if (outcome === "throttled") counts.throttles += 1;
    else if (outcome !== "ok" && outcome !== "fault") counts.failed += 1;
    if (verdict === "retry" && outcome !== "throttled" && outcome !== "fault") counts.retries += 1;
    counts.iteratorAgeMs = iteratorAgeMs ?? counts.iteratorAgeMs;
    if (isQueue) return;
    if (verdict === "done") counts.done += recordCount;
    if (verdict === "rest") counts.done += recordCount - (next[0]?.recordCount ?? 0);
  }

  return {
    take(entry) {
      switch (entry.kind) {
        case "batch-closed":
          if (entry.recordCount === 0) return;
          counts.batches += 1;
          counts.batchRecords += entry.recordCount;
          closedBy[entry.closedBy] = (closedBy[entry.closedBy] ?? 0) + 1;
          return;
        case "invoked":
          counts.running += 1;
          counts.mostRunning = Math.max(counts.mostRunning, counts.running);
          return;
        case "decided":
          return decided(entry);
        case "gave-up":
          counts.gaveUp += entry.recordCount;
          return;
        case "unsupported":
          counts.gaveUp += 1;
          return;
        case "read":
          if (!isQueue) counts.filtered += entry.filteredCount;
          return;
        case "deleted":
          if (entry.batch === null) counts.filtered += entry.recordCount;
          else counts.done += entry.recordCount;
          return;
        case "dead-letter":
          counts.deadLetters += 1;
          return;
        default:
          return;
      }
    },
    counts: () => ({
      ...counts,
      closedBy: { ...closedBy },
      ended: counts.done + counts.gaveUp + counts.filtered + counts.deadLetters,
    }),
  };
}
