// Which of a unit's lanes a record belongs to (E-62). AWS's own hash is not public; ours is FNV-1a over the key's UTF-8 bytes
// with the final mix of MurmurHash3, because the low bits of plain FNV follow the low bits of the key (E-63).

import { invariant } from "./invariant.ts";

/** A stable number from 0 to `factor` - 1. Same key, same lane, on every machine and in every version. */
export function laneOf(key: Uint8Array, factor: number): number {
  invariant(Number.isInteger(factor) && factor >= 1, "E-62: a unit has at least one lane");
  return factor === 1 ? 0 : hash32(key) % factor;
}

function hash32(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
