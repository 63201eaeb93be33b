// How a command says that it failed: `error[code]: what`, the place in the file, and what to do, as a text to paste. With `--json`
// an object on one line. The exit code follows from the code alone (src/errors.ts).

import { ConfigErrors } from "../config/config-errors.ts";
import { errorCodes, MillraceError, type Place } from "../errors.ts";
import { oneLine } from "./shown-forms.ts";

/** Bad surroundings: a failure that has no code is not the user's input. */
const UNKNOWN_EXIT_CODE = 3;
const LONGEST_SOURCE = 120;

export interface ErrorOutput {
  readonly isJson: boolean;
  readonly write: (text: string) => void;
}

/** Writes all that is wrong and answers the exit code. */
export function reportError(error: unknown, output: ErrorOutput): number {
  const errors = error instanceof ConfigErrors ? error.errors : [error];
  output.write(
    errors.map((each) => (output.isJson ? errorJson(each) : errorForm(each))).join(output.isJson ? "" : "\n"),
  );
  return exitCodeOf(error);
}

export function exitCodeOf(error: unknown): number {
  return error instanceof MillraceError ? errorCodes[error.code] : UNKNOWN_EXIT_CODE;
}

function errorJson(error: unknown): string {
  const { code, message, place, help } =
    error instanceof MillraceError ? error : { code: "internal", message: String(error), place: null, help: null };
  return `${JSON.stringify({ error: { code, message, place, help } })}\n`;
}

export function errorForm(error: unknown): string {
  if (!(error instanceof MillraceError)) {
    const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `error[internal]: this is a fault of Millrace's own\n${trace}\n`;
  }
  const lines = [`error[${error.code}]: ${error.message}`, ...placeLines(error.place)];
  // Other messages say by themselves what was wrong.
  if (error.code === "thread-failed" && error.cause instanceof Error) {
    lines.push(`because: ${oneLine(error.cause.message)}`);
  }
  if (error.help !== null) lines.push(`help: ${error.help}`);
  return `${lines.join("\n")}\n`;
}

function placeLines(place: Place | null): readonly string[] {
  if (place === null) return [];
  const number = String(place.line).padStart(2);
  const gutter = " ".repeat(number.length);
  const { source, column } = cutSource(place);
  const marks = "^".repeat(Math.max(1, Math.min(place.length, source.length - column + 1)));
  const label = place.label === "" ? "" : ` ${place.label}`;
  return [
    `${gutter}--> ${place.file}:${place.line}:${place.column}`,
    `${number} | ${source}`,
    `${gutter} | ${" ".repeat(column - 1)}${marks}${label}`,
  ];
}

/** The part of a very long line around the column. A tab counts as one column, so that the marks stand right. */
function cutSource({ source, column }: Place): { readonly source: string; readonly column: number } {
  const from =
    source.length <= LONGEST_SOURCE
      ? 0
      : Math.max(0, Math.min(column - 1 - LONGEST_SOURCE / 2, source.length - LONGEST_SOURCE));
  return { source: source.slice(from, from + LONGEST_SOURCE).replace(/\p{Cc}/gu, " "), column: column - from };
}
