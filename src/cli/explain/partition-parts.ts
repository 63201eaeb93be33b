// What a part of a topic's batch has of each partition. Offsets name no place by themselves, and what a rest has may lie anywhere in its
// batch (M-411): so a record is looked for by its partition and offset. A record is always one of the batch that is asked about here.

import type { BatchPartition } from "../../ports/journal.ts";
import type { Position, UnitId } from "../../ports/source.ts";

/** How many records, and of which partitions; absent: it is of no topic, or that is not known. */
export interface Share {
  readonly recordCount: number;
  readonly partitions?: readonly BatchPartition[] | undefined;
}

export interface TopicPlace {
  readonly unit: UnitId;
  readonly offset: Position;
}

interface Span {
  readonly first: Position;
  readonly last: Position;
}

export const isWithin = (offset: Position, { first, last }: Span): boolean =>
  BigInt(first) <= BigInt(offset) && BigInt(offset) <= BigInt(last);

/** Null: not known, since the journal names only so many partitions and runs. */
export function isAmong({ unit, offset }: TopicPlace, share: Share): boolean | null {
  const { partitions } = share;
  if (partitions === undefined) return null;
  const run = partitions.find((each) => each.unit === unit);
  if (run === undefined) return isWhollyNamed(share) ? false : null;
  if (!isWithin(offset, run)) return false;
  const { runs, recordCount } = run;
  if (runs === undefined || runs.some((each) => isWithin(offset, each))) return true;
  // The first ones are named.
  const through = runs.at(-1)?.last;
  const isNamed = through !== undefined && BigInt(offset) <= BigInt(through);
  return isNamed || countOf(runs) === recordCount ? false : null;
}

/** Whether it is what the other begins with. */
export function isHead(piece: Share, whole: Share): boolean {
  const { partitions = [] } = whole;
  return isAtAnEnd(
    piece,
    whole,
    (index) => partitions[index],
    (run, other) => run.first === other.first,
  );
}

/** Whether it is what the other ends with. */
export function isTail(piece: Share, whole: Share): boolean {
  const { partitions = [] } = whole;
  const passedCount = partitions.length - (piece.partitions?.length ?? 0);
  return isAtAnEnd(
    piece,
    whole,
    (index) => partitions[passedCount + index],
    (run, other) => run.last === other.last,
  );
}

/** Every one of its partitions is there wholly, but for the innermost, of which the outer end is enough. */
function isAtAnEnd(
  piece: Share,
  whole: Share,
  counterpart: (index: number) => BatchPartition | undefined,
  hasSameEnd: (run: BatchPartition, other: BatchPartition) => boolean,
): boolean {
  if (!isWhollyNamed(piece) || !isWhollyNamed(whole)) return false;
  let cutCount = 0;
  return (piece.partitions ?? []).every((run, index) => {
    const other = counterpart(index);
    if (other === undefined || other.unit !== run.unit || run.runs !== undefined || !hasSameEnd(run, other))
      return false;
    if (run.recordCount < other.recordCount) cutCount += 1;
    return cutCount <= 1;
  });
}

/** What is left once the first records of some partitions are gone (M-407). */
export function withoutHeads(whole: Share, heads: Share): readonly BatchPartition[] | undefined {
  const { partitions } = whole;
  if (partitions === undefined || heads.partitions === undefined || !isWhollyNamed(heads)) return undefined;
  const gone = new Map(heads.partitions.map((each) => [each.unit, each]));
  return partitions.flatMap((run): readonly BatchPartition[] => {
    const head = gone.get(run.unit);
    if (head === undefined) return [run];
    const recordCount = run.recordCount - head.recordCount;
    if (recordCount <= 0) return [];
    const { runs: _, ...span } = run;
    // The next offset may be empty: no record is looked for there.
    const first = String(BigInt(head.last) + 1n);
    const runs = run.runs?.filter((each) => BigInt(each.last) >= BigInt(first));
    return [{ ...span, first, recordCount, ...(runs === undefined ? {} : { runs }) }];
  });
}

const isWhollyNamed = ({ recordCount, partitions = [] }: Share): boolean => countOf(partitions) === recordCount;

const countOf = (runs: readonly { readonly recordCount: number }[]): number =>
  runs.reduce((sum, { recordCount }) => sum + recordCount, 0);
