// One run of one contestant: a stream that lies ready in Redis, read from its beginning to its last record.

export interface RunRequest {
  readonly redisUrl: string;
  readonly stream: string;
  readonly batchSize: number;
  readonly shards: readonly { readonly id: string; readonly key: string; readonly lastEntryId: string }[];
}

export interface RunAnswer {
  /** From the handler's first call until the last position was stored. */
  readonly wallMs: number;
  /** Processor time of the whole process in the same span, and in `SETTLE_MS` after it, for what is written later. */
  readonly cpuMs: number;
  readonly invocationCount: number;
}

/** Processor time is taken this long after the end: what was put off (journals, garbage) is counted for everyone. */
export const SETTLE_MS = 120;

export type RawEntry = readonly [Buffer, readonly [Buffer, Buffer, Buffer, Buffer]];

export function entriesOf(reply: unknown): readonly RawEntry[] {
  // XREAD's answer for one stream whose entries have two fields.
  return reply === null ? [] : ((reply as [[Buffer, readonly RawEntry[]]])[0][1] ?? []);
}

export function cpuMsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
}
