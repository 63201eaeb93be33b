// One after the other: what is begun while another is held waits for its end.

export interface Mutex {
  hold<T>(work: () => Promise<T>): Promise<T>;
}

export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve();
  return {
    hold(work) {
      const turn = last.then(work, work);
      last = turn;
      return turn;
    },
  };
}
