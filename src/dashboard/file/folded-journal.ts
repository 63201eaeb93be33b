// A journal in memory, in blocks that are packed, each with what had happened before it: so that any instant is answered by folding a few
// thousand entries, however long the journal is.
//
// K1  A block has `blockEntries` entries. Where there are more than MOST_BLOCKS, two and two become one: memory grows with the entries'
//     text, packed, and not with what is known at each block.
// K2  An instant has all that happened at it.

import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Entry } from "../../ports/journal.ts";
import type { Frame, FrameOrigin, JournalMark, SecondPoint } from "../frame.ts";
import { createSecondPoints } from "../second-points.ts";
import { type Closing, createFileFold, createFoldState, type FoldState } from "./file-fold.ts";
import { lastEntries } from "../last-entries.ts";
import { createMarks } from "./marks.ts";

const BLOCK_ENTRIES = 4_000;
const MOST_BLOCKS = 512;
/** Blocks that are kept as entries: a scrubber is dragged to and fro. */
const MOST_UNPACKED = 4;
/** How far it is looked ahead for the batch that a lane closes next. */
const LOOK_AHEAD_ENTRIES = 2_000;
const SHOWN_SECONDS = 900;
/** Beyond these only the points of all mappings together are kept. */
const MOST_POINTS = 300_000;

interface Block {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly count: number;
  readonly packed: Buffer;
  /** Before its first entry. */
  readonly before: FoldState;
}

export interface FoldedJournal {
  readonly fromMs: number;
  readonly toMs: number;
  readonly entryCount: number;
  readonly marks: readonly JournalMark[];
  /** Whole. Before the first entry nothing is there; after the last one all stays as it was. */
  frame(atMs: number, origin: FrameOrigin): Frame;
  /** The last `limit` entries before an instant, oldest first, and with them all of the oldest one's instant. */
  entries(beforeMs: number, limit: number): readonly Entry[];
}

/** Null: there are no entries. `blockEntries`: default 4,000. */
export function foldJournal(
  entries: Iterable<Entry>,
  { blockEntries = BLOCK_ENTRIES }: { readonly blockEntries?: number } = {},
): FoldedJournal | null {
  let blocks: Block[] = [];
  const fold = createFileFold();
  const marks = createMarks();
  const seconds = createFileSeconds(fold);
  let open: { lines: string[]; readonly firstMs: number; readonly before: FoldState } | null = null;
  let lastMs = Number.NEGATIVE_INFINITY;
  let entryCount = 0;

  function close(): void {
    if (open === null) return;
    const packed = deflateRawSync(open.lines.join("\n"), { level: 1 });
    blocks.push({ firstMs: open.firstMs, lastMs, count: open.lines.length, packed, before: open.before });
    open = null;
    if (blocks.length > MOST_BLOCKS) blocks = paired(blocks);
  }

  for (const entry of entries) {
    // Threads' entries are merged by time; one that is late stands where it stands.
    lastMs = Math.max(lastMs, entry.atMs);
    open ??= { lines: [], firstMs: lastMs, before: entryCount === 0 ? createFoldState() : fold.snapshot() };
    open.lines.push(JSON.stringify(entry));
    entryCount += 1;
    seconds.passTo(entry.atMs);
    fold.learn(entry);
    seconds.learn(entry);
    marks.learn(entry);
    if (open.lines.length >= blockEntries) close();
  }
  close();
  seconds.passTo(lastMs + 1_000);
  const [first] = blocks;
  if (first === undefined) return null;
  return answersOf(blocks, { entryCount, marks: marks.all(), points: seconds.points(), toMs: lastMs, first });
}

function paired(blocks: readonly Block[]): Block[] {
  const made: Block[] = [];
  for (let index = 0; index < blocks.length; index += 2) {
    const [one, other] = [blocks[index], blocks[index + 1]];
    if (one === undefined) continue;
    if (other === undefined) {
      made.push(one);
      continue;
    }
    const text = [one, other].map(({ packed }) => inflateRawSync(packed).toString()).join("\n");
    const packed = deflateRawSync(text, { level: 1 });
    made.push({ ...one, lastMs: other.lastMs, count: one.count + other.count, packed });
  }
  return made;
}

