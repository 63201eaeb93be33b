// Tasks one after another, in the order in which they were given. A task that fails fails its own promise only.

export interface SerialQueue {
  run<T>(task: () => Promise<T>): Promise<T>;
  /** Resolves when nothing is left, what was added meanwhile included. */
  idle(): Promise<void>;
}

export function createSerialQueue(): SerialQueue {
  let tail: Promise<void> = Promise.resolve();
  return {
    run<T>(task: () => Promise<T>): Promise<T> {
      const result = tail.then(task);
      tail = result.then(
        () => undefined,
        // The caller of `run` holds the failure; the queue goes on.
        () => undefined,
      );
      return result;
    },
    async idle() {
      for (let seen: Promise<void> | null = null; seen !== tail; ) {
        seen = tail;
        await seen;
      }
    },
  };
}
