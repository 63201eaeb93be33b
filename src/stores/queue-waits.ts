// Receives from queues, and those that wait for a message, by queue and in the order in which they came. A queue is looked at again
// when something has become visible in it, when a wait's time is over, or shortly after a transaction has failed. It knows who asks only
// by the port that they asked at, which may be anything (local-queues.ts has none).
//
// W1  Nobody waits for ever: a wait ends with the first message, with its queue, with its time, or when it is cancelled.
// W2  A transaction that is undone leaves those who waited before it waiting.

import type { Cancel, Clock } from "../ports/clock.ts";
import type { Received } from "../ports/queues.ts";
import type { QueueTable } from "./queue-table.ts";
import type { StoreCalls } from "./store-protocol.ts";

/** After a transaction has failed, as on a full disk. */
const LOOK_AGAIN_MS = 1_000;

export interface AskedReceive<P> {
  readonly port: P;
  readonly requestId: number;
  readonly request: StoreCalls["queue-receive"]["request"];
}

/** Where answers are put, to be sent once what they tell is committed. */
export interface Answers<P> {
  push(answer: { readonly port: P; readonly requestId: number; readonly answer: Received | null }): unknown;
}

interface WaitingReceive<P> extends AskedReceive<P> {
  /** Counts up: who came first receives first. */
  readonly turn: number;
  /** On the monotonic clock: a wall clock that is set back holds nobody up. */
  readonly untilMs: number;
}

export interface QueueWaits<P> {
  /** Within a transaction: answers, or waits. */
  receive(asked: AskedReceive<P>, sent: Answers<P>): void;
  /** Within a transaction, at its end: whoever waits for a queue that was touched (Q3) receives again. */
  retryTouched(sent: Answers<P>): void;
  /** Within a transaction: whoever waits for this queue receives again, and whom that wakes. */
  retry(queue: string, sent: Answers<P>): void;
  /** Within a transaction: ends a wait with nothing. False: nobody waits so. */
  cancel(port: P, requestId: number, sent: Answers<P>): boolean;
  /** After each transaction. */
  settle(outcome: "committed" | "undone"): void;
  forgetPort(port: P): void;
  close(): void;
}

export interface QueueWaitsOptions {
  readonly clock: Clock;
  readonly queues: QueueTable;
  /** Runs `retry` for this queue in a transaction of its own. */
  readonly look: (queue: string) => void;
}

export function createQueueWaits<P>({ clock, queues, look }: QueueWaitsOptions): QueueWaits<P> {
  const waiting = new Map<string, Set<WaitingReceive<P>>>();
  const timers = new Map<string, Cancel>();
  /** Takes back what the transaction that runs has done to `waiting`. */
  const undo: (() => void)[] = [];
  /** Queues of which it has changed who waits, or until when. */
  const changed = new Set<string>();
  let lastTurn = 0;

  function add(asked: WaitingReceive<P>): void {
    const { name } = asked.request;
    const waits = waiting.get(name) ?? new Set();
    waits.add(asked);
    waiting.set(name, waits);
    changed.add(name);
  }

  function remove(asked: WaitingReceive<P>): void {
    const { name } = asked.request;
    const waits = waiting.get(name);
    waits?.delete(asked);
    if (waits?.size === 0) waiting.delete(name);
    changed.add(name);
  }

  /** False: it waits, since the queue has nothing to receive. */
  function receive(asked: WaitingReceive<P>, sent: Answers<P>): boolean {
    const { port, requestId, request, untilMs } = asked;
    const answer = queues.receive(request.name, request);
    const isNews = answer === null || answer.messages.length > 0 || answer.deadLetters.length > 0;
    if (isNews || untilMs <= clock.monotonicMs()) {
      sent.push({ port, requestId, answer });
      return true;
    }
    add(asked);
    undo.push(() => remove(asked));
    return false;
  }

  function take(asked: WaitingReceive<P>): void {
    remove(asked);
    undo.push(() => add(asked));
  }

  function nextLookMs(queue: string): number {
    const aheadMs = clock.nowMs() - clock.monotonicMs();
    let atMs = queues.nextVisibleMs(queue) ?? Infinity;
    for (const { untilMs } of waiting.get(queue) ?? []) atMs = Math.min(atMs, untilMs + aheadMs);
    return atMs;
  }

  function arm(queue: string, outcome: "committed" | "undone"): void {
    timers.get(queue)?.();
    timers.delete(queue);
    if (!waiting.has(queue)) return;
    const atMs = outcome === "committed" ? nextLookMs(queue) : clock.nowMs() + LOOK_AGAIN_MS;
    const cancel = clock.wakeAt(atMs, () => {
      timers.delete(queue);
      look(queue);
    });
    timers.set(queue, cancel);
  }

  function retry(queue: string, sent: Answers<P>): void {
    const tried = [...(waiting.get(queue) ?? [])].toSorted((one, other) => one.turn - other.turn);
    let isEmpty = false;
    for (const asked of tried) {
      // Once one finds nothing, the others would neither: a thousand of them are not a thousand looks for each message.
      if (isEmpty && asked.untilMs > clock.monotonicMs()) continue;
      take(asked);
      if (!receive(asked, sent)) isEmpty = true;
    }
  }

  /** A receive may move dead letters to a queue for which others wait: each time it either ends a wait or moves nothing more. */
  function retryTouched(sent: Answers<P>): void {
    for (let names = queues.takeTouched(); names.size > 0; names = queues.takeTouched())
      for (const name of names) retry(name, sent);
  }

  return {
    receive(asked, sent) {
      const { name, waitMs } = asked.request;
      const untilMs = clock.monotonicMs() + (waitMs ?? queues.settings(name)?.receiveWaitMs ?? 0);
      receive({ ...asked, turn: ++lastTurn, untilMs }, sent);
    },
    retryTouched,
    retry(queue, sent) {
      retry(queue, sent);
      retryTouched(sent);
    },
    cancel(port, requestId, sent) {
      for (const waits of waiting.values()) {
        for (const asked of waits) {
          if (asked.port !== port || asked.requestId !== requestId) continue;
          take(asked);
          sent.push({ port, requestId, answer: { messages: [], deadLetters: [] } });
          return true;
        }
      }
      return false;
    },
    settle(outcome) {
      if (outcome === "undone") for (const each of undo.toReversed()) each();
      undo.length = 0;
      for (const queue of changed) arm(queue, outcome);
      changed.clear();
    },
    forgetPort(port) {
      for (const waits of waiting.values()) for (const asked of waits) if (asked.port === port) remove(asked);
    },
    close() {
      for (const cancel of timers.values()) cancel();
      timers.clear();
      waiting.clear();
    },
  };
}
