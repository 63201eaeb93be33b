// Pages of lists whose items have keys: the marker is the last key shown, wrapped so that nobody builds on it.

import { LATEST } from "../../ports/functions.ts";

export interface Page<T> {
  readonly items: readonly T[];
  /** Null on the last page. */
  readonly nextMarker: string | null;
}

const MARKER_HEAD = "after:";

/**
 * `items` in ascending order of key: a page begins behind the marker's key, also when its item has gone since. A marker that we did
 * not make begins nowhere: an empty page.
 */
export function pageOfItems<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  asked: { readonly marker: string | undefined; readonly maxItems: number | undefined; readonly most: number },
): Page<T> {
  const after = asked.marker === undefined ? "" : keyOfMarker(asked.marker);
  if (after === null) return { items: [], nextMarker: null };
  const left = items.filter((item) => keyOf(item) > after);
  const page = left.slice(0, Math.min(asked.maxItems ?? asked.most, asked.most));
  const last = page.at(-1);
  const isLast = last === undefined || page.length === left.length;
  return { items: page, nextMarker: isLast ? null : markerOf(keyOf(last)) };
}

const MOST_DIGITS = 12;

/** The key of a version among those of one thing: `$LATEST`, then by number. */
export const versionKey = (version: string): string =>
  version === LATEST ? version : version.padStart(MOST_DIGITS, "0");

/** The same, the newest first. */
export const newestFirstKey = (version: number): string => versionKey(String(10 ** MOST_DIGITS - 1 - version));

const markerOf = (key: string): string => Buffer.from(`${MARKER_HEAD}${key}`).toString("base64");

function keyOfMarker(marker: string): string | null {
  const text = Buffer.from(marker, "base64").toString();
  return text.startsWith(MARKER_HEAD) ? text.slice(MARKER_HEAD.length) : null;
}
