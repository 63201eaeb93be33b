// Compares one value of a transcript with what a scenario expects there. Values are exact; an object with a `$…` member stands for
// a matcher (docs/scenarios.md). Names that `$bind` gave are kept over the whole comparison.

import { createHash } from "node:crypto";
import { assertNever } from "../../core/assert-never.ts";
import { isObject, type Json, type JsonObject, type ScenarioRecord } from "../scenario.ts";
import { fillPlaceholders } from "../transcript.ts";

/** The record that is being compared, if one is. */
export interface RecordContext {
  readonly record: ScenarioRecord;
  readonly sent: JsonObject | undefined;
  readonly receiveCount: number | null;
}

export interface ValueMatcher {
  compare(expected: Json, found: Json, where: string, context?: RecordContext | null): void;
  fail(where: string, what: string): void;
  boundTo(name: string): string | undefined;
  /** Differences so far. */
  readonly differences: string[];
}

export const matcherNames = [
  "$any",
  "$bind",
  "$input",
  "$md5Of",
  "$base64Of",
  "$receiveCount",
  "$concat",
  "$regex",
  "$json",
  "$record",
  "$gte",
  "$lte",
  "$anyOf",
] as const;
type MatcherName = (typeof matcherNames)[number];

/** What a source gives a record when it takes it; a runner that did not note it down can only say that it is a text. */
const givenBySource = ["messageId", "sequenceNumber", "eventID"];

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const kinds: Readonly<Record<string, (value: Json) => boolean>> = {
  uuid: (value) => typeof value === "string" && uuid.test(value),
  timestamp: (value) =>
    typeof value === "number" ? value > 0 : typeof value === "string" && !Number.isNaN(Date.parse(value)),
  "non-empty-string": (value) => typeof value === "string" && value !== "",
  "epoch-ms-string": (value) => typeof value === "string" && /^\d{13}$/.test(value),
  "epoch-seconds": (value) => typeof value === "number" && value >= 1e9 && value < 1e10,
  "iso8601-ms": (value) => typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value),
  "iso8601-s": (value) => typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value),
};

/** What `$any` may ask for. */
export const valueKinds = Object.keys(kinds);

export const isUuid = (value: Json): boolean => kinds["uuid"]?.(value) === true;

export function show(value: Json): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}

export function isSameJson(a: Json, b: Json): boolean {
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((each, at) => isSameJson(each, b[at]));
  if (!isObject(a)) return a === b;
  if (!isObject(b) || Object.keys(a).length !== Object.keys(b).length) return false;
  return Object.entries(a).every(([name, each]) => Object.hasOwn(b, name) && isSameJson(each, b[name]));
}

