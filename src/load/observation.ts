// What a load run leaves behind for its figures, simulated or live: what was sent, when it was planned, and the journal of its mapping. The
// figures know nothing else.

import type { Entry } from "../ports/journal.ts";
import type { LoadRun } from "./report.ts";

/** A record that the source has taken. */
export interface SentRecord {
  /** Epoch ms, may have a fraction. */
  readonly plannedAtMs: number;
  /** When the call that took it began; in virtual time the same. */
  readonly sentAtMs: number;
  /** Shard or partition as the journal names it; "" where the source has none. */
  readonly unit: string;
  /**
   * By what the journal names it: a position within the unit, or a message id. Empty where the sender is not told it (a change's place,
   * a delivery of RabbitMQ): such records are told apart by their order within the unit, and the report says so.
   */
  readonly id: string;
  /** Partition key, record key or message group, of a table as src/kinds/dynamodb/change-text.ts writes it; null: none. */
  readonly key: string | null;
  readonly bytes: number;
  readonly isPoison: boolean;
  /** It passes the mapping's filter; true without one. */
  readonly isMatching: boolean;
}

export interface LoadObservation
  extends Pick<
    LoadRun,
    | "name"
    | "swept"
    | "repetition"
    | "mode"
    | "seed"
    | "machine"
    | "source"
    | "place"
    | "functionName"
    | "family"
    | "settings"
    | "allowedConcurrency"
    | "batchSize"
    | "windowMs"
    | "endedBy"
  > {
  /** Instant of the plan's beginning: second 0 of every chart. */
  readonly startedAtMs: number;
  /** When the last record was to be sent; when all had ended, or the run was given up. */
  readonly sendsUntilMs: number;
  readonly endedAtMs: number;
  readonly sent: readonly SentRecord[];
  /** All instants of the plan, those among them that were not sent because the run was interrupted or the source refused. */
  readonly plannedCount: number;
  readonly refusedCount: number;
  readonly ceilingPerSecond: number | null;
  /** The plan's busiest second. */
  readonly busiestPerSecond: number;
  /**
   * The mapping's entries from `startedAtMs` on, ordered by lane and, across lanes, by time. Empty where they were folded as they came
   * (src/load/figures/run-fold.ts), so that a long run need not keep them.
   */
  readonly entries: Iterable<Entry>;
  /** The mapping's settings as figures and findings reckon with them. */
  readonly mapping: {
    readonly uuid: string;
    readonly factor: number;
    readonly hasFilter: boolean;
    /** MaximumRetryAttempts; null: no limit, or the source has none. */
    readonly retries: number | null;
    /** MaximumRecordAgeInSeconds; null: no limit, or the source has none. */
    readonly ageMs: number | null;
    readonly isBisecting: boolean;
    readonly isReporting: boolean;
    readonly eventLimitBytes: number;
    readonly unitCount: number;
    readonly functionTimeoutMs: number;
    readonly reservedConcurrency: number | null;
    /** Of SQS; null: another source. */
    readonly visibilityMs: number | null;
    /** Of SQS, by the plan: receives after which a message becomes a dead letter; null: none, or another source. */
    readonly maxReceiveCount: number | null;
  };
  /** Where known: how many environments were started. */
  readonly coldStarts: number | null;
}
