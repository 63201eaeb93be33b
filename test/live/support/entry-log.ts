// The journal's entries as they come to a test, and waiting for one. A position in the log is a mark: what comes after it counts.

import type { Entry } from "../../../src/ports/journal.ts";

export interface EntryLog {
  readonly entries: readonly Entry[];
  add(entries: readonly Entry[]): void;
  /** The first entry since `mark` (0: the beginning) that fits, as soon as it is there. */
  entry(isIt: (entry: Entry) => boolean, mark?: number): Promise<Entry>;
  /** Resolves once a mapping has come into this state since `mark`; null: any mapping. */
  state(uuid: string | null, state: string, mark?: number): Promise<Entry>;
}

export function createEntryLog(): EntryLog {
  const entries: Entry[] = [];
  const lookers = new Set<() => void>();
  const entry: EntryLog["entry"] = (isIt, mark = 0) =>
    new Promise((resolve) => {
      let at = mark;
      const look = (): void => {
        for (; at < entries.length; at += 1) {
          const each = entries[at];
          if (each === undefined || !isIt(each)) continue;
          lookers.delete(look);
          return resolve(each);
        }
      };
      lookers.add(look);
      look();
    });
  return {
    entries,
    add(added) {
      entries.push(...added);
      for (const look of lookers) look();
    },
    entry,
    state: (uuid, state, mark) =>
      entry(
        (each) => each.kind === "mapping-state" && each.to === state && (uuid === null || each.mapping === uuid),
        mark,
      ),
  };
}
