// What a batch of Kafka has of each partition, for the journal: offsets by themselves name no record there.

import { runsOf } from "../core/partitions/runs.ts";
import type { Rec } from "../core/record.ts";
import type { BatchPartition } from "../ports/journal.ts";

/** Of a batch with more, the first ones are named: bounded, as messages are. */
const MOST_PARTITIONS = 100;

/** Nothing where the records have no partitions. */
export function batchPartitions<R extends Rec>(
  records: readonly R[],
  kind: { position(record: R): string },
): { readonly partitions?: readonly BatchPartition[] } {
  if (records[0]?.partition === undefined) return {};
  const partitions = runsOf(records)
    .slice(0, MOST_PARTITIONS)
    .flatMap(({ partition, records: run }): readonly BatchPartition[] => {
      const [first] = run;
      const last = run.at(-1);
      if (partition === null || first === undefined || last === undefined) return [];
      const span = { first: kind.position(first), last: kind.position(last) };
      return [{ unit: partition.unit, ...span, recordCount: run.length }];
    });
  return { partitions };
}
