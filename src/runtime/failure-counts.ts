// How often a call with a record has failed, remembered over the epochs of a mapping (R-409, TR-34). Never stored: a start of the
// process begins anew.

/** What is in the hands of five consumers at the largest batch size. Beyond that the oldest are forgotten and count from 0. */
const MOST_KEYS = 50_000;

export interface FailureCounts {
  /** 0 where none are known. */
  of(key: string): number;
  /** The greatest that was noted counts: a call of an epoch that is over may end after one of the epoch that followed. */
  note(key: string, count: number): void;
  forget(key: string): void;
}

export function createFailureCounts(mostKeys = MOST_KEYS): FailureCounts {
  const counts = new Map<string, number>();
  return {
    of: (key) => counts.get(key) ?? 0,
    note(key, count) {
      const known = counts.get(key) ?? 0;
      counts.delete(key);
      counts.set(key, Math.max(known, count));
      if (counts.size <= mostKeys) return;
      const [oldest] = counts.keys();
      if (oldest !== undefined) counts.delete(oldest);
    },
    forget(key) {
      counts.delete(key);
    },
  };
}
