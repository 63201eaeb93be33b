// Node's SQLite, loaded when it is first used. Node 22 warns once a thread that it is experimental: nobody who runs a server can act
// on that, and the lines would stand between ours.

import type { DatabaseSync } from "node:sqlite";

type Sqlite = { readonly DatabaseSync: typeof DatabaseSync };

let loaded: Sqlite | null = null;

export function sqlite(): Sqlite {
  loaded ??= loadQuietly();
  return loaded;
}

function loadQuietly(): Sqlite {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
}
