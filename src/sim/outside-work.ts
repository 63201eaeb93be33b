// Work that takes real time while the world's time stands: code of a user's, in a thread or in this one. While anything is held the
// world takes no event, so what such code does falls into the instant in which it was begun, however long it really takes.
//
// OW1 Every loop that takes events of the world's clock awaits `settled` before each of them. OW2 `settled` resolves only when all that
// the last hold has brought about in this thread has happened. OW3 What is held for longer than the limit, in real time, is named
// and given up: the loop that waits for it ends with `handler-stuck`, and so does every later one, at once: such a world goes on no more.

import { MillraceError } from "../errors.ts";
import { nextTurn } from "../platform/turn.ts";
import type { Clock } from "../ports/clock.ts";

/** Real time for which a handler may be at work within one instant of the world. */
export const HANDLER_STUCK_MS = 10_000;

/** Never rejects. */
export type Where = () => Promise<string | null>;

export interface OutsideWork {
  /**
   * `what` is named if it never lets go, and `where` asked at what it is: `file:line:column`, or null. Answers what lets go; calling
   * that twice does nothing.
   */
  hold(what?: string, where?: Where): () => void;
  /** Resolves when nothing is held. Rejects with `handler-stuck` after the limit, and from then on at once. */
  settled(): Promise<void>;
  /** Whether `settled` has rejected: the world stands for good. */
  isGivenUp(): boolean;
}

export interface OutsideWorkOptions {
  /** The real one; null: what is held is waited for without end. */
  readonly limit: { readonly clock: Clock; readonly ms: number } | null;
}

export function createOutsideWork({ limit }: OutsideWorkOptions = { limit: null }): OutsideWork {
  const held = new Map<number, Held>();
  let nextHold = 0;
  let waiting: PromiseWithResolvers<void> | null = null;
  let givenUp: MillraceError | null = null;

  /** Until nothing is held, once. */
  async function free(): Promise<void> {
    waiting ??= Promise.withResolvers<void>();
    const { promise, reject } = waiting;
    const cancel = limit?.clock.wakeAt(limit.clock.nowMs() + limit.ms, () => {
      waiting = null;
      void stuck([...held.values()], limit.ms).then((error) => {
        givenUp = error;
        reject(error);
      });
    });
    try {
      await promise;
    } finally {
      cancel?.();
    }
  }

  return {
    hold(what = "a handler", where = () => Promise.resolve(null)) {
      const number = nextHold++;
      held.set(number, { what, where });
      return () => {
        if (!held.delete(number) || held.size > 0) return;
        waiting?.resolve();
        waiting = null;
      };
    },
    async settled() {
      if (givenUp !== null) throw givenUp;
      while (held.size > 0) {
        await free();
        await nextTurn();
      }
    },
    isGivenUp: () => givenUp !== null,
  };
}

interface Held {
  readonly what: string;
  readonly where: Where;
}

async function stuck(all: readonly Held[], ms: number): Promise<MillraceError> {
  const limit = ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`;
  const told = await Promise.all(
    all.map(async ({ what, where }) => {
      const place = await where();
      return place === null ? what : `${what} (at ${place})`;
    }),
  );
  const names = [...new Set(told)].join(", ");
  return new MillraceError("handler-stuck", `${names} has not come to rest in ${limit} of real time`, {
    help: "A handler waits in the simulated world's time: for a timer, or for what it was given. Look for an endless loop, or for a promise that nothing keeps.",
  });
}
