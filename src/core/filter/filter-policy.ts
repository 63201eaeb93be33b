// Filter policies of subscriptions: which messages a subscriber wants, by their attributes or by their JSON body. The language is that
// of event patterns, in which SNS's operators mean what they mean there; what SNS adds stands here: attributes have types,
// a list of theirs is several values, and a policy on attributes has no levels.

import { utf8Length } from "../utf8-length.ts";
import { compilePattern } from "./compile-pattern.ts";
import { createTextMatcher } from "./match-event.ts";

export type FilterScope = "MessageAttributes" | "MessageBody";

/** `value` is base64 where the type is Binary. */
export interface FilteredAttribute {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

export type PolicyAnswer =
  | { readonly kind: "policy"; readonly admits: (attributes: readonly FilteredAttribute[], body: string) => boolean }
  | { readonly kind: "invalid"; readonly reason: string };

/** SNS's limit on names in a policy. */
const MOST_NAMES = 5;
const MOST_BYTES = 262_144;
/** SNS's limit on combinations: the counts of values multiplied, each with how deep they lie. */
const MOST_COMBINATIONS = 150;

/** Never throws. `text`: the policy; an empty object wants everything. */
export function compileFilterPolicy(text: string, scope: FilterScope): PolicyAnswer {
  if (utf8Length(text) > MOST_BYTES) return invalid("Filter policy is too large");
  const policy = objectOf(text);
  if (policy === null) return invalid("failed to parse JSON.");
  const names = Object.keys(policy);
  if (names.length === 0) return { kind: "policy", admits: () => true };
  if (names.length > MOST_NAMES && scope === "MessageAttributes")
    return invalid("Filter policy can not have more than 5 keys");
  const scalar = scalarIn(policy, []);
  if (scalar !== null) return invalid(`"${scalar}" must be an object or an array`);
  if (scope === "MessageAttributes" && hasLevels(policy)) {
    return invalid("Filter policy scope MessageAttributes does not support nested filter policy");
  }
  const compiled = compilePattern(text);
  if (compiled.kind === "invalid") {
    return invalid(`${compiled.reason} (line ${compiled.line}, column ${compiled.column})`);
  }
  if (combinationsOf(policy, 1) > MOST_COMBINATIONS) return invalid("Filter policy is too complex");
  const matches = createTextMatcher(compiled.pattern);
  return {
    kind: "policy",
    // A body that is no JSON object matches nothing.
    admits: (attributes, body) => matches(scope === "MessageBody" ? body : attributeEvent(attributes)),
  };
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null; // No JSON: the caller says so.
  }
}

/** The path of a member that is neither an object nor an array, and so names no values; null: there is none. */
function scalarIn(policy: Readonly<Record<string, unknown>>, path: readonly string[]): string | null {
  for (const [name, value] of Object.entries(policy)) {
    const here = [...path, name];
    if (typeof value !== "object" || value === null) return here.join(".");
    const inner = name === "$or" || Array.isArray(value) ? null : scalarIn({ ...value }, here);
    if (inner !== null) return inner;
  }
  return null;
}

/** Of the alternatives of an `$or` only one is looked at: they add up. */
function combinationsOf(policy: Readonly<Record<string, unknown>>, level: number): number {
  return Object.entries(policy).reduce((product, [name, value]) => {
    if (Array.isArray(value) && name === "$or") {
      return product * value.reduce((sum: number, each) => sum + combinationsOf({ ...Object(each) }, level), 0);
    }
    if (Array.isArray(value)) return product * Math.max(1, value.length) * level;
    return product * combinationsOf({ ...Object(value) }, level + 1);
  }, 1);
}

/** `$or` is a list of policies, and not a level. */
function hasLevels(policy: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(policy).some(([name, value]) => {
    if (!Array.isArray(value)) return true;
    return name === "$or" && value.some((each) => typeof each === "object" && each !== null && hasLevels({ ...each }));
  });
}

/** Attributes as an event: a number is a number, a list its values, bytes are nothing that a policy can ask for. */
function attributeEvent(attributes: readonly FilteredAttribute[]): string {
  const members = attributes.flatMap(({ name, type, value }) => {
    const text = shownValue(type, value);
    return text === null ? [] : [`${JSON.stringify(name)}:${text}`];
  });
  return `{${members.join(",")}}`;
}

function shownValue(type: string, value: string): string | null {
  if (type === "Binary" || type.startsWith("Binary.")) return null;
  if (type === "Number" || type.startsWith("Number.")) {
    return Number.isFinite(Number(value)) ? String(Number(value)) : JSON.stringify(value);
  }
  if (type !== "String.Array") return JSON.stringify(value);
  try {
    return Array.isArray(JSON.parse(value)) ? value : JSON.stringify(value);
  } catch {
    return JSON.stringify(value); // Published as a list and none: one text.
  }
}

const invalid = (reason: string): PolicyAnswer => ({ kind: "invalid", reason });
