// What a scenario's records do to its table: the change that each write makes, by the items that were written before it, or as the record
// itself tells it. The simulated world puts it on the table's stream; over a real server it names what is delivered.

import type { Item } from "../kinds/dynamodb/attribute-value.ts";
import { DEFAULT_KEY, type JsonObject, type ScenarioRecord } from "../sim/scenario.ts";
import { createItemChanges, type ItemChange } from "../tables/item-changes.ts";

/** `key`: the name of its partition key. Answers the change of each record as it is written; null: it makes none (D-7). */
export function createScenarioTable(key: string = DEFAULT_KEY): (record: ScenarioRecord) => ItemChange | null {
  const items = createItemChanges();
  return ({ op = "put", item = {}, change }) => {
    if (change !== undefined) {
      const told = change === null ? null : toldChange(change);
      if (told !== null) items.write(told.keys, told.eventName === "REMOVE" ? null : (told.newImage ?? item));
      else if (item[key] !== undefined) items.write(keysOf(item, key), item);
      return told;
    }
    const keys = keysOf(item, key);
    switch (op) {
      case "put":
        return items.write(keys, item);
      case "update":
        return items.write(keys, { ...items.get(keys), ...item });
      case "delete":
        return items.write(keys, null);
    }
  };
}

/** The call that a record is over the API. */
export function writeCall(
  { op = "put", item = {} }: ScenarioRecord,
  TableName: string,
  key: string = DEFAULT_KEY,
): { readonly operation: string; readonly body: JsonObject } {
  const { [key]: value, ...others } = item;
  const Key = { [key]: value };
  if (op === "put") return { operation: "PutItem", body: { TableName, Item: item } };
  if (op === "delete") return { operation: "DeleteItem", body: { TableName, Key } };
  const names = Object.keys(others);
  if (names.length === 0) return { operation: "UpdateItem", body: { TableName, Key } };
  const numbered = <T>(sign: string, of: (name: string) => T): Readonly<Record<string, T>> =>
    Object.fromEntries(names.map((name, index) => [`${sign}m${index}`, of(name)]));
  return {
    operation: "UpdateItem",
    body: {
      TableName,
      Key,
      UpdateExpression: `SET ${names.map((_, index) => `#m${index} = :m${index}`).join(", ")}`,
      ExpressionAttributeNames: numbered("#", (name) => name),
      ExpressionAttributeValues: numbered(":", (name) => others[name]),
    },
  };
}

function toldChange(change: NonNullable<ScenarioRecord["change"]>): ItemChange {
  const { eventName, Keys: keys, NewImage: newImage = null, OldImage: oldImage = null } = change;
  return { eventName, keys, newImage, oldImage };
}

const keysOf = (item: Item, key: string): Item => ({ [key]: item[key] ?? {} });
