// Counts of a run that goes on, from the journal's entries alone: cheap enough for every entry. For the picture while it runs, and for
// the question whether all that was sent has ended.

import type { ClosedByWord } from "../../core/closer.ts";
import type { Entry } from "../../ports/journal.ts";
import type { LoadRun } from "../report.ts";

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
  take(entry: Entry): void;
  counts(): ProgressCounts;
}

export function createProgress(_family: LoadRun["family"]): Progress {
  throw new Error("the counts of a run are being written");
}
