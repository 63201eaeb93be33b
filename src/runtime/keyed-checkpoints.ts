// Checkpoints of one mapping that may be told to read elsewhere: each place that it reads has its own, so that none is ever read on
// from another's. What is stored under another key is kept.

import type { Checkpoints } from "../ports/checkpoints.ts";

export function createKeyedCheckpoints(checkpoints: Checkpoints, key: string): Checkpoints {
  const ending = `@${key}`;
  return {
    async load() {
      const loaded = await checkpoints.load();
      if (loaded === "failed") return loaded;
      return new Map(
        [...loaded]
          .filter(([unit]) => unit.endsWith(ending))
          .map(([unit, checkpoint]) => [unit.slice(0, -ending.length), checkpoint]),
      );
    },
    save: (unit, checkpoint) => checkpoints.save(`${unit}${ending}`, checkpoint),
  };
}
