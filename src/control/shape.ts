// The model layer that every AWS service has: the shape of a request, what JSON (or CBOR) type each member must have, and its outer
// bounds, with the texts in which AWS says what is wrong. Unknown members are passed over and null counts as absent, as on AWS.
//
// M1  `parseShape` judges types only: the first wrong one is a SerializationException.
// M2  `findFaults` judges bounds: all faults are collected, for one ValidationException.
// M3  Work is bounded by the shape: nothing descends into what the shape does not name.

import { assertNever } from "../core/assert-never.ts";

/** As far as dates go on either side of the epoch. */
const MOST_SECONDS = 8_640_000_000_000;

/** A pattern that the whole value must match: as AWS's texts print it, and compiled. */
export interface Pattern {
  readonly text: string;
  readonly expression: RegExp;
}

export const wholePattern = (text: string): Pattern => ({ text, expression: new RegExp(`^(?:${text})$`) });

export type Shape =
  | {
      readonly kind: "string";
      readonly min?: number;
      readonly max?: number;
      readonly pattern?: Pattern;
      readonly oneOf?: readonly string[];
    }
  | { readonly kind: "integer"; readonly min?: number; readonly max?: number }
  /** Whole or not. */
  | { readonly kind: "number"; readonly min?: number; readonly max?: number }
  | { readonly kind: "boolean" }
  /** Seconds since the epoch, with fraction. */
  | { readonly kind: "timestamp" }
  | { readonly kind: "blob"; readonly max?: number }
  | { readonly kind: "list"; readonly item: Shape; readonly min?: number; readonly max?: number }
  | {
      readonly kind: "map";
      readonly value: Shape;
      readonly keyMin?: number;
      readonly keyMax?: number;
      readonly keyPattern?: Pattern;
    }
  | {
      readonly kind: "structure";
      readonly members: { readonly [name: string]: Shape };
      readonly required?: readonly string[];
      /** On the wire it is a map whose keys are these members, and so many of them at least must be there. */
      readonly leastEntries?: number;
    };

export type Structure = Extract<Shape, { kind: "structure" }>;

/** What a request of this shape is once its types are right. Lists may hold null until `findFaults` has passed. */
export type Parsed<S extends Shape> = S extends { readonly kind: "string" }
  ? string
  : S extends { readonly kind: "integer" | "number" | "timestamp" }
    ? number
    : S extends { readonly kind: "boolean" }
      ? boolean
      : S extends { readonly kind: "blob" }
        ? Uint8Array
        : S extends { readonly kind: "list"; readonly item: infer Item extends Shape }
          ? readonly (Parsed<Item> | null)[]
          : S extends { readonly kind: "map"; readonly value: infer Value extends Shape }
            ? ReadonlyMap<string, Parsed<Value> | null>
            : S extends { readonly kind: "structure"; readonly members: infer Members }
              ? { readonly [M in keyof Members]?: (Members[M] extends Shape ? Parsed<Members[M]> : never) | undefined }
              : never;

export type ParsedShape<S extends Shape> =
  | { readonly kind: "value"; readonly value: Parsed<S> }
  | { readonly kind: "wrongType"; readonly text: string };

class WrongType extends Error {}

export function parseShape<const S extends Shape>(raw: unknown, shape: S): ParsedShape<S> {
  try {
    // The one cast: `parseValue` builds exactly what `Parsed` says of the shape.
    return { kind: "value", value: parseValue(raw, shape) as Parsed<S> };
  } catch (error) {
    if (error instanceof WrongType) return { kind: "wrongType", text: error.message };
    throw error;
  }
}

function parseValue(raw: unknown, shape: Shape): unknown {
  switch (shape.kind) {
    case "string":
      if (typeof raw !== "string") throw wrongType(raw, "can not be converted to a String");
      return raw;
    case "integer":
      if (typeof raw !== "number" || !Number.isInteger(raw) || Math.abs(raw) > 2_147_483_647) {
        throw wrongType(raw, "can not be converted to an Integer");
      }
      return raw;
    case "number":
      if (typeof raw !== "number" || !Number.isFinite(raw)) throw wrongType(raw, "can not be converted to a Double");
      return raw;
    case "boolean":
      if (typeof raw !== "boolean") throw wrongType(raw, "can not be converted to a Boolean");
      return raw;
    case "timestamp":
      if (typeof raw !== "number" || !(Math.abs(raw) <= MOST_SECONDS)) {
        throw wrongType(raw, "can not be converted to milliseconds since epoch");
      }
      return raw;
    case "blob":
      return parseBlob(raw);
    case "list":
      if (!Array.isArray(raw)) throw wrongType(raw, "found where a list is expected");
      return raw.map((each: unknown) => (each === null || each === undefined ? null : parseValue(each, shape.item)));
    case "map":
      return parseMap(raw, shape.value);
    case "structure":
      return parseStructure(raw, shape);
    default:
      return assertNever(shape);
  }
}

