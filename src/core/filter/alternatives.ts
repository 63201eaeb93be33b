// The list under a pattern's member: its alternatives, read from JSON and checked (F-14, F-15, F-36 to F-54, F-59, F-63).
// Which paths there are, and $or, is the matter of compile-pattern.ts.

import type { JsonMember, JsonNode } from "../json/read-json.ts";
import { comparableNumber } from "./comparable-number.ts";
import { foldText } from "./folded-text.ts";
import { parseAddress, parseBlock } from "./ip-address.ts";
import { type Bound, type ButOperator, type Comparator, fitsTest, type Value, type ValueTest } from "./value-test.ts";
import { parseWildcard } from "./wildcard.ts";

/** `lambda` takes only what the guide of Lambda or of its sibling Pipes lists; `eventbridge` takes the whole language (F-63). */
export type Dialect = "eventbridge" | "lambda";

export interface Alternatives {
  /** Unchanged order of the pattern. Never empty. */
  readonly tests: readonly ValueTest[];
  /** Whether the path may have no value at all (F-50). */
  readonly isAbsenceFine: boolean;
  /** Exact strings, taken out for speed: most lists hold nothing else. */
  readonly strings: ReadonlySet<string>;
  /** The tests that are not in `strings`. */
  readonly others: readonly ValueTest[];
  /** Offset of the list in the pattern's text. */
  readonly offset: number;
}

/** What makes a pattern invalid, for a log or a person: AWS itself only ever says F-6. */
export interface Flaw {
  readonly kind: "flaw";
  readonly reason: string;
  readonly rule: string;
  readonly offset: number;
}

export function flaw(rule: string, reason: string, node: { readonly start: number }): Flaw {
  return { kind: "flaw", reason, rule, offset: node.start };
}

function isFlaw(found: ValueTest | Flaw): found is Flaw {
  return found.kind === "flaw";
}

/** Whether a value fits one of the alternatives (F-16). */
export function fitsAlternatives(list: Alternatives, value: Value): boolean {
  if (value.kind === "string" && list.strings.has(value.text)) {
    return true;
  }
  return list.others.some((test) => fitsTest(test, value));
}

export function compileAlternatives(
  list: JsonNode & { readonly kind: "array" },
  dialect: Dialect,
): Alternatives | Flaw {
  const tests: ValueTest[] = [];
  for (const item of list.items) {
    const test = compileItem(item, dialect);
    if (isFlaw(test)) {
      return test;
    }
    tests.push(test);
  }
  if (tests.length === 0) {
    return flaw("F-13", "an empty list fits nothing and is not allowed", list);
  }
  const strings = new Set(tests.flatMap((test) => (test.kind === "string" ? [test.value] : [])));
  return {
    tests,
    isAbsenceFine: tests.some((test) => test.kind === "absent"),
    strings,
    others: tests.filter((test) => test.kind !== "string" && test.kind !== "absent"),
    offset: list.start,
  };
}

function compileItem(item: JsonNode, dialect: Dialect): ValueTest | Flaw {
  switch (item.kind) {
    case "string": {
      const bytes = parseAddress(item.value);
      return bytes === null ? { kind: "string", value: item.value } : { kind: "address", value: item.value, bytes };
    }
    case "number":
      return { kind: "number", text: item.text, operand: comparableNumber(item.text) };
    case "boolean":
      return { kind: "word", word: item.value ? "true" : "false" };
    case "null":
      return { kind: "word", word: "null" };
    case "array":
      return flaw("F-14", "a list inside the list is no alternative", item);
    case "object": {
      const only = onlyMember(item);
      return "value" in only ? compileOperator(only, dialect) : only;
    }
  }
}

/** A match expression has exactly one key, counted as written: the same key twice is two (F-15). */
function onlyMember(node: JsonNode & { readonly kind: "object" }): JsonMember | Flaw {
  const [member, second] = node.members;
  if (member === undefined) {
    return flaw("F-15", "a match expression has to name an operator", node);
  }
  if (second !== undefined) {
    return flaw("F-15", "a match expression has exactly one key", { start: second.nameStart });
  }
  return member;
}