export function createValueMatcher(options: {
  readonly vars: Readonly<Record<string, string>>;
  /** Compares a found value with the event record that is expected for a label. */
  readonly compareRecord: (label: string, found: Json, where: string) => void;
}): ValueMatcher {
  const differences: string[] = [];
  let bound = new Map<string, string>();

  const fail = (where: string, what: string): void => void differences.push(`${where}: ${what}`);
  const wanted = (where: string, what: string, found: Json): void =>
    fail(where, `expected ${what}, found ${show(found)}`);

  function fill(text: string, where: string): string {
    const filled = String(fillPlaceholders(text, options.vars));
    const left = /\$\{[^}]+\}/.exec(filled);
    if (left !== null) fail(where, `the transcript names no ${left[0]}`);
    return filled;
  }

  function compare(expected: Json, found: Json, where: string, context: RecordContext | null = null): void {
    const name = matcherOf(expected);
    if (name !== null) return matchBy(name, expected as JsonObject, found, where, context);
    if (typeof expected === "string") {
      const filled = fill(expected, where);
      if (found !== filled) wanted(where, show(filled), found);
    } else if (Array.isArray(expected)) compareList(expected, found, where, context);
    else if (isObject(expected)) compareObject(expected, found, where, context);
    else if (expected !== found) wanted(where, show(expected), found);
  }

  function compareList(expected: readonly Json[], found: Json, where: string, context: RecordContext | null): void {
    if (!Array.isArray(found) || found.length !== expected.length)
      return wanted(where, `a list of ${expected.length}`, found);
    for (const [at, each] of expected.entries()) compare(each, found[at], `${where}[${at}]`, context);
  }

  function compareObject(expected: JsonObject, found: Json, where: string, context: RecordContext | null): void {
    if (!isObject(found)) return wanted(where, "an object", found);
    for (const [name, each] of Object.entries(expected)) {
      if (name === "$open") continue;
      if (Object.hasOwn(found, name)) compare(each, found[name], `${where}.${name}`, context);
      else fail(`${where}.${name}`, "missing");
    }
    if (expected["$open"] === true) return;
    for (const name of Object.keys(found))
      if (!Object.hasOwn(expected, name)) fail(`${where}.${name}`, `not expected, found ${show(found[name])}`);
  }

  function matchBy(
    name: MatcherName,
    expected: JsonObject,
    found: Json,
    where: string,
    context: RecordContext | null,
  ): void {
    const argument = expected[name];
    switch (name) {
      case "$any": {
        const test = kinds[String(argument)];
        if (test === undefined) return fail(where, `there is no kind ${show(argument)}`);
        if (!test(found)) wanted(where, String(argument), found);
        return;
      }
      case "$bind":
        return bind(scoped(String(argument), context), found, where);
      case "$input": {
        const field = String(argument);
        const own: unknown = context === null ? undefined : Reflect.get(context.record, field);
        const sent = own ?? context?.sent?.[field];
        if (sent !== undefined) {
          if (!isSameJson(sent, found)) wanted(where, show(sent), found);
        } else if (!givenBySource.includes(field)) fail(where, `the record that was sent has no ${show(field)}`);
        else if (typeof found !== "string") wanted(where, "a text", found);
        return;
      }
      case "$md5Of":
      case "$base64Of": {
        const text = inputText(context, String(argument));
        const made =
          name === "$md5Of" ? createHash("md5").update(text).digest("hex") : Buffer.from(text).toString("base64");
        if (found !== made) wanted(where, `${name.slice(1)} ${show(made)}`, found);
        return;
      }
      case "$receiveCount": {
        const count = context?.receiveCount ?? null;
        const isRight = count === null ? /^[1-9]\d*$/.test(String(found)) : found === String(count);
        if (!isRight) wanted(where, `the receive count ${count ?? ""}`, found);
        return;
      }
      case "$concat": {
        const parts = Array.isArray(argument) ? argument : [];
        const text = parts.map((each) => partText(each, where, context)).join("");
        if (found !== text) wanted(where, show(text), found);
        return;
      }
      case "$regex": {
        const pattern = new RegExp(fill(String(argument), where));
        if (typeof found !== "string" || !pattern.test(found)) wanted(where, `/${pattern.source}/`, found);
        return;
      }
      case "$json": {
        const parsed = parsedText(found);
        if (parsed === null) return wanted(where, "text that is JSON", found);
        return compare(argument, parsed.value, `${where}(json)`, context);
      }
      case "$record":
        return options.compareRecord(String(argument), found, where);
      case "$gte":
      case "$lte": {
        const { $gte = Number.NEGATIVE_INFINITY, $lte = Number.POSITIVE_INFINITY } = expected;
        if (typeof found !== "number" || found < Number($gte) || found > Number($lte))
          wanted(where, `a number from ${String($gte)} to ${String($lte)}`, found);
        return;
      }
      case "$anyOf":
        return anyOf(Array.isArray(argument) ? argument : [], found, where, context);
      default:
        return assertNever(name);
    }
  }

  function anyOf(forms: readonly Json[], found: Json, where: string, context: RecordContext | null): void {
    const firsts: string[] = [];
    for (const form of forms) {
      const before = { count: differences.length, bound };
      bound = new Map(bound);
      compare(form, found, where, context);
      if (differences.length === before.count) return;
      firsts.push(differences[before.count] ?? "");
      differences.length = before.count;
      bound = before.bound;
    }
    fail(where, `none of ${forms.length} forms fits: ${firsts.join(" | ")}`);
  }

  function bind(name: string, found: Json, where: string): void {
    if (typeof found !== "string" || found === "") return wanted(where, `a text for ${name}`, found);
    const known = bound.get(name);
    if (known !== undefined) {
      if (known !== found) fail(where, `${name} was ${show(known)}, now ${show(found)}`);
      return;
    }
    const [group] = name.split(":");
    for (const [other, value] of bound)
      if (other.split(":")[0] === group && value === found) fail(where, `${name} and ${other} are both ${show(found)}`);
    bound.set(name, found);
  }

  function partText(part: Json, where: string, context: RecordContext | null): string {
    if (typeof part === "string") return fill(part, where);
    if (isObject(part) && typeof part["$bind"] === "string") return bound.get(scoped(part["$bind"], context)) ?? "";
    fail(where, `${show(part)} cannot stand in $concat`);
    return "";
  }

  return { compare, fail, boundTo: (name) => bound.get(name), differences };
}

const scoped = (name: string, context: RecordContext | null): string =>
  name.includes(":") || context === null ? name : `${name}:${context.record.label}`;

function inputText(context: RecordContext | null, field: string): string {
  const value: unknown = context === null ? undefined : Reflect.get(context.record, field);
  return typeof value === "string" ? value : "";
}

function parsedText(found: Json): { readonly value: Json } | null {
  if (typeof found !== "string") return null;
  try {
    return { value: JSON.parse(found) };
  } catch {
    return null; // The caller says what it found instead.
  }
}

function matcherOf(expected: Json): MatcherName | null {
  if (!isObject(expected)) return null;
  const [first = ""] = Object.keys(expected);
  return matcherNames.find((each) => each === first) ?? null;
}
