// The journal on disk: JSON lines in segments of one thread, `<thread>-<number>.jsonl`. Bounded: the oldest segments go when the
// thread's share is used up. Writing is asynchronous and in order; what cannot be written is kept and tried again, up to a bound.
//
// F1  Lines of a segment are in the order of append.
// F2  A segment holds whole lines, and no more than its share unless it is a single line; so the segments of a thread keep to `limitBytes`.

import { type FileHandle, mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Cancel, Clock } from "../ports/clock.ts";

/** After the disk has refused, so long until the next try. */
const AGAIN_AFTER_MS = 1_000;

/** A thread's share is cut into this many segments. */
const SEGMENT_COUNT = 8;

/** Text waiting for the disk beyond this is dropped and said. */
const MOST_PENDING_CHARACTERS = 16_000_000;

export interface JournalFiles {
  /** False: the disk is behind and the lines were not taken. */
  write(lines: string): boolean;
  /** Writes what is waiting and closes the segment. */
  close(): Promise<void>;
}

export function createJournalFiles(options: {
  readonly dir: string;
  readonly threadName: string;
  readonly limitBytes: number;
  readonly clock: Clock;
  /** The disk refuses. Said once, until it takes lines again. */
  readonly onProblem: (error: unknown) => void;
  readonly onWell: () => void;
}): JournalFiles {
  const { clock } = options;
  const segmentBytes = Math.max(64 * 1024, Math.floor(options.limitBytes / SEGMENT_COUNT));
  let pending: string[] = [];
  let pendingCharacters = 0;
  let handle: FileHandle | null = null;
  let writtenBytes = 0;
  let isTroubled = false;
  let isClosing = false;
  let cancelAgain: Cancel | null = null;
  let work: Promise<void> = Promise.resolve();
  let isScheduled = false;

  async function drain(): Promise<void> {
    isScheduled = false;
    const lines = Buffer.from(pending.join(""));
    pending = [];
    pendingCharacters = 0;
    let doneBytes = 0;
    try {
      for (const part of partsOf(lines, segmentBytes)) {
        if (handle === null || writtenBytes + part.length > segmentBytes) await nextSegment();
        await handle?.appendFile(part);
        writtenBytes += part.length;
        doneBytes += part.length;
      }
      if (isTroubled && doneBytes > 0) {
        isTroubled = false;
        options.onWell();
      }
    } catch (error) {
      await keep(lines.subarray(doneBytes).toString());
      if (!isTroubled) options.onProblem(error);
      isTroubled = true;
    }
  }

  async function keep(lines: string): Promise<void> {
    pending.unshift(lines);
    pendingCharacters += lines.length;
    // What came of a line before the disk refused must not run into the next try.
    await handle?.truncate(writtenBytes).catch(() => letGo());
    if (isClosing || cancelAgain !== null) return;
    cancelAgain = clock.wakeAt(clock.nowMs() + AGAIN_AFTER_MS, () => {
      cancelAgain = null;
      schedule();
    });
  }

  function schedule(): void {
    if (isScheduled || cancelAgain !== null) return;
    isScheduled = true;
    work = work.then(drain);
  }

  async function letGo(): Promise<void> {
    const closing = handle;
    handle = null;
    await closing?.close().catch(() => undefined);
  }

  async function nextSegment(): Promise<void> {
    await letGo();
    await mkdir(options.dir, { recursive: true });
    const numbers = await segmentNumbers(options.dir, options.threadName);
    for (const number of numbers.slice(0, Math.max(0, numbers.length - SEGMENT_COUNT + 1)))
      await rm(segmentPath(options.dir, options.threadName, number), { force: true });
    const next = (numbers.at(-1) ?? 0) + 1;
    handle = await open(segmentPath(options.dir, options.threadName, next), "a");
    writtenBytes = (await handle.stat()).size;
  }

  return {
    write(lines) {
      if (pendingCharacters + lines.length > MOST_PENDING_CHARACTERS || isClosing) return false;
      pending.push(lines);
      pendingCharacters += lines.length;
      schedule();
      return true;
    },
    async close() {
      isClosing = true;
      cancelAgain?.();
      await work;
      await drain();
      await letGo();
    },
  };
}

const NEWLINE = 0x0a;

/** Whole lines, `mostBytes` at most, or a single line. */
function* partsOf(lines: Buffer, mostBytes: number): Generator<Buffer> {
  for (let from = 0; from < lines.length; ) {
    const isLast = lines.length - from <= mostBytes;
    const fitting = isLast ? lines.length : lines.lastIndexOf(NEWLINE, from + mostBytes - 1) + 1;
    const to = fitting > from ? fitting : lines.indexOf(NEWLINE, from) + 1;
    yield lines.subarray(from, to);
    from = to;
  }
}

const segmentPath = (dir: string, threadName: string, number: number): string =>
  join(dir, `${threadName}-${String(number).padStart(6, "0")}.jsonl`);

async function segmentNumbers(dir: string, threadName: string): Promise<number[]> {
  const numbers: number[] = [];
  for (const name of await readdir(dir)) {
    const match = /^(.*)-(\d{6,})\.jsonl$/.exec(name);
    if (match?.[1] === threadName) numbers.push(Number(match[2]));
  }
  return numbers.sort((a, b) => a - b);
}

/** Every segment of a journal folder, oldest first, with its size; for reading a journal back. */
export async function listSegments(
  dir: string,
): Promise<readonly { readonly path: string; readonly sizeBytes: number }[]> {
  const found = [];
  for (const name of (await readdir(dir)).filter((each) => each.endsWith(".jsonl")).sort()) {
    const path = join(dir, name);
    found.push({ path, sizeBytes: (await stat(path)).size });
  }
  return found;
}
