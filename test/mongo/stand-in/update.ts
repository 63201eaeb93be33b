// A document after an update, and what an update changed, as change events tell it. Offered are replacements and the operators that
// tests use; any other fails the command.

import { Int32, Long } from "mongodb";
import { areIdentical, areSame, copyOf, type Doc, isDoc, keyOf, listAt, numberOf } from "./bson.ts";
import { CommandError, notOffered } from "./command-error.ts";

export interface UpdateDescription {
  readonly updatedFields: Doc;
  readonly removedFields: readonly string[];
  readonly truncatedArrays: readonly [];
}

export function isReplacement(update: Doc): boolean {
  return !Object.keys(update).some((name) => name.startsWith("$"));
}

/** `touched`: paths of what is written, each up to the first part that was not there before. */
export interface Updated {
  readonly document: Doc;
  readonly touched: readonly string[];
}

export function updated(before: Doc, update: Doc, isNew: boolean): Updated {
  const document = isReplacement(update) ? { _id: before["_id"], ...update } : copyOf(before);
  const touched = new Set<string>();
  for (const [operator, fields] of isReplacement(update) ? [] : Object.entries(update)) {
    if (!isDoc(fields)) throw new CommandError(9, `Modifiers operate on fields, ${operator} got none`);
    for (const [path, operand] of Object.entries(fields)) {
      for (const each of applyOperator(document, operator, path.split("."), operand, isNew)) touched.add(each);
    }
  }
  if (!areSame(before["_id"], document["_id"])) throw new CommandError(66, "the (immutable) field '_id' was altered");
  return { document, touched: [...touched] };
}

/** The paths that it has written. */
function applyOperator(
  document: Record<string, unknown>,
  operator: string,
  path: readonly string[],
  operand: unknown,
  isNew: boolean,
): readonly string[] {
  if (operator === "$setOnInsert" && !isNew) return [];
  if (operator === "$unset" && valueAt(document, path) === undefined) return [];
  const known = path.findIndex((_name, index) => valueAt(document, path.slice(0, index + 1)) === undefined);
  const written = path.slice(0, known === -1 ? path.length : known + 1).join(".");
  const { holder, name } = holderOf(document, path);
  switch (operator) {
    case "$set":
    case "$setOnInsert":
      holder[name] = operand;
      return [written];
    case "$unset":
      delete holder[name];
      return [written];
    case "$inc":
      holder[name] = sumOf(holder[name], operand);
      return [written];
    case "$push": {
      const before = holder[name];
      const added = isDoc(operand) && "$each" in operand ? listAt(operand, "$each") : [operand];
      holder[name] = [...listAt(holder, name), ...added];
      return Array.isArray(before) ? added.map((_each, index) => `${written}.${before.length + index}`) : [written];
    }
    default:
      throw notOffered(`the update operator ${operator}`);
  }
}

/** Where the path ends; documents on the way are made as they are missing. */
function holderOf(document: Record<string, unknown>, path: readonly string[]) {
  let holder = document;
  for (const name of path.slice(0, -1)) {
    const found = holder[name];
    const next: unknown = Array.isArray(found) ? [...found] : isDoc(found) ? { ...found } : {};
    holder[name] = next;
    if (!isHolder(next)) throw new CommandError(28, `Cannot create field in element {${name}}`);
    holder = next;
  }
  return { holder, name: path.at(-1) ?? "" };
}

/** Elements of an array go by their index as members do by their name. */
function isHolder(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function sumOf(before: unknown, step: unknown): unknown {
  if (before === undefined) return step;
  if (before instanceof Long || step instanceof Long) {
    return Long.fromString(keyOf(before).replace("number ", "")).add(
      Long.fromString(keyOf(step).replace("number ", "")),
    );
  }
  const sum = (numberOf(before) ?? 0) + (numberOf(step) ?? 0);
  return before instanceof Int32 && step instanceof Int32 ? new Int32(sum) : sum;
}

/** Null: nothing changed. As a server logs what operators do: a value that is set is told whole, and at its own path. */
export function descriptionOf(before: Doc, { document, touched }: Updated): UpdateDescription | null {
  const updatedFields: Record<string, unknown> = {};
  const removedFields: string[] = [];
  for (const path of touched) {
    const [from, to] = [before, document].map((each) => valueAt(each, path.split(".")));
    if (to === undefined) removedFields.push(path);
    else if (from === undefined || !areIdentical(from, to)) updatedFields[path] = to;
  }
  const isSame = Object.keys(updatedFields).length + removedFields.length === 0;
  // Only updates by a pipeline make arrays shorter without telling them whole.
  return isSame ? null : { updatedFields, removedFields, truncatedArrays: [] };
}

function valueAt(document: Doc, path: readonly string[]): unknown {
  let value: unknown = document;
  for (const name of path) value = isHolder(value) && (isDoc(value) || Array.isArray(value)) ? value[name] : undefined;
  return value;
}
