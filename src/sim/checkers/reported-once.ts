// T-165: within one process's life no record is in two documents, unless the source itself handed it out twice.

import type { Checker } from "./checker.ts";
import { keyOf } from "./endings.ts";

export const reportedOnce: Checker = {
  name: "every give-up reported once",
  check({ happenings }) {
    const problems: string[] = [];
    const reported = new Set<string>();
    const repeated = new Set<string>();
    let life = 0;
    for (const each of happenings) {
      if (each.kind === "started") {
        life = each.life;
        reported.clear();
        repeated.clear();
      }
      if (each.kind === "repeated") repeated.add(each.unit);
      if (each.kind !== "reported" || each.life !== life) continue;
      for (const position of each.positions) {
        const name = keyOf(each.unit, position);
        if (reported.has(name) && !repeated.has(each.unit)) problems.push(`${name} was reported twice`);
        reported.add(name);
      }
    }
    return problems;
  },
};
