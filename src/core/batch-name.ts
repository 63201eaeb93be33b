// How a batch is called where people read it: 29; its halves 29.1 and 29.2; the rest after partial progress 29+, and that
// one's rest 29+2, so that a name stays short however often a batch shrinks.

/** The name of a batch. A runtime that counts batches over all lanes of a mapping passes its own number. */
export function batchName(batch: { readonly number: number; readonly path: string }): string {
  return `${batch.number}${batch.path}`;
}

export function halfPath(path: string, half: 1 | 2): string {
  return `${path}.${half}`;
}

export function restPath(path: string): string {
  const trailing = /\+(\d*)$/.exec(path);
  if (trailing === null) return `${path}+`;
  const count = trailing[1] === "" ? 1 : Number(trailing[1]);
  return `${path.slice(0, trailing.index)}+${count + 1}`;
}
