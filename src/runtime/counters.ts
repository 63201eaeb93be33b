// A mapping's counters and the text of its last result, folded from the journal's facts and from nothing else (M-1 to M-9, H-12).
// Live and simulated runs, metrics and pages all read this fold.

import { assertNever } from "../core/assert-never.ts";
import type { Fact, OutcomeName } from "../ports/journal.ts";

/** What is counted, by rules M-1 to M-9. */
export interface Counts {
  /** Records read from the source (M-2). */
  readonly polled: number;
  /** Records that the filter passed over (M-3). */
  readonly filtered: number;
  /** Records in every attempt, retried and throttled ones again (M-4). */
  readonly invoked: number;
  /** Records in attempts that failed; of a partial answer only what failed (M-5). */
  readonly failedInvoke: number;
  /** Records that a destination refused (M-6, as recorded: none without a destination). */
  readonly dropped: number;
  /** Records covered by delivered documents (M-7). */
  readonly delivered: number;
  /** Documents that were refused (M-7, O-15). */
  readonly deliveryFailures: number;
  /** Records that left the source unread, as far as the source can count them (E-68). */
  readonly lost: number;
  /** Records of KPL aggregates that were dropped whole (P-10). */
  readonly droppedInAggregates: number;
  /** Records that alone were over the event's limit, and so were given up without a call (X-301, M-306). */
  readonly oversized: number;
  /** By how many offsets a group's committed places went on, over all partitions (M-210). */
  readonly committed: number;
  /** Troubles with a source, each once, when it is told; those of a schema registry and records that no schema fits (M-210). */
  readonly pollingErrors: number;
  readonly registryErrors: number;
  /** Attempts that failed, whole or in part: a batch counts once in each (M-210). */
  readonly invokeErrors: number;
  /** Troubles with keeping progress, each once, when it is told (M-210). */
  readonly commitErrors: number;
  /** Messages that were deleted from their queue, filtered ones included (M-8). */
  readonly deleted: number;
  /** Messages that a receive moved to the queue for dead letters. */
  readonly deadLetters: number;
  /** Pollers of a mapping on a queue; null: it has none (M-10). */
  readonly pollers: number | null;
  readonly batches: number;
  /** Tumbling windows that were closed by a call of their own; those among them that ended early (W-8, W-12). */
  readonly windows: number;
  readonly windowsEndedEarly: number;
  readonly invocations: number;
  readonly errors: number;
  readonly throttles: number;
  /** Greatest since it was last taken, ms (M-9). */
  readonly iteratorAgeMs: number | null;
}

export interface Counters extends Counts {
  /** LastProcessingResult as records of this run made it; null: none has made one yet. */
  readonly recordResult: string | null;
  /** Trouble with the source by the path of who met it, in order; the first is shown instead while it lasts (P-13). */
  readonly problems: Readonly<Record<string, string>>;
}

export const noCounts: Counts = {
  polled: 0,
  filtered: 0,
  invoked: 0,
  failedInvoke: 0,
  dropped: 0,
  delivered: 0,
  deliveryFailures: 0,
  lost: 0,
  droppedInAggregates: 0,
  oversized: 0,
  committed: 0,
  pollingErrors: 0,
  registryErrors: 0,
  invokeErrors: 0,
  commitErrors: 0,
  deleted: 0,
  deadLetters: 0,
  pollers: null,
  batches: 0,
  windows: 0,
  windowsEndedEarly: 0,
  invocations: 0,
  errors: 0,
  throttles: 0,
  iteratorAgeMs: null,
};

export const newCounters: Counters = { ...noCounts, recordResult: null, problems: {} };

/** What LastProcessingResult is made of (H-12). */
export interface ResultTexts {
  /** As records of this run made it; null: none has made one yet. */
  readonly recordResult: string | null;
  /** What is shown in its stead while the source is in trouble; null: it is not. */
  readonly problemText: string | null;
}

export const resultTextsOf = ({ problems, recordResult }: Counters): ResultTexts => ({
  recordResult,
  problemText: Object.values(problems)[0] ?? null,
});

