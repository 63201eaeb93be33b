// T-160: a checkpoint never passes an unfinished record that the mapping is owed.

import type { PutRecord } from "../history.ts";
import type { Checker } from "./checker.ts";
import { createEndingsReader } from "./endings.ts";
import { scopeOf } from "./scope.ts";

export const noCommitPastAGap: Checker = {
  name: "no commit past a gap",
  law: { text: "a checkpoint never passes a record that has not ended", rule: "T-160" },
  check(history) {
    const scope = scopeOf(history);
    const endings = createEndingsReader(history.limits);
    const open = new Map<string, PutRecord[]>();
    const problems: string[] = [];
    for (const happening of history.happenings) {
      endings.take(happening);
      if (happening.kind === "put" && scope(happening.record) === "in") {
        const list = open.get(happening.record.unit) ?? [];
        list.push(happening.record);
        open.set(happening.record.unit, list);
      }
      if (happening.kind !== "saved" || happening.after === null) continue;
      const { unit, after } = happening;
      const left = (open.get(unit) ?? []).filter((record) => !endings.hasEnded(record));
      open.set(unit, left);
      const passed = left.find((record) => record.position <= after);
      if (passed !== undefined) problems.push(`${unit} was committed to ${after} before ${passed.position} had ended`);
    }
    return problems;
  },
};