function answersOf(
  blocks: readonly Block[],
  given: {
    readonly entryCount: number;
    readonly marks: readonly JournalMark[];
    readonly points: readonly SecondPoint[];
    readonly toMs: number;
    readonly first: Block;
  },
): FoldedJournal {
  const unpacked = new Map<number, readonly Entry[]>();
  let number = 0;

  function entriesOf(index: number): readonly Entry[] {
    const known = unpacked.get(index);
    const block = blocks[index];
    if (block === undefined) return [];
    const all = known ?? (JSON.parse(`[${inflateRawSync(block.packed).toString().replaceAll("\n", ",")}]`) as Entry[]);
    unpacked.delete(index);
    unpacked.set(index, all);
    for (const oldest of unpacked.keys()) if (unpacked.size > MOST_UNPACKED) unpacked.delete(oldest);
    return all;
  }

  /** The last block that begins at or before the instant; -1: none does. */
  function blockAt(atMs: number): number {
    let from = 0;
    let to = blocks.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((blocks[middle]?.firstMs ?? 0) <= atMs) from = middle + 1;
      else to = middle;
    }
    return from - 1;
  }

  function frame(atMs: number, origin: FrameOrigin): Frame {
    const last = blockAt(atMs);
    const start = Math.max(0, last - 1);
    const fold = createFileFold(structuredClone(blocks[start]?.before ?? createFoldState()));
    const next = new Map<string, Closing>();
    let ahead = 0;
    for (let index = start; index < blocks.length && ahead < LOOK_AHEAD_ENTRIES; index += 1) {
      for (const entry of entriesOf(index)) {
        if (entry.atMs <= atMs && ahead === 0) fold.learn(entry);
        else if ((ahead += 1) > LOOK_AHEAD_ENTRIES) break;
        else if (entry.kind === "batch-closed" && !next.has(entry.lane)) next.set(entry.lane, entry);
      }
    }
    number += 1;
    return fold.frame({ number, atMs, origin, seconds: pointsBefore(atMs), threads: [] }, next);
  }

  function pointsBefore(atMs: number): readonly SecondPoint[] {
    const second = Math.floor(atMs / 1_000);
    const from = placeOf(second - SHOWN_SECONDS);
    return given.points.slice(from, placeOf(second));
  }

  /** The first point that is not before a second. */
  function placeOf(second: number): number {
    let from = 0;
    let to = given.points.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((given.points[middle]?.second ?? 0) < second) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  function entries(beforeMs: number, limit: number): readonly Entry[] {
    let found: Entry[] = [];
    for (let index = blockAt(beforeMs); index >= 0; index -= 1) {
      found = [...entriesOf(index).filter(({ atMs }) => atMs < beforeMs), ...found];
      const last = lastEntries(found, limit);
      if (last.length < found.length) return last;
    }
    return lastEntries(found, limit);
  }

  return {
    fromMs: given.first.firstMs,
    toMs: given.toMs,
    entryCount: given.entryCount,
    marks: given.marks,
    frame,
    entries,
  };
}

/** The points of a journal's seconds; seconds in which nothing happened have none. */
function createFileSeconds(fold: ReturnType<typeof createFileFold>): {
  passTo(atMs: number): void;
  learn(entry: Entry): void;
  points(): readonly SecondPoint[];
} {
  const seconds = createSecondPoints();
  const all: SecondPoint[] = [];
  const none: ReadonlyMap<string, Closing> = new Map();
  let current: number | null = null;
  const sizes = new Map<string, number | null>();
  return {
    passTo(atMs) {
      const second = Math.floor(atMs / 1_000);
      if (current === null) seconds.tick([], atMs);
      if (current !== null && second > current) {
        const points = seconds.tick(fold.views(atMs, none), (current + 1) * 1_000);
        const isAll = all.length < MOST_POINTS;
        for (const point of points) if (point.mapping === null || (isAll && point.invocations > 0)) all.push(point);
        current = second;
      }
      current ??= second;
    },
    learn(entry) {
      if (entry.kind === "settings" && entry.mapping !== null) {
        const size = entry.settings["BatchSize"];
        sizes.set(entry.mapping, typeof size === "number" ? size : null);
      }
      seconds.learn([entry], (uuid) => sizes.get(uuid) ?? null);
    },
    points: () => all,
  };
}
