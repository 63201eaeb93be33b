// Splits and merges shards of a virtual stream: the parents are closed, and what takes their hash keys is added. What cannot be done is
// not begun: then nothing is added.

import type { UnitId } from "../ports/source.ts";
import type { OpenShard, VirtualStream } from "../sim/virtual-stream.ts";
import { hexFromHashKey } from "../stores/partitioner.ts";

export interface AddedShard {
  readonly unit: UnitId;
  readonly parents: readonly UnitId[];
}

/** The name of the stream's so-manieth shard, from 0. */
export type NewShardId = (index: number) => UnitId;

interface Range {
  readonly id: UnitId;
  readonly start: bigint;
  /** Included. */
  readonly end: bigint;
}

/** Null: it is not open, or takes no hash keys. */
function rangeOf(stream: VirtualStream, shard: UnitId): Range | null {
  const hashKeys = stream.openShards().find(({ id }) => id === shard)?.hashKeys ?? null;
  if (hashKeys === null) return null;
  return { id: shard, start: BigInt(`0x${hashKeys.start}`), end: BigInt(`0x${hashKeys.end}`) };
}

/** Open shards in the order of their hash keys. */
export function shardsInOrder(stream: VirtualStream): readonly UnitId[] {
  const startOf = ({ hashKeys }: OpenShard): string => hashKeys?.start ?? "";
  return [...stream.openShards()].sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1)).map(({ id }) => id);
}

/** Whether it is open and takes more than one hash key. */
export function isSplittable(stream: VirtualStream, shard: UnitId): boolean {
  const range = rangeOf(stream, shard);
  return range !== null && range.start < range.end;
}

/** Whether both are open and lie beside one another, in either order. */
export const isMergeable = (stream: VirtualStream, pair: readonly [UnitId, UnitId]): boolean =>
  neighboursOf(stream, pair) !== null;

/** The lower first. */
function neighboursOf(stream: VirtualStream, [one, other]: readonly [UnitId, UnitId]): readonly [Range, Range] | null {
  const [a, b] = [rangeOf(stream, one), rangeOf(stream, other)];
  if (a === null || b === null) return null;
  if (a.end + 1n === b.start) return [a, b];
  return b.end + 1n === a.start ? [b, a] : null;
}

/** `second`: the hash key where the second child begins; null: in the middle. None are added where it is not inside the shard. */
export function splitShard(
  stream: VirtualStream,
  { shard, second = null }: { readonly shard: UnitId; readonly second?: bigint | null },
  idOf: NewShardId,
): readonly AddedShard[] {
  const range = rangeOf(stream, shard);
  if (range === null) return [];
  const { start, end } = range;
  const at = second ?? (start + end) / 2n + 1n;
  if (at <= start || at > end) return [];
  stream.closeShard(shard);
  return [
    addShard({ stream, idOf }, [shard], { start, end: at - 1n }),
    addShard({ stream, idOf }, [shard], { start: at, end }),
  ];
}

/** None is added where they are no neighbours. */
export function mergeShards(
  stream: VirtualStream,
  pair: readonly [UnitId, UnitId],
  idOf: NewShardId,
): readonly AddedShard[] {
  const neighbours = neighboursOf(stream, pair);
  if (neighbours === null) return [];
  const [lower, upper] = neighbours;
  for (const { id } of neighbours) stream.closeShard(id);
  return [addShard({ stream, idOf }, [lower.id, upper.id], { start: lower.start, end: upper.end })];
}

function addShard(
  { stream, idOf }: { readonly stream: VirtualStream; readonly idOf: NewShardId },
  parents: readonly UnitId[],
  { start, end }: Pick<Range, "start" | "end">,
): AddedShard {
  const unit = idOf(stream.shardIds().length);
  stream.addShard(unit, parents, { start: hexFromHashKey(start), end: hexFromHashKey(end) });
  return { unit, parents };
}
