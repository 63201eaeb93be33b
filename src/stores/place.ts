// A record's place in a shard of the embedded log: the millisecond and counter of its entry id, as numbers. Which digits a position
// is written in follows from the stream's family.

import { entryIdFromPosition, positionFromEntryId, type StreamFamily } from "../kinds/stream-family.ts";
import type { Position } from "../ports/source.ts";

export interface Place {
  readonly ms: number;
  readonly counter: number;
}

/** A counter that no record has: the end of its millisecond. */
export const END_OF_MS = Number.MAX_SAFE_INTEGER;

export function positionFromPlace(family: StreamFamily, place: Place): Position {
  return positionFromEntryId(family, `${place.ms}-${place.counter}`);
}

/** Null where the text is no position. Parts beyond what the log can hold are cut to its greatest. */
export function placeFromPosition(position: Position): Place | null {
  const entryId = entryIdFromPosition(position);
  if (entryId === null) return null;
  const dash = entryId.indexOf("-");
  return {
    ms: Math.min(Number(entryId.slice(0, dash)), Number.MAX_SAFE_INTEGER),
    counter: Math.min(Number(entryId.slice(dash + 1)), END_OF_MS),
  };
}

export function isBefore(one: Place, other: Place): boolean {
  return one.ms < other.ms || (one.ms === other.ms && one.counter < other.counter);
}
