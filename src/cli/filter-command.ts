// `millrace filter`: does this event fit this pattern, and if not, why (F-1 to F-99)? Nothing runs and nothing is stored.
// Exit: 0 match, 1 no match or a missed case, 2 an invalid pattern or a broken file.

import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import type { Dialect } from "../core/filter/alternatives.ts";
import { compileForSource } from "../core/filter/compile-filters.ts";
import {
  compilePattern,
  INVALID_PATTERN_MESSAGE,
  type InvalidPattern,
  type Pattern,
} from "../core/filter/compile-pattern.ts";
import { type Explanation, explainEvent, explainRecord } from "../core/filter/explain.ts";
import { type FilteredKind, filteredKinds } from "../core/filter/filter-view.ts";
import { lineAndColumn } from "../core/json/line-and-column.ts";
import { readJson } from "../core/json/read-json.ts";
import { errorCodes, MillraceError, type Place } from "../errors.ts";
import { isAgreed, runCases } from "./filter-cases.ts";
import { givenEvent } from "./filter-event.ts";
import type { Terminal } from "./command-options.ts";
import { caseText, explanationText, invalidText } from "./filter-report.ts";
import { type Screen, screenOf } from "./screen.ts";

export interface FilterCommandOptions {
  /** Absent: the pattern is matched against the event as it stands. */
  readonly source?: FilteredKind;
  /** Patterns or `@file`; several are ORed (F-2). */
  readonly pattern?: readonly string[];
  /** An event or `@file`. */
  readonly event?: string;
  /** A file of cases, `-` for standard input. */
  readonly cases?: string;
  readonly strict?: boolean;
  readonly json?: boolean;
}

/** The world as this command needs it. */
export interface FilterCommandPort extends Screen {
  write(text: string): void;
  writeError(text: string): void;
  /** A file's text, or standard input's for `-`. Throws `bad-argument` where it cannot be read. */
  readText(file: string): string;
}

/** Runs the command and answers its exit code. Throws MillraceError bad-argument, or filter-invalid for a broken file of cases. */
export function runFilterCommand(options: FilterCommandOptions, port: FilterCommandPort): number {
  if (options.cases !== undefined) {
    if (options.pattern !== undefined || options.event !== undefined) {
      throw new MillraceError("bad-argument", "--cases brings patterns and events of its own", {
        help: `millrace filter --cases ${options.cases}`,
      });
    }
    return runCasesFile(options.cases, options, port);
  }
  if (options.pattern === undefined || options.pattern.length === 0 || options.event === undefined) {
    throw new MillraceError("bad-argument", "filter needs --pattern and --event, or --cases", {
      help: `millrace filter --pattern '{"status": ["paid"]}' --event '{"status": "paid"}'`,
    });
  }
  return explainOne(options.pattern, options.event, options, port);
}

function runCasesFile(file: string, options: FilterCommandOptions, port: FilterCommandPort): number {
  let passed = 0;
  let failed = 0;
  let isUnreadable = false;
  for (const result of runCases(file, port.readText(file), {
    source: options.source ?? null,
    dialect: dialectOf(options),
  })) {
    const agrees = isAgreed(result);
    passed += agrees ? 1 : 0;
    failed += agrees ? 0 : 1;
    isUnreadable ||= result.verdict === "unreadable";
    port.write(options.json === true ? `${JSON.stringify({ ...result, agrees })}\n` : caseText(result, port));
  }
  port.write(
    options.json === true ? `${JSON.stringify({ passed, failed })}\n` : `${passed} passed, ${failed} failed\n`,
  );
  if (isUnreadable) return errorCodes["filter-invalid"];
  return failed === 0 ? 0 : 1;
}

function explainOne(
  given: readonly string[],
  event: string,
  options: FilterCommandOptions,
  port: FilterCommandPort,
): number {
  const eventText = argumentText(event, "--event", port).text;
  const source = options.source ?? null;
  const patterns: Pattern[] = [];
  for (const argument of given) {
    const { text, file } = argumentText(argument, "--pattern", port);
    const compiled =
      source === null
        ? compilePattern(text, { dialect: dialectOf(options) })
        : compileForSource(text, source, dialectOf(options));
    if (compiled.kind === "invalid") {
      return reportInvalid(compiled, text, file, options, port);
    }
    patterns.push(compiled.pattern);
  }
  if (source === null) {
    refuseBrokenEvent(eventText, event.startsWith("@") ? event.slice(1) : "--event");
    return reportExplanation(explainEvent(patterns, eventText), null, "event", options, port);
  }
  const { view, form } = givenEvent(source, eventText);
  return reportExplanation(explainRecord({ kind: "filters", source, patterns }, view), source, form, options, port);
}

