// Secrets as a poller thread reads them: main has them, and is asked each time, so that one that has changed is the changed one (M-605).

import type { FromPoller } from "../src/threads/protocol.ts";

export interface ToldSecrets {
  /** Null: main knows none of this name. */
  textOf(secretArn: string): Promise<string | null>;
  answered(id: number, text: string | null): void;
}

export function createToldSecrets(tell: (message: FromPoller) => void): ToldSecrets {
  const asked = new Map<number, (text: string | null) => void>();
  let count = 0;
  return {
    textOf(secretArn) {
      const id = ++count;
      return new Promise((resolve) => {
        asked.set(id, resolve);
        tell({ kind: "secret", id, secretArn });
      });
    },
    answered(id, text) {
      asked.get(id)?.(text);
      asked.delete(id);
    },
  };
}
