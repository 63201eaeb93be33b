// `millrace filter --cases FILE`: many patterns and events, one JSON object a line. A pattern or event given as JSON is taken
// as it is spelled in the line, so that numbers and repeated members arrive unchanged (F-18, F-31).

import type { Dialect } from "../core/filter/alternatives.ts";
import { compileFilters, compileForSource } from "../core/filter/compile-filters.ts";
import { compilePattern, type CompiledPattern } from "../core/filter/compile-pattern.ts";
import { type FilteredKind, filteredKinds } from "../core/filter/filter-view.ts";
import { matchesEventText } from "../core/filter/match-event.ts";
import { createRecordFilter } from "../core/filter/record-filter.ts";
import { lineAndColumn } from "../core/json/line-and-column.ts";
import { type JsonNode, memberOf, readJson } from "../core/json/read-json.ts";
import { MillraceError } from "../errors.ts";
import { givenEvent } from "./filter-event.ts";

export type Verdict = "match" | "no-match" | "invalid";

export interface CaseResult {
  /** Line in the file, from 1. */
  readonly line: number;
  /** `unreadable`: the line is no case. It counts as failed, and the others are tried all the same. */
  readonly verdict: Verdict | "unreadable";
  /** Null where the line expects nothing. */
  readonly expected: Verdict | null;
  /** What the line says about itself, for a person. */
  readonly why: string | null;
  /** Why the pattern is invalid or the line is no case, else null. */
  readonly reason: string | null;
}

export interface CaseOptions {
  readonly source: FilteredKind | null;
  readonly dialect: Dialect;
}

/** The cases of a file in its order; blank lines are passed over. */
export function* runCases(file: string, text: string, options: CaseOptions): Generator<CaseResult> {
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    const line = raw.replace(/\r$/, "");
    if (line.trim() !== "") {
      yield caseOf({ file, number: index + 1, line }, options);
    }
  }
}

/** Whether the line's expectation is met; true where it has none. */
export function isAgreed(result: CaseResult): boolean {
  return result.verdict !== "unreadable" && (result.expected === null || result.expected === result.verdict);
}

function caseOf(
  { file, number, line }: { readonly file: string; readonly number: number; readonly line: string },
  options: CaseOptions,
): CaseResult {
  try {
    return runCase(new CaseLine(file, number, line), options);
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    return { line: number, verdict: "unreadable", expected: null, why: null, reason: error.message };
  }
}

function runCase(line: CaseLine, options: CaseOptions): CaseResult {
  const why = line.member("why");
  const rest = { line: line.number, expected: line.expected(), why: why?.kind === "string" ? why.value : null };
  if (line.member("filters") !== null) {
    return { ...rest, ...recordVerdict(line, options) };
  }
  const pattern = line.text("patternText", "pattern");
  const event = line.text("eventText", "event");
  const compiled = compiledFor(pattern, options);
  if (compiled.kind === "invalid") {
    return { ...rest, verdict: "invalid", reason: compiled.reason };
  }
  const isMatch =
    options.source === null
      ? matchesEventText(compiled.pattern, event)
      : createRecordFilter({ kind: "filters", source: options.source, patterns: [compiled.pattern] })(
          givenEvent(options.source, event).view,
        );
  return { ...rest, verdict: isMatch ? "match" : "no-match", reason: null };
}

function compiledFor(pattern: string, options: CaseOptions): CompiledPattern {
  const { source, dialect } = options;
  return source === null ? compilePattern(pattern, { dialect }) : compileForSource(pattern, source, dialect);
}

/** A line with `source`, `filters` (a list of patterns, ORed) and `record`: a mapping's decision on one record. */
function recordVerdict(
  line: CaseLine,
  options: CaseOptions,
): { readonly verdict: Verdict; readonly reason: string | null } {
  const filters = line.member("filters");
  const sourceNode = line.member("source");
  const named = filteredKinds.find((kind) => sourceNode?.kind === "string" && sourceNode.value === kind);
  const source = named ?? options.source;
  if (filters?.kind !== "array" || source === null) {
    throw line.error("`filters` has to be a list, and `source` one of kinesis, dynamodb, sqs, kafka, mq", filters);
  }
  const compiled = compileFilters(
    filters.items.map((item) => line.slice(item)),
    source,
    { dialect: options.dialect },
  );
  switch (compiled.kind) {
    case "none":
      return { verdict: "match", reason: null };
    case "tooMany":
      return {
        verdict: "invalid",
        reason: `${compiled.count} filters, and at most ${compiled.limit} are allowed (F-4)`,
      };
    case "tooLong":
      return {
        verdict: "invalid",
        reason: `filter ${compiled.index + 1} has ${compiled.length} characters of at most ${compiled.limit} (F-5)`,
      };
    case "invalid":
      return { verdict: "invalid", reason: compiled.flaw.reason };
    case "filters": {
      const isMatch = createRecordFilter(compiled)(givenEvent(source, line.text("recordText", "record")).view);
      return { verdict: isMatch ? "match" : "no-match", reason: null };
    }
  }
}

/** One line of the file, read. */
class CaseLine {
  readonly number: number;
  readonly #file: string;
  readonly #text: string;
  readonly #root: JsonNode;

  constructor(file: string, number: number, text: string) {
    this.#file = file;
    this.number = number;
    this.#text = text;
    const json = readJson(text);
    if (json.kind === "broken") {
      throw this.#errorAt(`line ${number} is no JSON: ${json.reason}`, json.offset, 1);
    }
    this.#root = json.value;
    if (json.value.kind !== "object") {
      throw this.error("a case has to be a JSON object", json.value);
    }
  }

  member(name: string): JsonNode | null {
    return memberOf(this.#root, name);
  }

  slice(node: JsonNode): string {
    return this.#text.slice(node.start, node.end);
  }

  /** The text of a member that may come as a string that holds it, or as JSON as it stands. The string counts. */
  text(textName: string, jsonName: string): string {
    const asText = this.member(textName);
    if (asText?.kind === "string") {
      return asText.value;
    }
    if (asText !== null) {
      throw this.error(`\`${textName}\` has to be a string`, asText);
    }
    const asJson = this.member(jsonName);
    if (asJson === null) {
      throw this.error(`neither \`${textName}\` nor \`${jsonName}\` is there`, null);
    }
    return this.slice(asJson);
  }

  expected(): Verdict | null {
    const node = this.member("match") ?? this.member("outcome");
    if (node === null) {
      return null;
    }
    const verdict =
      node.kind === "boolean"
        ? VERDICTS.get(String(node.value))
        : node.kind === "string"
          ? VERDICTS.get(node.value)
          : undefined;
    if (verdict === undefined) {
      throw this.error('`match` has to be true, false or "invalid"', node);
    }
    return verdict;
  }

  error(message: string, node: JsonNode | null): MillraceError {
    const at = node ?? this.#root;
    return this.#errorAt(`line ${this.number}: ${message}`, at.start, node === null ? 1 : at.end - at.start);
  }

  #errorAt(message: string, offset: number, length: number): MillraceError {
    const { column, source } = lineAndColumn(this.#text, offset);
    return new MillraceError("filter-invalid", message, {
      place: { file: this.#file, line: this.number, column, source, length, label: "" },
    });
  }
}

const VERDICTS: ReadonlyMap<string, Verdict> = new Map([
  ["true", "match"],
  ["false", "no-match"],
  ["match", "match"],
  ["no-match", "no-match"],
  ["invalid", "invalid"],
  ["deliver", "match"],
  ["drop", "no-match"],
]);
