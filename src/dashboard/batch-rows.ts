// The rows of the batches: one for each batch that a lane has closed, with what became of it. Kept for a page that comes later; what is new
// or has changed since the last frame is taken once.
//
// R1  Bounded: the newest MOST_ROWS are kept, and a frame has at most MOST_NEW new ones and as many that failed.
// R2  Where more are closed, every so many-th is shown, those that failed always before the others; how many each stands for is said.
// R3  A row that was left out while its batch ran is shown once it fails: most calls last longer than a frame.
// R4  Entries are a sample under load: a row whose lane has gone on, or is free, without its outcome says that it was not heard.
// R5  The rows of a frame are shared out fairly: a mapping that floods takes none from one that closes few.

import { type HeardBatch, REPORTS_LAG_MS } from "../cli/live/unheard.ts";
import type { Entry } from "../ports/journal.ts";
import { fairSample, type Sampled } from "./fair-sample.ts";
import type { BatchRow } from "./frame.ts";

type Of<K extends Entry["kind"]> = Extract<Entry, { kind: K }>;

const MOST_ROWS = 2_000;
/** Four frames a second make 200 rows. */
const MOST_NEW = 50;
/** Rows that wait for a frame; more than a thread's journal hands on between two. */
const MOST_WAITING = 10_000;
/** For how many frames it is said that there was only a sample. */
const SAID_FOR = 8;

type Row = { -readonly [K in keyof BatchRow]: BatchRow[K] };

/** A row that may still change, and when something of it was heard last. */
interface OpenRow {
  readonly row: Row;
  heardAtMs: number;
}

export interface BatchRows {
  closed(entry: Of<"batch-closed">, label: string): void;
  invoked(entry: Of<"invoked">): void;
  decided(entry: Of<"decided">): void;
  gaveUp(entry: Of<"gave-up">): void;
  returned(entry: Of<"returned">): void;
  forget(mapping: string): void;
  /** `isOver`: as its mapping's summary has it, the batch is over; what was heard of it a moment ago is not asked about. */
  settle(mapping: string, isOver: (batch: HeardBatch) => boolean, nowMs: number): void;
  /** New and changed rows since the last taking, oldest first; `isWhole`: no sample is made of them. */
  take(isWhole?: boolean): readonly BatchRow[];
  /** Oldest first. */
  all(): readonly BatchRow[];
  /** How many rows closed stand behind each one taken lately. */
  shownOf(): number;
}

