// Reserved concurrency that a function has for a while: the newest word counts, and once it is over the function has again what it had
// before the first of those that followed upon one another.

import type { VirtualFunction } from "../sim/virtual-functions.ts";

/** Null: none reserved. False: there is no such function. */
export type Throttle = (functionName: string, reservedConcurrency: number | null, forMs: number | null) => boolean;

interface Standing {
  readonly before: number | null;
}

export function createThrottle(
  functions: Map<string, VirtualFunction>,
  after: (ms: number, work: () => void) => void,
): Throttle {
  const standing = new Map<string, Standing>();

  function set(name: string, reservedConcurrency: number | null): void {
    const found = functions.get(name);
    if (found !== undefined) functions.set(name, { ...found, reservedConcurrency });
  }

  return (name, reservedConcurrency, forMs) => {
    const found = functions.get(name);
    if (found === undefined) return false;
    const { before } = standing.get(name) ?? { before: found.reservedConcurrency };
    set(name, reservedConcurrency);
    standing.delete(name);
    if (forMs === null) return true;
    const own: Standing = { before };
    standing.set(name, own);
    after(forMs, () => {
      if (standing.get(name) !== own) return;
      standing.delete(name);
      set(name, before);
    });
    return true;
  };
}
