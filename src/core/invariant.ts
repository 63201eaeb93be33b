/** Asserts what must always hold. A broken invariant is a bug: the worker stops, better dead than wrong. `rule` names it. */
export function invariant(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new Error(`invariant broken: ${rule}`);
}
