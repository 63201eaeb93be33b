// A document after an update, and what an update changed, as change events tell it. Offered are replacements and the operators that
// tests use; any other fails the command.

import { Int32, Long } from "mongodb";
import { areSame, copyOf, type Doc, isDoc, keyOf, listAt, numberOf } from "./bson.ts";
import { CommandError, notOffered } from "./command-error.ts";

export interface UpdateDescription {
  readonly updatedFields: Doc;
  readonly removedFields: readonly string[];
  readonly truncatedArrays: readonly { readonly field: string; readonly newSize: Int32 }[];
}

export function isReplacement(update: Doc): boolean {
  return !Object.keys(update).some((name) => name.startsWith("$"));
}

export function updated(before: Doc, update: Doc, isNew: boolean): Doc {
  const after = isReplacement(update) ? { _id: before["_id"], ...update } : copyOf(before);
  for (const [operator, fields] of isReplacement(update) ? [] : Object.entries(update)) {
    if (!isDoc(fields)) throw new CommandError(9, `Modifiers operate on fields, ${operator} got none`);
    for (const [path, operand] of Object.entries(fields))
      applyOperator(after, operator, path.split("."), operand, isNew);
  }
  if (!areSame(before["_id"], after["_id"])) throw new CommandError(66, "the (immutable) field '_id' was altered");
  return after;
}

function applyOperator(
  document: Record<string, unknown>,
  operator: string,
  path: readonly string[],
  operand: unknown,
  isNew: boolean,
): void {
  const { holder, name } = holderOf(document, path);
  switch (operator) {
    case "$set":
      holder[name] = operand;
      return;
    case "$setOnInsert":
      if (isNew) holder[name] = operand;
      return;
    case "$unset":
      delete holder[name];
      return;
    case "$inc":
      holder[name] = sumOf(holder[name], operand);
      return;
    case "$push":
      holder[name] = [
        ...listAt(holder, name),
        ...(isDoc(operand) && "$each" in operand ? listAt(operand, "$each") : [operand]),
      ];
      return;
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

/** Null: nothing changed. */
export function descriptionOf(before: Doc, after: Doc): UpdateDescription | null {
  const updatedFields: Record<string, unknown> = {};
  const removedFields: string[] = [];
  const truncatedArrays: { field: string; newSize: Int32 }[] = [];
  const compare = (from: unknown, to: unknown, path: string): void => {
    if (keyOf(from) === keyOf(to)) return;
    if (isDoc(from) && isDoc(to)) {
      for (const name of Object.keys(from)) if (to[name] === undefined) removedFields.push(joined(path, name));
      for (const [name, value] of Object.entries(to)) {
        if (from[name] === undefined) updatedFields[joined(path, name)] = value;
        else compare(from[name], value, joined(path, name));
      }
      return;
    }
    if (!Array.isArray(from) || !Array.isArray(to)) {
      updatedFields[path] = to;
      return;
    }
    for (const [index, value] of to.entries()) {
      if (index >= from.length) updatedFields[`${path}.${index}`] = value;
      else compare(from[index], value, `${path}.${index}`);
    }
    if (to.length < from.length) truncatedArrays.push({ field: path, newSize: new Int32(to.length) });
  };
  compare(before, after, "");
  const changes = Object.keys(updatedFields).length + removedFields.length + truncatedArrays.length;
  return changes === 0 ? null : { updatedFields, removedFields, truncatedArrays };
}

function joined(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
