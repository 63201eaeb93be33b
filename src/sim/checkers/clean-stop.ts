// H-6, T-110: what had ended well when a process stopped in good order is never delivered again by a later one. With several lanes what
// has ended beyond the checkpoint may come again (E-65), so only mappings of one lane a shard are judged.

import type { Checker } from "./checker.ts";
import { createEndingsReader, keyOf } from "./endings.ts";

export const cleanStop: Checker = {
  name: "clean stop",
  law: { text: "after a stop in good order it goes on at the checkpoint", rule: "H-6" },
  check({ limits, happenings }) {
    // A store that loses what it said it kept, and a source that repeats itself, are not the mapping's doing.
    const isJudged =
      limits.parallelizationFactor === 1 &&
      !happenings.some((each) => each.kind === "repeated" || (each.kind === "saved" && each.isLost));
    if (!isJudged) return [];
    const problems: string[] = [];
    const endings = createEndingsReader(limits);
    /** By life: what ended well in it. */
    const ended = new Map<number, string[]>();
    /** The first life that stopped with the record behind it. */
    const over = new Map<string, number>();
    for (const each of happenings) {
      endings.take(each);
      if (each.kind === "returned") {
        const called = endings.callOf(each.call);
        if (called === undefined) continue;
        const own = ended.get(called.life) ?? [];
        for (const position of called.positions.slice(0, each.failedFrom)) own.push(keyOf(called.unit, position));
        ended.set(called.life, own);
      }
      if (each.kind === "stopped" && !each.isForced)
        for (const name of ended.get(each.life) ?? []) if (!over.has(name)) over.set(name, each.life);
      if (each.kind !== "called") continue;
      for (const position of each.positions) {
        const stopped = over.get(keyOf(each.unit, position));
        if (stopped !== undefined && each.life > stopped)
          problems.push(`${each.unit} ${position} was delivered again after a stop in good order`);
      }
    }
    return problems;
  },
};
