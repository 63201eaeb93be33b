// Shard iterators and list tokens: opaque texts that carry a place and the instant they were made at. They hold no secret and are
// checked part by part when they come back.

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

/** `Thu Jan 22 01:22:02 UTC 2015`, as the service writes instants in texts. */
export function serviceDate(atMs: number): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) (\S+)/.exec(new Date(atMs).toUTCString()) ?? [];
  const weekday = new Date(atMs).toUTCString().slice(0, 3);
  return `${weekday} ${month} ${day} ${time} UTC ${year}`;
}
