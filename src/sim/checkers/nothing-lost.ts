// T-161: when the run is over and healed, every record that the mapping is owed has ended, and the checkpoint stands behind the last.
// A shard whose function goes on failing without a limit, or is throttled to the end, may be held for ever (E-6); it is not judged.

import type { History } from "../history.ts";
import type { Checker } from "./checker.ts";
import { createEndingsReader, putsOf } from "./endings.ts";
import { scopeOf } from "./scope.ts";

export const nothingLost: Checker = {
  name: "nothing lost",
  law: {
    text: "every record ends: it succeeds, is given up, passed over or lost with the source's own",
    rule: "T-161",
  },
  check(history) {
    if (!isOver(history)) return [];
    const scope = scopeOf(history);
    const isHeld = heldOf(history);
    const endings = createEndingsReader(history.limits);
    for (const happening of history.happenings) endings.take(happening);
    return putsOf(history)
      .filter((record) => scope(record) === "in" && !endings.hasEnded(record) && !isHeld(record.unit))
      .map((record) => `${record.unit} ${record.position} (key ${record.key}) never ended`);
  },
};

export const progressOnceHealed: Checker = {
  name: "progress once healed",
  law: { text: "once healed it catches up, and its checkpoint with it", rule: "T-161" },
  check(history) {
    if (!isOver(history)) return [];
    const scope = scopeOf(history);
    const isHeld = heldOf(history);
    const saved = new Map<string, string>();
    const trimmed = new Map<string, string>();
    for (const each of history.happenings) {
      if (each.kind === "saved") saved.set(each.unit, each.after ?? "");
      if (each.kind === "trimmed") trimmed.set(each.unit, each.through);
    }
    return putsOf(history)
      .filter(({ unit, position }) => position > (saved.get(unit) ?? "") && position > (trimmed.get(unit) ?? ""))
      .filter((record) => scope(record) === "in" && !isHeld(record.unit))
      .map(
        ({ unit, position }) => `${unit} is committed to ${saved.get(unit) || "nothing"}, which leaves ${position} out`,
      );
  },
};

const isOver = ({ happenings }: History): boolean => happenings.some(({ kind }) => kind === "over");

/** Shards that no limit lets go: a call of theirs failed last, or runs still. */
function heldOf({ limits, happenings }: History): (unit: string) => boolean {
  if (limits.retries >= 0 || limits.leastAgeMs >= 0) return () => false;
  const units = new Map<number, string>();
  const held = new Set<string>();
  const counts = new Map<number, number>();
  const parents = new Map<string, readonly string[]>();
  for (const each of happenings) {
    if (each.kind === "shard") parents.set(each.unit, each.parents);
    if (each.kind === "called") {
      units.set(each.call, each.unit);
      counts.set(each.call, each.positions.length);
      held.add(each.unit);
    }
    if (each.kind === "returned" && each.failedFrom >= (counts.get(each.call) ?? 0))
      held.delete(units.get(each.call) ?? "");
  }
  const isHeld = (unit: string): boolean => held.has(unit) || (parents.get(unit) ?? []).some(isHeld);
  return isHeld;
}
