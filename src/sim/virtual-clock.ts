// The world's time: it stands still until the next event is taken. Events are taken by due instant, then by order of arrival, so
// that a run is a function of its seed.

import type { Cancel, Clock } from "../ports/clock.ts";

interface Due {
  /** By the clock that is never set. */
  atMs: number;
  readonly wallAtMs: number;
  readonly order: number;
  readonly wake: () => void;
  isCancelled: boolean;
}

export interface VirtualClock extends Clock {
  /** When the next event is due, by the wall clock as it is set; Infinity: there is none. */
  nextAtMs(): number;
  /** Runs the next event, moving the time to it; false: there is none that is due by `untilMs`. */
  runNext(untilMs: number): boolean;
  /** Lets the time pass without an event. */
  passTo(atMs: number): void;
  /** The wall clock is set forward or back; durations do not see it. */
  jump(byMs: number): void;
}

export function createVirtualClock(startMs: number): VirtualClock {
  const heap: Due[] = [];
  let steadyMs = startMs;
  /** How far the wall clock is from the one that is never set. */
  let offsetMs = 0;
  let order = 0;

  const isBefore = (a: Due, b: Due): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

  function push(due: Due): void {
    heap.push(due);
    for (let at = heap.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!swapIf(at, parent)) return;
      at = parent;
    }
  }

  function pop(): Due | undefined {
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    heap[0] = last;
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      const right = left + 1;
      const leftDue = heap[left];
      const rightDue = heap[right];
      if (leftDue === undefined) return first;
      const child = rightDue !== undefined && isBefore(rightDue, leftDue) ? right : left;
      if (!swapIf(child, at)) return first;
      at = child;
    }
  }

  /** Swaps when what is at `at` comes before what is at `other`. */
  function swapIf(at: number, other: number): boolean {
    const a = heap[at];
    const b = heap[other];
    if (a === undefined || b === undefined || !isBefore(a, b)) return false;
    heap[at] = b;
    heap[other] = a;
    return true;
  }

  function wakeAt(atMs: number, wake: () => void): Cancel {
    const dueMs = Math.max(atMs - offsetMs, steadyMs);
    const due: Due = { atMs: dueMs, wallAtMs: atMs, order: order++, wake, isCancelled: false };
    push(due);
    return () => {
      due.isCancelled = true;
    };
  }

  return {
    nowMs: () => steadyMs + offsetMs,
    monotonicMs: () => steadyMs,
    wakeAt,
    nextAtMs() {
      for (let [first] = heap; first !== undefined; [first] = heap) {
        if (!first.isCancelled) return Math.max(steadyMs, first.atMs) + offsetMs;
        pop();
      }
      return Number.POSITIVE_INFINITY;
    },
    runNext(untilMs) {
      for (let [first] = heap; first !== undefined; [first] = heap) {
        if (first.isCancelled) {
          pop();
          continue;
        }
        if (first.atMs > untilMs - offsetMs) return false;
        pop();
        steadyMs = Math.max(steadyMs, first.atMs);
        first.wake();
        return true;
      }
      return false;
    },
    passTo(atMs) {
      steadyMs = Math.max(steadyMs, atMs - offsetMs);
    },
    jump(byMs) {
      offsetMs += byMs;
      // What the wall clock has passed is due; what it has moved away from comes in the time that it had left.
      for (const due of heap) due.atMs = Math.min(due.atMs, Math.max(steadyMs, due.wallAtMs - offsetMs));
      heap.sort((a, b) => (isBefore(a, b) ? -1 : 1));
    },
  };
}
