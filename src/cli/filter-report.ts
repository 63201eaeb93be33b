// How `millrace filter` says what it found: an explanation, an invalid pattern, one case. Pure text; nothing is written here.

import type { Explanation, MemberVerdict } from "../core/filter/explain.ts";
import { INVALID_PATTERN_MESSAGE, type InvalidPattern } from "../core/filter/compile-pattern.ts";
import type { FilteredKind } from "../core/filter/filter-view.ts";
import { MillraceError, type Place } from "../errors.ts";
import { errorForm } from "./error-report.ts";
import { type CaseResult, isAgreed } from "./filter-cases.ts";
import { hanging, type Screen, wrapped } from "./screen.ts";

export function explanationText(explanation: Explanation, source: FilteredKind | null, screen: Screen): string {
  const { members, fitCount, isMatch } = explanation;
  const failing = members.filter(({ verdict }) => verdict === "fails").length;
  const lines = [headline(explanation, failing), ...memberLines(members, screen)];
  const close = (label: string, text: string) => lines.push(...hanging(`${label}: `, text, screen.columns));
  if (explanation.note !== null) {
    close("note", explanation.note);
  }
  if (explanation.combinationCount > 1) {
    close(
      "note",
      `$or makes ${explanation.combinationCount} combinations of this pattern; this is the one that ${isMatch ? "matches" : "comes nearest"}`,
    );
  }
  if (explanation.patternCount > 1) {
    close(
      "note",
      `filter ${explanation.patternIndex + 1} of ${explanation.patternCount}, ${isMatch ? "the first that matches" : "the one that comes nearest"}`,
    );
  }
  if (explanation.help !== null && failing === 1 && fitCount + 1 >= members.length) {
    close("help", explanation.help);
  } else if (explanation.help !== null) {
    close("help", `for one of them: ${explanation.help}`);
  }
  if (!isMatch && source !== null) {
    close("then", AFTERMATH[source]);
  }
  return `${lines.join("\n")}\n`;
}

function headline(explanation: Explanation, failing: number): string {
  const { members, fitCount, isMatch } = explanation;
  const count = members.length;
  const leftOut = members.filter(({ verdict }) => verdict === "leftOut").length;
  const aside = leftOut > 0 ? `, ${leftOut} left out` : "";
  if (!isMatch) {
    return `no match: ${fitCount} of ${count} ${count === 1 ? "member fits" : "members fit"}${aside}${failing === 0 ? " by itself" : ""}`;
  }
  if (leftOut > 0) {
    return `match: ${fitCount} of ${count} ${count === 1 ? "member fits" : "members fit"}${aside}`;
  }
  return count === 1 ? "match: the one member fits" : `match: all ${count} members fit`;
}

/** What a mapping does with a record that no filter matches (F-80 to F-84). */
const AFTERMATH: Readonly<Record<FilteredKind, string>> = {
  kinesis:
    "a mapping on Kinesis passes it over: no place in a batch, no invocation, no destination; the checkpoint moves past it",
  dynamodb:
    "a mapping on DynamoDB Streams passes it over: no place in a batch, no invocation, no destination; the checkpoint moves past it",
  sqs: "a mapping on SQS deletes it from the queue: no place in a batch, no invocation, no dead-letter queue",
  kafka:
    "a mapping on Kafka passes it over: no place in a batch, no destination; its offset is committed with those around it",
  mq: "a mapping on MQ acknowledges it at once: no place in a batch, no invocation",
};

function memberLines(members: readonly MemberVerdict[], screen: Screen): readonly string[] {
  const pathWidth = Math.max(...members.map(({ path }) => path.length), 0);
  const foundWidth = Math.max(...members.map(({ foundInWords }) => foundInWords.length), 0);
  const indent = 4 + pathWidth + 2 + foundWidth + 3;
  // A narrow screen, or long names: the condition then stands on lines of its own.
  const isWide = screen.columns - indent >= 24;
  return members.flatMap((member) => {
    const head = `  ${signOf(member, screen)} ${member.path.padEnd(pathWidth)}  ${member.foundInWords.padEnd(foundWidth)}`;
    const text = member.why === null ? member.condition : `${member.condition}: ${member.why}`;
    const left = isWide ? indent : 6;
    const texts = wrapped(text, Math.max(24, screen.columns - left));
    const body = texts.map((line) => `${" ".repeat(left)}${line}`);
    return isWide ? [`${head.padEnd(indent)}${texts[0] ?? ""}`, ...body.slice(1)] : [head.trimEnd(), ...body];
  });
}

function signOf(member: MemberVerdict, screen: Screen): string {
  switch (member.verdict) {
    case "fits":
      return screen.isUnicode ? "✓" : "+";
    case "fails":
      return screen.isUnicode ? "✗" : "x";
    case "leftOut":
      return screen.isUnicode ? "–" : "-";
  }
}

export function invalidText(flaw: InvalidPattern, place: Place, columns?: number): string {
  const form = errorForm(new MillraceError("filter-invalid", flaw.reason, { place }), "millrace", columns);
  return `${form}AWS's answer: ${INVALID_PATTERN_MESSAGE}    # InvalidParameterValueException, 400; it never says why\n`;
}

/** The verdict alone where it is as expected, so that the lines can be read by a program. */
export function caseText(result: CaseResult, screen: Screen): string {
  if (result.verdict === "unreadable") {
    return `unreadable  ${screen.isUnicode ? "✗" : "x"} ${result.reason ?? ""}\n`;
  }
  if (isAgreed(result) || result.expected === null) {
    return `${result.verdict}\n`;
  }
  const because = result.reason === null ? "" : ` (${result.reason})`;
  const about = result.why === null ? "" : `: ${result.why}`;
  return `${result.verdict}  ${screen.isUnicode ? "✗" : "x"} line ${result.line} expects ${result.expected}${about}${because}\n`;
}
