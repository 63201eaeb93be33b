// How streams lie in Redis: the names of keys and fields. This is a public contract (docs/redis-layout.md): any Redis client may
// produce into a stream by it.
//
//   <prefix>kinesis:streams               set of stream names
//   <prefix>kinesis:{NAME}                hash: createdAtMs, mode, retentionHours, shards (JSON), trimmed:<shard> (entry id)
//   <prefix>kinesis:{NAME}:<shard id>     Redis stream; an entry has the fields partitionKey and data, optionally explicitHashKey

import type { ShardDescription, StreamDescription } from "../../src/ports/streams.ts";

export interface StreamKeys {
  readonly names: string;
  meta(stream: string): string;
  shard(stream: string, shardId: string): string;
}

export function streamKeys(prefix: string): StreamKeys {
  return {
    names: `${prefix}kinesis:streams`,
    meta: (stream) => `${prefix}kinesis:{${stream}}`,
    shard: (stream, shardId) => `${prefix}kinesis:{${stream}}:${shardId}`,
  };
}

export const partitionKeyField = "partitionKey";
export const dataField = "data";
export const explicitHashKeyField = "explicitHashKey";
export const trimmedField = (shardId: string): string => `trimmed:${shardId}`;

/** Null: no such stream, or a hash that is none of ours. */
export function parseStream(name: string, fields: Readonly<Record<string, string>>): StreamDescription | null {
  const { createdAtMs, mode, retentionHours, shards } = fields;
  if (createdAtMs === undefined || retentionHours === undefined || shards === undefined) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(shards);
  } catch {
    return null; // Somebody else wrote the hash; the caller says that the stream is missing.
  }
  if (!Array.isArray(parsed)) return null;
  return {
    name,
    status: "ACTIVE",
    mode: mode === "ON_DEMAND" ? "ON_DEMAND" : "PROVISIONED",
    shards: parsed.filter(isShard),
    retentionHours: Number(retentionHours),
    createdAtMs: Number(createdAtMs),
    isPlain: false,
  };
}

function isShard(value: unknown): value is ShardDescription {
  return (
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    typeof value.id === "string" &&
    "startingHashKey" in value &&
    "endingHashKey" in value
  );
}
