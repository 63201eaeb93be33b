// The sequence number of a DynamoDB stream's record and the entry id it stands for.
//
// C1  40 digits, as clients check for 21 to 40: 10^19 plus the entry's millisecond in 20 digits, its counter in 20 digits. So the text
//     is `1`, the millisecond in 19 digits and the counter, and it sorts as the entries do.
// C2  Both conversions are exact: from 10^19 ms on the first digit is 2.

import { entryIdFromParts, PART_DIGITS } from "../entry-id.ts";

const zeros = "0".repeat(PART_DIGITS);

/** `entryId` is `<ms>-<counter>` in decimal without leading zeros. */
export function changeNumberFromEntryId(entryId: string): string {
  const dash = entryId.indexOf("-");
  const ms = dash === PART_DIGITS ? `2${entryId.slice(1, dash)}` : `1${zeros.slice(dash + 1)}${entryId.slice(0, dash)}`;
  return ms + zeros.slice(entryId.length - dash - 1) + entryId.slice(dash + 1);
}

/** Null where the text is no sequence number of ours. */
export function entryIdFromChangeNumber(changeNumber: string): string | null {
  if (!/^[12]\d{39}$/.test(changeNumber)) return null;
  const ms = `${changeNumber.startsWith("2") ? "1" : "0"}${changeNumber.slice(1, PART_DIGITS)}`;
  return entryIdFromParts(ms, changeNumber.slice(PART_DIGITS));
}
