// What a consumer was handed and nobody has read yet, for readers of acknowledged sources whose broker pushes (src/ports/ack-source.ts):
// the waiting read, the first answer that says that the consumer stands, and the one fault that ends it.

import type { Rec } from "../core/record.ts";
import type { Read, Room, SourceProblem } from "../ports/source.ts";

export interface DeliveryBuffer<R extends Rec> {
  add(records: readonly R[]): void;
  /** The consumer stands (A3). */
  stands(): void;
  /** The first one counts: what follows it follows from it. */
  fail(problem: SourceProblem): void;
  hasFailed(): boolean;
  /** One at a time (S1). */
  read(room: Room): Promise<Read<R>>;
}

export function createDeliveryBuffer<R extends Rec>(): DeliveryBuffer<R> {
  let waiting: R[] = [];
  let problem: SourceProblem | null = null;
  let isStanding = false;
  let hasSaidSo = false;
  let wake: (() => void) | null = null;

  function wakeReader(): void {
    const waking = wake;
    wake = null;
    waking?.();
  }

  function answer(room: Room): Read<R> | null {
    if (problem !== null) return { kind: "problem", problem };
    if (waiting.length === 0 && (hasSaidSo || !isStanding)) return null;
    hasSaidSo = true;
    const records = waiting.length <= room.records ? waiting : waiting.slice(0, room.records);
    waiting = waiting.slice(records.length);
    return { kind: "records", records, isCaughtUp: waiting.length === 0, lost: null };
  }

  return {
    add(records) {
      waiting.push(...records);
      wakeReader();
    },
    stands() {
      isStanding = true;
      wakeReader();
    },
    fail(met) {
      problem ??= met;
      wakeReader();
    },
    hasFailed: () => problem !== null,
    async read(room) {
      for (;;) {
        const read = answer(room);
        if (read !== null) return read;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
