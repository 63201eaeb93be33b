// Which records a mapping is owed, by its starting position (H-1 to H-3), told from a history alone.

import type { History, PutRecord } from "../history.ts";

/**
 * `in`: it has to be delivered. `out`: it must not be. `free`: put while a mapping at LATEST found its places, on either side of an
 * instant that only the source knows.
 */
export type Scope = "in" | "out" | "free";

export function scopeOf(history: History): (record: PutRecord) => Scope {
  const { start } = history.limits;
  const scopes = new Map<PutRecord, Scope>();
  let latest: Scope = "out";
  for (const each of history.happenings) {
    if (each.kind === "started" && latest === "out") latest = "free";
    if (each.kind === "positioned") latest = "in";
    if (each.kind === "put" && start.kind === "latest") scopes.set(each.record, latest);
  }
  return (record) => {
    if (start.kind === "atTimestamp") return record.atMs >= start.atMs ? "in" : "out";
    return scopes.get(record) ?? "in";
  };
}
