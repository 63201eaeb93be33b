// A journal read back from its folder, while its server runs or after it: entries of all threads in one order.
//
// R1  Entries of one thread keep their order, and so those of a lane as long as it stays in its thread; threads are merged by time.
// R2  Lines that are torn (a kill), and segments that rotation takes away meanwhile, are left out; nothing else is.
// R3  Read piece by piece: memory does not grow with the journal.

import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import type { Entry } from "../ports/journal.ts";

const PIECE_BYTES = 1_048_576;

/** Oldest first. A folder that is not there has no entries. */
export function* readJournal(dir: string): Generator<Entry> {
  const threads = [...segmentsByThread(dir).values()].map((paths) => entriesOf(paths));
  const heads = threads.map((thread) => ({ thread, next: thread.next() }));
  for (;;) {
    let first: (typeof heads)[number] | null = null;
    for (const head of heads) {
      if (head.next.done === true) continue;
      if (first === null || first.next.done === true || head.next.value.atMs < first.next.value.atMs) first = head;
    }
    if (first === null || first.next.done === true) return;
    yield first.next.value;
    first.next = first.thread.next();
  }
}

/** Entries of one file of any name, oldest first. Lines that are none are passed over. */
export const readJournalLines = (path: string): Generator<Entry> => entriesOf([path]);

/** Paths of each thread's segments, oldest first. */
export function segmentsByThread(dir: string): ReadonlyMap<string, readonly string[]> {
  const threads = new Map<string, string[]>();
  for (const name of namesIn(dir)) {
    const thread = /^(.*)-\d{6,}\.jsonl$/.exec(name)?.[1];
    if (thread === undefined) continue;
    const paths = threads.get(thread) ?? [];
    paths.push(join(dir, name));
    threads.set(thread, paths);
  }
  return threads;
}

function namesIn(dir: string): readonly string[] {
  try {
    // By number: as texts they sort rightly up to the first that has a digit more.
    return readdirSync(dir).sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function* entriesOf(paths: readonly string[]): Generator<Entry> {
  for (const path of paths) {
    for (const line of linesOf(path)) {
      const entry = entryFrom(line);
      if (entry !== null) yield entry;
    }
  }
}

/** Lines of a file, piece by piece; one that is not there has none. */
export function* linesOf(path: string): Generator<string> {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if (isMissing(error)) return; // R2
    throw error;
  }
  try {
    const piece = Buffer.alloc(PIECE_BYTES);
    const decoder = new StringDecoder("utf8");
    let rest = "";
    for (let count = readSync(file, piece); count > 0; count = readSync(file, piece)) {
      const lines = (rest + decoder.write(piece.subarray(0, count))).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } finally {
    closeSync(file);
  }
}

/** Null: the line is torn, or no entry. */
export function entryFrom(line: string): Entry | null {
  if (line === "") return null;
  try {
    const value: unknown = JSON.parse(line);
    return isEntry(value) ? value : null;
  } catch {
    return null; // R2
  }
}

/** Written by a journal of this format; a kind that a newer one has is for the reader to pass over. */
function isEntry(value: unknown): value is Entry {
  return (
    typeof value === "object" &&
    value !== null &&
    "kind" in value &&
    typeof value.kind === "string" &&
    "atMs" in value &&
    typeof value.atMs === "number" &&
    "lane" in value &&
    typeof value.lane === "string"
  );
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
