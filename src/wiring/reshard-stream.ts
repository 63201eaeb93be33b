// Splits and merges shards of a virtual stream: the parents are closed, and what takes their hash keys is added.

import type { UnitId } from "../ports/source.ts";
import type { HashKeys, VirtualStream } from "../sim/virtual-stream.ts";
import { hexFromHashKey } from "../stores/partitioner.ts";

export interface AddedShard {
  readonly unit: UnitId;
  readonly parents: readonly UnitId[];
}

/** The name of the stream's so-manieth shard, from 0. */
export type NewShardId = (index: number) => UnitId;

const hashKeysOf = (stream: VirtualStream, shard: UnitId) =>
  stream.openShards().find(({ id }) => id === shard)?.hashKeys ?? null;

/** Open shards in the order of their hash keys. */
export function shardsInOrder(stream: VirtualStream): readonly UnitId[] {
  const startOf = (shard: { readonly hashKeys: { readonly start: string } | null }): string =>
    shard.hashKeys?.start ?? "";
  return [...stream.openShards()].sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1)).map(({ id }) => id);
}

/** In two halves; none are added to a shard that is not open, or has no hash keys. */
export function splitInHalf(stream: VirtualStream, shard: UnitId, idOf: NewShardId): readonly AddedShard[] {
  const hashKeys = hashKeysOf(stream, shard);
  if (hashKeys === null) return [];
  const second = (BigInt(`0x${hashKeys.start}`) + BigInt(`0x${hashKeys.end}`)) / 2n + 1n;
  return splitAt(stream, { shard, hashKeys, second }, idOf);
}

/** `second`: the hash key where the second child begins, inside the shard. */
export function splitAt(
  stream: VirtualStream,
  { shard, hashKeys, second }: { readonly shard: UnitId; readonly hashKeys: HashKeys; readonly second: bigint },
  idOf: NewShardId,
): readonly AddedShard[] {
  const { start, end } = hashKeys;
  stream.closeShard(shard);
  return [
    addShard({ stream, idOf }, [shard], { start, end: hexFromHashKey(second - 1n) }),
    addShard({ stream, idOf }, [shard], { start: hexFromHashKey(second), end }),
  ];
}

/** Two that lie beside one another, the lower first; none is added where one is not open. */
export function mergeTwo(
  stream: VirtualStream,
  [lower, upper]: readonly [UnitId, UnitId],
  idOf: NewShardId,
): readonly AddedShard[] {
  const [first, last] = [hashKeysOf(stream, lower), hashKeysOf(stream, upper)];
  if (first === null || last === null) return [];
  for (const shard of [lower, upper]) stream.closeShard(shard);
  return [addShard({ stream, idOf }, [lower, upper], { start: first.start, end: last.end })];
}

function addShard(
  { stream, idOf }: { readonly stream: VirtualStream; readonly idOf: NewShardId },
  parents: readonly UnitId[],
  { start, end }: { readonly start: string; readonly end: string },
): AddedShard {
  const unit = idOf(stream.shardIds().length);
  stream.addShard(unit, parents, { start, end });
  return { unit, parents };
}
