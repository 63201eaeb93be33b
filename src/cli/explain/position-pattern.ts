// How a person names a record: its whole sequence number, the `…018407` or `...018407-2` that lines and views show, or another unique
// part of it. The journal names ranges, so a pattern can also say whether a range may hold such a record.

import { entryIdFromSequenceNumber } from "../../kinds/kinesis/sequence-number.ts";
import type { Position } from "../../ports/source.ts";

export interface PositionPattern {
  matches(position: Position): boolean;
  /** Whether a record of this name may lie from `first` to `last`, both included. */
  mayLieWithin(first: Position, last: Position): boolean;
}

/** Fewer digits name too much. */
const LEAST_DIGITS = 4;
const WHOLE_NUMBER_DIGITS = 20;

/** Null: the text is no part of a position. */
export function positionPattern(text: string): PositionPattern | null {
  const bare = text.replace(/^(?:\.\.\.|…)/, "");
  const [, digits, counter] = /^(\d+)(?:-(\d+))?$/.exec(bare) ?? [];
  if (digits === undefined || digits.length < LEAST_DIGITS) return null;
  if (counter === undefined && entryIdFromSequenceNumber(digits) !== null) return exactly(digits);
  return byShownDigits(digits, counter === undefined ? null : BigInt(counter));
}

function exactly(wanted: Position): PositionPattern {
  return {
    matches: (position) => position === wanted,
    mayLieWithin: (first, last) => first <= wanted && wanted <= last,
  };
}

/** The last digits of the millisecond, or the whole of it, and its counter where that is given. */
function byShownDigits(digits: string, counter: bigint | null): PositionPattern {
  const modulus = 10n ** BigInt(digits.length);
  const wanted = BigInt(digits);
  const isMillisecond = (ms: bigint): boolean => ms % modulus === wanted;
  return {
    matches(position) {
      const place = placeOf(position);
      // Positions of other kinds of source are matched by their end.
      if (place === null) return counter === null && position.endsWith(digits);
      if (isMillisecond(place.ms) && (counter === null || counter === place.counter)) return true;
      return counter === null && digits.length > WHOLE_NUMBER_DIGITS && position.includes(digits);
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

function placeOf(position: Position): { readonly ms: bigint; readonly counter: bigint } | null {
  const [ms, counter] = entryIdFromSequenceNumber(position)?.split("-") ?? [];
  return ms === undefined || counter === undefined ? null : { ms: BigInt(ms), counter: BigInt(counter) };
}

/** A record's arrival as its position tells it, epoch ms; null where it does not. */
export function arrivalOf(position: Position): number | null {
  const place = placeOf(position);
  return place === null ? null : Number(place.ms);
}
