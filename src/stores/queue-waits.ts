// Receives that wait for a message, by queue, in the order in which they came, and when each queue has to be looked at next: when a
// hidden message becomes visible, or a wait's time is over. Who looks is store-service.ts.

import type { MessagePort } from "node:worker_threads";
import type { Cancel, Clock } from "../ports/clock.ts";
import type { StoreCalls } from "./store-protocol.ts";

export interface WaitingReceive {
  readonly port: MessagePort;
  readonly requestId: number;
  readonly request: StoreCalls["queue-receive"]["request"];
  readonly deadlineMs: number;
}

export interface QueueWaits {
  add(asked: WaitingReceive): void;
  remove(asked: WaitingReceive): void;
  /** Those that wait for a message of this queue, the first first. */
  of(queue: string): readonly WaitingReceive[];
  find(port: MessagePort, requestId: number): WaitingReceive | null;
  forgetPort(port: MessagePort): void;
  /** Looks at the queue when its next wait is over, or at `nextVisibleMs` if that is earlier. */
  arm(queue: string, nextVisibleMs: number | null): void;
  armAt(queue: string, atMs: number): void;
  close(): void;
}

export function createQueueWaits(clock: Clock, look: (queue: string) => void): QueueWaits {
  const waiting = new Map<string, Set<WaitingReceive>>();
  const timers = new Map<string, Cancel>();

  function disarm(queue: string): void {
    timers.get(queue)?.();
    timers.delete(queue);
  }

  function remove(asked: WaitingReceive): void {
    const { name } = asked.request;
    const waits = waiting.get(name);
    waits?.delete(asked);
    if (waits?.size !== 0) return;
    waiting.delete(name);
    disarm(name);
  }

  function armAt(queue: string, atMs: number): void {
    disarm(queue);
    const cancel = clock.wakeAt(atMs, () => {
      timers.delete(queue);
      look(queue);
    });
    timers.set(queue, cancel);
  }

  return {
    add(asked) {
      const waits = waiting.get(asked.request.name) ?? new Set();
      waits.add(asked);
      waiting.set(asked.request.name, waits);
    },
    remove,
    of: (queue) => [...(waiting.get(queue) ?? [])],
    find(port, requestId) {
      for (const waits of waiting.values())
        for (const asked of waits) if (asked.port === port && asked.requestId === requestId) return asked;
      return null;
    },
    forgetPort(port) {
      for (const waits of waiting.values()) for (const asked of waits) if (asked.port === port) remove(asked);
    },
    arm(queue, nextVisibleMs) {
      let atMs = nextVisibleMs ?? Infinity;
      for (const { deadlineMs } of waiting.get(queue) ?? []) atMs = Math.min(atMs, deadlineMs);
      armAt(queue, atMs);
    },
    armAt,
    close() {
      for (const cancel of timers.values()) cancel();
      timers.clear();
      waiting.clear();
    },
  };
}
