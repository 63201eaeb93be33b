// Who may be at work on a table: many calls on its items at once, or one change of the table itself, and then nobody else.

export interface TableGate {
  /** Runs `work` beside other calls on the items of these tables. */
  shared<T>(tables: readonly string[], work: () => Promise<T>): Promise<T>;
  /** Runs `work` once all calls on the table's items have ended; later ones wait for it. */
  alone<T>(table: string, work: () => Promise<T>): Promise<T>;
}

export function createTableGate(): TableGate {
  /** Settles, and never rejects, when the change is over. */
  const changes = new Map<string, Promise<unknown>>();
  const calls = new Map<string, Set<Promise<unknown>>>();

  /** Nothing comes between the end of this and what its caller does next without waiting. */
  async function unchanged(tables: readonly string[]): Promise<void> {
    for (;;) {
      const under = tables.flatMap((table) => changes.get(table) ?? []);
      if (under.length === 0) return;
      await Promise.all(under);
    }
  }

  function enter(table: string, call: Promise<unknown>): void {
    const running = calls.get(table) ?? new Set();
    calls.set(table, running.add(call));
  }

  function leave(table: string, call: Promise<unknown>): void {
    const running = calls.get(table);
    running?.delete(call);
    if (running?.size === 0) calls.delete(table);
  }

  return {
    async shared(tables, work) {
      await unchanged(tables);
      const call = work();
      for (const table of tables) enter(table, call);
      try {
        return await call;
      } finally {
        for (const table of tables) leave(table, call);
      }
    },
    async alone(table, work) {
      await unchanged([table]);
      const change = Promise.allSettled<unknown>(calls.get(table) ?? new Set()).then(work);
      changes.set(
        table,
        change.catch(() => undefined), // Its caller hears of it.
      );
      try {
        return await change;
      } finally {
        changes.delete(table);
      }
    },
  };
}
