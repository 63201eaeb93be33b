// How far each mapping has got, in the store's file, and the generation that may say so.
//
// C1  Whoever loads a mapping's checkpoints takes its generation; from then on an older one is refused (`fenced`).
// C2  A mapping that was deleted takes no checkpoint any more, of whatever generation.

import type { UnitId } from "../ports/source.ts";
import type { StoreDatabase } from "./store-database.ts";

/** Above every generation: the mark of a mapping that is gone. */
const GONE = Number.MAX_SAFE_INTEGER;

export interface CheckpointTable {
  load(mapping: string, generation: number): readonly { readonly unit: UnitId; readonly value: string }[];
  save(
    mapping: string,
    generation: number,
    saved: { readonly unit: UnitId; readonly value: string },
  ): "kept" | "fenced";
  /** Whether a newer generation has the mapping (C1); else it is taken. */
  isFenced(mapping: string, generation: number): boolean;
  forget(mapping: string, options: { readonly isDeleted: boolean }): void;
}

export function createCheckpointTable(database: StoreDatabase): CheckpointTable {
  const selectGeneration = database.prepare("SELECT generation FROM generations WHERE mapping = ?");
  const raiseGeneration = database.prepare(
    `INSERT INTO generations (mapping, generation) VALUES (?, ?)
     ON CONFLICT (mapping) DO UPDATE SET generation = max(generation, excluded.generation)`,
  );
  const select = database.prepare("SELECT unit, value FROM checkpoints WHERE mapping = ? ORDER BY unit");
  const put = database.prepare(
    `INSERT INTO checkpoints (mapping, unit, value) VALUES (?, ?, ?)
     ON CONFLICT (mapping, unit) DO UPDATE SET value = excluded.value`,
  );
  const remove = database.prepare("DELETE FROM checkpoints WHERE mapping = ?");

  function isFenced(mapping: string, generation: number): boolean {
    const current = Number(selectGeneration.get(mapping)?.["generation"] ?? -1);
    if (generation > current) raiseGeneration.run(mapping, generation);
    return generation < current;
  }

  return {
    isFenced,
    load(mapping, generation) {
      raiseGeneration.run(mapping, generation);
      return select.all(mapping).map((row) => ({ unit: String(row["unit"]), value: String(row["value"]) }));
    },
    save(mapping, generation, { unit, value }) {
      if (isFenced(mapping, generation)) return "fenced";
      put.run(mapping, unit, value);
      return "kept";
    },
    forget(mapping, { isDeleted }) {
      remove.run(mapping);
      if (isDeleted) raiseGeneration.run(mapping, GONE);
    },
  };
}
