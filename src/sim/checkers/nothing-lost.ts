// T-161: when the run is over and healed, every record that the mapping is owed has ended, and the checkpoint stands behind the last.

import type { Checker } from "./checker.ts";
import { createEndingsReader, putsOf } from "./endings.ts";
import { scopeOf } from "./scope.ts";

export const nothingLost: Checker = {
  name: "nothing lost",
  check(history) {
    const scope = scopeOf(history);
    const endings = createEndingsReader();
    for (const happening of history.happenings) endings.take(happening);
    return putsOf(history)
      .filter((record) => scope(record) === "in" && !endings.hasEnded(record))
      .map((record) => `${record.unit} ${record.position} (key ${record.key}) never ended`);
  },
};

export const progressOnceHealed: Checker = {
  name: "progress once healed",
  check(history) {
    const scope = scopeOf(history);
    const saved = new Map<string, string>();
    const trimmed = new Map<string, string>();
    for (const each of history.happenings) {
      if (each.kind === "saved") saved.set(each.unit, each.after ?? "");
      if (each.kind === "trimmed") trimmed.set(each.unit, each.through);
    }
    return putsOf(history)
      .filter(({ unit, position }) => position > (saved.get(unit) ?? "") && position > (trimmed.get(unit) ?? ""))
      .filter((record) => scope(record) === "in")
      .map(
        ({ unit, position }) => `${unit} is committed to ${saved.get(unit) || "nothing"}, which leaves ${position} out`,
      );
  },
};
