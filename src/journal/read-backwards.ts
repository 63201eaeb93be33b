// The newest entries of a journal's folder before an instant, read from the ends of its files while its server runs: what is asked for is near
// the end, and the journal may be big.
//
// B1  Threads are merged by time, and each keeps its order, as read-journal.ts has it.
// B2  Bounded: a piece of each thread's files is in memory at a time, and what lies behind the instant is passed over but for its first
//     line: of a file, and of a piece. Lines that are torn or none are left out.

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Entry } from "../ports/journal.ts";
import { entryFrom, isMissing, linesOf, segmentsByThread } from "./read-journal.ts";

const PIECE_BYTES = 262_144;
/** By so much an entry of a thread may be younger than one that stands before it: its clock was set back, or it was told late. */
const SLACK_MS = 60_000;

/** Newest first. A folder that is not there has no entries. `beforeMs`: epoch ms. */
export function* readBackwards(dir: string, beforeMs: number): Generator<Entry> {
  const threads = [...segmentsByThread(dir).values()].map((paths) => backwardsOf(paths, beforeMs));
  const heads = threads.map((thread) => ({ thread, next: thread.next() }));
  for (;;) {
    let last: (typeof heads)[number] | null = null;
    for (const head of heads) {
      if (head.next.done === true) continue;
      if (last === null || last.next.done === true || head.next.value.atMs > last.next.value.atMs) last = head;
    }
    if (last === null || last.next.done === true) return;
    yield last.next.value;
    last.next = last.thread.next();
  }
}

function* backwardsOf(paths: readonly string[], beforeMs: number): Generator<Entry> {
  const isAfter = (line: string | undefined): boolean =>
    line !== undefined && (entryFrom(line)?.atMs ?? 0) >= beforeMs + SLACK_MS;
  for (const path of paths.toReversed()) {
    if (isAfter(firstLineOf(path))) continue;
    for (const lines of piecesOf(path)) {
      if (isAfter(lines[0])) continue;
      for (const line of lines.toReversed()) {
        const entry = entryFrom(line);
        if (entry !== null && entry.atMs < beforeMs) yield entry;
      }
    }
  }
}

function firstLineOf(path: string): string | undefined {
  for (const line of linesOf(path)) return line;
  return undefined;
}

/** Whole lines, the last piece first, each piece in the file's order. */
function* piecesOf(path: string): Generator<readonly string[]> {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if (isMissing(error)) return; // Rotation has taken it away meanwhile.
    throw error;
  }
  try {
    let rest = Buffer.alloc(0);
    for (let end = fstatSync(file).size; end > 0; ) {
      const start = Math.max(0, end - PIECE_BYTES);
      const piece = Buffer.alloc(end - start);
      const count = readSync(file, piece, 0, piece.length, start);
      const bytes = Buffer.concat([piece.subarray(0, count), rest]);
      end = start;
      // What stands before the first line end may go on in the piece before.
      const at = start === 0 ? -1 : bytes.indexOf(0x0a);
      if (start > 0 && at < 0) {
        rest = bytes;
        continue;
      }
      rest = bytes.subarray(0, at + 1);
      yield bytes
        .subarray(at + 1)
        .toString("utf8")
        .split("\n");
    }
  } finally {
    closeSync(file);
  }
}
