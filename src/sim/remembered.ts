// What follows from a few values that come again and again, such as partition keys, is worked out once for each of them.

/** How many are kept; past it all of them are worked out anew. */
const MOST_KEPT = 10_000;

export function remembered<K, V>(make: (key: K) => V): (key: K) => V {
  const kept = new Map<K, V>();
  return (key) => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    if (kept.size >= MOST_KEPT) kept.clear();
    const made = make(key);
    kept.set(key, made);
    return made;
  };
}
