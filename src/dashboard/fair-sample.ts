// A sample of rows that is fair to mappings: each has a share of the room, and what one does not need goes to the others. Pure.

export interface Sampled<Row> {
  /** In the order in which they came. */
  readonly chosen: ReadonlySet<Row>;
  /** How many rows stand behind each one that was chosen, failed ones beside it not counted. */
  readonly every: number;
}

interface SampledRow {
  readonly mapping: string;
}

/**
 * Where there are more than `most` rows: of each mapping every so many-th, and beside them as many that failed, the newest ones. With more
 * mappings than `most`, those come first that `isFirst` names, then those with the fewest rows.
 */
export function fairSample<Row extends SampledRow>(
  rows: readonly Row[],
  most: number,
  hasFailed: (row: Row) => boolean,
  isFirst: (mapping: string) => boolean = () => false,
): Sampled<Row> {
  if (rows.length <= most) return { chosen: new Set(rows), every: 1 };
  const sampled = new Set(shared(rows, most, isFirst, everyNth));
  const failed = new Set(shared(rows.filter(hasFailed), most, isFirst, (own, share) => own.slice(-share)));
  const chosen = new Set(rows.filter((row) => sampled.has(row) || failed.has(row)));
  return { chosen, every: Math.ceil(rows.length / sampled.size) };
}

/** Those with few rows are served first, so that what they leave is shared by the others. */
function shared<Row extends SampledRow>(
  rows: readonly Row[],
  most: number,
  isFirst: (mapping: string) => boolean,
  pick: (own: readonly Row[], share: number) => readonly Row[],
): readonly Row[] {
  const groups = [...Map.groupBy(rows, ({ mapping }) => mapping)].sort(
    ([one, ownOfOne], [other, ownOfOther]) =>
      Number(isFirst(other)) - Number(isFirst(one)) || ownOfOne.length - ownOfOther.length,
  );
  const picked: Row[] = [];
  for (const [index, [, own]] of groups.entries()) {
    const share = Math.ceil((most - picked.length) / (groups.length - index));
    if (share > 0) picked.push(...pick(own, share));
  }
  return picked;
}

function everyNth<Row>(own: readonly Row[], share: number): readonly Row[] {
  const every = Math.ceil(own.length / share);
  return own.filter((_row, index) => index % every === 0);
}
