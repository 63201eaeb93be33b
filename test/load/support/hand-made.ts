// Runs that a test writes by hand: what was sent, what the journal tells, and the rest with defaults.

import type { Entry, Fact } from "../../../src/ports/journal.ts";
import type { LoadObservation, SentRecord } from "../../../src/load/observation.ts";

export const MAPPING = "5e1f09c2-0000-4000-8000-000000000001";
export const SHARD = "shardId-000000000000";
export const BEGIN_MS = 1_700_000_000_000;

/** As places of a shard are: of one length, in order. */
export const placeOf = (n: number): string => String(n).padStart(12, "0");

/** Sent when planned, `atMs` after the beginning. */
export function sentAt(n: number, atMs: number, more: Partial<SentRecord> = {}): SentRecord {
  const instant = { plannedAtMs: BEGIN_MS + atMs, sentAtMs: BEGIN_MS + atMs };
  return { ...instant, unit: SHARD, id: placeOf(n), key: "k", bytes: 100, isPoison: false, isMatching: true, ...more };
}

type Settings = LoadObservation["mapping"];

const settings: Settings = {
  uuid: MAPPING,
  factor: 1,
  hasFilter: false,
  retries: null,
  ageMs: null,
  isBisecting: false,
  isReporting: false,
  eventLimitBytes: 6_291_456,
  unitCount: 1,
  functionTimeoutMs: 3_000,
  reservedConcurrency: null,
  visibilityMs: null,
  maxReceiveCount: null,
};

export function observed(
  given: Partial<Omit<LoadObservation, "mapping">> & {
    readonly sent: readonly SentRecord[];
    readonly entries: Iterable<Entry>;
    readonly totalMs: number;
    readonly mapping?: Partial<Settings>;
  },
): LoadObservation {
  const { mapping, totalMs, ...more } = given;
  return {
    name: "as planned",
    swept: {},
    repetition: 1,
    mode: "simulated",
    seed: 1,
    machine: null,
    source: "kinesis:orders",
    place: "virtual time",
    functionName: "process",
    family: "stream",
    settings: [],
    allowedConcurrency: 1,
    batchSize: 10,
    windowMs: null,
    endedBy: "plan",
    startedAtMs: BEGIN_MS,
    sendsUntilMs: BEGIN_MS + totalMs,
    endedAtMs: BEGIN_MS + totalMs,
    plannedCount: given.sent.length,
    refusedCount: 0,
    ceilingPerSecond: null,
    busiestPerSecond: 1,
    coldStarts: null,
    mapping: { ...settings, ...mapping },
    ...more,
  };
}

type Of<K extends Fact["kind"]> = Extract<Fact, { kind: K }>;

/** Writes a journal of one mapping; instants are ms since the run's beginning. */
export function journal(unit = SHARD, index = 0) {
  const entries: Entry[] = [];
  const lane = `${MAPPING}/${unit}/${index}`;
  function note(atMs: number, fact: Fact): void {
    entries.push({ ...fact, atMs: BEGIN_MS + atMs, mapping: MAPPING, lane, seq: entries.length });
  }
  return {
    entries,
    note,
    closed(atMs: number, batch: string, first: number, count: number, more: Partial<Of<"batch-closed">> = {}): void {
      note(atMs, {
        kind: "batch-closed",
        batch,
        closedBy: "window",
        recordCount: count,
        payloadBytes: 14 + 100 * count,
        windowMs: null,
        first: placeOf(first),
        last: placeOf(first + count - 1),
        oldestArrivedAtMs: null,
        ...more,
      });
    },
    invoked(atMs: number, batch: string, recordCount: number, attempt = 1): void {
      note(atMs, { kind: "invoked", batch, requestId: `r-${batch}`, attempt, recordCount });
    },
    decided(atMs: number, batch: string, recordCount: number, more: Partial<Of<"decided">> = {}): void {
      note(atMs, {
        kind: "decided",
        batch,
        requestId: `r-${batch}`,
        attempt: 1,
        outcome: "ok",
        verdict: "done",
        recordCount,
        payloadBytes: 14 + 100 * recordCount,
        failedCount: 0,
        tookMs: 0,
        iteratorAgeMs: null,
        executedVersion: "$LATEST",
        error: null,
        retryAfterMs: null,
        next: [],
        ...more,
      });
    },
    gaveUp(atMs: number, batch: string, first: number, recordCount: number, more: Partial<Of<"gave-up">> = {}): void {
      note(atMs, {
        kind: "gave-up",
        batch,
        requestId: `r-${batch}`,
        condition: "RetryAttemptsExhausted",
        recordCount,
        attempts: 1,
        first: placeOf(first),
        last: placeOf(first + recordCount - 1),
        destination: null,
        ...more,
      });
    },
    /** Closed and done by one call of `tookMs`. */
    batch(
      atMs: number,
      name: string,
      first: number,
      count: number,
      tookMs: number,
      more: Partial<Of<"batch-closed">> = {},
    ): void {
      this.closed(atMs, name, first, count, more);
      this.invoked(atMs, name, count);
      this.decided(atMs + tookMs, name, count, { tookMs });
    },
  };
}

export const prices = { perMillionRequests: 0.2, perGbSecond: 0.0000166667, memoryMb: 1_024, note: "" };
