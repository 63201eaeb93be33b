// What a pool's threads do, noted as it happens, for people who watch. A note costs a few assignments; nothing is made of it until it is
// asked for.
//
// N1  Threads that have ended are told of for a while, so that a person sees why; so many at most.

import type { Clock } from "../ports/clock.ts";
import type { FunctionThreadReport } from "../ports/function-threads.ts";

const ENDED_SHOWN_MS = 30_000;
const MOST_ENDED = 20;

export type ThreadNote = Omit<FunctionThreadReport, "functionName" | "version">;

export interface ThreadNotes {
  born(threadId: number): void;
  /** A call goes to it. */
  given(threadId: number, requestId: string): void;
  /** The handler begins. `coldMs`: how long its code took to load for this call; null: it had loaded it. */
  started(threadId: number | null, coldMs: number | null): void;
  /** It has loaded its code, and said so after its call was over: the call was short. */
  loaded(threadId: number): void;
  /** Its call is over. `isTimedOut`: so is the thread. */
  freed(threadId: number | null, isTimedOut: boolean): void;
  gone(threadId: number): void;
  list(): readonly ThreadNote[];
}

type Noted = { -readonly [K in keyof ThreadNote]: ThreadNote[K] } & { givenAtMs: number };

export function createThreadNotes(clock: Pick<Clock, "nowMs">): ThreadNotes {
  const living = new Map<number, Noted>();
  let ended: readonly Noted[] = [];

  function noteOf(threadId: number): Noted {
    const known = living.get(threadId);
    if (known !== undefined) return known;
    const note: Noted = {
      thread: String(threadId),
      state: "starting",
      sinceMs: clock.nowMs(),
      requestId: null,
      callCount: 0,
      coldMs: null,
      givenAtMs: clock.nowMs(),
    };
    living.set(threadId, note);
    return note;
  }

  const stillShown = (): readonly Noted[] =>
    ended.filter(({ sinceMs }) => clock.nowMs() - sinceMs < ENDED_SHOWN_MS).slice(-MOST_ENDED);

  return {
    born: (threadId) => void noteOf(threadId),
    given(threadId, requestId) {
      const note = noteOf(threadId);
      note.state = "starting";
      note.sinceMs = clock.nowMs();
      note.givenAtMs = note.sinceMs;
      note.requestId = requestId;
      note.callCount += 1;
    },
    started(threadId, coldMs) {
      const note = threadId === null ? undefined : living.get(threadId);
      if (note === undefined) return;
      note.state = "busy";
      note.sinceMs = clock.nowMs();
      note.coldMs = coldMs ?? note.coldMs;
    },
    loaded(threadId) {
      const note = living.get(threadId);
      if (note !== undefined) note.coldMs ??= clock.nowMs() - note.givenAtMs;
    },
    freed(threadId, isTimedOut) {
      const note = threadId === null ? undefined : living.get(threadId);
      if (note === undefined) return;
      note.state = isTimedOut ? "timed out" : "idle";
      note.sinceMs = clock.nowMs();
      if (!isTimedOut) note.requestId = null;
    },
    gone(threadId) {
      const note = living.get(threadId);
      if (note === undefined) return;
      living.delete(threadId);
      if (note.state !== "timed out") note.state = "ended";
      note.sinceMs = clock.nowMs();
      ended = [...stillShown(), note];
    },
    list() {
      ended = stillShown();
      return [...living.values(), ...ended].map(({ givenAtMs: _given, ...note }) => note);
    },
  };
}
