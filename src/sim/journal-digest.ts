// The journal of a simulated run, kept whole, and its digest: a hash a lane, then one over the lanes in order of name, so that
// lanes that run side by side may interleave as they like.

import { createHash } from "node:crypto";
import type { Clock } from "../ports/clock.ts";
import type { Entry, Journal } from "../ports/journal.ts";

export interface KeptJournal extends Journal {
  entries(): readonly Entry[];
  /** `sha256:` and 64 hexadecimal digits. */
  digest(): string;
}

export function createKeptJournal(clock: Clock): KeptJournal {
  const entries: Entry[] = [];
  const numbers = new Map<string, number>();
  return {
    append(mapping, lane, fact) {
      const seq = (numbers.get(lane) ?? 0) + 1;
      numbers.set(lane, seq);
      entries.push({ atMs: clock.nowMs(), mapping, lane, seq, ...fact });
    },
    entries: () => entries,
    digest() {
      const lanes = new Map<string, ReturnType<typeof createHash>>();
      for (const entry of entries) {
        const hash = lanes.get(entry.lane) ?? createHash("sha256");
        lanes.set(entry.lane, hash);
        hash.update(`${JSON.stringify(entry)}\n`);
      }
      const whole = createHash("sha256");
      for (const [lane, hash] of [...lanes].sort(([a], [b]) => (a < b ? -1 : 1)))
        whole.update(`${lane} ${hash.digest("hex")}\n`);
      return `sha256:${whole.digest("hex")}`;
    },
  };
}
