// What the journal does not hold and the source does: a record's key, bytes and arrival, and so its exact place in a batch. The source is
// asked as it is, by a running server's Kinesis calls or in the state directory of one that is stopped; both read page by page.

import { MillraceError } from "../../errors.ts";
import { entryIdFromSequenceNumber } from "../../kinds/kinesis/sequence-number.ts";
import type { Position, UnitId } from "../../ports/source.ts";
import type { KinesisEndpoint } from "../kinesis-endpoint.ts";
import { textAt } from "../kinesis-endpoint.ts";

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
  /** Records in order, from the beginning where `from` is null; none: there are no more. Throws where the source cannot be asked. */
  page(stream: string, unit: UnitId, from: From | null): Promise<readonly SourceRecord[]>;
  /** Why it could not be asked the last time that it could not; null: it always could. */
  silence(): string | null;
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
      found.push(record);
    }
  }
  return found;
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

/** Over a running server, whatever store it has. */
export function createServedRecords(endpoint: KinesisEndpoint, url: string): SourceRecords {
  let silence: string | null = null;

  async function called(operation: string, body: unknown): Promise<Readonly<Record<string, unknown>>> {
    try {
      return await endpoint.call(operation, body);
    } catch (error) {
      if (error instanceof MillraceError)
        silence = error.code === "server-unreachable" ? error.message : `the server at ${url} says ${error.message}`;
      throw error;
    }
  }

  return {
    silence: () => silence,
    async page(StreamName, ShardId, from) {
      const start =
        from === null
          ? { ShardIteratorType: "TRIM_HORIZON" }
          : {
              ShardIteratorType: from.isIncluded ? "AT_SEQUENCE_NUMBER" : "AFTER_SEQUENCE_NUMBER",
              StartingSequenceNumber: from.position,
            };
      const opened = await called("GetShardIterator", { StreamName, ShardId, ...start });
      const answer = await called("GetRecords", { ShardIterator: textAt(opened, "ShardIterator") });
      const records: readonly unknown[] = Array.isArray(answer["Records"]) ? answer["Records"] : [];
      return records.map((each) => recordFrom({ ...Object(each) }));
    },
  };
}

function recordFrom(members: Readonly<Record<string, unknown>>): SourceRecord {
  const position = textAt(members, "SequenceNumber") ?? "";
  return {
    position,
    arrivedAtMs: arrivedAtMsOf(members["ApproximateArrivalTimestamp"], position),
    partitionKey: textAt(members, "PartitionKey") ?? "",
    data: Buffer.from(textAt(members, "Data") ?? "", "base64"),
  };
}

/** On the wire a number of seconds. */
function arrivedAtMsOf(value: unknown, position: Position): number {
  if (typeof value === "number") return Math.round(value * 1_000);
  return Number(entryIdFromSequenceNumber(position)?.split("-")[0] ?? 0);
}
