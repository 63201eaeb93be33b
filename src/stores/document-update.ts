// What `$set` and `$unset` make of a document, and how the change stream tells it: fields by their dotted paths, a field that a path
// has made as a whole.

import { extendedJson } from "../kinds/documentdb/extended-json.ts";
import type { DocumentMap, DocumentValue } from "./document-values.ts";

export interface DocumentUpdate {
  /** In the order in which they were asked for. */
  readonly updatedFields: DocumentMap;
  readonly removedFields: readonly string[];
}

/** Changes `document`. A text: why that cannot be; it is half changed then. */
export function updateDocument(document: DocumentMap, asked: DocumentMap): DocumentUpdate | string {
  const flaw = flawOf(asked);
  if (flaw !== null) return flaw;
  const updated = new Set<string>();
  const removedFields: string[] = [];
  for (const [path, value] of membersOf(asked.get("$set"))) {
    const place = setAt(document, path, value);
    if (place.kind === "blocked") return `There is no place for ${path}: ${place.at} is no document.`;
    if (place.kind === "set") updated.add(place.path);
  }
  for (const [path] of membersOf(asked.get("$unset"))) if (unsetAt(document, path)) removedFields.push(path);
  const updatedFields: DocumentMap = new Map();
  // A field that was made for an earlier path is told as a whole, with what a later path has put into it.
  const told = [...updated].filter((path) => ![...updated].some((other) => path.startsWith(`${other}.`)));
  for (const path of told) updatedFields.set(path, valueAt(document, path) ?? null);
  return { updatedFields, removedFields };
}

const KNOWN = new Set(["_id", "$set", "$unset"]);

function flawOf(asked: DocumentMap): string | null {
  const stranger = [...asked.keys()].find((name) => !KNOWN.has(name));
  if (stranger !== undefined) return `An update has _id, $set and $unset, not ${stranger}.`;
  const set = asked.get("$set") ?? new Map();
  const unset = asked.get("$unset") ?? new Map();
  if (!(set instanceof Map && unset instanceof Map)) return "$set and $unset are objects of fields.";
  if (set.size + unset.size === 0) return "An update needs fields in $set or $unset.";
  const paths = [...set.keys(), ...unset.keys()];
  const broken = paths.find((path) => path.split(".").includes("") || path.startsWith("$"));
  if (broken !== undefined) return `${broken === "" ? "An empty text" : broken} is no field's path.`;
  if (paths.some((path) => path === "_id" || path.startsWith("_id."))) return "The _id of a document never changes.";
  const twice = paths.find((path) => paths.some((other) => other !== path && other.startsWith(`${path}.`)));
  if (twice !== undefined || new Set(paths).size < paths.length) return "No two paths of an update may overlap.";
  return null;
}

const membersOf = (value: DocumentValue | undefined): Iterable<readonly [string, DocumentValue]> =>
  value instanceof Map ? value : [];

type Place =
  /** `path`: the field itself, or the topmost one that was made for it. */
  | { readonly kind: "set"; readonly path: string }
  | { readonly kind: "same" }
  | { readonly kind: "blocked"; readonly at: string };

function setAt(document: DocumentMap, path: string, value: DocumentValue): Place {
  const names = path.split(".");
  let holder: DocumentValue = document;
  let made: string | null = null;
  for (const [depth, name] of names.entries()) {
    const isLast = depth === names.length - 1;
    const here = names.slice(0, depth + 1).join(".");
    const before = childOf(holder, name);
    if (!isLast && before !== undefined) {
      holder = before;
      continue;
    }
    if (isLast && before !== undefined && extendedJson(before) === extendedJson(value)) return { kind: "same" };
    const next: DocumentValue = isLast ? value : new Map();
    if (!putChild(holder, name, next)) return { kind: "blocked", at: names.slice(0, depth).join(".") };
    if (before === undefined) made ??= here;
    holder = next;
  }
  return { kind: "set", path: made ?? path };
}

function unsetAt(document: DocumentMap, path: string): boolean {
  const names = path.split(".");
  const last = names.pop() ?? "";
  let holder: DocumentValue | undefined = document;
  for (const name of names) holder = holder === undefined ? undefined : childOf(holder, name);
  if (isDocument(holder)) return holder.delete(last);
  // As a server does: an item of a list becomes null, so that the others keep their places.
  if (holder === undefined || childOf(holder, last) === undefined) return false;
  return putChild(holder, last, null);
}

function valueAt(document: DocumentMap, path: string): DocumentValue | undefined {
  let value: DocumentValue | undefined = document;
  for (const name of path.split(".")) value = value === undefined ? undefined : childOf(value, name);
  return value;
}

function childOf(holder: DocumentValue, name: string): DocumentValue | undefined {
  if (isDocument(holder)) return holder.get(name);
  return isList(holder) && INDEX.test(name) ? holder[Number(name)] : undefined;
}

/** False: nothing can be in there. */
function putChild(holder: DocumentValue, name: string, value: DocumentValue): boolean {
  if (isDocument(holder)) {
    holder.set(name, value);
    return true;
  }
  if (!isList(holder) || !INDEX.test(name) || Number(name) > holder.length + MOST_GAP) return false;
  while (holder.length < Number(name)) holder.push(null);
  holder[Number(name)] = value;
  return true;
}

/** Not a value of a type that the text has an object for, as `$oid`. */
const isDocument = (value: DocumentValue | undefined): value is DocumentMap =>
  value instanceof Map && !(value.keys().next().value ?? "").startsWith("$");

const INDEX = /^\d+$/;
/** Nulls that a list is filled up with. */
const MOST_GAP = 1_000;

/** Lists here are made by parseDocument and held by nobody else. */
const isList = (value: DocumentValue): value is DocumentValue[] => Array.isArray(value);
