// How a command says that it failed: `error[code]: what`, the place in the file, and what to do, as a text to paste. With `--json`
// an object on one line. The exit code follows from the code alone (src/errors.ts).

import { ConfigErrors } from "../config/config-errors.ts";
import { type CarriedFlags, withCarried } from "./carried-flags.ts";
import { errorCodes, MillraceError, type Place } from "../errors.ts";
import { noticeText } from "./notice.ts";
import { wrapped } from "./screen.ts";
import { oneLine } from "./shown-forms.ts";

/** Bad surroundings: a failure that has no code is not the user's input. */
const UNKNOWN_EXIT_CODE = 3;
const LONGEST_SOURCE = 120;
const LEAST_SOURCE = 24;
const BELOW = "  ";

export interface ErrorOutput {
  readonly isJson: boolean;
  /** How this `millrace` is called, for help that can be pasted. */
  readonly command: string;
  /** What the command was told of where server and state are; absent: nothing. */
  readonly carried?: CarriedFlags;
  /** Of the terminal, to which texts are wrapped; undefined or absent: it is none, and nothing is wrapped. */
  readonly columns?: number | undefined;
  readonly write: (text: string) => void;
}

/** Writes all that is wrong and answers the exit code. */
export function reportError(error: unknown, output: ErrorOutput): number {
  const { isJson, command, carried, write } = output;
  const columns = output.columns ?? Number.POSITIVE_INFINITY;
  const errors = error instanceof ConfigErrors ? error.errors : [error];
  const texts = errors.map((each) =>
    isJson ? errorJson(each, command, carried) : errorForm(each, command, columns, carried),
  );
  write(texts.join(isJson ? "" : "\n"));
  return error instanceof MillraceError ? errorCodes[error.code] : UNKNOWN_EXIT_CODE;
}

/** In a checkout the command is no word of the shell, and is called through npm. */
export const commandCalled = (commandFile: string): string =>
  commandFile.endsWith(".ts") ? "npm run --silent millrace --" : "millrace";

function errorJson(error: unknown, command: string, carried?: CarriedFlags): string {
  const { code, message, place, help } =
    error instanceof MillraceError ? error : { code: "internal", message: String(error), place: null, help: null };
  const because = becauseOf(error);
  return `${JSON.stringify({ error: { code, message, because, place, help: pasteable(help, command, carried) } })}\n`;
}

export function errorForm(
  error: unknown,
  command = "millrace",
  columns = Number.POSITIVE_INFINITY,
  carried: CarriedFlags = {},
): string {
  if (!(error instanceof MillraceError)) {
    const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `error[internal]: this is a fault of Millrace's own\n${trace}\n`;
  }
  const { code, message, place } = error;
  const because = becauseOf(error);
  const lines = [
    ...wrappedBelow(noticeText({ kind: "error", code, text: message }), columns),
    ...placeLines(place, columns),
  ];
  if (because !== null) lines.push(...wrappedBelow(`because: ${because}`, columns));
  lines.push(...helpLines(pasteable(error.help, command, carried), columns));
  return `${lines.join("\n")}\n`;
}

/** A command or a text to paste stays on one line, or it could not be pasted; a list of what there is may be wrapped. */
function helpLines(help: string | null, columns: number): readonly string[] {
  if (help === null) return [];
  return help.startsWith("known here: ") ? wrappedBelow(`help: ${help}`, columns) : [`help: ${help}`];
}

/** The second line and all after it begin two columns to the right. */
function wrappedBelow(text: string, columns: number): readonly string[] {
  const [first = "", ...more] = wrapped(text, columns);
  if (more.length === 0) return [first];
  return [first, ...wrapped(more.join(" "), columns - BELOW.length).map((line) => BELOW + line)];
}

/** Other messages say by themselves what was wrong. */
function becauseOf(error: unknown): string | null {
  if (!(error instanceof MillraceError) || error.code !== "thread-failed") return null;
  return error.cause instanceof Error ? oneLine(error.cause.message) : null;
}

const pasteable = (help: string | null, command: string, carried: CarriedFlags = {}): string | null =>
  help === null ? null : withCarried(help.replace(/^millrace(?= )/, command), command, carried);

function placeLines(place: Place | null, columns: number): readonly string[] {
  if (place === null) return [];
  const number = String(place.line).padStart(2);
  const gutter = " ".repeat(number.length);
  const room = Math.min(LONGEST_SOURCE, columns - number.length - 3);
  const { source, column } = cutSource(place, Math.max(LEAST_SOURCE, room));
  const marks = "^".repeat(Math.max(1, Math.min(place.length, source.length - column + 1)));
  const under = `${gutter} | ${" ".repeat(column - 1)}${marks}`;
  const path = place.path === undefined ? "" : `  ${place.path}`;
  return [
    `${gutter}--> ${place.file}:${place.line}:${place.column}${path}`,
    `${number} | ${source}`,
    ...labelLines(under, place.label, `${gutter} | `, columns),
  ];
}

/** Beside the marks, or below them where there is no room. */
function labelLines(under: string, label: string, gutter: string, columns: number): readonly string[] {
  if (label === "") return [under];
  if (under.length + 1 + label.length <= columns) return [`${under} ${label}`];
  return [under, ...wrapped(label, columns - gutter.length).map((line) => gutter + line)];
}

/** The part of a very long line around the column. A tab counts as one column, so that the marks stand right. */
function cutSource({ source, column }: Place, longest: number): { readonly source: string; readonly column: number } {
  const from =
    source.length <= longest ? 0 : Math.max(0, Math.min(column - 1 - Math.floor(longest / 2), source.length - longest));
  return { source: source.slice(from, from + longest).replace(/\p{Cc}/gu, " "), column: column - from };
}
