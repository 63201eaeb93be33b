// One record of a load plan, as it is to be sent.

export interface PlannedRecord {
  /** From 1, in order of sending. */
  readonly n: number;
  /** From the plan's begin; may have a fraction. */
  readonly atMs: number;
  /** Partition key, record key or a table's key; null: the source has none. */
  readonly key: string | null;
  /** Of a FIFO queue: the message group; null: another source. */
  readonly groupId: string | null;
  readonly isPoison: boolean;
  /** Of `data` in UTF-8, without its text being made. */
  readonly bytes: number;
  /** JSON text. Made anew at each reading. */
  readonly data: string;
}
