// Which shards a change closes and which it opens: pure, and one for both stores, each of which carries the plan out in one step.
//
// R1  The ranges of the open shards cover all hash keys before and after, each once.
// R2  A change of the count is splits and then merges, so that every shard has one parent or two neighbouring ones. A shard may open
//     and close within one plan; its numbers follow those of the step that opened it.
// R3  New shards are numbered behind every other of the stream.

import { assertNever } from "../core/assert-never.ts";
import type { UnitId } from "../ports/source.ts";
import { MOST_SHARDS, type ReshardChange, type ReshardRefusal, type ShardDescription } from "../ports/streams.ts";
import { evenRanges, shardIdOf } from "./partitioner.ts";

/** Both ends included. */
interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

export interface OpenedShard extends Range {
  readonly ordinal: number;
  readonly id: UnitId;
  readonly parentId: UnitId;
  readonly adjacentParentId: UnitId | null;
  /** Steps count from 0: what a step opens comes behind what it closes. */
  readonly openedAtStep: number;
  readonly closedAtStep: number | null;
}

export interface ReshardPlan {
  readonly kind: "plan";
  /** Open shards before the change. */
  readonly openCount: number;
  /** Shards that were there before, with the step that closes them. */
  readonly closed: readonly { readonly id: UnitId; readonly atStep: number }[];
  readonly opened: readonly OpenedShard[];
}

type KnownShard = Pick<ShardDescription, "id" | "startingHashKey" | "endingHashKey" | "endingSequenceNumber">;

type Planned = ReshardPlan | { readonly kind: "refused"; readonly refusal: ReshardRefusal };

export function planReshard(shards: readonly KnownShard[], change: ReshardChange): Planned {
  const openCount = shards.filter(isOpen).length;
  const wantedCount = wantedCountOf(change, openCount);
  if (wantedCount > MOST_SHARDS) return refused({ kind: "tooMany", openCount, wantedCount });
  const draft = createDraft(shards);
  switch (change.kind) {
    case "split": {
      const shard = openShard(shards, change.shardId);
      if (shard.kind === "refused") return shard;
      const at = BigInt(change.newStartingHashKey);
      if (at <= shard.start + 1n || at >= shard.end) return refused(hashKeyOutside(shard));
      draft.split(shard, at);
      return { kind: "plan", openCount, ...draft.result() };
    }
    case "merge": {
      const left = openShard(shards, change.shardId);
      if (left.kind === "refused") return left;
      const right = openShard(shards, change.adjacentShardId);
      if (right.kind === "refused") return right;
      if (left.end + 1n !== right.start) {
        return refused({ kind: "notAdjacent", shardId: left.id, adjacentShardId: right.id });
      }
      draft.merge(left, right);
      return { kind: "plan", openCount, ...draft.result() };
    }
    case "close":
      return {
        kind: "plan",
        openCount,
        closed: shards.filter(isOpen).map(({ id }) => ({ id, atStep: 0 })),
        opened: [],
      };
    case "count": {
      if (wantedCount > 2 * openCount) return refused({ kind: "overDouble", openCount, wantedCount });
      if (2 * wantedCount < openCount) return refused({ kind: "underHalf", openCount, wantedCount });
      evenOut(draft, shards, wantedCount);
      return { kind: "plan", openCount, ...draft.result() };
    }
    default:
      return assertNever(change);
  }
}

function wantedCountOf(change: ReshardChange, openCount: number): number {
  if (change.kind === "count") return change.shardCount;
  if (change.kind === "close") return 0;
  return change.kind === "split" ? openCount + 1 : openCount - 1;
}

const refused = (refusal: ReshardRefusal): Planned & { readonly kind: "refused" } => ({ kind: "refused", refusal });

const hashKeyOutside = (shard: Piece): ReshardRefusal => ({
  kind: "hashKeyOutside",
  shardId: shard.id,
  startingHashKey: shard.start.toString(),
  endingHashKey: shard.end.toString(),
});

const isOpen = (shard: KnownShard): boolean => shard.endingSequenceNumber === null;

interface Piece extends Range {
  readonly id: UnitId;
}

function pieceOf(shard: KnownShard): Piece & { readonly kind: "shard" } {
  const { id, startingHashKey, endingHashKey } = shard;
  return { kind: "shard", id, start: BigInt(startingHashKey), end: BigInt(endingHashKey) };
}

function openShard(
  shards: readonly KnownShard[],
  shardId: UnitId,
): (Piece & { readonly kind: "shard" }) | { readonly kind: "refused"; readonly refusal: ReshardRefusal } {
  const shard = shards.find((each) => each.id === shardId);
  if (shard === undefined) return { kind: "refused", refusal: { kind: "noSuchShard", shardId } };
  return isOpen(shard) ? pieceOf(shard) : { kind: "refused", refusal: { kind: "closedShard", shardId } };
}

/** R2. Cuts every range where a wanted one begins, then joins the pieces of each wanted range from the left. */
function evenOut(draft: Draft, shards: readonly KnownShard[], wantedCount: number): void {
  const wanted = evenRanges(wantedCount).map((range) => ({
    start: BigInt(`0x${range.start}`),
    end: BigInt(`0x${range.end}`),
  }));
  const open = shards
    .filter(isOpen)
    .map(pieceOf)
    .toSorted((one, other) => (one.start < other.start ? -1 : 1));
  const pieces: Piece[] = [];
  for (const shard of open) {
    let rest: Piece = shard;
    for (const { start } of wanted) {
      if (start <= rest.start || start > rest.end) continue;
      const [left, right] = draft.split(rest, start);
      pieces.push(left);
      rest = right;
    }
    pieces.push(rest);
  }
  for (const range of wanted) {
    const [first, ...others] = pieces.filter((piece) => range.start <= piece.start && piece.end <= range.end);
    let joined = first;
    for (const next of others) if (joined !== undefined) joined = draft.merge(joined, next);
  }
}

interface Draft {
  split(shard: Piece, at: bigint): readonly [Piece, Piece];
  merge(left: Piece, right: Piece): Piece;
  result(): Pick<ReshardPlan, "closed" | "opened">;
}

function createDraft(shards: readonly KnownShard[]): Draft {
  const closed: { readonly id: UnitId; readonly atStep: number }[] = [];
  const opened = new Map<UnitId, OpenedShard>();
  let nextOrdinal = Math.max(-1, ...shards.map((shard) => ordinalOf(shard.id))) + 1;
  let step = 0;

  function close(id: UnitId): void {
    const own = opened.get(id);
    if (own === undefined) closed.push({ id, atStep: step });
    else opened.set(id, { ...own, closedAtStep: step });
  }

  function open(range: Range, parentId: UnitId, adjacentParentId: UnitId | null): Piece {
    const ordinal = nextOrdinal++;
    const id = shardIdOf(ordinal);
    const { start, end } = range;
    opened.set(id, { ordinal, id, parentId, adjacentParentId, start, end, openedAtStep: step, closedAtStep: null });
    return { id, start, end };
  }

  return {
    split(shard, at) {
      close(shard.id);
      const left = open({ start: shard.start, end: at - 1n }, shard.id, null);
      const right = open({ start: at, end: shard.end }, shard.id, null);
      step += 1;
      return [left, right];
    },
    merge(left, right) {
      close(left.id);
      close(right.id);
      const merged = open({ start: left.start, end: right.end }, left.id, right.id);
      step += 1;
      return merged;
    },
    result: () => ({ closed, opened: [...opened.values()] }),
  };
}

function ordinalOf(shardId: UnitId): number {
  return Number(/(\d+)$/.exec(shardId)?.[1] ?? -1);
}
