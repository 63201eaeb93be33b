// A recording read back, line by line: whole files, files that are still being written, and files whose end was cut off by a kill.
//
// R1  A last line without its end is left out, and that is said. A broken line anywhere else is an error with its number.
// R2  A recording of a version that this Millrace does not know is refused, never guessed at.

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { MillraceError } from "../errors.ts";
import {
  type CourseLine,
  type EndReason,
  type HeaderLine,
  RECORDING_VERSION,
  type RecordingLine,
} from "./recording-line.ts";

const PIECE_BYTES = 1_048_576;

/** How the file ends: as it was asked to, or why there is no more. `open`: it is being written, or its writer was killed. */
export type RecordingEnd = EndReason | "open" | "cut";

export interface Recording {
  readonly header: HeaderLine;
  /** Reads the file once; may be asked for again. `onEnd` hears how it ended. */
  lines(onEnd?: (end: RecordingEnd) => void): Generator<CourseLine>;
}

const kinds: ReadonlySet<string> = new Set<RecordingLine["k"]>([
  "recording",
  "mapping",
  "settings",
  "unit",
  "lane",
  "fed",
  "drew",
  "reported",
  "passed",
  "entry",
  "end",
]);

/** Whether a file begins as a recording does; one that cannot be read is none. */
export function isRecording(path: string): boolean {
  try {
    const [piece = ""] = piecesOf(path, path);
    return piece.startsWith('{"k":"recording"');
  } catch {
    return false; // Whoever opens it hears why.
  }
}

/** `name`: how errors call it. */
export function openRecording(path: string, name: string): Recording {
  return recordingFrom(name, () => piecesOf(path, name));
}

/** `name` is for errors. */
export function recordingFrom(name: string, pieces: () => Iterable<string>): Recording {
  const header = headerOf(name, pieces());
  return {
    header,
    *lines(onEnd = () => undefined) {
      let number = 0;
      let end: RecordingEnd = "open";
      for (const { text, isWhole } of linesOf(pieces())) {
        number += 1;
        if (number === 1 || text === "") continue;
        if (!isWhole) {
          end = "cut";
          break;
        }
        const line = lineFrom(text);
        if (line === null || line.k === "recording") throw broken(name, number);
        if (line.k === "end") end = line.why;
        yield line;
      }
      onEnd(end);
    },
  };
}

function headerOf(name: string, pieces: Iterable<string>): HeaderLine {
  for (const { text } of linesOf(pieces)) {
    const line = lineFrom(text);
    if (line === null || line.k !== "recording" || typeof line.version !== "number") break;
    if (line.version !== RECORDING_VERSION) {
      const its = `a recording of version ${line.version}, written by Millrace ${line.millrace}`;
      throw new MillraceError("recording-version", `${name} is ${its}; this one reads version ${RECORDING_VERSION}`, {
        help: `npx millrace@${line.millrace} replay ${name}`,
      });
    }
    return line;
  }
  throw new MillraceError("recording-invalid", `${name} is no recording: it does not begin with a recording's header`, {
    help: "millrace record orders.mrec    # on a running server",
  });
}

function broken(name: string, number: number): MillraceError {
  return new MillraceError("recording-invalid", `line ${number} of ${name} is no line of a recording`);
}

function lineFrom(text: string): RecordingLine | null {
  try {
    const value: unknown = JSON.parse(text);
    return isLine(value) ? value : null;
  } catch {
    return null; // Whoever asked says so with the line's number.
  }
}

/** By its name: what a line of this name holds is what a Millrace of the header's version wrote. */
function isLine(value: unknown): value is RecordingLine {
  return (
    typeof value === "object" && value !== null && "k" in value && typeof value.k === "string" && kinds.has(value.k)
  );
}

function* linesOf(pieces: Iterable<string>): Generator<{ readonly text: string; readonly isWhole: boolean }> {
  let rest = "";
  for (const piece of pieces) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) yield { text, isWhole: true };
  }
  if (rest !== "") yield { text: rest, isWhole: false };
}

function unreadable(name: string, reason: string, cause: unknown): MillraceError {
  const what = reason === "ENOENT" ? `there is no file ${name}` : `${name} cannot be read (${reason})`;
  return new MillraceError("recording-invalid", what, { cause, help: "millrace record orders.mrec" });
}

function* piecesOf(path: string, name: string): Generator<string> {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    throw unreadable(name, error instanceof Error && "code" in error ? String(error.code) : String(error), error);
  }
  try {
    if (fstatSync(file).isDirectory()) throw unreadable(name, "EISDIR", null);
    const piece = Buffer.alloc(PIECE_BYTES);
    const decoder = new StringDecoder("utf8");
    for (let count = readSync(file, piece); count > 0; count = readSync(file, piece))
      yield decoder.write(piece.subarray(0, count));
  } finally {
    closeSync(file);
  }
}
