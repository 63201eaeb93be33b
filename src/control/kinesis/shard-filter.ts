// ShardFilter of ListShards: which shards of a stream it lets through. A shard is open from the instant of its first sequence number
// to that of its last; one without a parent is open since its stream is.

import { entryIdFromSequenceNumber } from "../../kinds/kinesis/sequence-number.ts";
import type { ShardDescription, StreamDescription } from "../../ports/streams.ts";

export interface ShardFilter {
  readonly Type?: string | undefined;
  readonly ShardId?: string | undefined;
  readonly Timestamp?: number | undefined;
}

const HOUR_MS = 3_600_000;

/** A member that the type needs and that is not there, or that means nothing beside it; null: none. */
export function shardFilterFault({
  Type: type = "",
  ShardId: shardId,
  Timestamp: timestamp,
}: ShardFilter): string | null {
  const needsShard = type === "AFTER_SHARD_ID";
  const needsTime = type === "AT_TIMESTAMP" || type === "FROM_TIMESTAMP";
  if (needsShard !== (shardId !== undefined))
    return `ShardId must be given with the filter AFTER_SHARD_ID, and only there.`;
  if (needsTime === (timestamp !== undefined)) return null;
  return "Timestamp must be given with the filters AT_TIMESTAMP and FROM_TIMESTAMP, and only there.";
}

export function shardsThrough(
  filter: ShardFilter,
  stream: StreamDescription,
  nowMs: number,
): readonly ShardDescription[] {
  const horizonMs = Math.max(stream.createdAtMs, nowMs - stream.retentionHours * HOUR_MS);
  const atMs = Math.max(horizonMs, (filter.Timestamp ?? 0) * 1_000);
  return stream.shards.filter((shard) => isThrough(shard, filter, { horizonMs, atMs }));
}

function isThrough(
  shard: ShardDescription,
  filter: ShardFilter,
  times: { readonly horizonMs: number; readonly atMs: number },
): boolean {
  const openedAtMs = shard.parentId === null ? 0 : instantOf(shard.startingSequenceNumber);
  const closedAtMs = shard.endingSequenceNumber === null ? Infinity : instantOf(shard.endingSequenceNumber);
  switch (filter.Type) {
    case "AFTER_SHARD_ID":
      return shard.id > (filter.ShardId ?? "");
    case "AT_LATEST":
      return closedAtMs === Infinity;
    case "AT_TRIM_HORIZON":
      return openedAtMs <= times.horizonMs && times.horizonMs <= closedAtMs;
    case "AT_TIMESTAMP":
      return openedAtMs <= times.atMs && times.atMs <= closedAtMs;
    case "FROM_TRIM_HORIZON":
    case "FROM_TIMESTAMP":
      return times.atMs <= closedAtMs;
    default:
      return true;
  }
}

/** Epoch ms of the entry that a sequence number stands for. */
function instantOf(sequenceNumber: string): number {
  return Number(entryIdFromSequenceNumber(sequenceNumber)?.split("-")[0] ?? 0);
}
