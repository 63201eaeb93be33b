// The time of a guest in the simulated world, its timers and its immediates. Told from outside what time it is; within one instant it
// stands, however long the code runs.
//
// VT1 Timers fire by due instant, then by order of their making, one in a turn. VT2 A clock that is read over and over in one instant
// begins to go: code that waits for it in a loop ends. So does a sleep that blocks. The guest is then ahead of the world, and is not
// heard before the world has caught up. VT3 So many immediates in one instant cost a millisecond: code that polls by them waits.

import { AsyncLocalStorage } from "node:async_hooks";

/** Reads of the clock in one instant that are free. */
const FREE_READS = 1_000;
/** What each further one takes. */
const READ_MS = 0.001;
/** Immediates in one instant, one after another, that are free. */
const FREE_IMMEDIATES = 1_000;
/** What the rest of them takes. */
const SPIN_MS = 1;
const LONGEST_TIMER_MS = 2_147_483_647;

/** A moment of the world: by its wall clock, and by the one that is never set. */
export interface Moment {
  readonly wallMs: number;
  readonly steadyMs: number;
}

export interface VirtualTimer {
  readonly id: number;
  dueSteadyMs: number;
  /** Of the last time it was set: ties are broken by it. */
  order: number;
  readonly fire: () => void;
  delayMs: number;
  readonly isRepeated: boolean;
  isSet: boolean;
}

export interface VirtualTime {
  wallMs(): number;
  steadyMs(): number;
  /** The instant in which the guest's thread began. */
  readonly origin: Moment;
  setTimer(call: () => void, delayMs: number, isRepeated: boolean): VirtualTimer;
  refresh(timer: VirtualTimer): void;
  clear(timer: VirtualTimer): void;
  timerOf(id: number): VirtualTimer | null;
  addImmediate(call: () => void): () => void;
  /** A sleep that blocks the thread. */
  block(ms: number): void;

  /** The world says what time it is. */
  tell(moment: Moment): void;
  /** Runs one thing that is due; false: there is none. */
  runOne(): boolean;
  /** When the guest is to be woken: the world's steady ms; null: nothing is waited for. */
  wakeSteadyMs(): number | null;
  /** True: the world has yet to come to where the guest is. */
  isAhead(): boolean;
}

export function createVirtualTime(origin: Moment): VirtualTime {
  const timers = new Map<number, VirtualTimer>();
  const immediates = new Map<number, () => void>();
  let told = origin;
  let aheadMs = 0;
  let readCount = 0;
  let immediateCount = 0;
  let nextId = 1;

  function read(): void {
    readCount += 1;
    if (readCount > FREE_READS) aheadMs += READ_MS;
  }

  const steadyMs = (): number => told.steadyMs + aheadMs;

  /** As of Node's: what is no number from 1 to the longest is 1. */
  const delayOf = (ms: number): number => (ms >= 1 && ms <= LONGEST_TIMER_MS ? Math.trunc(ms) : 1);

  function start(timer: VirtualTimer): void {
    timer.dueSteadyMs = steadyMs() + timer.delayMs;
    timer.order = nextId++;
    timer.isSet = true;
    timers.set(timer.id, timer);
  }

  function nextTimer(): VirtualTimer | null {
    let next: VirtualTimer | null = null;
    for (const timer of timers.values()) {
      if (next === null || timer.dueSteadyMs < next.dueSteadyMs) next = timer;
      else if (timer.dueSteadyMs === next.dueSteadyMs && timer.order < next.order) next = timer;
    }
    return next;
  }

  function clear(timer: VirtualTimer): void {
    timer.isSet = false;
    timers.delete(timer.id);
  }

  return {
    origin,
    wallMs() {
      read();
      return told.wallMs + aheadMs;
    },
    steadyMs() {
      read();
      return steadyMs();
    },
    setTimer(call, delayMs, isRepeated) {
      const id = nextId++;
      const fire = AsyncLocalStorage.bind(call);
      const timer = { id, dueSteadyMs: 0, order: id, fire, delayMs: delayOf(delayMs), isRepeated, isSet: true };
      start(timer);
      return timer;
    },
    refresh(timer) {
      start(timer);
    },
    clear,
    timerOf: (id) => timers.get(id) ?? null,
    addImmediate(call) {
      const id = nextId++;
      immediates.set(id, AsyncLocalStorage.bind(call));
      return () => void immediates.delete(id);
    },
    block(ms) {
      aheadMs += ms;
    },
    tell(moment) {
      const isLater = moment.steadyMs > told.steadyMs;
      aheadMs = Math.max(0, told.steadyMs + aheadMs - moment.steadyMs);
      told = moment;
      if (!isLater) return;
      readCount = 0;
      immediateCount = 0;
    },
    runOne() {
      const timer = nextTimer();
      if (timer !== null && timer.dueSteadyMs <= told.steadyMs) {
        if (timer.isRepeated) start(timer);
        else clear(timer);
        timer.fire();
        return true;
      }
      const [first] = immediates;
      if (first === undefined || immediateCount >= FREE_IMMEDIATES) return false;
      immediateCount += 1;
      immediates.delete(first[0]);
      first[1]();
      return true;
    },
    wakeSteadyMs() {
      const due: number[] = [];
      const timer = nextTimer();
      if (timer !== null) due.push(Math.max(timer.dueSteadyMs, told.steadyMs));
      if (immediates.size > 0) due.push(told.steadyMs + SPIN_MS);
      if (aheadMs > 0) due.push(steadyMs());
      return due.length === 0 ? null : Math.min(...due);
    },
    isAhead: () => aheadMs > 0,
  };
}
