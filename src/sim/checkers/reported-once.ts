// T-165: within one process's life no record is in two documents, unless the source itself handed it out twice or the lanes
// were made anew (E-66).

import type { Checker } from "./checker.ts";
import { keyOf } from "./endings.ts";

export const reportedOnce: Checker = {
  name: "every give-up reported once",
  law: { text: "the documents cover exactly what was given up, without overlap", rule: "T-165" },
  check({ happenings }) {
    const problems: string[] = [];
    const reported = new Set<string>();
    const repeated = new Set<string>();
    for (const each of happenings) {
      if (each.kind === "repeated") repeated.add(each.unit);
      if (each.kind === "relaned")
        for (const name of reported) if (name.startsWith(`${each.life}/`)) reported.delete(name);
      if (each.kind !== "reported" || !each.isExact || repeated.has(each.unit)) continue;
      for (const position of each.positions) {
        const name = `${each.life}/${keyOf(each.unit, position)}`;
        if (reported.has(name)) problems.push(`${name} was reported twice`);
        reported.add(name);
      }
    }
    return problems;
  },
};
