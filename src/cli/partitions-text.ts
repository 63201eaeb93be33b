// Which records of a topic a batch has, by partition and offset.

import type { BatchPartition } from "../ports/journal.ts";
import { shownNumber } from "./shown-forms.ts";

/** Of a batch with more, the first ones are told. */
const MOST_TOLD = 3;

/** `orders-0 15-17, orders-1 3`: offsets are written as they are, since people look for them. `through` stands between two of them. */
export function partitionsText(
  partitions: readonly BatchPartition[],
  { most = MOST_TOLD, through = "-" }: { readonly most?: number; readonly through?: string } = {},
): string {
  const told = partitions
    .slice(0, most)
    .map(({ unit, first, last }) => `${unit} ${first === last ? first : `${first}${through}${last}`}`);
  const left = partitions.length - told.length;
  return left === 0
    ? told.join(", ")
    : `${told.join(", ")} and ${shownNumber(left)} more partition${left === 1 ? "" : "s"}`;
}
