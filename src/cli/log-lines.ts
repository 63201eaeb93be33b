// The log files of functions read back (src/journal/function-logs.ts): their lines in order of time over all functions, and what is
// written from now on. A line that does not look like one is left out.

import { readdirSync, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";

export interface LogLine {
  readonly atMs: number;
  readonly functionName: string;
  /** `-`: written while no invocation ran. */
  readonly requestId: string;
  readonly level: string;
  readonly text: string;
}

const OLDER = ".1.log";
const NEWEST = ".log";
const NEWLINE = 0x0a;

/** Names of functions that have written something, in order of name. */
export function loggedFunctions(dir: string): readonly string[] {
  const names = namesIn(dir)
    .filter((name) => name.endsWith(NEWEST))
    .map((name) => name.slice(0, name.endsWith(OLDER) ? -OLDER.length : -NEWEST.length));
  return [...new Set(names)].sort();
}

function linesOf(text: string, functionName: string): LogLine[] {
  return text.split("\n").flatMap((line) => {
    const [, time, requestId, level, rest] = /^([^\t]+)\t([^\t]+)\t([^\t]+)\t(.*)$/s.exec(line) ?? [];
    if (time === undefined || requestId === undefined || level === undefined || rest === undefined) return [];
    const atMs = Date.parse(time);
    return Number.isNaN(atMs) ? [] : [{ atMs, functionName, requestId, level, text: rest }];
  });
}

/** What a function has written and not been asked for yet. */
export interface FunctionLog {
  /** In order; the first call brings all that is there. */
  next(): Promise<readonly LogLine[]>;
}

export function openFunctionLog(dir: string, functionName: string): FunctionLog {
  const file = join(dir, functionName + NEWEST);
  const older = join(dir, functionName + OLDER);
  let place: { readonly id: number; readonly bytes: number } | null = null;
  /** The beginning of a line whose end was not there yet. */
  let rest = Buffer.alloc(0);

  async function linesFrom(path: string, from: number, to: number): Promise<readonly LogLine[]> {
    const all = Buffer.concat([rest, await bytesBetween(path, from, to)]);
    const end = all.lastIndexOf(NEWLINE) + 1;
    rest = all.subarray(end);
    return linesOf(all.toString("utf8", 0, end), functionName);
  }

  return {
    async next() {
      const now = placeOf(file);
      const before = place;
      if (before !== null && now.id === before.id && now.bytes === before.bytes) return [];
      const lines: LogLine[] = [];
      if (before === null) lines.push(...(await linesFrom(older, 0, placeOf(older).bytes)));
      // Turned over: what was still to be read is at the end of the older file.
      else if (now.id !== before.id && placeOf(older).id === before.id)
        lines.push(...(await linesFrom(older, before.bytes, placeOf(older).bytes)));
      const { bytes: from } = before !== null && now.id === before.id ? before : { bytes: 0 };
      lines.push(...(await linesFrom(file, from, now.bytes)));
      place = now;
      return lines;
    },
  };
}

/** A file by its inode; 0: it is not there. */
function placeOf(file: string): { readonly id: number; readonly bytes: number } {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? { id: 0, bytes: 0 } : { id: found.ino, bytes: found.size };
}

async function bytesBetween(path: string, from: number, to: number): Promise<Buffer> {
  if (to <= from) return Buffer.alloc(0);
  const handle = await openIfThere(path);
  if (handle === null) return Buffer.alloc(0);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(to - from), 0, to - from, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Null: it was turned over just now, and the next look finds it. */
async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";
