// Every error that Millrace throws on purpose. Codes are a closed list; whether to retry, and which exit code a command ends
// with, is decided from a code and never from a message's text.

/** Exit codes: 1 no, 2 bad input, 3 bad surroundings (port, broker, state directory). */
export const errorCodes = {
  "config-unknown-key": 2,
  "config-invalid": 2,
  "config-not-found": 2,
  "config-syntax": 2,
  "handler-not-found": 2,
  "bad-argument": 2,
  "filter-invalid": 2,
  "scenario-invalid": 2,
  "scenario-not-found": 2,
  "scenario-syntax": 2,
  "scenario-unknown-key": 2,
  "scenario-unknown-label": 2,
  "plan-invalid": 2,
  "plan-not-found": 2,
  "plan-syntax": 2,
  "plan-unknown-key": 2,
  "handler-stuck": 2,
  "never-came": 2,
  "recording-invalid": 2,
  "recording-version": 2,
  "recording-incomplete": 1,
  "port-taken": 3,
  "state-locked": 3,
  "state-version": 3,
  "state-broken": 3,
  "source-elsewhere": 2,
  "source-unreachable": 3,
  "server-unreachable": 3,
  "broker-missing": 3,
  "thread-failed": 3,
  "protocol-broken": 3,
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** Where in a file an error is: the line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The line as the user wrote it. */
  readonly source: string;
  /** Characters to underline from `column` on. */
  readonly length: number;
  /** A short label beside the underline. */
  readonly label: string;
  /** The same place in the document's own terms, `steps[2].records[1]`, where that says more. */
  readonly path?: string;
}

/** An expected failure with something to do about it. `help` is a command or a text to paste as it stands. */
export class MillraceError extends Error {
  readonly code: ErrorCode;
  readonly help: string | null;
  readonly place: Place | null;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly help?: string; readonly place?: Place; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "MillraceError";
    this.code = code;
    this.help = options.help ?? null;
    this.place = options.place ?? null;
  }
}
