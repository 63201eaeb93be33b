// An entry id, `<ms>-<counter>`, by which the stores number the records of every family: its bounds, and what lies before one.
//
// I1  Both parts are below 2^64, as Redis has them, so they are no JavaScript numbers.

export const PART_DIGITS = 20;
const GREATEST_PART = "18446744073709551615";

/** Of both parts in PART_DIGITS digits; null where one is out of bounds. */
export function entryIdFromParts(ms: string, counter: string): string | null {
  return ms > GREATEST_PART || counter > GREATEST_PART ? null : `${withoutZeros(ms)}-${withoutZeros(counter)}`;
}

/** The greatest entry id before this one; that of the beginning is its own. */
export function entryIdBefore(entryId: string): string {
  const [ms = "0", counter = "0"] = entryId.split("-");
  if (counter !== "0") return `${ms}-${BigInt(counter) - 1n}`;
  return ms === "0" ? "0-0" : `${BigInt(ms) - 1n}-${GREATEST_PART}`;
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+(?=\d)/, "");
}
