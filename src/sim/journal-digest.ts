// The journal of a simulated run, kept whole, and its digest: a hash a lane, then one over the lanes in order of name, so that
// lanes that run side by side may interleave as they like.

import { createHash } from "node:crypto";
import type { Clock } from "../ports/clock.ts";
import type { Entry, Journal } from "../ports/journal.ts";

/** Characters of a lane: one by one, entries would cost more than their hashing. */
const HASHED_AT_ONCE = 65_536;

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
      const lanes = new Map<string, { readonly hash: ReturnType<typeof createHash>; text: string }>();
      for (const entry of entries) {
        const lane = lanes.get(entry.lane) ?? { hash: createHash("sha256"), text: "" };
        lanes.set(entry.lane, lane);
        lane.text += `${JSON.stringify(entry)}\n`;
        if (lane.text.length < HASHED_AT_ONCE) continue;
        lane.hash.update(lane.text);
        lane.text = "";
      }
      const whole = createHash("sha256");
      for (const [lane, { hash, text }] of [...lanes].sort(([a], [b]) => (a < b ? -1 : 1)))
        whole.update(`${lane} ${hash.update(text).digest("hex")}\n`);
      return `sha256:${whole.digest("hex")}`;
    },
  };
}
