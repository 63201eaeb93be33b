// Items of one table in memory, and the change that each write makes: for tables of simulated worlds, which know no expressions and no
// conditions.
//
// IC1  A write that leaves an item as it was makes no change (D-7), and neither does deleting what is not there.

import type { Item } from "../kinds/dynamodb/attribute-value.ts";
import { type Change, laneKeyOfItem } from "../kinds/dynamodb/change-text.ts";
import { isSameItem } from "./typed-item.ts";

export type ItemChange = Pick<Change, "eventName" | "keys" | "newImage" | "oldImage">;

export interface ItemChanges {
  /** The item as it stands; null: there is none. */
  get(keys: Item): Item | null;
  /** The item with these keys becomes `newImage`, or is deleted where that is null. Null: nothing changes. */
  write(keys: Item, newImage: Item | null): ItemChange | null;
}

export function createItemChanges(): ItemChanges {
  const items = new Map<string, Item>();
  return {
    get: (keys) => items.get(laneKeyOfItem(keys)) ?? null,
    write(keys, newImage) {
      const key = laneKeyOfItem(keys);
      const oldImage = items.get(key) ?? null;
      if (newImage === null) {
        items.delete(key);
        return oldImage === null ? null : { eventName: "REMOVE", keys, newImage, oldImage };
      }
      items.set(key, newImage);
      if (oldImage === null) return { eventName: "INSERT", keys, newImage, oldImage };
      return isSameItem(oldImage, newImage) ? null : { eventName: "MODIFY", keys, newImage, oldImage };
    },
  };
}
