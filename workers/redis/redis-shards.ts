// The shards of a stream in Redis: those that a new stream has, and the open one that a record goes to.

import type { NewRecord, ShardDescription } from "../../src/ports/streams.ts";
import {
  decimalFromHex,
  evenRanges,
  hexFromHashKey,
  hexHashKeyOf,
  parseHashKey,
  rangeIndexOf,
  shardIdIn,
} from "../../src/stores/partitioner.ts";

export function firstShards(
  streamName: string,
  { shardCount, madeAtMs }: { readonly shardCount: number; readonly madeAtMs: number },
  startingSequenceNumber: string,
): readonly ShardDescription[] {
  return evenRanges(shardCount).map((range, index) => ({
    id: shardIdIn(streamName, index, madeAtMs),
    parentId: null,
    adjacentParentId: null,
    startingHashKey: decimalFromHex(range.start),
    endingHashKey: decimalFromHex(range.end),
    startingSequenceNumber,
    endingSequenceNumber: null,
  }));
}

export interface ShardChooser {
  /** Id of the open shard whose range holds the record's hash key; null where none does. */
  shardFor(record: Pick<NewRecord, "partitionKey" | "explicitHashKey">): string | null;
}

/** Ranges are converted once for a call's records. */
export function createShardChooser(shards: readonly ShardDescription[]): ShardChooser {
  const open = shards.filter((shard) => shard.endingSequenceNumber === null);
  const ranges = open.map((shard) => ({
    start: hexFromHashKey(BigInt(shard.startingHashKey)),
    end: hexFromHashKey(BigInt(shard.endingHashKey)),
  }));
  return {
    shardFor(record) {
      const explicit = record.explicitHashKey === null ? null : parseHashKey(record.explicitHashKey);
      const hashKey = explicit === null ? hexHashKeyOf(record.partitionKey) : hexFromHashKey(explicit);
      return open[rangeIndexOf(ranges, hashKey)]?.id ?? null;
    },
  };
}
