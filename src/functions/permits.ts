// Counts running functions for all poller threads, in shared memory. Owns two limits: a function's reserved concurrency, past
// which a call is throttled (E-4), and our own cap on running threads, at which a call waits and is not throttled.
//
// P1 Each poller writes only its own row (a cell a function, and the row's sum); rows are the truth, sums are read from them.
// P2 Taking a permit looks and writes under a lock of compare-and-set, so limits are never passed. Giving back needs no lock.
// P3 A dead poller's row is cleared by main, its lock with it: nothing that died keeps a permit or blocks the others.
// P4 Nobody polls: who waits is woken by `Atomics.waitAsync` on a cell that every release changes, and every permit that is the last.

import type { Cancel } from "../ports/clock.ts";

/** Cells of the header, each 32 bits: lock (0 free, else owner's index + 1), wake, pollers, slots, cap. */
const LOCK = 0;
const WAKE = 1;
const POLLERS = 2;
const SLOTS = 3;
const CAP = 4;
const HEADER_CELLS = 8;
/** Tries before a taker sleeps on the lock; it is held for a few reads. */
const SPINS = 200;
/** A sleeping taker looks again after this long, so that a missed wake-up costs no more. */
const LOCK_NAP_MS = 2;

export interface PermitsSize {
  readonly pollerCount: number;
  /** Most functions that can be deployed at once. */
  readonly slotCount: number;
  /** Our cap on running function threads over all pollers. */
  readonly maxRunning: number;
}

/** `late`: whoever waited gave up. */
export type PermitAnswer = "granted" | "throttled" | "aborted" | "late";

export interface PermitRequest {
  readonly slot: number;
  /** The function's reserved concurrency; null: none. */
  readonly reserved: number | null;
}

/** One poller's hold on the shared counters. */
export interface Permits {
  /**
   * Answers at once where it can; a promise is a wait for the cap, in order of arrival within this poller. `onWait` is told within the
   * call what ends such a wait with `late`.
   */
  acquire(
    request: PermitRequest,
    signal: AbortSignal,
    onWait?: (giveUp: () => void) => void,
  ): PermitAnswer | Promise<PermitAnswer>;
  /** Gives back one granted permit of this poller. */
  release(slot: number): void;
  /** Over all pollers. */
  runningOf(slot: number): number;
  runningTotal(): number;
  /** Calls that the caps let start now in this poller, after those that wait already. */
  freeCount(): number;
  /** Calls back once, in a later turn, as soon as `freeCount` is above 0. */
  onFree(wake: () => void): Cancel;
  /** Calls back once, in a later turn, as soon as `freeCount` is 0. */
  onFull(wake: () => void): Cancel;
  /** Calls of this poller that wait for the cap. */
  waitingCount(): number;
  /** Answers every waiting call with `aborted`. */
  close(): void;
}

/** Made by main once, sent to every poller. */
export function createPermitsBuffer(size: PermitsSize): SharedArrayBuffer {
  const cellCount = HEADER_CELLS + size.pollerCount * (size.slotCount + 1);
  const buffer = new SharedArrayBuffer(cellCount * Int32Array.BYTES_PER_ELEMENT);
  const cells = new Int32Array(buffer);
  cells[POLLERS] = size.pollerCount;
  cells[SLOTS] = size.slotCount;
  cells[CAP] = size.maxRunning;
  return buffer;
}

/** Main gives back all that a dead poller held, and frees the lock if it died holding it. */
export function releaseRow(buffer: SharedArrayBuffer, pollerIndex: number): void {
  const cells = new Int32Array(buffer);
  const start = rowStart(cells, pollerIndex);
  for (let cell = start; cell <= start + Atomics.load(cells, SLOTS); cell += 1) {
    Atomics.store(cells, cell, 0);
  }
  if (Atomics.compareExchange(cells, LOCK, pollerIndex + 1, 0) === pollerIndex + 1) {
    Atomics.notify(cells, LOCK);
  }
  wakeAll(cells);
}

interface Waiter {
  readonly request: PermitRequest;
  readonly answer: (answer: PermitAnswer) => void;
}

