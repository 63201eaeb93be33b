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
  /** How this `millrace` is called, for help that can be pasted. */
  readonly command: string;
  readonly write: (text: string) => void;
}

/** Writes all that is wrong and answers the exit code. */
export function reportError(error: unknown, output: ErrorOutput): number {
  const { isJson, command, write } = output;
  const errors = error instanceof ConfigErrors ? error.errors : [error];
  write(errors.map((each) => (isJson ? errorJson(each, command) : errorForm(each, command))).join(isJson ? "" : "\n"));
  return error instanceof MillraceError ? errorCodes[error.code] : UNKNOWN_EXIT_CODE;
}

/** In a checkout the command is no word of the shell, and is called through npm. */
export const commandCalled = (commandFile: string): string =>
  commandFile.endsWith(".ts") ? "npm run --silent millrace --" : "millrace";

function errorJson(error: unknown, command: string): string {
  const { code, message, place, help } =
    error instanceof MillraceError ? error : { code: "internal", message: String(error), place: null, help: null };
  const because = becauseOf(error);
  return `${JSON.stringify({ error: { code, message, because, place, help: pasteable(help, command) } })}\n`;
}

export function errorForm(error: unknown, command = "millrace"): string {
  if (!(error instanceof MillraceError)) {
    const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `error[internal]: this is a fault of Millrace's own\n${trace}\n`;
  }
  const lines = [`error[${error.code}]: ${error.message}`, ...placeLines(error.place)];
  const because = becauseOf(error);
  const help = pasteable(error.help, command);
  if (because !== null) lines.push(`because: ${because}`);
  if (help !== null) lines.push(`help: ${help}`);
  return `${lines.join("\n")}\n`;
}

/** Other messages say by themselves what was wrong. */
function becauseOf(error: unknown): string | null {
  if (!(error instanceof MillraceError) || error.code !== "thread-failed") return null;
  return error.cause instanceof Error ? oneLine(error.cause.message) : null;
}

const pasteable = (help: string | null, command: string): string | null =>
  help === null ? null : help.replace(/^millrace(?= )/, command);

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
