// A planned record as an item of a table: its data's members in DynamoDB's typed JSON, under the key that the plan gives it.

import type { AttributeValue, Item } from "../../kinds/dynamodb/attribute-value.ts";
import type { PlannedRecord } from "../../load/plan/planned-record.ts";
import { isObject } from "../../sim/scenario.ts";

/** `keyName`: the table's partition key, a text. */
export function itemOfRecord({ data, key }: Pick<PlannedRecord, "data" | "key">, keyName: string): Item {
  const members: unknown = JSON.parse(data);
  const item: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(isObject(members) ? members : {})) item[name] = attributeOf(value);
  item[keyName] = { S: key ?? "" };
  return item;
}

function attributeOf(value: unknown): AttributeValue {
  switch (typeof value) {
    case "string":
      return { S: value };
    case "number":
      return { N: String(value) };
    case "boolean":
      return { BOOL: value };
    default:
      break;
  }
  if (Array.isArray(value)) return { L: value.map(attributeOf) };
  if (!isObject(value)) return { NULL: true };
  return { M: Object.fromEntries(Object.entries(value).map(([name, each]) => [name, attributeOf(each)])) };
}
