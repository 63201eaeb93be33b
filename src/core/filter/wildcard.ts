// The wildcard operator (F-53, F-54): literal pieces with stars between them. Matching takes a number of steps proportional to
// the value's length whatever the value holds: the first and last piece are anchored, and each piece between is searched once,
// leftmost first, with a failure table (Knuth, Morris, Pratt), never going back in the value.

/** More stars than this and the pattern counts as too complex: AWS refuses six, where its limit lies is not public (F-54). */
export const MOST_STARS = 5;

interface Piece {
  readonly text: string;
  /** For each length of a matched beginning, the length of its longest proper ending that is a beginning too. */
  readonly failure: readonly number[];
}

export interface Wildcard {
  readonly source: string;
  /** One more than there are stars. */
  readonly pieces: readonly Piece[];
  /** Sum of the pieces' lengths: a value cannot be shorter. */
  readonly leastLength: number;
}

/** Counts comparisons, so that a test can hold matching to its promise. */
export interface StepCount {
  steps: number;
}

/** The compiled wildcard, or what is wrong with it. */
export function parseWildcard(source: string): Wildcard | string {
  const texts: string[] = [];
  let current = "";
  let wasStar = false;
  for (let at = 0; at < source.length; at += 1) {
    const unit = source.charAt(at);
    if (unit === "*") {
      if (wasStar) {
        return "two stars in a row mean no more than one, and are refused";
      }
      texts.push(current);
      current = "";
      wasStar = true;
      continue;
    }
    wasStar = false;
    if (unit !== "\\") {
      current += unit;
      continue;
    }
    const next = source.charAt(at + 1);
    if (next !== "*" && next !== "\\") {
      return "a backslash in a wildcard stands only before a star or another backslash";
    }
    current += next;
    at += 1;
  }
  texts.push(current);
  if (texts.length - 1 > MOST_STARS) {
    return `the wildcard is too complex: ${texts.length - 1} stars, and at most ${MOST_STARS} are taken`;
  }
  const pieces = texts.map((text) => ({ text, failure: failureTable(text) }));
  return { source, pieces, leastLength: texts.reduce((sum, text) => sum + text.length, 0) };
}

export function matchesWildcard(wildcard: Wildcard, value: string, count?: StepCount): boolean {
  const { pieces } = wildcard;
  const first = pieces[0]?.text ?? "";
  if (pieces.length === 1) {
    return value === first;
  }
  const last = pieces[pieces.length - 1]?.text ?? "";
  if (value.length < wildcard.leastLength || !value.startsWith(first) || !value.endsWith(last)) {
    return false;
  }
  const end = value.length - last.length;
  let at = first.length;
  for (let index = 1; index < pieces.length - 1; index += 1) {
    const piece = pieces[index];
    if (piece === undefined) {
      break;
    }
    at = find(piece, value, at, end, count);
    if (at < 0) {
      return false;
    }
  }
  return at <= end;
}

/** Offset behind the leftmost occurrence of the piece in [from, end), or -1. */
function find(piece: Piece, value: string, from: number, end: number, count: StepCount | undefined): number {
  const { text, failure } = piece;
  let matched = 0;
  let steps = 0;
  let at = from;
  while (matched < text.length && at < end) {
    steps += 1;
    if (value.charCodeAt(at) === text.charCodeAt(matched)) {
      at += 1;
      matched += 1;
    } else if (matched > 0) {
      matched = failure[matched] ?? 0;
    } else {
      at += 1;
    }
  }
  if (count !== undefined) {
    count.steps += steps;
  }
  return matched === text.length ? at : -1;
}

function failureTable(text: string): readonly number[] {
  const failure = [0, 0];
  let matched = 0;
  for (let length = 1; length < text.length; length += 1) {
    while (matched > 0 && text.charCodeAt(length) !== text.charCodeAt(matched)) {
      matched = failure[matched] ?? 0;
    }
    if (text.charCodeAt(length) === text.charCodeAt(matched)) {
      matched += 1;
    }
    failure.push(matched);
  }
  return failure;
}
