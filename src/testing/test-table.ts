// A table of an app under test: items in memory, whose writes become change records on its stream, with keys and images as its view type
// shows them. It knows no expressions and no conditions: a test writes whole items, or members of one.

import { createItemChanges } from "../tables/item-changes.ts";
import type { AttributeValue, Item } from "../kinds/dynamodb/attribute-value.ts";
import { changeText, laneKeyOfItem } from "../kinds/dynamodb/change-text.ts";
import type { ViewType } from "../ports/item-tables.ts";
import { MillraceError } from "../errors.ts";

/** A JavaScript value: text, number, boolean, null, bytes, a list, a set of texts or numbers, or an object of such values. */
export type PlainValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | readonly PlainValue[]
  | ReadonlySet<string>
  | ReadonlySet<number>
  | { readonly [name: string]: PlainValue };

export type PlainItem = { readonly [name: string]: PlainValue };

export interface TestTable {
  readonly tableArn: string;
  /** EventSourceArn of a mapping on it. */
  readonly streamArn: string;
  /** Writes the whole item: INSERT, MODIFY, or no record where nothing changes (D-7). */
  put(item: PlainItem): void;
  /** Sets members of the item with these keys, which is made where it is not there. */
  update(item: PlainItem): void;
  /** REMOVE, or no record where there was none. */
  delete(key: PlainItem): void;
  /** In typed form; null: there is none. */
  get(key: PlainItem): Item | null;
}

export function createTestTable(options: {
  readonly name: string;
  readonly keyNames: readonly string[];
  readonly viewType: ViewType;
  readonly tableArn: string;
  readonly streamArn: string;
  readonly put: (record: { readonly key: string; readonly data: string }) => void;
}): TestTable {
  const { keyNames, viewType } = options;
  const items = createItemChanges();
  let changeCount = 0;

  function keysOf(item: Item): Item {
    const missing = keyNames.find((name) => item[name] === undefined);
    if (missing !== undefined)
      throw new MillraceError("bad-argument", `an item of the table ${options.name} has no key \`${missing}\``, {
        help: `its keys are ${keyNames.join(" and ")}`,
      });
    return Object.fromEntries(keyNames.map((name) => [name, item[name] ?? {}]));
  }

  function write(keys: Item, newImage: Item | null): void {
    const change = items.write(keys, newImage);
    if (change === null) return;
    changeCount += 1;
    const eventId = changeCount.toString(16).padStart(32, "0");
    options.put({ key: laneKeyOfItem(keys), data: changeText({ eventId, ...change, viewType }) });
  }

  return {
    tableArn: options.tableArn,
    streamArn: options.streamArn,
    put(item) {
      const typed = itemOf(item);
      write(keysOf(typed), typed);
    },
    update(item) {
      const typed = itemOf(item);
      const keys = keysOf(typed);
      write(keys, { ...items.get(keys), ...typed });
    },
    delete(key) {
      write(keysOf(itemOf(key)), null);
    },
    get: (key) => items.get(keysOf(itemOf(key))),
  };
}

const itemOf = (plain: PlainItem): Item =>
  Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, typedValue(value)]));

/** DynamoDB's typed form (D-5). */
function typedValue(value: PlainValue): AttributeValue {
  if (value === null) return { NULL: true };
  if (typeof value === "string") return { S: value };
  if (typeof value === "boolean") return { BOOL: value };
  if (typeof value === "number" || typeof value === "bigint") return { N: String(value) };
  if (value instanceof Uint8Array) return { B: Buffer.from(value).toString("base64") };
  if (value instanceof Set) return typedSet([...value]);
  if (Array.isArray(value)) return { L: value.map(typedValue) };
  return { M: Object.fromEntries(Object.entries(value).map(([name, each]) => [name, typedValue(each)])) };
}

const typedSet = (members: readonly unknown[]): AttributeValue =>
  members.every((each) => typeof each === "number") ? { NS: members.map(String) } : { SS: members.map(String) };
