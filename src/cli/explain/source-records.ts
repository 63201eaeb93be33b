// What the journal does not hold and the source does: a record's key, bytes and arrival, and so its exact place in a batch. The source is
// asked as it is, by the calls of a running server or in the state directory of one that is stopped; both read page by page.

import type { Position, UnitId } from "../../ports/source.ts";

export interface SourceRecord {
  readonly position: Position;
  readonly arrivedAtMs: number;
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

export interface From {
  readonly position: Position;
  readonly isIncluded: boolean;
}

export interface SourceRecords {
  /**
   * Records in order, from the beginning where `from` is null; none: there are no more. `streamArn` is as the mapping has it. Throws where
   * the source cannot be asked.
   */
  page(streamArn: string, unit: UnitId, from: From | null): Promise<readonly SourceRecord[]>;
  /** Why it could not be asked the last time that it could not; null: it always could. */
  silence(): string | null;
}

const MOST_A_PAGE = 10_000;

/** A page of a shard whose records are all at hand, in order. */
export function pageOf<T extends { readonly position: Position }>(
  records: readonly T[],
  from: From | null,
): readonly T[] {
  const isBehind = ({ position }: T): boolean =>
    from === null || (from.isIncluded ? position >= from.position : position > from.position);
  const first = records.findIndex(isBehind);
  return first < 0 ? [] : records.slice(first, first + MOST_A_PAGE);
}

/** More than this of one shard is not looked through. */
const MOST_SCANNED = 200_000;

/** From `first` to `last`, both included. */
export async function recordsBetween(
  records: SourceRecords,
  place: { readonly stream: string; readonly unit: UnitId; readonly first: Position; readonly last: Position },
): Promise<readonly SourceRecord[]> {
  const found: SourceRecord[] = [];
  const from = { position: place.first, isIncluded: true };
  for await (const page of pagesOf(records, place, from)) {
    for (const record of page) {
      if (record.position > place.last) return found;
      // A page may begin before what was asked for.
      if (record.position >= place.first) found.push(record);
    }
  }
  return found;
}

/** The first behind a place that is meant; null: there is none. */
export async function firstBehind(
  records: SourceRecords,
  place: { readonly stream: string; readonly unit: UnitId; readonly after: Position | null },
  isMeant: (record: SourceRecord) => boolean,
): Promise<SourceRecord | null> {
  const { after } = place;
  const from = after === null ? null : { position: after, isIncluded: false };
  for await (const page of pagesOf(records, place, from)) {
    const found = page.find((record) => (after === null || record.position > after) && isMeant(record));
    if (found !== undefined) return found;
  }
  return null;
}

/** Those of a shard that are meant, oldest first. */
export async function recordsThat(
  records: SourceRecords,
  shard: { readonly stream: string; readonly unit: UnitId },
  isMeant: (record: SourceRecord) => boolean,
): Promise<readonly SourceRecord[]> {
  const found: SourceRecord[] = [];
  for await (const page of pagesOf(records, shard, null)) found.push(...page.filter(isMeant));
  return found;
}

async function* pagesOf(
  records: SourceRecords,
  { stream, unit }: { readonly stream: string; readonly unit: UnitId },
  begin: From | null,
): AsyncGenerator<readonly SourceRecord[]> {
  let from = begin;
  for (let scannedCount = 0; scannedCount < MOST_SCANNED; ) {
    const page = await records.page(stream, unit, from);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    scannedCount += page.length;
    from = { position: last.position, isIncluded: false };
  }
}
