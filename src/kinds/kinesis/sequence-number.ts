// A Kinesis sequence number and the entry id it stands for. Nothing else in the house knows how the digits are laid out.
//
// N1  42 digits: `49`, the entry's millisecond in 20 digits, its counter in 20 digits; so the text sorts as the entries do.
// N2  Both conversions are exact.

import { entryIdFromParts, PART_DIGITS } from "../entry-id.ts";

const PREFIX = "49";
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
  return entryIdFromParts(sequenceNumber.slice(2, 22), sequenceNumber.slice(22));
}
