// A pattern's conditions in words, and why a value does not fit one, for `millrace filter` (explanations only).

import { assertNever } from "../assert-never.ts";
import type { Alternatives } from "./alternatives.ts";
import { comparableNumber } from "./comparable-number.ts";
import { fitsTest, type Value, type ValueTest } from "./value-test.ts";

/** The alternatives of one list, joined by "or". */
export function alternativesInWords(list: Alternatives): string {
  return list.tests.map(testInWords).join(" or ");
}

export function testInWords(test: ValueTest): string {
  switch (test.kind) {
    case "string":
    case "address":
      return JSON.stringify(test.value);
    case "number":
      return test.text;
    case "word":
      return test.word;
    case "prefix":
    case "suffix":
      return `${test.kind} ${JSON.stringify(test.value)}`;
    case "folded":
      return `${test.at === "whole" ? "" : `${test.at} `}equals-ignore-case ${JSON.stringify(test.text.source)}`;
    case "numeric":
      return `numeric ${test.bounds.map(({ comparator, text }) => `${comparator} ${text}`).join(" and ")}`;
    case "exists":
      return "exists true";
    case "absent":
      return "exists false";
    case "cidr":
      return `cidr ${test.source}`;
    case "wildcard":
      return `wildcard ${JSON.stringify(test.wildcard.source)}`;
    case "but-strings":
      return `anything-but ${[...test.values].map((value) => JSON.stringify(value)).join(", ")}`;
    case "but-numbers":
      return `anything-but ${test.texts.join(", ")}`;
    case "but-tests":
      return `anything-but ${test.operator} ${test.sources.map((source) => JSON.stringify(source)).join(", ")}`;
    default:
      return assertNever(test);
  }
}

/** The rule by which a test decides. */
export function ruleOfTest(test: ValueTest): string {
  switch (test.kind) {
    case "string":
      return test.value === "" ? "F-35" : "F-28";
    case "address":
      return "F-29";
    case "number":
      return test.operand === null ? "F-31" : "F-30";
    case "word":
      return test.word === "null" ? "F-34" : "F-33";
    case "prefix":
      return "F-36";
    case "suffix":
      return "F-37";
    case "folded":
      return test.at === "whole" ? "F-38" : "F-39";
    case "numeric":
      return "F-49";
    case "exists":
    case "absent":
      return "F-50";
    case "cidr":
      return "F-52";
    case "wildcard":
      return "F-53";
    case "but-strings":
    case "but-numbers":
    case "but-tests":
      return "F-43";
    default:
      return assertNever(test);
  }
}

/** Why one value does not fit one test that it does not fit. */
export function whyNot(test: ValueTest, value: Value): string {
  switch (test.kind) {
    case "numeric":
      return whyNotNumeric(test, value);
    case "number":
      return value.kind === "number"
        ? "it is another number"
        : `the value is ${kindInWords(value)}, and a number fits numbers only`;
    case "word":
      return `the value is ${kindInWords(value)}, and ${test.word} fits only itself`;
    case "absent":
      return "the field is there";
    case "exists":
      return "there is no value";
    case "but-strings":
    case "but-numbers":
    case "but-tests":
      return "this is what it excludes";
    default:
      return value.kind === "string"
        ? whyNotText(test, value.text)
        : `the value is ${kindInWords(value)}, and ${operatorName(test)} looks at text only`;
  }
}

function whyNotNumeric(test: ValueTest & { readonly kind: "numeric" }, value: Value): string {
  if (value.kind !== "number") {
    return `the value is ${kindInWords(value)}, and numeric compares JSON numbers only`;
  }
  if (comparableNumber(value.text) === null) {
    return "the value has more digits than can be compared, or is out of range";
  }
  const failing = test.bounds.find((bound) => !fitsTest({ kind: "numeric", bounds: [bound] }, value));
  return failing === undefined
    ? "it is out of the range"
    : `${cut(value.text)} is not ${failing.comparator} ${failing.text}`;
}

function whyNotText(test: ValueTest, text: string): string {
  switch (test.kind) {
    case "string":
      return text.toLowerCase() === test.value.toLowerCase() ? "upper and lower case differ" : "it is another text";
    case "prefix":
      return "it begins otherwise";
    case "suffix":
      return "it ends otherwise";
    case "cidr":
      return "it is no address in this block";
    case "address":
      return "it is no spelling of this address";
    case "folded":
      return test.at === "whole"
        ? "it is another text"
        : test.at === "prefix"
          ? "it begins otherwise"
          : "it ends otherwise";
    default:
      return "it has another form";
  }
}

function operatorName(test: ValueTest): string {
  switch (test.kind) {
    case "prefix":
    case "suffix":
    case "cidr":
    case "wildcard":
      return test.kind;
    case "folded":
      return "equals-ignore-case";
    default:
      return "a string";
  }
}

function kindInWords(value: Value): string {
  switch (value.kind) {
    case "string":
      return "text";
    case "number":
      return "a number";
    default:
      return value.kind;
  }
}

/** A change at the producer or in the pattern by which one value would fit, as a sentence; null where none is plain to see. */
export function remedyFor(test: ValueTest, value: Value, name: string): string | null {
  const field = JSON.stringify(name);
  if ((test.kind === "numeric" || test.kind === "number") && value.kind === "string") {
    const isNumber = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(value.text);
    const fits = isNumber && fitsTest(test, { kind: "number", text: value.text });
    return fits ? `it fits once the producer writes ${field}: ${value.text}, without quotes` : null;
  }
  if (
    test.kind === "string" &&
    (value.kind === "number" || value.kind === "true" || value.kind === "false") &&
    value.text === test.value
  ) {
    return `it fits once the pattern has ${value.text} instead of ${JSON.stringify(test.value)}, without quotes`;
  }
  if (
    test.kind === "string" &&
    value.kind === "string" &&
    value.text !== test.value &&
    value.text.toLowerCase() === test.value.toLowerCase()
  ) {
    return `it fits with {"equals-ignore-case": ${JSON.stringify(test.value)}} in the pattern`;
  }
  return null;
}

/** A value as JSON, cut where it is long. */
export function valueInWords(value: Value): string {
  return cut(value.kind === "string" ? JSON.stringify(value.text) : value.text);
}

const LONGEST = 40;

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
