// A change of an item as its stream keeps it: one JSON text, of which the event's record is made by splicing alone
// (change-record.ts). Whoever writes a table makes the text here; it is also what any client may put into a stream in Redis.
//
// T1  Members in this order and no white space: eventID, eventName, dynamodb (Keys, NewImage, OldImage, SizeBytes, StreamViewType),
//     then userIdentity where there is one. An image that does not apply is an absent key (D-2).

import type { ViewType } from "../../ports/item-tables.ts";
import { type Item, itemSizeBytes } from "./attribute-value.ts";

export type ChangeName = "INSERT" | "MODIFY" | "REMOVE";
export const viewTypes = [
  "KEYS_ONLY",
  "NEW_IMAGE",
  "OLD_IMAGE",
  "NEW_AND_OLD_IMAGES",
] as const satisfies readonly ViewType[];

export interface Change {
  /** 32 lower-case hexadecimal digits. */
  readonly eventId: string;
  readonly eventName: ChangeName;
  /** The item's key attributes. */
  readonly keys: Item;
  /** The item after the write, null for REMOVE; it is shown or left out by the view type. */
  readonly newImage: Item | null;
  /** The item before the write, null for INSERT; it is shown or left out by the view type. */
  readonly oldImage: Item | null;
  readonly viewType: ViewType;
  /** Deleted because its time was over (D-6); default false. */
  readonly isByTimeToLive?: boolean;
}

export function changeText(change: Change): string {
  const { keys, viewType } = change;
  const newImage = viewType === "NEW_IMAGE" || viewType === "NEW_AND_OLD_IMAGES" ? change.newImage : null;
  const oldImage = viewType === "OLD_IMAGE" || viewType === "NEW_AND_OLD_IMAGES" ? change.oldImage : null;
  const sizeBytes = [keys, newImage, oldImage].reduce(
    (sum, item) => sum + (item === null ? 0 : itemSizeBytes(item)),
    0,
  );
  return JSON.stringify({
    eventID: change.eventId,
    eventName: change.eventName,
    dynamodb: {
      Keys: keys,
      ...(newImage === null ? {} : { NewImage: newImage }),
      ...(oldImage === null ? {} : { OldImage: oldImage }),
      SizeBytes: sizeBytes,
      StreamViewType: viewType,
    },
    ...(change.isByTimeToLive === true ? { userIdentity: timeToLiveIdentity } : {}),
  });
}

/** D-6. */
const timeToLiveIdentity = { type: "Service", principalId: "dynamodb.amazonaws.com" };

/** The partition key of a change's record: the keys' typed JSON, by name, so that an item's changes have one lane (E-62). */
export function laneKeyOfItem(keys: Item): string {
  return JSON.stringify(Object.fromEntries(Object.entries(keys).sort(([one], [other]) => (one < other ? -1 : 1))));
}
