// One alternative of a pattern's list, and whether one value of an event fits it (F-28 to F-54). Lifting this to paths with
// several values is the matter of field-search.ts.
//
// Types never mix: a test on strings is simply not met by a number that looks the same, and `anything-but` is met by every
// value of another type than its operands' (F-43).

import { assertNever } from "../assert-never.ts";
import { comparableNumber } from "./comparable-number.ts";
import { endsWithFolded, equalsFolded, type FoldedText, startsWithFolded } from "./folded-text.ts";
import { type AddressBlock, type AddressBytes, areSameAddress, isInBlock, parseAddress } from "./ip-address.ts";
import { matchesWildcard, type Wildcard } from "./wildcard.ts";

export type ValueKind = "string" | "number" | "true" | "false" | "null";

/** A leaf of an event: a string's content, a number's spelling, or the word itself. */
export interface Value {
  readonly kind: ValueKind;
  readonly text: string;
}

export type Comparator = "=" | "<" | "<=" | ">" | ">=";

/** One side of a numeric range. `text` is the operand as the pattern spells it. */
export interface Bound {
  readonly comparator: Comparator;
  readonly operand: number;
  readonly text: string;
}

export type ValueTest =
  | { readonly kind: "string"; readonly value: string }
  /** A string that is an address literal: every spelling of the address fits (F-29). */
  | { readonly kind: "address"; readonly value: string; readonly bytes: AddressBytes }
  /** `operand` is null where the spelling cannot be compared: then only the same spelling fits (F-31). */
  | { readonly kind: "number"; readonly text: string; readonly operand: number | null }
  | { readonly kind: "word"; readonly word: "true" | "false" | "null" }
  | { readonly kind: "prefix"; readonly value: string }
  | { readonly kind: "suffix"; readonly value: string }
  | { readonly kind: "folded"; readonly at: "whole" | "prefix" | "suffix"; readonly text: FoldedText }
  | { readonly kind: "numeric"; readonly bounds: readonly Bound[] }
  | { readonly kind: "exists" }
  | { readonly kind: "absent" }
  | { readonly kind: "cidr"; readonly source: string; readonly block: AddressBlock }
  | { readonly kind: "wildcard"; readonly wildcard: Wildcard }
  | { readonly kind: "but-strings"; readonly values: ReadonlySet<string> }
  /** `texts` are the operands as the pattern spells them. */
  | { readonly kind: "but-numbers"; readonly operands: ReadonlySet<number>; readonly texts: readonly string[] }
  | {
      readonly kind: "but-tests";
      readonly operator: ButOperator;
      readonly sources: readonly string[];
      readonly tests: readonly ValueTest[];
    };

/** What may stand inside `anything-but` (F-44 to F-46). */
export type ButOperator = "prefix" | "suffix" | "equals-ignore-case" | "wildcard";

/** Whether the value fits. `absent` is never met by a value. */
export function fitsTest(test: ValueTest, value: Value): boolean {
  switch (test.kind) {
    case "string":
      return value.kind === "string" && value.text === test.value;
    case "address":
      return value.kind === "string" && (value.text === test.value || isAddress(value.text, test.bytes));
    case "number":
      return (
        value.kind === "number" &&
        (value.text === test.text || (test.operand !== null && comparableNumber(value.text) === test.operand))
      );
    case "word":
      return value.kind === test.word;
    case "prefix":
      return value.kind === "string" && value.text.startsWith(test.value);
    case "suffix":
      return value.kind === "string" && value.text.endsWith(test.value);
    case "folded":
      return value.kind === "string" && fitsFolded(test.at, test.text, value.text);
    case "numeric":
      return value.kind === "number" && fitsBounds(test.bounds, value.text);
    case "exists":
      return true;
    case "absent":
      return false;
    case "cidr":
      return value.kind === "string" && isInBlock(test.block, value.text);
    case "wildcard":
      return value.kind === "string" && matchesWildcard(test.wildcard, value.text);
    case "but-strings":
      return value.kind !== "string" || !test.values.has(value.text);
    case "but-numbers":
      return value.kind !== "number" || !isExcludedNumber(test.operands, value.text);
    case "but-tests":
      return value.kind !== "string" || !test.tests.some((inner) => fitsTest(inner, value));
    default:
      return assertNever(test);
  }
}

function isAddress(text: string, bytes: AddressBytes): boolean {
  const address = parseAddress(text);
  return address !== null && areSameAddress(address, bytes);
}

function fitsFolded(at: "whole" | "prefix" | "suffix", text: FoldedText, value: string): boolean {
  switch (at) {
    case "whole":
      return equalsFolded(text, value);
    case "prefix":
      return startsWithFolded(text, value);
    case "suffix":
      return endsWithFolded(text, value);
    default:
      return assertNever(at);
  }
}

/** Of a number that cannot be compared nothing numeric is true (F-31). */
function fitsBounds(bounds: readonly Bound[], text: string): boolean {
  const value = comparableNumber(text);
  return value !== null && bounds.every((bound) => compares(value, bound));
}

function compares(value: number, bound: Bound): boolean {
  switch (bound.comparator) {
    case "=":
      return value === bound.operand;
    case "<":
      return value < bound.operand;
    case "<=":
      return value <= bound.operand;
    case ">":
      return value > bound.operand;
    case ">=":
      return value >= bound.operand;
    default:
      return assertNever(bound.comparator);
  }
}

function isExcludedNumber(operands: ReadonlySet<number>, text: string): boolean {
  const value = comparableNumber(text);
  return value !== null && operands.has(value);
}
