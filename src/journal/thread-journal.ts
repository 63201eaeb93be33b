// The journal of one thread: numbers the entries of each lane, writes them to the thread's files a few times a second, and hands
// main a bounded share of them when somebody watches. Appending costs an object and nothing else.
//
// J1  `append` never waits and never throws.
// J2  Entries of a lane carry rising numbers without gaps as long as the thread lives and the lane's mapping is there.
// J3  What is left out on the way to main is counted; kinds that tell of trouble or of an end are never left out, and failures only
//     where one mapping or function has many of them.

import type { Clock } from "../ports/clock.ts";
import type { Entry, Fact, Journal } from "../ports/journal.ts";
import type { JournalFiles } from "./journal-files.ts";

const FLUSH_MS = 50;
/** Ordinary entries passed on to main in one flush, at most. */
const MOST_WATCHED = 100;
/** Failures of one mapping or function passed on in one flush whatever else there is, at most. */
const MOST_FAILURES = 20;
/** Entries kept between two flushes, at most. */
const MOST_KEPT = 100_000;

export interface ThreadJournal extends Journal {
  watch(isWatched: boolean): void;
  /** Lane numbers of a mapping are forgotten once it is deleted. */
  forget(mapping: string): void;
  flush(): void;
  close(): Promise<void>;
}

export function createThreadJournal(options: {
  readonly clock: Clock;
  /** Null: nothing is written to disk. */
  readonly files: JournalFiles | null;
  readonly onEntries: (entries: readonly Entry[], droppedCount: number) => void;
  /** Every entry, as it is appended: counters fold over it. */
  readonly onEntry?: (entry: Entry) => void;
  readonly isWatched?: boolean;
}): ThreadJournal {
  const { clock, files } = options;
  const numbers = new Map<string, number>();
  let kept: Entry[] = [];
  let overflowCount = 0;
  let isWatched = options.isWatched ?? false;
  let isFlushDue = false;

  const append = (mapping: string | null, lane: string, fact: Fact, atMs = clock.nowMs()): void => {
    const seq = (numbers.get(lane) ?? 0) + 1;
    numbers.set(lane, seq);
    const entry: Entry = { atMs, mapping, lane, seq, ...fact };
    options.onEntry?.(entry);
    if (kept.length >= MOST_KEPT) overflowCount++;
    else kept.push(entry);
    if (isFlushDue) return;
    isFlushDue = true;
    clock.wakeAt(clock.nowMs() + FLUSH_MS, flush);
  };

  const flush = (): void => {
    isFlushDue = false;
    const entries = kept;
    kept = [];
    if (overflowCount > 0) {
      entries.push({
        atMs: clock.nowMs(),
        mapping: null,
        lane: "journal",
        seq: 0,
        kind: "dropped",
        count: overflowCount,
      });
      overflowCount = 0;
    }
    if (entries.length === 0) return;
    if (files !== null) {
      let lines = "";
      for (const entry of entries) lines += `${JSON.stringify(entry)}\n`;
      if (!files.write(lines)) overflowCount += entries.length;
    }
    if (isWatched) pass(entries, options.onEntries);
  };

  return {
    append,
    flush,
    watch: (isOn) => {
      isWatched = isOn;
    },
    forget: (mapping) => {
      for (const lane of numbers.keys()) if (lane.startsWith(mapping)) numbers.delete(lane);
    },
    async close() {
      flush();
      await files?.close();
    },
  };
}

function pass(entries: readonly Entry[], onEntries: (entries: readonly Entry[], droppedCount: number) => void): void {
  if (entries.length <= MOST_WATCHED) return onEntries(entries, 0);
  const every = Math.ceil(entries.length / MOST_WATCHED);
  const failureCounts = new Map<string, number>();
  const isFewFailures = (entry: Entry): boolean => {
    const whose = whoseFailure(entry);
    if (whose === null) return false;
    const count = (failureCounts.get(whose) ?? 0) + 1;
    failureCounts.set(whose, count);
    return count <= MOST_FAILURES;
  };
  const chosen = entries.filter((entry, index) => isFewFailures(entry) || isAlwaysPassed(entry) || index % every === 0);
  onEntries(chosen, entries.length - chosen.length);
}

/** The mapping or function of which an invocation failed; null: this entry is no failure. */
function whoseFailure(entry: Entry): string | null {
  if (entry.kind === "invocation") return entry.outcome === "ok" ? null : entry.functionName;
  if (entry.kind !== "decided" || entry.outcome === "ok" || entry.outcome === "throttled") return null;
  return entry.mapping;
}

function isAlwaysPassed(entry: Entry): boolean {
  switch (entry.kind) {
    case "mapping-state":
    case "mapping-paused":
    case "mapping-resumed":
    case "refused":
    case "unit-placed":
    case "filtered":
    case "self-feeding":
    case "no-thread":
    case "lost":
    case "aggregate-dropped":
    case "source-problem":
    case "source-recovered":
    case "gave-up":
    case "returned":
    case "dead-letter":
    case "reported":
    case "checkpoint-problem":
    case "function-version":
    case "thread":
    case "unit-ended":
    case "share":
    case "group-awaited":
    case "dropped":
      return true;
    case "invocation":
      return entry.verdict === "give up";
    case "decided":
      return (
        entry.verdict === "return" ||
        entry.verdict === "bisect" ||
        entry.verdict === "rest" ||
        entry.verdict === "give up"
      );
    default:
      return false;
  }
}
