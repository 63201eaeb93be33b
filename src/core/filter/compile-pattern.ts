// A pattern's text made ready for matching (F-11 to F-20, F-55 to F-58): the paths that it names with their alternatives, and
// with $or multiplied out into combinations, each a plain "all of these paths". Operators are the matter of alternatives.ts.
//
// P1  Members are read in the order of the text: repeated objects merge, and of two lists for one path the later one counts,
//     also where one of them stands in a branch of $or (F-18, F-57).
// P2  A pattern whose $or is none is read a second time with `$or` as an ordinary name (F-56). If that fails too, the first
//     reading's flaw is reported: it is nearer to what was meant.

import { lineAndColumn } from "../json/line-and-column.ts";
import { type JsonNode, readJson } from "../json/read-json.ts";
import { type Alternatives, compileAlternatives, type Dialect, type Flaw, flaw } from "./alternatives.ts";

/** AWS's one answer to every invalid pattern (F-6). */
export const INVALID_PATTERN_MESSAGE = "Invalid filter pattern definition.";

/** Most combinations that the lengths of all $or lists may multiply to (F-58). */
export const COMBINATION_LIMIT = 1_000;

export interface PathCondition {
  /** The names from the root down, joined by dots (F-19). */
  readonly path: string;
  readonly list: Alternatives;
}

/** All of these have to hold, sorted by path (UTF-16 order), each path once. */
export type Combination = readonly PathCondition[];

export interface Pattern {
  /** The text as it was given (F-8). */
  readonly text: string;
  /** One of these has to hold. Never empty. */
  readonly combinations: readonly Combination[];
}

export interface InvalidPattern {
  readonly kind: "invalid";
  readonly reason: string;
  /** The rule that decides it, for example `F-13`. */
  readonly rule: string;
  /** Place in the pattern's text, counting from 1. */
  readonly line: number;
  readonly column: number;
}

export type CompiledPattern = { readonly kind: "pattern"; readonly pattern: Pattern } | InvalidPattern;

export interface PatternOptions {
  /** Default `eventbridge`. */
  readonly dialect?: Dialect;
}

/** Never throws, whatever the text. */
export function compilePattern(text: string, options: PatternOptions = {}): CompiledPattern {
  const json = readJson(text);
  if (json.kind === "broken") {
    return invalidAt(text, { kind: "flaw", rule: "F-17", reason: `not JSON: ${json.reason}`, offset: json.offset });
  }
  const root = json.value;
  if (root.kind !== "object") {
    return invalidAt(text, flaw("F-11", "a pattern has to be a JSON object", root));
  }
  const dialect = options.dialect ?? "eventbridge";
  const first = new Reading(dialect, true);
  const firstFlaw = first.object(root, null, false);
  if (firstFlaw === null) {
    return { kind: "pattern", pattern: { text, combinations: first.combinations() } };
  }
  if (first.hasMetOr) {
    const second = new Reading(dialect, false);
    if (second.object(root, null, false) === null) {
      return { kind: "pattern", pattern: { text, combinations: second.combinations() } };
    }
  }
  return invalidAt(text, firstFlaw);
}

export function invalidAt(text: string, found: Flaw): InvalidPattern {
  const { line, column } = lineAndColumn(text, found.offset);
  return { kind: "invalid", reason: found.reason, rule: found.rule, line, column };
}

type Conditions = ReadonlyMap<string, Alternatives>;
type ObjectNode = JsonNode & { readonly kind: "object" };

/** One pass over the pattern. */
class Reading {
  readonly #dialect: Dialect;
  readonly #isOrSpecial: boolean;
  /** What the members read so far demand: one of these. No element: nothing yet. */
  #rows: readonly Conditions[] = [];
  #product = 1;
  hasMetOr = false;

  constructor(dialect: Dialect, isOrSpecial: boolean) {
    this.#dialect = dialect;
    this.#isOrSpecial = isOrSpecial;
  }

  /** Reads the members of an object at `path` (null: the root). `isInBranch`: somewhere below a branch of $or. */
  object(node: ObjectNode, path: string | null, isInBranch: boolean): Flaw | null {
    if (node.members.length === 0) {
      return flaw("F-13", "an empty object is not allowed", node);
    }
    for (const { name, nameStart, value } of node.members) {
      const found =
        this.#isOrSpecial && name === "$or"
          ? this.#or(value, path)
          : isInBranch && RESERVED.has(name)
            ? flaw("F-56", `${JSON.stringify(name)} is a reserved word and cannot be a field's name inside $or`, {
                start: nameStart,
              })
            : this.#member(value, path === null ? name : `${path}.${name}`, name, isInBranch);
      if (found !== null) {
        return found;
      }
    }
    return null;
  }

  #member(value: JsonNode, path: string, name: string, isInBranch: boolean): Flaw | null {
    if (value.kind === "object") {
      return this.object(value, path, isInBranch);
    }
    if (value.kind !== "array") {
      return flaw("F-12", `the value of ${JSON.stringify(name)} has to be an object or a list`, value);
    }
    const list = compileAlternatives(value, this.#dialect);
    if ("kind" in list) {
      return list;
    }
    const rows = this.#rows.length === 0 ? [new Map<string, Alternatives>()] : this.#rows;
    this.#rows = rows.map((row) => new Map(row).set(path, list));
    return null;
  }

  /** Each branch goes on from what held before the $or, and what follows goes on from all of them (F-55). */
  #or(value: JsonNode, path: string | null): Flaw | null {
    this.hasMetOr = true;
    if (value.kind !== "array" || value.items.length < 2) {
      return flaw("F-56", "$or takes a list of at least two objects", value);
    }
    this.#product *= value.items.length;
    if (this.#product > COMBINATION_LIMIT) {
      return flaw(
        "F-58",
        `the lengths of all $or lists multiply to more than ${COMBINATION_LIMIT} combinations`,
        value,
      );
    }
    const before = this.#rows;
    const after: Conditions[] = [];
    for (const branch of value.items) {
      if (branch.kind !== "object") {
        return flaw("F-56", "each branch of $or has to be an object", branch);
      }
      this.#rows = before;
      const found = this.object(branch, path, true);
      if (found !== null) {
        return found;
      }
      after.push(...this.#rows);
    }
    this.#rows = after;
    return null;
  }

  combinations(): readonly Combination[] {
    return this.#rows.map((row) =>
      Array.from(row, ([path, list]) => ({ path, list })).sort((one, other) => (one.path < other.path ? -1 : 1)),
    );
  }
}

/** F-56. */
const RESERVED: ReadonlySet<string> = new Set([
  "exactly",
  "equals-ignore-case",
  "prefix",
  "suffix",
  "anything-but",
  "exists",
  "wildcard",
  "numeric",
  "cidr",
  "=",
  "<",
  "<=",
  ">",
  ">=",
  "regex",
  "not-wildcard",
  "not-equals-ignore-case",
  "date-after",
  "date-on-or-after",
  "date-before",
  "date-on-or-before",
  "in-date-range",
  "ip-address-in-range",
  "ip-address-not-in-range",
]);
