// The shards or partitions of a plan's source, and keys that lie in each of them: found by trying names one after another.

import type { PlannedKeys, PlannedSource } from "../../load/plan/plan.ts";
import { evenRanges, hexHashKeyOf, rangeIndexOf } from "../../stores/partitioner.ts";
import { partitionOfKey } from "../../stores/topic-partitioner.ts";

/** Shards or partitions; of a source that is read as a whole 1. */
export function unitCountOf(source: PlannedSource): number {
  if (source.kind === "kinesis") return source.shards;
  return source.kind === "kafka" ? source.partitions : 1;
}

/** As many keys as are wanted, one a unit at least, shared out evenly; the first of the names that lie there. */
export function keysByUnit(source: PlannedSource, { count, prefix }: PlannedKeys): readonly (readonly string[])[] {
  const unitCount = unitCountOf(source);
  const unitOf = unitFinder(source);
  const wanted = Math.max(count, unitCount);
  const found = Array.from({ length: unitCount }, (): string[] => []);
  const needed = found.map((_, unit) => Math.ceil((wanted - unit) / unitCount));
  let missing = wanted;
  for (let index = 1; missing > 0; index += 1) {
    const key = `${prefix}${index}`;
    const unit = unitOf(key);
    const own = found[unit];
    if (own === undefined || own.length >= (needed[unit] ?? 0)) continue;
    own.push(key);
    missing -= 1;
  }
  return found;
}

function unitFinder(source: PlannedSource): (key: string) => number {
  if (source.kind === "kinesis") {
    const ranges = evenRanges(source.shards);
    return (key) => rangeIndexOf(ranges, hexHashKeyOf(key));
  }
  if (source.kind === "kafka") return (key) => partitionOfKey(Buffer.from(key), source.partitions);
  return () => 0;
}
