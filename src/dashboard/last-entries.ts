// A page of the journal's entries that another page can go on from by its instant.

import type { Entry } from "../ports/journal.ts";

/** Of one instant, beyond which its entries are cut. */
export const MOST_MORE = 5_000;

/** The last `limit` entries, and with them all of the oldest one's instant: what is asked for before that instant then misses none. */
export function lastEntries(entries: readonly Entry[], limit: number): readonly Entry[] {
  let from = Math.max(0, entries.length - limit);
  const oldest = entries[from]?.atMs;
  const least = Math.max(0, from - MOST_MORE);
  while (from > least && entries[from - 1]?.atMs === oldest) from -= 1;
  return entries.slice(from);
}
