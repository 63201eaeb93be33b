// Entry ids, `<ms>-<counter>`: how they compare and what lies before one. Both halves are below 2^64, so they are no JavaScript numbers.

import { entryIdFromPosition, positionFromEntryId, type StreamFamily } from "../../src/kinds/stream-family.ts";
import type { Position } from "../../src/ports/source.ts";

/** Before every entry: Redis gives this id to none. */
export const BEGINNING = "0-0";
const GREATEST_COUNTER = "18446744073709551615";

/** Whether entry id `a` comes after `b`. */
export function isAfter(a: string, b: string): boolean {
  const [aMs, aCounter] = halves(a);
  const [bMs, bCounter] = halves(b);
  return aMs === bMs ? isGreater(aCounter, bCounter) : isGreater(aMs, bMs);
}

/** The greatest id before this one; not for the beginning. */
export function before(id: string): string {
  const [ms, counter] = halves(id);
  return counter === "0" ? `${BigInt(ms) - 1n}-${GREATEST_COUNTER}` : `${ms}-${BigInt(counter) - 1n}`;
}

export function millisecondOf(id: string): number {
  return Number(halves(id)[0]);
}

/** A checkpoint that is no place in a stream of ours: reading begins at the oldest record, so that nothing is passed over. */
export function entryIdOf(position: Position | null): string {
  return position === null ? BEGINNING : (entryIdFromPosition(position) ?? BEGINNING);
}

/** Null: the beginning. */
export function positionOf(family: StreamFamily, id: string): Position | null {
  return id === BEGINNING ? null : positionFromEntryId(family, id);
}

function halves(id: string): readonly [string, string] {
  const dash = id.indexOf("-");
  return dash < 0 ? [id, "0"] : [id.slice(0, dash), id.slice(dash + 1)];
}

function isGreater(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length;
}
