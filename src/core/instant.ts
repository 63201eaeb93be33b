// Instants as AWS writes them, UTC. The clock itself is not here: the instant is always given.

/** With milliseconds, always: `2026-09-17T14:11:38.000Z` (O-4). */
export function instantWithMs(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** As Java's Instant writes it: the fraction only where it is not zero (O-4). Windows have whole seconds, so none (W-1). */
export function javaInstant(atMs: number): string {
  return instantWithMs(atMs).replace(".000Z", "Z");
}
