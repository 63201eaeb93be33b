// How streams lie in Redis: the names of keys and fields. This is a public contract (docs/redis-layout.md): any Redis client may
// produce into a stream by it.
//
//   <prefix>kinesis:streams               set of stream names
//   <prefix>kinesis:changes               Redis stream of one entry, which is renewed when a stream is deleted or its shards change
//   <prefix>kinesis:{NAME}                hash: createdAtMs, mode, retentionHours, shards (JSON), trimmed:<shard> (entry id)
//   <prefix>kinesis:{NAME}:<shard id>     Redis stream; an entry has the fields partitionKey and data, optionally explicitHashKey
//
// Streams of DynamoDB tables lie in the same way, with TABLE/LABEL as the name and `dynamodb` for `kinesis`; `changes` is one for all.

import { familyOf, nameWithinFamily, type StreamFamily } from "../../src/kinds/stream-family.ts";
import type { ShardDescription, StreamDescription } from "../../src/ports/streams.ts";
import { parseHashKey } from "../../src/stores/partitioner.ts";

export interface StreamKeys {
  /** The set that holds this stream's name. */
  names(stream: string): string;
  /** Both sets of names. */
  readonly allNames: readonly string[];
  /** A stream that wakes all who wait, so that they look whether theirs is still there. */
  readonly changes: string;
  meta(stream: string): string;
  shard(stream: string, shardId: string): string;
}

export function streamKeys(prefix: string): StreamKeys {
  const namesOf = (family: StreamFamily): string => `${prefix}${family}:streams`;
  const meta = (stream: string): string => `${prefix}${familyOf(stream)}:{${nameWithinFamily(stream)}}`;
  return {
    names: (stream) => namesOf(familyOf(stream)),
    allNames: [namesOf("kinesis"), namesOf("dynamodb")],
    changes: `${prefix}kinesis:changes`,
    meta,
    shard: (stream, shardId) => `${meta(stream)}:${shardId}`,
  };
}

export const partitionKeyField = "partitionKey";
export const dataField = "data";
export const explicitHashKeyField = "explicitHashKey";
export const shardsField = "shards";
export const trimmedField = (shardId: string): string => `trimmed:${shardId}`;

/** Null: no such stream, or a hash that is none of ours: the caller says that the stream is missing. */
export function parseStream(name: string, fields: Readonly<Record<string, string>>): StreamDescription | null {
  const { createdAtMs, mode, retentionHours, [shardsField]: text } = fields;
  const shards = text === undefined ? null : parseShards(text);
  if (shards === null || !isWhole(createdAtMs) || !isWhole(retentionHours)) return null;
  return {
    name,
    status: "ACTIVE",
    mode: mode === "ON_DEMAND" ? "ON_DEMAND" : "PROVISIONED",
    shards,
    retentionHours: Number(retentionHours),
    createdAtMs: Number(createdAtMs),
    isPlain: false,
  };
}

/** Null where one of them cannot be understood: half a stream would lose the other half's records. */
function parseShards(text: string): readonly ShardDescription[] | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null; // Somebody else wrote it.
  }
  if (!Array.isArray(parsed)) return null;
  const shards = parsed.map(parseShard).filter((shard) => shard !== null);
  return shards.length === parsed.length ? shards : null;
}

function parseShard(value: unknown): ShardDescription | null {
  if (typeof value !== "object" || value === null) return null;
  const members = value as Readonly<Record<string, unknown>>;
  const textOf = (name: string): string | null => {
    const member = members[name];
    return typeof member === "string" ? member : null;
  };
  const id = textOf("id");
  const startingHashKey = hashKeyIn(textOf("startingHashKey"));
  const endingHashKey = hashKeyIn(textOf("endingHashKey"));
  const startingSequenceNumber = textOf("startingSequenceNumber");
  if (id === null || startingHashKey === null || endingHashKey === null || startingSequenceNumber === null) return null;
  return {
    id,
    parentId: textOf("parentId"),
    adjacentParentId: textOf("adjacentParentId"),
    startingHashKey,
    endingHashKey,
    startingSequenceNumber,
    endingSequenceNumber: textOf("endingSequenceNumber"),
  };
}

function hashKeyIn(text: string | null): string | null {
  return text === null || parseHashKey(text) === null ? null : text;
}

function isWhole(text: string | undefined): boolean {
  return text !== undefined && /^\d{1,15}$/.test(text);
}