/** Without a source there is no plain-text payload that the text could be: then it is a slip of the pen. */
function refuseBrokenEvent(text: string, file: string): void {
  const json = readJson(text);
  if (json.kind === "broken") {
    const place = { file, ...lineAndColumn(text, json.offset), length: 1, label: "" };
    throw new MillraceError("bad-argument", `the event is not JSON: ${json.reason}`, {
      place,
      help: "a plain-text payload needs --source, whose rules say what becomes of it",
    });
  }
}

function reportInvalid(
  flaw: InvalidPattern,
  text: string,
  file: string,
  options: FilterCommandOptions,
  port: FilterCommandPort,
): number {
  if (options.json === true) {
    const { reason, rule, line, column } = flaw;
    port.write(
      `${JSON.stringify({ verdict: "invalid", reason, rule, line, column, message: INVALID_PATTERN_MESSAGE })}\n`,
    );
  } else {
    port.writeError(invalidText(flaw, placeOf(flaw, text, file), process.stderr.columns));
  }
  return errorCodes["filter-invalid"];
}

function placeOf(flaw: InvalidPattern, text: string, file: string): Place {
  const lineStart = text
    .split("\n")
    .slice(0, flaw.line - 1)
    .reduce((sum, line) => sum + line.length + 1, 0);
  const { source } = lineAndColumn(text, lineStart);
  return { file, line: flaw.line, column: flaw.column, source, length: 1, label: flaw.rule };
}

function reportExplanation(
  explanation: Explanation,
  source: FilteredKind | null,
  form: "event" | "record" | "document" | "payload",
  options: FilterCommandOptions,
  port: FilterCommandPort,
): number {
  if (options.json === true) {
    const { isMatch, ...rest } = explanation;
    port.write(`${JSON.stringify({ verdict: isMatch ? "match" : "no-match", source, eventReadAs: form, ...rest })}\n`);
  } else {
    port.write(explanationText(explanation, source, port));
  }
  return explanation.isMatch ? 0 : 1;
}

function dialectOf(options: FilterCommandOptions): Dialect {
  return options.strict === true ? "lambda" : "eventbridge";
}

/** An argument's text: itself, or the content of the file behind an `@`. A byte order mark in a file is dropped. */
function argumentText(
  argument: string,
  name: string,
  port: FilterCommandPort,
): { readonly text: string; readonly file: string } {
  if (!argument.startsWith("@")) {
    return { text: argument, file: name };
  }
  const file = argument.slice(1);
  return { text: port.readText(file).replace(/^\uFEFF/, ""), file };
}

function readText(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (cause) {
    throw new MillraceError(
      "bad-argument",
      `cannot read ${file === "-" ? "standard input" : file}: ${cause instanceof Error ? cause.message : "unknown"}`,
      { cause },
    );
  }
}

export function registerFilterCommand(
  program: Command,
  run: (work: () => Promise<number>) => Promise<void>,
  terminal: Terminal,
): void {
  program
    .command("filter")
    .description("explain whether an event fits a filter pattern, or run a file of cases")
    .addOption(
      new Option(
        "--source <kind>",
        "kind of source whose rules apply; without it the event is matched as it stands",
      ).choices(filteredKinds),
    )
    .option("--pattern <json|@file...>", "pattern, or a file that holds it; several are ORed")
    .option(
      "--event <json|@file>",
      "event, or a file that holds it: with --source a record, its document, or its payload alone",
    )
    .option(
      "--cases <file>",
      'JSON lines with pattern or patternText, event or eventText, and match: true, false or "invalid"; - is standard input',
    )
    .option(
      "--strict",
      "refuse operators that Lambda's guide does not list (wildcard, cidr, anything-but with another operator)",
    )
    .option("--json", "answer in JSON")
    .action((options: FilterCommandOptions) => {
      const { env, write, writeError } = terminal;
      const port = { ...screenOf(env, process.stdout.columns), write, writeError, readText };
      return run(async () => runFilterCommand(options, port));
    });
}
