// A place in an embedded cluster's change streams as it is written: as a token of DocumentDB looks, hexadecimal digits that sort like the
// times that they name.

import type { Position } from "../ports/source.ts";
import type { ChangePlace } from "./change-protocol.ts";

const hex = (value: number): string => value.toString(16).padStart(8, "0");

export function tokenOf({ t, i, isInvalidated }: ChangePlace): Position {
  return `01${hex(t)}${hex(i)}${isInvalidated ? "02" : "01"}`;
}

/** Null: no place of an embedded cluster. */
export function placeOf(token: Position): ChangePlace | null {
  const [, t, i, kind] = /^01([0-9a-f]{8})([0-9a-f]{8})(01|02)$/.exec(token) ?? [];
  if (t === undefined || i === undefined) return null;
  return { t: Number.parseInt(t, 16), i: Number.parseInt(i, 16), isInvalidated: kind === "02" };
}
