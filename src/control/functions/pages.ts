// Pages of lists whose items have keys: the marker is the last key shown, wrapped so that nobody builds on it.

export interface Page<T> {
  readonly items: readonly T[];
  /** Null on the last page. */
  readonly nextMarker: string | null;
}

/** `items` in order of key. A marker that we did not make begins nowhere: an empty page. */
export function pageOfItems<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  asked: { readonly marker: string | undefined; readonly maxItems: number | undefined; readonly most: number },
): Page<T> {
  const from =
    asked.marker === undefined ? 0 : items.findIndex((item) => keyOf(item) === unwrapped(asked.marker ?? "")) + 1;
  if (asked.marker !== undefined && from === 0) return { items: [], nextMarker: null };
  const count = Math.min(asked.maxItems ?? asked.most, asked.most);
  const page = items.slice(from, from + count);
  const last = page.at(-1);
  const isLast = last === undefined || from + count >= items.length;
  return { items: page, nextMarker: isLast ? null : Buffer.from(keyOf(last)).toString("base64") };
}

const unwrapped = (marker: string): string => Buffer.from(marker, "base64").toString();
