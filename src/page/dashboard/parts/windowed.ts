// Which rows of a long table are in the page: those that are seen and some around them; the others are room. Pure.

export interface Shown {
  readonly from: number;
  /** Not itself. */
  readonly to: number;
  /** CSS pixels of room above and below. */
  readonly above: number;
  readonly below: number;
}

/** Rows beyond what is seen, so that a key can walk on. */
const AROUND = 12;

/** Short tables are in the page whole. */
const FEW = 60;

/** `top`: how far the table has been scrolled, CSS pixels; `height`: how much of it is seen. */
export function shownRows(count: number, rowHeight: number, top: number, height: number): Shown {
  if (count <= FEW) return { from: 0, to: count, above: 0, below: 0 };
  const first = Math.min(Math.floor(Math.max(0, top) / rowHeight), count - 1);
  const from = Math.max(0, first - AROUND);
  const to = Math.min(count, Math.ceil((Math.max(0, top) + height) / rowHeight) + AROUND);
  return { from, to, above: from * rowHeight, below: (count - to) * rowHeight };
}
