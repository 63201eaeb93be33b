// How many messages of a queue may be in flight at once: 120,000, as on AWS. The queue is counted only where the door has handed out
// so many since the last count that the limit may be near: a count looks at each message.

import type { Queues } from "../../ports/queues.ts";

export const MOST_IN_FLIGHT = 120_000;
const MOST_QUEUES = 1_000;

export interface InFlightLimit {
  /** Whether nothing more may be received now. */
  isReached(queue: string): Promise<boolean>;
  handedOut(queue: string, count: number): void;
}

export function createInFlightLimit(queues: Pick<Queues, "countMessages">): InFlightLimit {
  /** Never less than are in flight by this door; how many mappings hold is known at each count. */
  const atMost = new Map<string, number>();
  const set = (queue: string, count: number): void => {
    atMost.delete(queue);
    atMost.set(queue, count);
    const [oldest] = atMost.keys();
    if (atMost.size > MOST_QUEUES && oldest !== undefined) atMost.delete(oldest);
  };
  return {
    async isReached(queue) {
      if ((atMost.get(queue) ?? MOST_IN_FLIGHT) < MOST_IN_FLIGHT) return false;
      const hiddenCount = (await queues.countMessages(queue))?.hiddenCount ?? 0;
      set(queue, hiddenCount);
      return hiddenCount >= MOST_IN_FLIGHT;
    },
    handedOut(queue, count) {
      set(queue, (atMost.get(queue) ?? 0) + count);
    },
  };
}
