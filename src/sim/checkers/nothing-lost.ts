// T-161: when the run is over and healed, every record has ended, and the checkpoint stands behind the last one.

import type { Checker } from "./checker.ts";
import { createEndingsReader, putsOf } from "./endings.ts";

export const nothingLost: Checker = {
  name: "nothing lost",
  check(history) {
    const endings = createEndingsReader();
    for (const happening of history.happenings) endings.take(happening);
    return putsOf(history)
      .filter((record) => !endings.hasEnded(record))
      .map((record) => `${record.unit} ${record.position} (key ${record.key}) never ended`);
  },
};

export const progressOnceHealed: Checker = {
  name: "progress once healed",
  check(history) {
    const last = new Map<string, string>();
    const saved = new Map<string, string | null>();
    for (const happening of history.happenings) {
      if (happening.kind === "put") last.set(happening.record.unit, happening.record.position);
      if (happening.kind === "saved") saved.set(happening.unit, happening.after);
    }
    return [...last]
      .filter(([unit, position]) => saved.get(unit) !== position)
      .map(([unit, position]) => `${unit} is committed to ${saved.get(unit) ?? "nothing"}, not to ${position}`);
  },
};
