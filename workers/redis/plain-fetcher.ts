// Fetches from a stream that knows nothing of us. Nobody tells us when its app trims it, deletes entries or makes the key anew; all of
// that is seen from what Redis itself keeps.
//
// F1  Each fetch asks from just before its place: as long as the entry there comes back, nothing between has gone.
// F2  A gap is told once, and with its size where Redis's counters know it. What the app deletes singly is no gap as far as the two can
//     be told apart: while an entry stands that is older, or where our own place was the last one that was deleted.
// F3  A key that was made anew with lower ids is read from its beginning; it would be waited for in vain.

import type { Lost } from "../../src/ports/source.ts";
import { BEGINNING, before, isAfter, positionOf } from "./entry-ids.ts";
import { entriesAfter, factsOf, type StreamFacts } from "./redis-commands.ts";
import type { Fetched } from "./redis-reader.ts";
import type { RedisLine } from "./redis-line.ts";

export interface Idle {
  /** Where to read on: the same place, unless it was overtaken. */
  readonly after: string;
  readonly lost: Lost | null;
  readonly isIdle: boolean;
}

export interface PlainFetcher {
  fetch(after: string, count: number): Promise<Fetched>;
  /** Before a wait behind `after`, when a fetch has found nothing. */
  look(after: string): Promise<Idle>;
}

export function createPlainFetcher(commands: RedisLine, key: string): PlainFetcher {
  /** How many entries had been added when this id was the last one. */
  let known: { readonly id: string; readonly addedCount: number } | null = null;
  const facts = (): Promise<StreamFacts | null> => commands.ask((redis) => factsOf(redis, key), { isRepeatable: true });

  /** How many entries behind `after` have gone by trimming: 0 for none, null for some. */
  function trimmedCount(after: string, now: StreamFacts): number | null {
    // Trimming takes the oldest: while one stands that is as old, what is missing was deleted singly.
    if (now.firstId !== null && !isAfter(now.firstId, after)) return 0;
    if (known?.id === after && now.addedCount !== null)
      return Math.max(0, now.addedCount - now.length - known.addedCount);
    return now.lastDeletedId === after ? 0 : null;
  }

  return {
    async fetch(after, count) {
      const isFromBeginning = after === BEGINNING;
      const most = isFromBeginning ? count : count + 1;
      const from = isFromBeginning ? BEGINNING : before(after);
      const found = await commands.ask((redis) => entriesAfter(redis, key, from, most), { isRepeatable: true });
      const isAllThereIs = found.length < most;
      const [first] = found;
      if (first === undefined || isFromBeginning)
        return { entries: found, isAllThereIs, lost: null, isStreamThere: true };
      const firstId = first[0].toString("latin1");
      if (firstId === after) return { entries: found.slice(1), isAllThereIs, lost: null, isStreamThere: true };
      const now = await facts();
      const goneCount = now === null ? 0 : trimmedCount(after, now);
      const lost =
        goneCount === 0
          ? null
          : { after: positionOf("kinesis", after), before: positionOf("kinesis", firstId), count: goneCount };
      return { entries: found, isAllThereIs, lost, isStreamThere: true };
    },
    async look(after) {
      const now = await facts();
      if (now === null) return { after, lost: null, isIdle: true };
      if (isAfter(after, now.lastGivenId)) return { after: BEGINNING, lost: null, isIdle: false };
      if (now.lastId !== null && isAfter(now.lastId, after)) return { after, lost: null, isIdle: false };
      const isOvertaken = isAfter(now.lastGivenId, after);
      const count = isOvertaken && after !== BEGINNING ? trimmedCount(after, now) : 0;
      known = now.addedCount === null ? null : { id: now.lastGivenId, addedCount: now.addedCount };
      const lost = count === 0 ? null : { after: positionOf("kinesis", after), before: null, count };
      return { after: isOvertaken ? now.lastGivenId : after, lost, isIdle: lost === null };
    },
  };
}
