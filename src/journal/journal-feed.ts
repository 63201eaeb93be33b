// The journal as main sees it: the last entries of all threads in order of arrival, and whoever listens. Bounded by count.

import type { Cancel } from "../ports/clock.ts";
import type { Entry } from "../ports/journal.ts";

/** Entries kept for a listener that comes late. */
const MOST_RECENT = 5_000;

export type FeedListener = (entries: readonly Entry[], droppedCount: number) => void;

export interface JournalFeed {
  publish(entries: readonly Entry[], droppedCount: number): void;
  recent(): readonly Entry[];
  subscribe(listener: FeedListener): Cancel;
}

export function createJournalFeed(): JournalFeed {
  let recent: Entry[] = [];
  const listeners = new Set<FeedListener>();
  return {
    publish(entries, droppedCount) {
      recent.push(...entries);
      if (recent.length > 2 * MOST_RECENT) recent = recent.slice(-MOST_RECENT);
      for (const listener of listeners) listener(entries, droppedCount);
    },
    recent: () => recent.slice(-MOST_RECENT),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