/** `unheard`: what a row says whose outcome was not heard. Default: that entries are a sample. */
export function createBatchRows(unheard = "outcome not heard (sample)"): BatchRows {
  let kept: Row[] = [];
  let waiting: Row[] = [];
  const changed = new Set<Row>();
  /** By lane, which has one batch in hand: those that may still change. */
  const open = new Map<string, OpenRow>();
  /** Of the open ones those that were left out. */
  const leftOut = new Set<Row>();
  let lastId = 0;
  let overflow = 0;
  let samples: number[] = [];
  let passedOver: ReadonlySet<string> = new Set();

  function change(place: Place & { readonly atMs: number }, to: Partial<Row>): void {
    leaveBehind(place);
    const known = open.get(place.lane);
    if (known === undefined) return;
    known.heardAtMs = place.atMs;
    show(known.row, { unheard: "", ...to });
  }

  function show(row: Row, to: Partial<Row>): void {
    Object.assign(row, to);
    if (row.id > 0) changed.add(row);
    if (hasFailed(row) && leftOut.delete(row)) waiting.push(row);
  }

  /** The batch before the one that is heard of is over. */
  function leaveBehind({ lane, batch }: Place): void {
    const row = open.get(lane)?.row;
    if (row === undefined || row.batch === batch) return;
    if (isAwaited(row)) show(row, { unheard });
    close(row);
  }

  function close({ lane }: Pick<BatchRow, "lane">): void {
    const known = open.get(lane);
    if (known !== undefined) leftOut.delete(known.row);
    open.delete(lane);
  }

  /** Kept in mind until it has ended, as far as there is room. */
  function leaveOut(row: Row): void {
    if (!isOpen(row)) return;
    if (leftOut.size < MOST_WAITING) leftOut.add(row);
    else drop(row);
  }

  const isOpen = (row: Row): boolean => open.get(row.lane)?.row === row;

  function drop(row: Row): void {
    if (isOpen(row)) close(row);
  }

  /** Mappings of which nothing could be shown come first the next time. */
  function nextSample(): Sampled<Row> {
    const sample = fairSample(waiting, MOST_NEW, hasFailed, (mapping) => passedOver.has(mapping));
    const shown = new Set([...sample.chosen].map(({ mapping }) => mapping));
    passedOver = new Set(waiting.map(({ mapping }) => mapping).filter((mapping) => !shown.has(mapping)));
    return sample;
  }

  return {
    closed(entry, label) {
      const row: Row = {
        id: 0,
        mapping: entry.mapping ?? "",
        lane: entry.lane,
        label,
        batch: entry.batch,
        closedAtMs: entry.atMs,
        closedBy: entry.closedBy,
        recordCount: entry.recordCount,
        payloadBytes: entry.payloadBytes,
        windowMs: entry.windowMs,
        requestId: null,
        attempt: 0,
        tookMs: null,
        outcome: null,
        verdict: null,
        next: "",
        unheard: "",
      };
      leaveBehind(entry);
      if (waiting.length >= MOST_WAITING) {
        overflow += 1;
        return;
      }
      close(row);
      open.set(row.lane, { row, heardAtMs: entry.atMs });
      waiting.push(row);
    },
    invoked(entry) {
      change(entry, {
        requestId: entry.requestId,
        attempt: entry.attempt,
        outcome: null,
        verdict: null,
        next: "",
      });
    },
    decided(entry) {
      const { requestId, attempt, outcome, verdict, tookMs } = entry;
      change(entry, { requestId, attempt, outcome, verdict, tookMs, next: nextText(entry) });
      if (verdict !== "retry" && verdict !== "give up") close(entry);
    },
    gaveUp(entry) {
      change(entry, { verdict: "give up", next: `given up: ${entry.condition}` });
      close(entry);
    },
    returned(entry) {
      if (entry.batch === null) return;
      const { lane, batch, atMs } = entry;
      change({ lane, batch, atMs }, { verdict: "return", next: "comes back" });
      close({ lane });
    },
    forget(mapping) {
      kept = kept.filter((row) => row.mapping !== mapping);
      waiting = waiting.filter((row) => row.mapping !== mapping);
      for (const row of changed) if (row.mapping === mapping) changed.delete(row);
      for (const { row } of open.values()) if (row.mapping === mapping) close(row);
    },
    settle(mapping, isOver, nowMs) {
      for (const { row, heardAtMs } of open.values()) {
        if (row.mapping !== mapping || row.unheard !== "" || row.outcome !== null) continue;
        if (nowMs - heardAtMs <= REPORTS_LAG_MS) continue;
        // It stays open: its end may come late.
        if (isOver({ ...row, isCalled: row.requestId !== null })) show(row, { unheard });
      }
    },
    take(isWhole = false) {
      const { chosen, every } = isWhole ? { chosen: new Set(waiting), every: 1 } : nextSample();
      for (const row of waiting) if (!chosen.has(row)) leaveOut(row);
      const inAll =
        overflow === 0 ? every : Math.ceil((every * (waiting.length + overflow)) / Math.max(1, waiting.length));
      samples = [...samples, inAll].slice(-SAID_FOR);
      waiting = [];
      overflow = 0;
      for (const row of chosen) row.id = lastId += 1;
      const taken = [...changed, ...chosen].map((row) => ({ ...row }));
      changed.clear();
      kept.push(...chosen);
      for (const row of kept.slice(0, Math.max(0, kept.length - MOST_ROWS))) drop(row);
      kept = kept.slice(-MOST_ROWS);
      return taken;
    },
    all: () => kept,
    shownOf: () => Math.max(1, ...samples),
  };
}

type Place = Pick<BatchRow, "lane" | "batch">;

/** Its last call has not been answered, or its next one has not been heard of. */
const isAwaited = ({ outcome, verdict }: Row): boolean => outcome === null || verdict === "retry";

const hasFailed = ({ verdict }: Row): boolean => verdict !== null && verdict !== "done";

function nextText({ verdict, retryAfterMs, next }: Of<"decided">): string {
  const counts = next.map(({ recordCount }) => recordCount).join(" + ");
  switch (verdict) {
    case "done":
      return "";
    case "retry":
      return `retry in ${((retryAfterMs ?? 0) / 1_000).toFixed(2)} s`;
    case "bisect":
      return `split ${counts}`;
    case "rest":
      return `rest of ${counts}`;
    case "give up":
      return "given up";
    case "return":
      return "comes back";
  }
}
