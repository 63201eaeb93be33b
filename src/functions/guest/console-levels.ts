// At which level the user's code writes, as AWS's log for Node.js tells it: by the method of `console` that is called. What is written
// to a stream without it has none.

const LEVELS = { trace: "TRACE", debug: "DEBUG", log: "INFO", info: "INFO", warn: "WARN", error: "ERROR" } as const;

type Method = keyof typeof LEVELS;
export type ConsoleLevel = (typeof LEVELS)[Method];

/** Answers the level of the call that is writing now; null: none is. One method may call another: the first one counts. */
export function watchConsole(console: Pick<Console, Method>): () => ConsoleLevel | null {
  let level: ConsoleLevel | null = null;

  function watch(method: Method): void {
    const write = console[method].bind(console);
    console[method] = (...words: unknown[]): void => {
      if (level !== null) return write(...words);
      level = LEVELS[method];
      try {
        write(...words);
      } finally {
        level = null;
      }
    };
  }

  for (const method of ["trace", "debug", "log", "info", "warn", "error"] as const) watch(method);
  return () => level;
}
