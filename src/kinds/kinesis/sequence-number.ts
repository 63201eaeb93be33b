// A Kinesis sequence number and the entry id it stands for. Nothing else in the house knows how the digits are laid out.
//
// N1  42 digits: `49`, the entry's millisecond in 20 digits, its counter in 20 digits; so the text sorts as the entries do.
// N2  Both parts are below 2^64, as Redis has them, and both conversions are exact.

const PREFIX = "49";
const PART_DIGITS = 20;
const GREATEST_PART = "18446744073709551615";
const zeros = "0".repeat(PART_DIGITS);

/** `entryId` is `<ms>-<counter>` in decimal without leading zeros. */
export function sequenceNumberFromEntryId(entryId: string): string {
  const dash = entryId.indexOf("-");
  return (
    PREFIX +
    zeros.slice(dash) +
    entryId.slice(0, dash) +
    zeros.slice(entryId.length - dash - 1) +
    entryId.slice(dash + 1)
  );
}

/** Null where the text is no sequence number of ours. */
export function entryIdFromSequenceNumber(sequenceNumber: string): string | null {
  if (!/^49\d{40}$/.test(sequenceNumber)) return null;
  const ms = sequenceNumber.slice(2, 22);
  const counter = sequenceNumber.slice(22);
  if (ms > GREATEST_PART || counter > GREATEST_PART) return null;
  return `${withoutZeros(ms)}-${withoutZeros(counter)}`;
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
