// Which name may have been meant: the nearest by letters to change, add, swap or leave out, or one that begins with what was written.
// Of a setting, a stream, a handler: whatever a person has to spell.

const LETTERS_PER_SLIP = 4;

export function likelyName(written: string, names: readonly string[]): string | null {
  const wanted = written.toLowerCase();
  const most = Math.max(1, Math.ceil(wanted.length / LETTERS_PER_SLIP));
  let best: string | null = null;
  let bestDistance = most + 1;
  for (const name of names) {
    const distance = distanceOf(wanted, name.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  if (best !== null || wanted.length < 3) return best;
  const longer = names.filter((name) => name.toLowerCase().startsWith(wanted) || wanted.startsWith(name.toLowerCase()));
  const [only] = longer;
  return longer.length === 1 && only !== undefined ? only : null;
}

/** Two letters that changed places are one slip, as `prot` for `port`. */
function distanceOf(a: string, b: string): number {
  let before: readonly number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwap ? (before[j - 2] ?? Infinity) + 1 : Infinity;
      next.push(Math.min(change, swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