function parseStructure(raw: unknown, shape: Structure): unknown {
  if (!isPlainObject(raw)) throw wrongType(raw, "found where a structure is expected");
  const parsed: { [name: string]: unknown } = {};
  for (const [name, member] of Object.entries(shape.members)) {
    const value = Object.hasOwn(raw, name) ? raw[name] : undefined;
    if (value !== null && value !== undefined) parsed[name] = parseValue(value, member);
  }
  return parsed;
}

function parseMap(raw: unknown, value: Shape): ReadonlyMap<string, unknown> {
  if (!isPlainObject(raw)) throw wrongType(raw, "found where a map is expected");
  return new Map(
    Object.entries(raw).map(([key, each]) => [
      key,
      each === null || each === undefined ? null : parseValue(each, value),
    ]),
  );
}

function parseBlob(raw: unknown): Uint8Array {
  if (raw instanceof Uint8Array) return raw;
  if (typeof raw !== "string") throw wrongType(raw, "can not be converted to a Blob");
  if (raw.length % 4 !== 0) {
    throw new WrongType(
      `The value can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: ${raw.length}`,
    );
  }
  const bytes = Buffer.from(raw, "base64");
  if (!isBase64Of(bytes.length, raw)) {
    throw new WrongType("The value can not be converted to a Blob: Invalid Base64 character");
  }
  return bytes;
}

/**
 * Node's decoder passes over what is no base64, and its answer is too short then; only `-` and `_` it takes as another alphabet's. A
 * pattern over a zip of 50 MB would hold everybody up for a third of a second.
 */
function isBase64Of(byteCount: number, text: string): boolean {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return byteCount === (text.length / 4) * 3 - padding && !text.includes("-") && !text.includes("_");
}

function isPlainObject(raw: unknown): raw is { readonly [name: string]: unknown } {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw) && !(raw instanceof Uint8Array);
}

function wrongType(raw: unknown, rest: string): WrongType {
  if (Array.isArray(raw)) return new WrongType("Start of list found where not expected");
  switch (typeof raw) {
    case "object":
      return new WrongType("Start of structure or map found where not expected.");
    case "boolean":
      return new WrongType(`${raw ? "TRUE" : "FALSE"}_VALUE ${rest}`);
    case "number":
      return new WrongType(`${Number.isInteger(raw) ? "NUMBER" : "DECIMAL"}_VALUE ${rest}`);
    case "bigint":
      return new WrongType(`NUMBER_VALUE ${rest}`);
    default:
      return new WrongType(`STRING_VALUE ${rest}`);
  }
}

/** Every bound that a parsed request breaks, in the order of the shape's members; empty: none. */
export function findFaults<const S extends Structure>(value: Parsed<S>, shape: S): readonly string[] {
  const faults: string[] = [];
  checkStructure(value, shape, "", faults);
  return faults;
}

export function validationText(faults: readonly string[]): string {
  return `${faults.length} validation error${faults.length === 1 ? "" : "s"} detected: ${faults.join("; ")}`;
}

/** The name of a member as model-layer texts write it. */
export const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

function checkStructure(value: unknown, shape: Structure, path: string, faults: string[]): void {
  const isMap = shape.leastEntries !== undefined;
  if (isMap && Object.keys(isPlainObject(value) ? value : {}).length < shape.leastEntries) {
    faults.push(fault("{}", path, leastText(shape.leastEntries)));
  }
  for (const [name, member] of Object.entries(shape.members)) {
    const shown = isMap ? name : lowerFirst(name);
    const at = path === "" ? shown : `${path}.${shown}`;
    const each = isPlainObject(value) ? value[name] : undefined;
    if (each !== undefined) checkValue(each, member, at, faults);
    else if (shape.required?.includes(name)) faults.push(fault(null, at, "Member must not be null"));
  }
}

function checkValue(value: unknown, shape: Shape, at: string, faults: string[]): void {
  switch (shape.kind) {
    case "structure":
      return checkStructure(value, shape, at, faults);
    case "list":
      return checkList(value, shape, at, faults);
    case "map":
      return checkMap(value, shape, at, faults);
    default:
      for (const broken of brokenBounds(value, shape)) faults.push(fault(value, at, broken));
  }
}

function checkList(value: unknown, shape: Extract<Shape, { kind: "list" }>, at: string, faults: string[]): void {
  if (!Array.isArray(value)) return;
  for (const broken of lengthBounds(value.length, shape)) faults.push(fault(value, at, broken));
  if (shape.item.kind === "structure") {
    for (const [index, item] of value.entries()) {
      const itemAt = `${at}.${index + 1}.member`;
      if (item === null) faults.push(fault(null, itemAt, "Member must not be null"));
      else checkValue(item, shape.item, itemAt, faults);
    }
    return;
  }
  const item = shape.item;
  if (value.some((each: unknown) => each === null || brokenBounds(each, item).length > 0)) {
    faults.push(fault(value, at, `Member must satisfy constraint: [${allBounds(item).join(", ")}]`));
  }
}

