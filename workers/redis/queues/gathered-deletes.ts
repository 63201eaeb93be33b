// Deletes of a queue that come while one is under way go to Redis together in the next: a call of one message costs Redis several times
// what its share of a large one does, and many pollers delete one each. Nobody waits for company: where none is under way, it goes at once.

interface Asked {
  readonly receipts: readonly string[];
  readonly resolve: (answers: readonly boolean[]) => void;
  readonly reject: (error: unknown) => void;
}

/** `erase` answers for each receipt in order. Where it rejects, all that went with it are rejected. */
export function gatherDeletes(
  erase: (queue: string, receipts: readonly string[]) => Promise<readonly boolean[]>,
): (queue: string, receipts: readonly string[]) => Promise<readonly boolean[]> {
  /** Of queues with a delete under way: what has come since. */
  const waiting = new Map<string, Asked[]>();

  async function flush(queue: string, asked: readonly Asked[]): Promise<void> {
    try {
      const answers = await erase(
        queue,
        asked.flatMap(({ receipts }) => receipts),
      );
      let from = 0;
      for (const { receipts, resolve } of asked) resolve(answers.slice(from, (from += receipts.length)));
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
    const next = waiting.get(queue) ?? [];
    waiting.delete(queue);
    if (next.length > 0) start(queue, next);
  }

  function start(queue: string, asked: readonly Asked[]): void {
    waiting.set(queue, []);
    void flush(queue, asked);
  }

  return (queue, receipts) =>
    new Promise((resolve, reject) => {
      const asked = { receipts, resolve, reject };
      const others = waiting.get(queue);
      if (others === undefined) start(queue, [asked]);
      else others.push(asked);
    });
}