/** `maxRunningHere`: most of this poller's own, beside the shared cap. */
export function openPermits(buffer: SharedArrayBuffer, pollerIndex: number, maxRunningHere: number): Permits {
  const cells = new Int32Array(buffer);
  const start = rowStart(cells, pollerIndex);
  const waiting = new Set<Waiter>();
  const wakes = new Set<() => void>();
  const fulls = new Set<() => void>();
  let isListening = false;
  let isClosed = false;

  function serveWaiting(): void {
    for (const waiter of waiting) {
      const answer = take(cells, start, pollerIndex, waiter.request, maxRunningHere);
      if (answer === "full") break;
      waiting.delete(waiter);
      waiter.answer(answer);
    }
  }

  function freeCount(): number {
    if (isClosed) return 0;
    const total = Atomics.load(cells, SLOTS);
    const ownFree = maxRunningHere - Atomics.load(cells, start + total);
    return Math.max(0, Math.min(ownFree, Atomics.load(cells, CAP) - sumOf(cells, total)) - waiting.size);
  }

  function serveWakes(): void {
    if (wakes.size > 0 && freeCount() > 0) wakeOnce(wakes);
  }

  function serveFulls(): void {
    if (fulls.size > 0 && freeCount() === 0) wakeOnce(fulls);
  }

  const isAwaited = (): boolean => waiting.size > 0 || wakes.size > 0 || fulls.size > 0;

  /** One wait a poller, whatever the number of its waiting calls (P4). */
  async function listen(): Promise<void> {
    if (isListening) return;
    isListening = true;
    while (isAwaited()) {
      const seen = Atomics.load(cells, WAKE);
      serveWaiting();
      serveWakes();
      serveFulls();
      if (!isAwaited()) break;
      const wait = Atomics.waitAsync(cells, WAKE, seen);
      if (wait.async) await wait.value;
    }
    isListening = false;
  }

  function waitFor(request: PermitRequest, signal: AbortSignal, onWait?: (giveUp: () => void) => void) {
    const { promise, resolve } = Promise.withResolvers<PermitAnswer>();
    const waiter: Waiter = {
      request,
      answer: (answer) => {
        waiting.delete(waiter);
        signal.removeEventListener("abort", onAbort);
        resolve(answer);
      },
    };
    const onAbort = (): void => waiter.answer("aborted");
    signal.addEventListener("abort", onAbort, { once: true });
    waiting.add(waiter);
    void listen();
    onWait?.(() => waiter.answer("late"));
    return promise;
  }

  return {
    acquire(request, signal, onWait) {
      if (isClosed || signal.aborted) return "aborted";
      // Who came first is served first, but a call that is throttled anyway need not queue to hear it.
      const answer = take(cells, start, pollerIndex, request, waiting.size > 0 ? 0 : maxRunningHere);
      const given = answer === "full" ? waitFor(request, signal, onWait) : answer;
      serveFulls();
      return given;
    },
    release(slot) {
      Atomics.sub(cells, start + slot, 1);
      Atomics.sub(cells, start + Atomics.load(cells, SLOTS), 1);
      wakeAll(cells);
    },
    runningOf: (slot) => sumOf(cells, slot),
    runningTotal: () => sumOf(cells, Atomics.load(cells, SLOTS)),
    waitingCount: () => waiting.size,
    freeCount,
    onFree(wake) {
      if (isClosed) return () => undefined;
      wakes.add(wake);
      void listen();
      return () => wakes.delete(wake);
    },
    onFull(wake) {
      if (isClosed) return () => undefined;
      fulls.add(wake);
      void listen();
      return () => fulls.delete(wake);
    },
    close() {
      isClosed = true;
      wakes.clear();
      fulls.clear();
      for (const waiter of waiting) {
        waiting.delete(waiter);
        waiter.answer("aborted");
      }
      wakeAll(cells);
    },
  };
}

function take(
  cells: Int32Array,
  start: number,
  pollerIndex: number,
  request: PermitRequest,
  maxRunningHere: number,
): "granted" | "throttled" | "full" {
  const total = Atomics.load(cells, SLOTS);
  lock(cells, pollerIndex);
  try {
    if (request.reserved !== null && sumOf(cells, request.slot) >= request.reserved) return "throttled";
    if (Atomics.load(cells, start + total) >= maxRunningHere) return "full";
    const left = Atomics.load(cells, CAP) - sumOf(cells, total);
    if (left <= 0) return "full";
    Atomics.add(cells, start + request.slot, 1);
    Atomics.add(cells, start + total, 1);
    if (left === 1) wakeAll(cells);
    return "granted";
  } finally {
    unlock(cells, pollerIndex);
  }
}

function lock(cells: Int32Array, pollerIndex: number): void {
  for (let tries = 1; ; tries += 1) {
    const owner = Atomics.compareExchange(cells, LOCK, 0, pollerIndex + 1);
    if (owner === 0) return;
    if (tries % SPINS === 0) Atomics.wait(cells, LOCK, owner, LOCK_NAP_MS);
  }
}

function unlock(cells: Int32Array, pollerIndex: number): void {
  // Main may have freed the lock of a poller that it took for dead: then it is no longer ours to free.
  Atomics.compareExchange(cells, LOCK, pollerIndex + 1, 0);
}

function wakeOnce(wakes: Set<() => void>): void {
  const due = [...wakes];
  wakes.clear();
  for (const wake of due) queueMicrotask(wake);
}

function wakeAll(cells: Int32Array): void {
  Atomics.add(cells, WAKE, 1);
  Atomics.notify(cells, WAKE);
}

/** Sum of one column over the rows. */
function sumOf(cells: Int32Array, column: number): number {
  const pollerCount = Atomics.load(cells, POLLERS);
  let sum = 0;
  for (let poller = 0; poller < pollerCount; poller += 1) sum += Atomics.load(cells, rowStart(cells, poller) + column);
  return sum;
}

/** A row: a cell a slot, then their sum. */
function rowStart(cells: Int32Array, pollerIndex: number): number {
  return HEADER_CELLS + pollerIndex * (Atomics.load(cells, SLOTS) + 1);
}
