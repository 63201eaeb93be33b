// P-8, T-104 to T-106: nothing of a shard is delivered before everything of its parents has ended.

import type { PutRecord } from "../history.ts";
import type { Checker } from "./checker.ts";
import { createEndingsReader } from "./endings.ts";
import { scopeOf } from "./scope.ts";

export const parentsFirst: Checker = {
  name: "parents first",
  law: { text: "a parent shard is drained before a child is read", rule: "P-8" },
  check(history) {
    const scope = scopeOf(history);
    const endings = createEndingsReader(history.limits);
    const parents = new Map<string, readonly string[]>();
    const open = new Map<string, PutRecord[]>();
    const problems: string[] = [];
    for (const each of history.happenings) {
      endings.take(each);
      if (each.kind === "shard") parents.set(each.unit, each.parents);
      if (each.kind === "put" && scope(each.record) === "in") {
        const list = open.get(each.record.unit) ?? [];
        list.push(each.record);
        open.set(each.record.unit, list);
      }
      if (each.kind !== "called") continue;
      for (const parent of parents.get(each.unit) ?? []) {
        const left = (open.get(parent) ?? []).filter((record) => !endings.hasEnded(record));
        open.set(parent, left);
        const [first] = left;
        if (first !== undefined)
          problems.push(
            `call ${each.call} of ${each.unit} came before ${first.position} of its parent ${parent} had ended`,
          );
      }
    }
    return problems;
  },
};