function compileOperator(member: JsonMember, dialect: Dialect): ValueTest | Flaw {
  const { name, value } = member;
  const isStrict = dialect === "lambda";
  const here = { start: member.nameStart };
  switch (name) {
    case "prefix":
    case "suffix":
      return compileEnd(name, value);
    case "equals-ignore-case":
      return value.kind === "string"
        ? { kind: "folded", at: "whole", text: foldText(value.value) }
        : wrongOperand("F-38", name, "one string", value);
    case "anything-but":
      return compileAnythingBut(value, isStrict);
    case "numeric":
      return compileNumeric(value);
    case "exists":
      return value.kind === "boolean"
        ? { kind: value.value ? "exists" : "absent" }
        : wrongOperand("F-50", name, "true or false", value);
    case "exactly":
    case "cidr":
    case "wildcard":
      return isStrict ? notInDialect(name, here) : compileBusOnly(name, value);
    default:
      return flaw("F-15", `${JSON.stringify(name)} is no operator`, here);
  }
}

function compileBusOnly(name: "exactly" | "cidr" | "wildcard", value: JsonNode): ValueTest | Flaw {
  if (value.kind !== "string") {
    return wrongOperand(name === "exactly" ? "F-59" : name === "cidr" ? "F-52" : "F-54", name, "one string", value);
  }
  switch (name) {
    case "exactly":
      return { kind: "string", value: value.value };
    case "cidr": {
      const block = parseBlock(value.value);
      return typeof block === "string" ? flaw("F-52", block, value) : { kind: "cidr", source: value.value, block };
    }
    case "wildcard":
      return compileWildcard(value.value, value);
  }
}

function compileWildcard(source: string, node: JsonNode): ValueTest | Flaw {
  const wildcard = parseWildcard(source);
  return typeof wildcard === "string" ? flaw("F-54", wildcard, node) : { kind: "wildcard", wildcard };
}

/** A prefix or suffix: a string, or a string whose case does not matter (F-36, F-37, F-39). */
function compileEnd(name: "prefix" | "suffix", value: JsonNode): ValueTest | Flaw {
  if (value.kind === "string") {
    return { kind: name, value: value.value };
  }
  if (value.kind !== "object") {
    return wrongOperand(name === "prefix" ? "F-36" : "F-37", name, "one string", value);
  }
  const inner = onlyMember(value);
  if (!("value" in inner)) {
    return inner;
  }
  if (inner.name !== "equals-ignore-case") {
    return flaw("F-39", `only equals-ignore-case may stand inside ${name}`, { start: inner.nameStart });
  }
  return inner.value.kind === "string"
    ? { kind: "folded", at: name, text: foldText(inner.value.value) }
    : wrongOperand("F-39", `${name} with equals-ignore-case`, "one string", inner.value);
}

function compileAnythingBut(value: JsonNode, isStrict: boolean): ValueTest | Flaw {
  switch (value.kind) {
    case "string":
      return { kind: "but-strings", values: new Set([value.value]) };
    case "number":
      return compileButNumbers([value]);
    case "array":
      return compileButList(value);
    case "object": {
      const inner = onlyMember(value);
      return "value" in inner ? compileButOperator(inner, isStrict) : inner;
    }
    case "boolean":
    case "null":
      return wrongOperand("F-47", "anything-but", "a string, a number, or a list of one of these", value);
  }
}

function compileButList(list: JsonNode & { readonly kind: "array" }): ValueTest | Flaw {
  if (list.items.length === 0) {
    return flaw("F-47", "the list of anything-but is empty", list);
  }
  const strings: string[] = [];
  const numbers: (JsonNode & { readonly kind: "number" })[] = [];
  for (const item of list.items) {
    if (item.kind === "string") {
      strings.push(item.value);
    } else if (item.kind === "number") {
      numbers.push(item);
    } else {
      return wrongOperand("F-47", "a list of anything-but", "only strings or only numbers", item);
    }
    if (strings.length > 0 && numbers.length > 0) {
      return flaw("F-42", "the list of anything-but mixes strings and numbers", item);
    }
  }
  return strings.length > 0 ? { kind: "but-strings", values: new Set(strings) } : compileButNumbers(numbers);
}

function compileButNumbers(nodes: readonly (JsonNode & { readonly kind: "number" })[]): ValueTest | Flaw {
  const operands = new Set<number>();
  for (const node of nodes) {
    const operand = comparableNumber(node.text);
    if (operand === null) {
      return notComparable(node);
    }
    operands.add(operand);
  }
  return { kind: "but-numbers", operands, texts: nodes.map((node) => node.text) };
}

