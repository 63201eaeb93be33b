// Reads that wait for something to say, by what they wait for. Whoever waits is looked at again when that has changed; nobody polls.
//
// W1  A wait ends with an answer, when it is cancelled, or never when its client is gone.
// W2  A transaction that is undone leaves those who waited before it waiting.

export interface AskedRead<P, Q> {
  readonly port: P;
  readonly requestId: number;
  readonly request: Q;
}

export interface ReadWaits<P, Q, A> {
  /** Within a transaction: answers, or waits. */
  ask(asked: AskedRead<P, Q>, sent: Answers<P, A>): void;
  /** Within a transaction, at its end: those who wait for these are looked at again. */
  retry(keys: Iterable<string>, sent: Answers<P, A>): void;
  /** Within a transaction: answers at once, whatever there is. False: nobody waits so. */
  cancel(port: P, requestId: number, sent: Answers<P, A>): boolean;
  /** After each transaction. */
  settle(outcome: "committed" | "undone"): void;
  forgetPort(port: P): void;
  close(): void;
}

interface Answers<P, A> {
  push(answer: { readonly port: P; readonly requestId: number; readonly answer: A }): unknown;
}

export function createReadWaits<P, Q extends { readonly isWaiting: boolean }, A>(options: {
  readonly keyOf: (request: Q) => string;
  /** Null: nothing to say yet, and the request waits. */
  readonly look: (request: Q) => A | null;
}): ReadWaits<P, Q, A> {
  const { keyOf, look } = options;
  const waiting = new Map<string, Set<AskedRead<P, Q>>>();
  /** Takes back what the transaction that runs has done to `waiting`. */
  const undo: (() => void)[] = [];

  function add(asked: AskedRead<P, Q>): void {
    const key = keyOf(asked.request);
    const reads = waiting.get(key) ?? new Set();
    reads.add(asked);
    waiting.set(key, reads);
  }

  function remove(asked: AskedRead<P, Q>): void {
    const key = keyOf(asked.request);
    const reads = waiting.get(key);
    reads?.delete(asked);
    if (reads?.size === 0) waiting.delete(key);
  }

  function ask(asked: AskedRead<P, Q>, sent: Answers<P, A>): void {
    const answer = look(asked.request);
    if (answer !== null) {
      sent.push({ port: asked.port, requestId: asked.requestId, answer });
      return;
    }
    add(asked);
    undo.push(() => remove(asked));
  }

  function take(asked: AskedRead<P, Q>): void {
    remove(asked);
    undo.push(() => add(asked));
  }

  return {
    ask,
    retry(keys, sent) {
      for (const key of keys) {
        // A copy: a read that still has nothing to say is added again.
        const tried = [...(waiting.get(key) ?? [])];
        for (const asked of tried) {
          take(asked);
          ask(asked, sent);
        }
      }
    },
    cancel(port, requestId, sent) {
      for (const reads of waiting.values()) {
        for (const asked of reads) {
          if (asked.port !== port || asked.requestId !== requestId) continue;
          take(asked);
          ask({ ...asked, request: { ...asked.request, isWaiting: false } }, sent);
          return true;
        }
      }
      return false;
    },
    settle(outcome) {
      if (outcome === "undone") for (const each of undo.toReversed()) each();
      undo.length = 0;
    },
    forgetPort(port) {
      for (const reads of waiting.values()) for (const asked of reads) if (asked.port === port) remove(asked);
    },
    close: () => waiting.clear(),
  };
}