/** `lane` is the path that the journal has the fact under. */
export function foldCounters(counters: Counters, lane: string, fact: Fact, functionArn: string): Counters {
  switch (fact.kind) {
    case "read":
      return {
        ...counters,
        polled: counters.polled + fact.recordCount,
        filtered: counters.filtered + fact.filteredCount,
      };
    case "lost":
      return { ...counters, lost: counters.lost + (fact.count ?? 0) };
    case "deleted":
      return { ...counters, deleted: counters.deleted + fact.recordCount };
    case "dead-letter":
      return { ...counters, deadLetters: counters.deadLetters + 1 };
    case "scaled":
      return { ...counters, pollers: fact.to };
    case "aggregate-dropped":
      return { ...counters, droppedInAggregates: counters.droppedInAggregates + fact.recordCount };
    case "gave-up":
      return givenUp(counters, fact);
    case "checkpoint":
      return fact.stepCount === undefined ? counters : { ...counters, committed: counters.committed + fact.stepCount };
    case "checkpoint-problem":
      return fact.answer === "failed" ? { ...counters, commitErrors: counters.commitErrors + 1 } : counters;
    case "batch-closed": {
      const end = fact.tumbling?.end ?? null;
      return {
        ...counters,
        batches: counters.batches + 1,
        windows: counters.windows + (end === null ? 0 : 1),
        windowsEndedEarly: counters.windowsEndedEarly + (end === "stateTooLarge" ? 1 : 0),
      };
    }
    case "invoked":
      return {
        ...counters,
        invoked: counters.invoked + fact.recordCount,
        invocations: counters.invocations + 1,
      };
    case "decided":
      return {
        ...counters,
        failedInvoke: counters.failedInvoke + fact.failedCount,
        invokeErrors: counters.invokeErrors + (fact.failedCount > 0 ? 1 : 0),
        errors: counters.errors + (isError(fact.outcome) ? 1 : 0),
        throttles: counters.throttles + (fact.outcome === "throttled" ? 1 : 0),
        iteratorAgeMs: greater(counters.iteratorAgeMs, fact.iteratorAgeMs),
        recordResult: resultOf(fact.outcome, functionArn) ?? counters.recordResult,
      };
    case "reported":
      return fact.answer === "delivered"
        ? { ...counters, delivered: counters.delivered + fact.recordCount }
        : {
            ...counters,
            dropped: counters.dropped + fact.recordCount,
            deliveryFailures: counters.deliveryFailures + 1,
          };
    case "source-problem":
      return {
        ...counters,
        pollingErrors: counters.pollingErrors + (fact.isOfRegistry === true ? 0 : 1),
        registryErrors: counters.registryErrors + (fact.isOfRegistry === true ? 1 : 0),
        problems: { ...counters.problems, [lane]: fact.text },
      };
    // A reader that is opened anew has met no trouble yet, whatever the one before it had met.
    case "unit-opened":
    case "source-recovered": {
      if (!Object.hasOwn(counters.problems, lane)) return counters;
      const { [lane]: _over, ...problems } = counters.problems;
      return { ...counters, problems };
    }
    default:
      return counters;
  }
}

function givenUp(counters: Counters, { condition, recordCount }: Extract<Fact, { kind: "gave-up" }>): Counters {
  switch (condition) {
    case "MaximumPayloadSizeExceeded":
      return { ...counters, oversized: counters.oversized + recordCount };
    case "SCHEMA_NOT_FOUND":
    case "DESERIALIZATION_ERROR":
      return { ...counters, registryErrors: counters.registryErrors + recordCount };
    default:
      return counters;
  }
}

const greater = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.max(a, b);

function isError(outcome: OutcomeName): boolean {
  switch (outcome) {
    case "threw":
    case "timed out":
    case "out of memory":
    case "exited":
    case "init failed":
      return true;
    case "ok":
    case "partial":
    case "reported":
    case "too large":
    case "throttled":
    case "fault":
    case "function missing":
    case "not started":
      return false;
    default:
      return assertNever(outcome);
  }
}

/** Null: the text stays as it was. An answer that reports failures is an answer all the same (H-12, T-60). */
function resultOf(outcome: OutcomeName, functionArn: string): string | null {
  switch (outcome) {
    case "ok":
    case "partial":
    case "reported":
      return "OK";
    case "too large": // Recorded: it stays as it was (B-12).
    case "not started": // Our own cap: no fault of the function.
      return null;
    case "function missing":
      return `PROBLEM: Function not found under accountId ${functionArn.split(":")[4] ?? ""}`;
    default:
      return "PROBLEM: Function call failed";
  }
}
