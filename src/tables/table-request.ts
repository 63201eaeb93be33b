// A call's request before the engine sees it: JSON read, ARNs turned into names, and which tables it is about.

import type { Item } from "../kinds/dynamodb/attribute-value.ts";
import type { Members } from "./dynalite-engine.ts";
import { invalid, refusal } from "./table-refusal.ts";

/** Throws a TableRefusal where it is no JSON object. */
export function requestFrom(body: Uint8Array): Members {
  let value: unknown;
  let hasPrototype = false;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    value = JSON.parse(text);
    // The engine would lose a member of this name: what JavaScript makes of it is no member.
    if (text.includes('"__proto__"')) {
      JSON.parse(text, (name, each: unknown) => {
        hasPrototype ||= name === "__proto__";
        return each;
      });
    }
  } catch {
    throw refusal("SerializationException", "The body is no JSON that can be read.");
  }
  if (hasPrototype) throw invalid("Millrace has no attribute, table or placeholder that is called __proto__");
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw refusal("SerializationException", "The body is no JSON object.");
}

/** A table may be named by its ARN everywhere; `prefix` is what stands before the name in ours. */
export function namesForArns(request: Members, prefix: string): Members {
  const nameOf = (value: unknown): unknown =>
    typeof value === "string" && value.startsWith(prefix) ? value.slice(prefix.length) : value;
  const named = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null || !("TableName" in value)) return value;
    return { ...value, TableName: nameOf(value.TableName) };
  };
  const { RequestItems: items, TransactItems: parts, ...rest } = { ...Object(named(request)) } as Members;
  return {
    ...rest,
    ...(items === undefined ? {} : { RequestItems: isMembers(items) ? renamed(items, nameOf) : items }),
    ...(parts === undefined
      ? {}
      : {
          TransactItems: Array.isArray(parts)
            ? parts.map((part: unknown) =>
                isMembers(part)
                  ? Object.fromEntries(Object.entries(part).map(([kind, value]) => [kind, named(value)]))
                  : part,
              )
            : parts,
        }),
  };
}

const isMembers = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function renamed(items: Members, nameOf: (name: unknown) => unknown): Members {
  const entries = Object.entries(items).map(([name, value]) => [String(nameOf(name)), value] as const);
  if (new Set(entries.map(([name]) => name)).size < entries.length) {
    throw invalid("RequestItems names a table twice, by its name and by its ARN");
  }
  return Object.fromEntries(entries);
}

export function tablesOf(request: Members): readonly string[] {
  const { TableName: name, RequestItems: items } = request;
  if (typeof name === "string") return [name];
  return isMembers(items) ? Object.keys(items) : [];
}

export function tablesOfTransaction(request: Members): readonly string[] {
  const parts: readonly unknown[] = Array.isArray(request["TransactItems"]) ? request["TransactItems"] : [];
  const names = parts.flatMap((part) =>
    Object.values({ ...Object(part) } as Members).map((each): unknown => Reflect.get(Object(each), "TableName")),
  );
  return [...new Set(names.filter((name) => typeof name === "string"))];
}

/** Items that a BatchWriteItem puts, each with its table's name; the engine has checked its form. */
export function putItemsOf(request: Members): readonly { readonly tableName: string; readonly item: Item }[] {
  const items = request["RequestItems"];
  return Object.entries(isMembers(items) ? items : {}).flatMap(([tableName, list]) =>
    (Array.isArray(list) ? list : []).flatMap((each) => {
      const item: unknown = Reflect.get(Object(Reflect.get(Object(each), "PutRequest")), "Item");
      return isMembers(item) ? [{ tableName, item: item as Item }] : [];
    }),
  );
}