function compileButOperator(member: JsonMember, isStrict: boolean): ValueTest | Flaw {
  const operator = butOperatorOf(member.name);
  const here = { start: member.nameStart };
  if (operator === null) {
    return flaw("F-47", `${JSON.stringify(member.name)} may not stand inside anything-but`, here);
  }
  if (isStrict) {
    return notInDialect(`anything-but with ${operator}`, here);
  }
  const items = member.value.kind === "array" ? member.value.items : [member.value];
  const sources: string[] = [];
  const tests: ValueTest[] = [];
  for (const item of items) {
    if (item.kind !== "string") {
      return wrongOperand("F-47", `anything-but with ${operator}`, "a string or a list of strings", item);
    }
    const test = compileButItem(operator, item.value, item);
    if (isFlaw(test)) {
      return test;
    }
    sources.push(item.value);
    tests.push(test);
  }
  return tests.length === 0
    ? flaw("F-47", `the list of anything-but with ${operator} is empty`, member.value)
    : { kind: "but-tests", operator, sources, tests };
}

function compileButItem(operator: ButOperator, source: string, node: JsonNode): ValueTest | Flaw {
  switch (operator) {
    case "prefix":
    case "suffix":
      return source === ""
        ? flaw("F-44", `an empty ${operator} inside anything-but is not allowed`, node)
        : { kind: operator, value: source };
    case "equals-ignore-case":
      return { kind: "folded", at: "whole", text: foldText(source) };
    case "wildcard":
      return compileWildcard(source, node);
  }
}

function butOperatorOf(name: string): ButOperator | null {
  return name === "prefix" || name === "suffix" || name === "equals-ignore-case" || name === "wildcard" ? name : null;
}

/** `[op, n]`, or `[> or >=, low, < or <=, high]` with low below high (F-48). */
function compileNumeric(value: JsonNode): ValueTest | Flaw {
  if (value.kind !== "array") {
    return wrongOperand("F-48", "numeric", "a list of comparators and numbers", value);
  }
  const [op, operand, secondOp, secondOperand, surplus] = value.items;
  const first = compileBound(op, operand, value);
  if (first.kind === "flaw") {
    return first;
  }
  if (secondOp === undefined) {
    return { kind: "numeric", bounds: [first.bound] };
  }
  const second = compileBound(secondOp, secondOperand, value);
  if (second.kind === "flaw") {
    return second;
  }
  const low = first.bound;
  const high = second.bound;
  if (!low.comparator.startsWith(">") || !high.comparator.startsWith("<")) {
    return flaw(
      "F-48",
      "a numeric range has a lower bound (> or >=) first and an upper bound (< or <=) second",
      op ?? value,
    );
  }
  if (surplus !== undefined) {
    return flaw("F-48", "a numeric range has two bounds and no more", surplus);
  }
  if (low.operand >= high.operand) {
    return flaw("F-48", "the lower bound has to be below the upper bound", secondOperand ?? value);
  }
  return { kind: "numeric", bounds: [low, high] };
}

function compileBound(
  op: JsonNode | undefined,
  operand: JsonNode | undefined,
  list: JsonNode,
): { readonly kind: "bound"; readonly bound: Bound } | Flaw {
  const comparator = op?.kind === "string" ? comparatorOf(op.value) : null;
  if (comparator === null) {
    return flaw("F-48", "numeric wants one of the comparators = < <= > >= here", op ?? list);
  }
  if (operand?.kind !== "number") {
    return flaw("F-48", `${comparator} wants a number behind it`, operand ?? list);
  }
  const number = comparableNumber(operand.text);
  return number === null
    ? notComparable(operand)
    : { kind: "bound", bound: { comparator, operand: number, text: operand.text } };
}

function comparatorOf(text: string): Comparator | null {
  return text === "=" || text === "<" || text === "<=" || text === ">" || text === ">=" ? text : null;
}

function wrongOperand(rule: string, name: string, wanted: string, node: JsonNode): Flaw {
  return flaw(rule, `${name} takes ${wanted}, not ${articled(node)}`, node);
}

function articled(node: JsonNode): string {
  switch (node.kind) {
    case "array":
      return "a list";
    case "object":
      return "an object";
    case "null":
      return "null";
    default:
      return `a ${node.kind}`;
  }
}

function notComparable(node: JsonNode & { readonly kind: "number" }): Flaw {
  return flaw("F-31", `${node.text} has more digits than a number can be compared by, or is out of range`, node);
}

function notInDialect(name: string, here: { readonly start: number }): Flaw {
  return flaw(
    "F-63",
    `${name} is an operator of EventBridge that Lambda's guide does not list, and strict is on`,
    here,
  );
}
