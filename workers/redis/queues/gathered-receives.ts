// Small receives of a queue that come at the same time go to Redis as one, and what that brings is dealt out among them: a script of one
// message costs Redis several times what its share of a larger one does, and many pollers ask for one batch each. Who comes while one is
// under way goes with the next; nobody waits for company longer than until the thread has heard what has come already.
//
// G1  Each gets what one receive after another would have given it: the first ones first, never more than it asked for.
// G2  What comes together fits into the batch of any of them, so that nothing is received that nobody has room for.
// G3  Whoever gives up before Redis is asked receives nothing.

import type { ReceiveOptions, Received } from "../../../src/ports/queues.ts";
import type { Looked } from "./queue-waits.ts";

/** A larger receive has nothing to gain: it goes alone. */
const MOST_EACH = 10;
const MOST_TOGETHER = 100;

export type Found = Looked<Received | null> & { readonly waitMs: number };

interface Asked {
  readonly options: ReceiveOptions;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (found: Found) => void;
  readonly reject: (error: unknown) => void;
}

/** `receive` in the same form, for receives that may be dealt out so (`isShared`) and for others. */
export function gatherReceives(
  receive: (queue: string, options: ReceiveOptions) => Promise<Found>,
): (queue: string, options: ReceiveOptions, signal?: AbortSignal) => Promise<Found> {
  /** By queue and visibility: who has not been asked for yet. A key is there while something is under way. */
  const waiting = new Map<string, Asked[]>();

  async function run(key: string, queue: string): Promise<void> {
    for (let asked = next(key); asked.length > 0; asked = next(key)) {
      try {
        deal(asked, await receive(queue, together(asked)));
      } catch (error) {
        for (const { reject } of asked) reject(error);
      }
    }
    waiting.delete(key);
  }

  function next(key: string): readonly Asked[] {
    const all = waiting.get(key) ?? [];
    for (const { signal, resolve } of all) if (signal?.aborted === true) resolve(nothing);
    const still = all.filter(({ signal }) => signal?.aborted !== true);
    waiting.set(key, still);
    return still.splice(0, MOST_TOGETHER / MOST_EACH);
  }

  return (queue, options, signal) => {
    if (options.isShared !== true || options.max > MOST_EACH) return receive(queue, options);
    const key = `${queue} ${options.visibilityMs ?? ""}`;
    return new Promise((resolve, reject) => {
      const asked = { options, signal, resolve, reject };
      const others = waiting.get(key);
      if (others !== undefined) return void others.push(asked);
      waiting.set(key, [asked]);
      setImmediate(() => void run(key, queue));
    });
  };
}

const nothing: Found = { answer: { messages: [], deadLetters: [] }, isFound: false, dueInMs: null, waitMs: 0 };

/** One receive for all of these (G2). */
function together(asked: readonly Asked[]): ReceiveOptions {
  const roomBytes = asked.map(({ options }) => options.maxBytes).filter((bytes) => bytes !== undefined);
  return {
    max: asked.reduce((sum, { options }) => sum + options.max, 0),
    visibilityMs: asked[0]?.options.visibilityMs ?? null,
    ...(roomBytes.length === 0 ? {} : { maxBytes: Math.min(...roomBytes) }),
  };
}

/** Dead letters are told to the first: they are nobody's own. */
function deal(asked: readonly Asked[], found: Found): void {
  const { answer } = found;
  let from = 0;
  for (const [index, { options, resolve }] of asked.entries()) {
    if (answer === null) {
      resolve(found);
      continue;
    }
    const messages = answer.messages.slice(from, (from += options.max));
    const deadLetters = index === 0 ? answer.deadLetters : [];
    resolve({
      ...found,
      answer: { messages, deadLetters },
      isFound: messages.length > 0 || deadLetters.length > 0,
    });
  }
}
