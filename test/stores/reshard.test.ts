// Plans of resharding as pure values (P-8): laws over random changes.

import fc from "fast-check";
import { expect, test } from "vitest";
import type { ReshardChange, ShardDescription } from "../../src/ports/streams.ts";
import { decimalFromHex, evenRanges, shardIdOf } from "../../src/stores/partitioner.ts";
import { planReshard } from "../../src/stores/reshard.ts";

const HASH_KEYS = 2n ** 128n;

const firstShards = (count: number): ShardDescription[] =>
  evenRanges(count).map(({ start, end }, index) => ({
    id: shardIdOf(index),
    parentId: null,
    adjacentParentId: null,
    startingHashKey: decimalFromHex(start),
    endingHashKey: decimalFromHex(end),
    startingSequenceNumber: "0",
    endingSequenceNumber: null,
  }));

/** The shards after a change; unchanged where it is refused. */
function applied(shards: readonly ShardDescription[], change: ReshardChange): readonly ShardDescription[] {
  const plan = planReshard(shards, change);
  if (plan.kind === "refused") return shards;
  const closed = new Set(plan.closed.map(({ id }) => id));
  return [
    ...shards.map((each) => (closed.has(each.id) ? { ...each, endingSequenceNumber: "1" } : each)),
    ...plan.opened.map((child) => ({
      id: child.id,
      parentId: child.parentId,
      adjacentParentId: child.adjacentParentId,
      startingHashKey: child.start.toString(),
      endingHashKey: child.end.toString(),
      startingSequenceNumber: "1",
      endingSequenceNumber: child.closedAtStep === null ? null : "2",
    })),
  ];
}

const open = (shards: readonly ShardDescription[]): readonly ShardDescription[] =>
  shards
    .filter(({ endingSequenceNumber }) => endingSequenceNumber === null)
    .toSorted((one, other) => (BigInt(one.startingHashKey) < BigInt(other.startingHashKey) ? -1 : 1));

function changeOf(
  shards: readonly ShardDescription[],
  [kind, pick, at]: readonly [number, number, bigint],
): ReshardChange {
  const all = open(shards);
  const index = pick % all.length;
  const shardId = all[index]?.id ?? "";
  if (kind === 0) return { kind: "split", shardId, newStartingHashKey: at.toString() };
  if (kind === 1) return { kind: "merge", shardId, adjacentShardId: all[index + 1]?.id ?? "" };
  return { kind: "count", shardCount: 1 + (pick % (2 * all.length)) };
}

const draws = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 2 }), fc.nat(40), fc.bigInt({ min: 0n, max: HASH_KEYS - 1n })),
  { maxLength: 12 },
);

test("P-8: whatever the changes, open shards cover every hash key once, ids are never used twice, and parents touch", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), draws, (count, changes) => {
      let shards: readonly ShardDescription[] = firstShards(count);
      for (const draw of changes) shards = applied(shards, changeOf(shards, draw));
      let next = 0n;
      for (const { startingHashKey, endingHashKey } of open(shards)) {
        expect(BigInt(startingHashKey)).toBe(next);
        next = BigInt(endingHashKey) + 1n;
      }
      expect(next).toBe(HASH_KEYS);
      expect(new Set(shards.map(({ id }) => id)).size).toBe(shards.length);
      const byId = new Map(shards.map((each) => [each.id, each]));
      expect(shards.filter(({ parentId }) => byId.get(parentId ?? "")?.endingSequenceNumber === null)).toEqual([]);
      const merged = shards.filter(({ adjacentParentId }) => adjacentParentId !== null);
      expect(merged.map(({ startingHashKey, endingHashKey }) => [startingHashKey, endingHashKey, true])).toEqual(
        merged.map(({ parentId, adjacentParentId }) => {
          const [left, right] = [byId.get(parentId ?? ""), byId.get(adjacentParentId ?? "")];
          const areNeighbours = BigInt(left?.endingHashKey ?? 0) + 1n === BigInt(right?.startingHashKey ?? 0);
          return [left?.startingHashKey, right?.endingHashKey, areNeighbours];
        }),
      );
    }),
    { numRuns: 300 },
  );
});

test("P-8: a count that is allowed leaves exactly so many open shards of one size", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), draws, fc.nat(100), (count, changes, pick) => {
      let shards: readonly ShardDescription[] = firstShards(count);
      for (const draw of changes) shards = applied(shards, changeOf(shards, draw));
      const openCount = open(shards).length;
      const least = Math.ceil(openCount / 2);
      const shardCount = least + (pick % (2 * openCount - least + 1));
      const after = open(applied(shards, { kind: "count", shardCount }));
      expect(after.map(({ startingHashKey, endingHashKey }) => [startingHashKey, endingHashKey])).toEqual(
        firstShards(shardCount).map(({ startingHashKey, endingHashKey }) => [startingHashKey, endingHashKey]),
      );
    }),
    { numRuns: 300 },
  );
});
