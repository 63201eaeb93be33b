// The settings of a lane, in the core's own units. The API's names and units are converted once, by src/control/lane-settings.ts.

/** The synchronous invoke limit: the event's JSON may not be longer than this many UTF-8 bytes (B-11). */
export const EVENT_LIMIT_BYTES = 6_291_456;

/** The state of a tumbling window may not be longer than this many UTF-8 bytes of JSON (W-12). */
export const STATE_LIMIT_BYTES = 1_048_576;

/** Silence after a tumbling window's end before its final call (W-9; our choice). */
export const IDLE_CLOSE_MS = 120_000;

/** Read at every decision (H-10). A value of -1 in `retries` or `maxAgeMs` means no limit. */
export interface LaneSettings {
  /** Most records a batch: 1 to 10,000 (B-9). */
  readonly batchSize: number;
  /** Batching window: 0 to 300,000 (B-3). */
  readonly windowMs: number;
  /** What the window counts from: the previous invocation's end (streams, SQS, Kafka) or the first record (MQ, DocumentDB) (B-4). */
  readonly windowFrom: "previousInvocation" | "firstRecord";
  /** Retries of an unchanged batch: -1, or 0 to 10,000 (E-10). */
  readonly retries: number;
  /** Age at which a record is given up: -1, or 60,000 to 604,800,000 (E-11). */
  readonly maxAgeMs: number;
  readonly isBisecting: boolean;
  /** Whether the function's answer is read for batchItemFailures (S-1). */
  readonly isReporting: boolean;
  /** Length of the tumbling window: 0 (off) to 900,000 (W-3). */
  readonly tumblingMs: number;
  readonly idleCloseMs: number;
  readonly eventLimitBytes: number;
  readonly stateLimitBytes: number;
  /** Bytes of the event around its records: `{"Records":[]}` is 14. */
  readonly envelopeBytes: number;
  /**
   * A record whose own event is over the limit is given up without a call, `MaximumPayloadSizeExceeded` (M-306, X-301); left out: it is
   * tried as often as any (B-12).
   */
  readonly isOversizedGivenUp?: boolean;
  /** Of a source whose progress is an acknowledgement a record; left out: it has checkpoints. */
  readonly acknowledged?: AcknowledgedSettings;
}

export interface AcknowledgedSettings {
  /** What follows a call that failed and may be tried again: the batch is kept and tried, or everything goes back. */
  readonly onFailure: "hold" | "requeue";
  /** Pause between tries of a batch, the same each time; null: the growing one (E-20). */
  readonly retryPauseMs: number | null;
  /** A batch is tried only while its oldest record came no longer ago than this; else everything goes back. Null: no limit. */
  readonly holdLimitMs: number | null;
}
