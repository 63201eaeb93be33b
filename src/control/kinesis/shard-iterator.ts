// Shard iterators and list tokens: opaque texts that carry a place and the instant they were made at. They hold no secret and are
// checked part by part when they come back. A sequence number's place is converted here where a call means "at" and not "after".

import { entryIdFromSequenceNumber, sequenceNumberFromEntryId } from "../../kinds/kinesis/sequence-number.ts";

/** Iterators and tokens are good for five minutes. */
export const TOKEN_LIFE_MS = 300_000;

export interface ShardIterator {
  readonly streamName: string;
  readonly shardId: string;
  /** Null: the shard's beginning. */
  readonly after: string | null;
  readonly madeAtMs: number;
}

const VERSION = "i1";

export function textOfIterator(iterator: ShardIterator): string {
  const parts = [VERSION, iterator.madeAtMs, iterator.streamName, iterator.shardId, iterator.after ?? ""];
  return Buffer.from(parts.join("/")).toString("base64");
}

export function parseIterator(text: string): ShardIterator | null {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) return null;
  const [version, madeAt, streamName, shardId, after, ...rest] = bytes.toString("latin1").split("/");
  const isWhole = version === VERSION && rest.length === 0 && /^\d{1,16}$/.test(madeAt ?? "");
  if (!isWhole || streamName === undefined || shardId === undefined || after === undefined) return null;
  if (!/^[a-zA-Z0-9_.-]{1,128}$/.test(streamName) || !/^[a-zA-Z0-9_.-]{1,128}$/.test(shardId)) return null;
  if (!/^\d{0,129}$/.test(after)) return null;
  return { streamName, shardId, after: after === "" ? null : after, madeAtMs: Number(madeAt) };
}

const MOST_COUNTER = 18_446_744_073_709_551_615n;

/** The greatest place before a record's own; null: it is the shard's beginning. Undefined: no sequence number of ours. */
export function placeBefore(sequenceNumber: string): string | null | undefined {
  const entryId = entryIdFromSequenceNumber(sequenceNumber);
  if (entryId === null) return undefined;
  const [ms = "0", counter = "0"] = entryId.split("-");
  if (counter !== "0") return sequenceNumberFromEntryId(`${ms}-${BigInt(counter) - 1n}`);
  return ms === "0" ? null : sequenceNumberFromEntryId(`${BigInt(ms) - 1n}-${MOST_COUNTER}`);
}

/** `Thu Jan 22 01:22:02 UTC 2015`, as the service writes instants in texts. */
export function serviceDate(atMs: number): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) (\S+)/.exec(new Date(atMs).toUTCString()) ?? [];
  const weekday = new Date(atMs).toUTCString().slice(0, 3);
  return `${weekday} ${month} ${day} ${time} UTC ${year}`;
}
