// What DynamoDB refuses of an item as it would be stored, and the engine lets pass: it judges what a request says, not what an
// expression makes of it, and knows no depth. Pure.

import { type AttributeValue, type Item, itemSizeBytes } from "../kinds/dynamodb/attribute-value.ts";
import { invalid } from "./table-refusal.ts";

const MOST_ITEM_BYTES = 409_600;
/** Lists and maps around a value. */
const MOST_LEVELS = 32;
const MOST_DIGITS = 38;
/** Powers of ten of a number's first digit. */
const LARGEST_POWER = 125;
const SMALLEST_POWER = -130;
const MOST_KEY_BYTES = { HASH: 2_048, RANGE: 1_024 };

export interface KeySchema {
  readonly KeySchema?: readonly { readonly AttributeName: string; readonly KeyType: string }[];
  readonly IndexName?: string;
}

/** A table as the engine describes it. */
interface IndexedTable {
  readonly LocalSecondaryIndexes?: readonly KeySchema[];
  readonly GlobalSecondaryIndexes?: readonly KeySchema[];
}

/** The engine counts characters; DynamoDB counts bytes. Throws a TableRefusal. */
export function refuseSize(item: Item): void {
  if (itemSizeBytes(item) > MOST_ITEM_BYTES) throw invalid("Item size has exceeded the maximum allowed size");
}

/** Throws a TableRefusal for the first value that DynamoDB would not store. */
export function refuseValues(item: Item, table: IndexedTable): void {
  for (const value of Object.values(item)) refuseValue(value, 0);
  for (const index of [...(table.LocalSecondaryIndexes ?? []), ...(table.GlobalSecondaryIndexes ?? [])])
    for (const { AttributeName: name, KeyType: type } of index.KeySchema ?? [])
      refuseIndexKey(item[name], { name, type, index: index.IndexName ?? "" });
}

function refuseValue(value: AttributeValue, level: number): void {
  const [type = ""] = Object.keys(value);
  const held = value[type];
  if (type === "N") return refuseNumber(held);
  if (type === "NS") return listOf(held).forEach(refuseNumber);
  if (type !== "L" && type !== "M") return;
  if (level >= MOST_LEVELS) {
    throw invalid(
      "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit",
    );
  }
  const members = type === "L" ? listOf(held) : Object.values({ ...Object(held) });
  for (const member of members) refuseValue({ ...Object(member) }, level + 1);
}

/** A sum of two numbers may be one that neither of them could have been. */
function refuseNumber(text: unknown): void {
  const [, whole = "", part = "", power = "0"] = /^-?(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(String(text)) ?? [];
  const digits = `${whole}${part}`;
  const first = digits.search(/[1-9]/);
  if (first < 0) return;
  if (digits.slice(first).replace(/0+$/, "").length > MOST_DIGITS)
    throw invalid(`Attempting to store more than ${MOST_DIGITS} significant digits in a Number`);
  const firstPower = whole.length - 1 - first + Number(power);
  if (firstPower > LARGEST_POWER)
    throw invalid("Number overflow. Attempting to store a number with magnitude larger than supported range");
  if (firstPower < SMALLEST_POWER)
    throw invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range");
}

function refuseIndexKey(
  value: AttributeValue | undefined,
  { name, type, index }: { readonly name: string; readonly type: string; readonly index: string },
): void {
  const held = value?.["S"] ?? value?.["B"];
  if (typeof held !== "string") return;
  if (held === "") {
    throw invalid(
      "One or more parameter values are not valid. A value specified for a secondary index key is not supported. " +
        `The AttributeValue for a key attribute cannot contain an empty ${value?.["S"] === "" ? "string" : "binary"} value. ` +
        `IndexName: ${index}, IndexKey: ${name}`,
    );
  }
  const most = type === "HASH" ? MOST_KEY_BYTES.HASH : MOST_KEY_BYTES.RANGE;
  if (Buffer.byteLength(held, value?.["S"] === undefined ? "base64" : "utf8") <= most) return;
  throw invalid(
    type === "HASH"
      ? `One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of${most} bytes`
      : `One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of ${most} bytes`,
  );
}

const listOf = (held: unknown): readonly unknown[] => (Array.isArray(held) ? held : []);
