// How a person names a record: its whole sequence number, the `…018407` or `...018407-2` that lines and views show, or another unique
// part of it. The journal names ranges, so a pattern can also say whether a range may hold such a record.

import { PART_DIGITS } from "../../kinds/entry-id.ts";
import { entryIdFromPosition, positionFromEntryId } from "../../kinds/stream-family.ts";
import type { Position } from "../../ports/source.ts";

export interface PositionPattern {
  /** The position itself, where it was given whole. */
  readonly exact: Position | null;
  matches(position: Position): boolean;
  /** Whether a record of this name may lie from `first` to `last`, both included. */
  mayLieWithin(first: Position, last: Position): boolean;
}

/** Fewer digits name too much. */
const LEAST_DIGITS = 4;
/** Milliseconds have fewer, whenever a record came; more digits are a part of the whole number. */
const MOST_MS_DIGITS = 15;
/** How positions of Kinesis streams and those of tables' streams begin, and where the counter is in each. */
const families = (["kinesis", "dynamodb"] as const).map((family) => {
  const first = positionFromEntryId(family, "0-0");
  return { prefix: first.replace(/0+$/, ""), counterAt: first.length - PART_DIGITS, digits: first.length };
});

/** Null: the text is no part of a position. */
export function positionPattern(text: string): PositionPattern | null {
  const bare = text.replace(/^(?:\.\.\.|…)/, "");
  const [, digits, counter] = /^(\d+)(?:-(\d+))?$/.exec(bare) ?? [];
  if (digits === undefined || digits.length < LEAST_DIGITS) return null;
  if (counter === undefined && entryIdFromPosition(digits) !== null) return exactly(digits);
  return byShownDigits(digits, counter === undefined ? null : Number(counter));
}

function exactly(wanted: Position): PositionPattern {
  return {
    exact: wanted,
    matches: (position) => position === wanted,
    mayLieWithin: (first, last) => first <= wanted && wanted <= last,
  };
}

/** The last digits of the millisecond, or the whole of it, and its counter where that is given. */
function byShownDigits(digits: string, counter: number | null): PositionPattern {
  const modulus = 10 ** digits.length;
  const wanted = Number(digits);
  return {
    exact: null,
    matches(position) {
      const place = placeOf(position);
      // Positions of other kinds of source are matched by their end.
      if (place === null) return counter === null && position.endsWith(digits);
      if (place.ms % modulus === wanted && (counter === null || counter === place.counter)) return true;
      return counter === null && digits.length > MOST_MS_DIGITS && position.includes(digits);
    },
    mayLieWithin(first, last) {
      const from = placeOf(first);
      const to = placeOf(last);
      if (from === null || to === null) return false;
      let ms = from.ms - (from.ms % modulus) + wanted;
      if (ms < from.ms) ms += modulus;
      for (; ms <= to.ms; ms += modulus) {
        const isBefore = ms === from.ms && counter !== null && counter < from.counter;
        const isBehind = ms === to.ms && counter !== null && counter > to.counter;
        if (!isBefore && !isBehind) return true;
      }
      return false;
    },
  };
}

/** Asked of every batch of a journal: numbers, which milliseconds and counters of people's records fit, and no check of all digits. */
function placeOf(position: Position): { readonly ms: number; readonly counter: number } | null {
  const family = families.find(({ prefix, digits }) => position.length === digits && position.startsWith(prefix));
  if (family === undefined) return null;
  const { prefix, counterAt } = family;
  return { ms: Number(position.slice(prefix.length, counterAt)), counter: Number(position.slice(counterAt)) };
}

/** A record's arrival as its position tells it, epoch ms; null where it does not. */
export function arrivalOf(position: Position): number | null {
  const place = placeOf(position);
  return place === null ? null : place.ms;
}
