// H-1 to H-3: nothing is delivered that lies before the mapping's starting position, unless the source itself goes back.

import type { PutRecord } from "../history.ts";
import type { Checker } from "./checker.ts";
import { keyOf } from "./endings.ts";
import { scopeOf } from "./scope.ts";

export const startKept: Checker = {
  name: "start kept",
  law: { text: "nothing before the starting position is delivered", rule: "H-1" },
  check(history) {
    const scope = scopeOf(history);
    const records = new Map<string, PutRecord>();
    const repeated = new Set<string>();
    const problems: string[] = [];
    for (const each of history.happenings) {
      if (each.kind === "put") records.set(keyOf(each.record.unit, each.record.position), each.record);
      if (each.kind === "repeated") repeated.add(each.unit);
      if (each.kind !== "called" || repeated.has(each.unit)) continue;
      for (const position of each.positions) {
        const record = records.get(keyOf(each.unit, position));
        if (record !== undefined && scope(record) === "out")
          problems.push(`${each.unit} ${position} lies before the mapping's start and was delivered`);
      }
    }
    return problems;
  },
};
