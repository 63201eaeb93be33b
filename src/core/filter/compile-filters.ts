// The filters of one mapping, checked as AWS checks them at create and update (F-1 to F-7, F-72, F-74): all of them, or none.
// Compiled once a mapping; record-filter.ts makes the matcher that a reader calls for each record.

import { type Dialect, flaw } from "./alternatives.ts";
import { compilePattern, type InvalidPattern, invalidAt, type Pattern, type PathCondition } from "./compile-pattern.ts";
import { dataMembersOf, type FilteredKind } from "./filter-view.ts";

/** Filters a mapping may have: AWS's default quota, and what it can be raised to (F-4). */
export const DEFAULT_FILTER_LIMIT = 5;
export const MOST_FILTER_LIMIT = 10;

/** Longest text of a pattern, in characters (F-5). */
export const PATTERN_LENGTH_LIMIT = 4_096;

export interface FilterOptions {
  /** Default `eventbridge`: the whole language (F-63). */
  readonly dialect?: Dialect;
  /** 1 to 10, default 5. */
  readonly limit?: number;
}

export interface CompiledFilters {
  readonly kind: "filters";
  readonly source: FilteredKind;
  /** At least one: without filters everything is delivered, and nothing needs compiling (F-3). */
  readonly patterns: readonly Pattern[];
}

export type FiltersAnswer =
  | CompiledFilters
  /** No filter at all: everything is delivered (F-3). */
  | { readonly kind: "none" }
  | { readonly kind: "tooMany"; readonly count: number; readonly limit: number }
  | { readonly kind: "tooLong"; readonly index: number; readonly length: number; readonly limit: number }
  /** To the client only F-6's one text; the rest is for the log and for a person. */
  | { readonly kind: "invalid"; readonly index: number; readonly flaw: InvalidPattern };

/** Never throws. `patterns` are the texts of the filters in their order. */
export function compileFilters(
  patterns: readonly string[],
  source: FilteredKind,
  options: FilterOptions = {},
): FiltersAnswer {
  const limit = options.limit ?? DEFAULT_FILTER_LIMIT;
  if (patterns.length === 0) {
    return { kind: "none" };
  }
  if (patterns.length > limit) {
    return { kind: "tooMany", count: patterns.length, limit };
  }
  const index = patterns.findIndex((text) => text.length > PATTERN_LENGTH_LIMIT);
  if (index >= 0) {
    return { kind: "tooLong", index, length: patterns[index]?.length ?? 0, limit: PATTERN_LENGTH_LIMIT };
  }
  const compiled: Pattern[] = [];
  for (const [at, text] of patterns.entries()) {
    const answer = compileForSource(text, source, options.dialect ?? "eventbridge");
    if (answer.kind === "invalid") {
      return { kind: "invalid", index: at, flaw: answer };
    }
    compiled.push(answer.pattern);
  }
  return { kind: "filters", source, patterns: compiled };
}

/** One pattern as a mapping on this kind of source takes it: {@link compilePattern} and the form of its data part (F-74). */
export function compileForSource(
  text: string,
  source: FilteredKind,
  dialect: Dialect,
): ReturnType<typeof compilePattern> {
  const answer = compilePattern(text, { dialect });
  if (answer.kind === "invalid" || (source !== "kinesis" && source !== "dynamodb")) {
    return answer;
  }
  const [member = ""] = dataMembersOf(source);
  const plain = answer.pattern.combinations.flatMap((combination) =>
    combination.filter(({ path }) => path === member),
  )[0];
  return plain === undefined ? answer : invalidAt(text, plainDataFlaw(member, plain));
}

function plainDataFlaw(member: string, condition: PathCondition): ReturnType<typeof flaw> {
  const reason = `a list directly under ${JSON.stringify(member)} is no JSON pattern, and records of this source are only filtered by JSON`;
  return flaw("F-74", reason, { start: condition.list.offset });
}
