// The journal's entries before an instant, of a running server: from what main has in memory, and, what it has let go or never was handed,
// from the journal on disk.

import type { JournalFeed } from "../control/lookups.ts";
import { readBackwards } from "../journal/read-backwards.ts";
import type { Entry } from "../ports/journal.ts";
import { lastEntries, MOST_MORE } from "./last-entries.ts";

export interface ServerJournal {
  readonly feed: Pick<JournalFeed, "recent">;
  readonly journalDir: string;
}

/**
 * The last `limit` entries, oldest first, and with them all of the oldest one's instant. `beforeMs`: epoch ms, not included; null: the newest
 * ones, of which memory may have a sample.
 */
export function serverEntries(
  { feed, journalDir }: ServerJournal,
  beforeMs: number | null,
  limit: number,
): readonly Entry[] {
  const recent = feed.recent();
  if (beforeMs === null && recent.length >= limit) return lastEntries(byTime(recent), limit);
  const before = beforeMs ?? Number.POSITIVE_INFINITY;
  const all = new Map<string, Entry>();
  const add = (entry: Entry): void => void all.set(`${entry.lane} ${entry.seq} ${entry.atMs} ${entry.kind}`, entry);
  let oldestMs = before;
  for (const entry of readBackwards(journalDir, before)) {
    if (all.size >= limit + MOST_MORE || (all.size >= limit && entry.atMs < oldestMs)) break;
    oldestMs = entry.atMs;
    add(entry);
  }
  const onDisk = [...all.values()].toReversed();
  all.clear();
  for (const entry of onDisk) add(entry);
  // The newest may not be written yet.
  for (const entry of recent) if (entry.atMs < before) add(entry);
  return lastEntries(byTime([...all.values()]), limit);
}

/** Threads hand their entries on a few times a second: in order of arrival they are not in order of time. */
const byTime = (entries: readonly Entry[]): readonly Entry[] => entries.toSorted((one, other) => one.atMs - other.atMs);
