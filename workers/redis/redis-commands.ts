// The commands that readers and producers share, with their answers parsed. Each is one round trip.

import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import type { Start } from "../../src/ports/source.ts";
import type { RawEntry } from "./blocked-reads.ts";
import { BEGINNING, entryIdOf } from "./entry-ids.ts";
import { isReplyError } from "./redis-line.ts";
import { CHECKED_READ, TIP } from "./redis-scripts.ts";

/** What comes after an entry id now; never waits. */
export async function entriesAfter(
  redis: Redis,
  key: string,
  after: string,
  count: number,
): Promise<readonly RawEntry[]> {
  return entriesOf(await redis.callBuffer("XREAD", ["COUNT", String(count), "STREAMS", key, after]));
}

export interface Checked {
  readonly entries: readonly RawEntry[];
  /** Id of the last entry that retention took, or null. */
  readonly trimmed: string | null;
  /** `digestOf` the stream as it is; null: the stream is not there. */
  readonly shardsDigest: string | null;
  /** The last id that the shard gave, where there are no entries and it gave one; else null. */
  readonly lastGivenId: string | null;
}

/** Entries together with what retention took and where the shard ends, at one instant: whatever lies between is seen either way. */
export async function checkedRead(
  redis: Redis,
  from: { readonly key: string; readonly after: string; readonly count: number },
  mark: { readonly key: string; readonly field: string },
): Promise<Checked> {
  // A script, because a transaction of this client answers with texts, and data are bytes.
  const words = [mark.key, from.key, mark.field, String(from.count), from.after];
  const reply = await redis.callBuffer("EVAL", [CHECKED_READ, "2", ...words]);
  const [digest, trimmed, entries, last] = Array.isArray(reply) ? (reply as readonly unknown[]) : [];
  return {
    entries: entriesOf(entries),
    trimmed: textOf(trimmed),
    shardsDigest: textOf(digest),
    lastGivenId: textOf(last),
  };
}

/** Of a stream's fields: when it was made, and the text that lists its shards; so a reader sees when it is another than it knows. */
export function digestOf({ createdAtMs = "", shards = "" }: Readonly<Record<string, string>>): string {
  return createHash("sha1").update(`${createdAtMs}${shards}`).digest("hex");
}

function entriesOf(reply: unknown): readonly RawEntry[] {
  if (!Array.isArray(reply)) return [];
  const [stream] = reply as [[Buffer, readonly RawEntry[]]];
  return stream[1];
}

/** The entry id to read behind, or null for the beginning. */
export async function resolveStart(redis: Redis, key: string, start: Start): Promise<string | null> {
  switch (start.kind) {
    case "after":
      return entryIdOf(start.position);
    case "trimHorizon":
      return null;
    case "latest":
      return firstId(await redis.call("XREVRANGE", [key, "+", "-", "COUNT", "1"]));
    case "atTimestamp":
      // The last entry before the instant; one at the instant itself is to be read (H-3).
      return start.atMs <= 0
        ? null
        : firstId(await redis.call("XREVRANGE", [key, `(${Math.ceil(start.atMs)}-0`, "-", "COUNT", "1"]));
  }
}

/** The last entry's id and how many entries there are up to it; null: none. */
export async function tipOf(
  redis: Redis,
  key: string,
): Promise<{ readonly entryId: string; readonly entryCount: number | null } | null> {
  const reply = await redis.call("EVAL", [TIP, "1", key]);
  const [entryId, entryCount] = Array.isArray(reply) ? (reply as readonly unknown[]) : [];
  if (typeof entryId !== "string") return null;
  return { entryId, entryCount: typeof entryCount === "number" ? entryCount : null };
}

function firstId(reply: unknown): string | null {
  const first: unknown = Array.isArray(reply) ? reply[0] : undefined;
  return Array.isArray(first) ? String(first[0]) : null;
}

/** A stream as XINFO tells of it. */
export interface StreamFacts {
  /** The last id that was given, which no trim and no deletion takes back. */
  readonly lastGivenId: string;
  readonly firstId: string | null;
  readonly lastId: string | null;
  readonly length: number;
  /** Entries that were ever added; null before Redis 7. */
  readonly addedCount: number | null;
  /** The greatest id that XDEL took away; null before Redis 7. */
  readonly lastDeletedId: string | null;
}

/** Null: the key is not there. */
export async function factsOf(redis: Redis, key: string): Promise<StreamFacts | null> {
  let reply: unknown;
  try {
    reply = await redis.call("XINFO", ["STREAM", key]);
  } catch (error) {
    if (isReplyError(error) && error.message.includes("no such key")) return null;
    throw error;
  }
  const facts = new Map<string, unknown>();
  if (Array.isArray(reply))
    for (let index = 0; index + 1 < reply.length; index += 2) facts.set(String(reply[index]), reply[index + 1]);
  const idOf = (name: string): string | null => {
    const entry = facts.get(name);
    return Array.isArray(entry) ? String(entry[0]) : null;
  };
  const added = facts.get("entries-added");
  return {
    lastGivenId: textOf(facts.get("last-generated-id")) ?? BEGINNING,
    firstId: idOf("first-entry"),
    lastId: idOf("last-entry"),
    length: Number(facts.get("length") ?? 0),
    addedCount: added === undefined ? null : Number(added),
    lastDeletedId: textOf(facts.get("max-deleted-entry-id")),
  };
}

function textOf(reply: unknown): string | null {
  if (typeof reply === "string") return reply;
  return Buffer.isBuffer(reply) ? reply.toString("latin1") : null;
}