function checkMap(value: unknown, shape: Extract<Shape, { kind: "map" }>, at: string, faults: string[]): void {
  if (!(value instanceof Map)) return;
  const keyBounds = { min: shape.keyMin, max: shape.keyMax };
  const { keyPattern } = shape;
  const isBadKey = (key: string): boolean =>
    lengthBounds(key.length, keyBounds).length > 0 || (keyPattern !== undefined && !keyPattern.expression.test(key));
  if ([...value.keys()].some((key) => typeof key === "string" && isBadKey(key))) {
    const texts = keyPattern === undefined ? [] : [patternText(keyPattern), "Member must not be null"];
    faults.push(
      fault(value, at, `Map keys must satisfy constraint: [${[...lengthTexts(keyBounds), ...texts].join(", ")}]`),
    );
  }
  if ([...value.values()].some((each) => each === null || brokenBounds(each, shape.value).length > 0)) {
    faults.push(fault(value, at, `Map value must satisfy constraint: [${allBounds(shape.value).join(", ")}]`));
  }
}

interface Bounds {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** The bounds of a plain value that it breaks, each as AWS's text. */
function brokenBounds(value: unknown, shape: Shape): readonly string[] {
  if (shape.kind === "integer" && typeof value === "number") return valueBounds(value, shape, String);
  if (shape.kind === "number" && typeof value === "number") return valueBounds(value, shape, decimal);
  if (shape.kind === "blob" && value instanceof Uint8Array) return lengthBounds(value.length, shape);
  if (shape.kind !== "string" || typeof value !== "string") return [];
  const broken: string[] = [];
  if (shape.oneOf !== undefined && !shape.oneOf.includes(value)) broken.push(oneOfText(shape.oneOf));
  const lengths = lengthBounds(value.length, shape);
  // A text that is too long is not matched against its pattern: the length is told, and work stays bounded.
  if (shape.pattern !== undefined && !lengths.includes(mostText(shape.max)) && !shape.pattern.expression.test(value)) {
    broken.push(patternText(shape.pattern));
  }
  return [...broken, ...lengths];
}

/** All bounds of a list's or map's plain items, in the order in which AWS lists them. */
function allBounds(shape: Shape): readonly string[] {
  const texts: string[] = [];
  if (shape.kind === "number") {
    if (shape.max !== undefined) texts.push(`Member must have value less than or equal to ${decimal(shape.max)}`);
    if (shape.min !== undefined) texts.push(`Member must have value greater than or equal to ${decimal(shape.min)}`);
  }
  if (shape.kind === "string") {
    texts.push(...lengthTexts(shape));
    if (shape.oneOf !== undefined) texts.push(oneOfText(shape.oneOf));
    if (shape.pattern !== undefined) texts.push(patternText(shape.pattern));
  }
  return [...texts, "Member must not be null"];
}

const leastText = (min: number | undefined): string => `Member must have length greater than or equal to ${min}`;
const mostText = (max: number | undefined): string => `Member must have length less than or equal to ${max}`;
const oneOfText = (values: readonly string[]): string => `Member must satisfy enum value set: [${values.join(", ")}]`;
const patternText = (pattern: Pattern): string => `Member must satisfy regular expression pattern: ${pattern.text}`;

function lengthTexts(bounds: Bounds): readonly string[] {
  const most = bounds.max === undefined ? [] : [mostText(bounds.max)];
  return bounds.min === undefined ? most : [...most, leastText(bounds.min)];
}

function lengthBounds(length: number, bounds: Bounds): readonly string[] {
  if (bounds.max !== undefined && length > bounds.max) return [mostText(bounds.max)];
  if (bounds.min !== undefined && length < bounds.min) return [leastText(bounds.min)];
  return [];
}

function valueBounds(value: number, bounds: Bounds, shown: (bound: number) => string): readonly string[] {
  if (bounds.max !== undefined && value > bounds.max) {
    return [`Member must have value less than or equal to ${shown(bounds.max)}`];
  }
  if (bounds.min !== undefined && value < bounds.min) {
    return [`Member must have value greater than or equal to ${shown(bounds.min)}`];
  }
  return [];
}

/** A number with a fraction, as AWS prints it. */
const decimal = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value));

export function fault(value: unknown, at: string, text: string): string {
  const shown = value === null ? "null" : `'${shownValue(value)}'`;
  return `Value ${shown} at '${at}' failed to satisfy constraint: ${text}`;
}

function shownValue(value: unknown): string {
  if (value instanceof Uint8Array) return `java.nio.HeapByteBuffer[pos=0 lim=${value.length} cap=${value.length}]`;
  if (Array.isArray(value)) return `[${value.map((each: unknown) => shownItem(each)).join(", ")}]`;
  if (value instanceof Map) {
    const shown = (each: unknown): string => (typeof each === "number" ? decimal(each) : shownItem(each));
    return `{${[...value].map(([key, each]) => `${key}=${shown(each)}`).join(", ")}}`;
  }
  return shownItem(value);
}

const shownItem = (value: unknown): string =>
  typeof value === "object" && value !== null ? "…" : typeof value === "string" ? value : String(value);
