// What a batch of Kafka has of each partition, for the journal: offsets by themselves name no record there.

import { type Run, runsOf } from "../core/partitions/runs.ts";
import type { Rec } from "../core/record.ts";
import type { BatchPartition, BatchRun } from "../ports/journal.ts";

/** Of a batch with more, the first ones are named: bounded, as messages are. */
const MOST_PARTITIONS = 100;
/** Of all partitions of a rest. */
const MOST_RUNS = 100;

/** Nothing where the records have no partitions. `before`: the batch that they are left of, in its order. */
export function batchPartitions<R extends Rec>(
  records: readonly R[],
  kind: { position(record: R): string },
  before: readonly R[] = records,
): { readonly partitions?: readonly BatchPartition[] } {
  if (records[0]?.partition === undefined) return {};
  const neighbours = before.length === records.length ? [] : runsOf(before);
  let roomCount = MOST_RUNS;
  const partitions = runsOf(records)
    .slice(0, MOST_PARTITIONS)
    .flatMap((run): readonly BatchPartition[] => {
      const [span] = spansOf([run.records], kind);
      if (run.partition === null || span === undefined) return [];
      const { unit } = run.partition;
      const pieces = piecesOf(run, neighbours);
      if (pieces.length === 1) return [{ unit, ...span }];
      const runs = spansOf(pieces.slice(0, roomCount), kind);
      roomCount -= runs.length;
      return [{ unit, ...span, runs }];
    });
  return { partitions };
}

/** Cut where records of the batch before are missing. */
function piecesOf<R extends Rec>({ partition, records }: Run<R>, before: readonly Run<R>[]): readonly (readonly R[])[] {
  const whole = before.find((each) => each.partition?.epoch === partition?.epoch)?.records;
  const [first] = records;
  if (whole === undefined || first === undefined) return [records];
  const pieces: (readonly R[])[] = [];
  let place = whole.indexOf(first);
  let from = 0;
  for (const [index, record] of records.entries()) {
    if (whole[place] !== record) {
      pieces.push(records.slice(from, index));
      from = index;
      place = whole.indexOf(record, place);
    }
    place += 1;
  }
  return [...pieces, records.slice(from)];
}

const spansOf = <R extends Rec>(pieces: readonly (readonly R[])[], kind: { position(record: R): string }) =>
  pieces.flatMap((piece): readonly BatchRun[] => {
    const [first] = piece;
    const last = piece.at(-1);
    if (first === undefined || last === undefined) return [];
    return [{ first: kind.position(first), last: kind.position(last), recordCount: piece.length }];
  });
