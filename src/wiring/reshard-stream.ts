// Splits and merges shards of a virtual stream: the parents are closed, and what takes their hash keys is added.

import type { UnitId } from "../ports/source.ts";
import type { VirtualStream } from "../sim/virtual-stream.ts";
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
  const { start, end } = hashKeys;
  const middle = (BigInt(`0x${start}`) + BigInt(`0x${end}`)) / 2n;
  stream.closeShard(shard);
  return [
    addShard({ stream, idOf }, [shard], { start, end: hexFromHashKey(middle) }),
    addShard({ stream, idOf }, [shard], { start: hexFromHashKey(middle + 1n), end }),
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
