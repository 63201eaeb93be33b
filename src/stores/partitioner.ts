// Which shard a record goes to: hash keys are numbers from 0 to 2^128 - 1, a partition key's is its MD5, and a shard takes a range
// of them. Both stores use it. Inside, hash keys are 32 hexadecimal digits, which compare as text.

import { hash } from "node:crypto";
import { changeShardIdOf } from "../kinds/dynamodb/change-shard-id.ts";
import { familyOf } from "../kinds/stream-family.ts";

const HASH_KEYS = 2n ** 128n;
const HEX_DIGITS = 32;

/** A hash key in 32 lower-case hexadecimal digits. */
export type HexHashKey = string;

export interface HashRange {
  readonly start: HexHashKey;
  readonly end: HexHashKey;
}

export function hexHashKeyOf(partitionKey: string | Uint8Array): HexHashKey {
  return hash("md5", partitionKey, "hex");
}

/** The partition key's hash key as AWS counts it. */
export function hashKeyOf(partitionKey: string | Uint8Array): bigint {
  return BigInt(`0x${hexHashKeyOf(partitionKey)}`);
}

export function hexFromHashKey(hashKey: bigint): HexHashKey {
  return hashKey.toString(16).padStart(HEX_DIGITS, "0");
}

export function decimalFromHex(hex: HexHashKey): string {
  return BigInt(`0x${hex}`).toString();
}

/** Null where the text is not a decimal number from 0 to 2^128 - 1 without leading zeros. */
export function parseHashKey(decimal: string): bigint | null {
  if (!/^(0|[1-9]\d{0,38})$/.test(decimal)) return null;
  const hashKey = BigInt(decimal);
  return hashKey < HASH_KEYS ? hashKey : null;
}

/** The whole space in `shardCount` ranges of one size; the last takes what division leaves over. */
export function evenRanges(shardCount: number): readonly HashRange[] {
  const width = HASH_KEYS / BigInt(shardCount);
  return Array.from({ length: shardCount }, (_, index) => {
    const start = width * BigInt(index);
    const end = index === shardCount - 1 ? HASH_KEYS - 1n : start + width - 1n;
    return { start: hexFromHashKey(start), end: hexFromHashKey(end) };
  });
}

/** Index of the range that holds the key, or -1. Ranges may be in any order. */
export function rangeIndexOf(ranges: readonly HashRange[], hashKey: HexHashKey): number {
  return ranges.findIndex((range) => range.start <= hashKey && hashKey <= range.end);
}

/** Id of the shard with this index, which was made at `madeAtMs`, by the stream's family (K-3, D-8). */
export function shardIdIn(streamName: string, index: number, madeAtMs: number): string {
  return familyOf(streamName) === "kinesis" ? shardIdOf(index) : changeShardIdOf(streamName, index, madeAtMs);
}

/** `shardId-` and twelve digits (K-3). */
export function shardIdOf(index: number): string {
  return `shardId-${String(index).padStart(12, "0")}`;
}
