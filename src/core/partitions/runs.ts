// The records of a batch by partition: each has its own in one run, in its order (M-104, M-304). Of a stream, all of them are one run.

import type { PartitionEpoch, Rec } from "../record.ts";

export interface Run<R extends Rec> {
  /** Null: the records are of one order without partitions. */
  readonly partition: PartitionEpoch | null;
  /** Never empty. */
  readonly records: readonly R[];
}

export function runsOf<R extends Rec>(records: readonly R[]): readonly Run<R>[] {
  const runs: Run<R>[] = [];
  let from = 0;
  for (let index = 1; index <= records.length; index += 1) {
    const before = records[index - 1];
    if (before === undefined) return runs;
    if (index < records.length && records[index]?.partition?.epoch === before.partition?.epoch) continue;
    const isWhole = from === 0 && index === records.length;
    runs.push({ partition: before.partition ?? null, records: isWhole ? records : records.slice(from, index) });
    from = index;
  }
  return runs;
}
