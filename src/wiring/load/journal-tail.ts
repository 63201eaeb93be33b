// A journal's files as they grow: each look answers the entries of one mapping that have come since the last. Complete, as the files are;
// what a server keeps back for the picture is in them.

import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import type { Entry } from "../../ports/journal.ts";

const PIECE_BYTES = 1_048_576;

export interface JournalTail {
  /** Entries of the mapping since the last look, those of a thread in its order. A folder that is not there yet has none. */
  look(): readonly Entry[];
  /** Entries that the server's journal had no room for, so far. */
  droppedCount(): number;
}

interface Followed {
  offset: number;
  rest: string;
  readonly decoder: StringDecoder;
}

/** `isFromEnd`: what is there at the first look is passed over. */
export function followJournal(dir: string, mapping: string, isFromEnd: boolean): JournalTail {
  const files = new Map<string, Followed>();
  const piece = Buffer.alloc(PIECE_BYTES);
  const needle = `"mapping":"${mapping}"`;
  let droppedCount = 0;
  let isFirst = isFromEnd;

  function take(line: string, into: Entry[]): void {
    if (line.includes(needle)) into.push(JSON.parse(line) as Entry);
    else if (line.includes('"kind":"dropped"')) droppedCount += Number(Reflect.get(Object(JSON.parse(line)), "count"));
  }

  function read(path: string, followed: Followed, into: Entry[]): void {
    let file: number;
    try {
      file = openSync(path, "r");
    } catch {
      // Rotation has taken it away meanwhile.
      return;
    }
    try {
      for (;;) {
        const count = readSync(file, piece, 0, piece.length, followed.offset);
        if (count === 0) return;
        followed.offset += count;
        const lines = (followed.rest + followed.decoder.write(piece.subarray(0, count))).split("\n");
        followed.rest = lines.pop() ?? "";
        if (!isFirst) for (const line of lines) take(line, into);
      }
    } finally {
      closeSync(file);
    }
  }

  return {
    droppedCount: () => droppedCount,
    look() {
      const entries: Entry[] = [];
      for (const name of segmentsIn(dir)) {
        const path = join(dir, name);
        const followed = files.get(name) ?? { offset: 0, rest: "", decoder: new StringDecoder("utf8") };
        files.set(name, followed);
        read(path, followed, entries);
      }
      isFirst = false;
      return entries;
    },
  };
}

/** By number: as texts they sort rightly up to the first that has a digit more. */
function segmentsIn(dir: string): readonly string[] {
  try {
    const names = readdirSync(dir).filter((name) => name.endsWith(".jsonl"));
    return names.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  } catch {
    return [];
  }
}
