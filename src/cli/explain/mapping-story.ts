// How a mapping stands, folded from the journal: what it reads, what its filter passed over, what runs, waits or is held, and why.

import type { WindowNote } from "../../core/tumbling.ts";
import type { Entry } from "../../ports/journal.ts";
import type { Position } from "../../ports/source.ts";
import type { Of } from "./batch-story.ts";

const MOST_DROPPED = 1_000;

export interface UnitStory {
  readonly unit: string;
  /** A first start at LATEST: records that were there before. */
  placed: Of<"unit-placed"> | null;
  opened: Of<"unit-opened"> | null;
  /** Opened once before: it goes on from its checkpoint. */
  isReopened: boolean;
  /** Since it was opened. */
  lastRead: Of<"read"> | null;
  /** Records read since it was opened that passed and are in no batch yet. */
  waitingCount: number;
  isEnded: boolean;
}

export interface MappingStory {
  readonly uuid: string;
  /** When the journal first tells of it. */
  readonly firstAtMs: number;
  lastAtMs: number;
  state: { readonly name: string; readonly sinceMs: number; readonly reason: string } | null;
  settings: Readonly<Record<string, unknown>>;
  isPaused: boolean;
  readonly units: Map<string, UnitStory>;
  /** Of a topic, by the path of a poller: what it has of the group's partitions. */
  readonly shares: Map<string, Of<"share">>;
  /** Pollers that their group keeps waiting. */
  readonly awaiting: Map<string, Of<"group-awaited">>;
  /** By the path of who has met it. */
  readonly problems: Map<string, Of<"source-problem">>;
  /** By lane: an invocation that runs or waits for a thread. */
  readonly running: Map<string, Of<"invoked">>;
  readonly noThread: Map<string, Of<"no-thread">>;
  /** By lane: a batch that failed or was refused, and will be tried again. */
  readonly held: Map<string, Of<"decided">>;
  /** By lane: a batch that was closed and has not been invoked. */
  readonly closed: Map<string, Of<"batch-closed">>;
  /** By lane: the tumbling window that was open at the last call, if that did not end it. */
  readonly windows: Map<string, WindowNote>;
  /** Of a topic, by lane: the batch that was closed last. */
  readonly batches: Map<string, Of<"batch-closed">>;
  /** By lane: the batch that was closed last. */
  readonly lastBatch: Map<string, string>;
  lastFiltered: Of<"filtered"> | null;
  /** Its function feeds its source. */
  lastSelfFeeding: Of<"self-feeding"> | null;
  /** What was said of its configuration since the server's start. */
  lastNotice: Of<"configured-otherwise"> | null;
  lastDone: Of<"decided"> | null;
  lastGaveUp: Of<"gave-up"> | null;
  lastLost: Of<"lost"> | null;
  /** Aggregates of which no record is delivered (P-10), the last MOST_DROPPED of them, by position. */
  readonly dropped: Map<Position, Of<"aggregate-dropped">>;
  /** A document that its destination did not take: its records are lost (O-15). */
  lastRefused: Of<"reported"> | null;
  /** None was delivered since. */
  isRefused: boolean;
  lastInvoked: Of<"invoked"> | null;
  /** Of queues. */
  lastScaled: Of<"scaled"> | null;
  lastReturned: Of<"returned"> | null;
  lastDeadLetter: Of<"dead-letter"> | null;
  counts: MappingCounts;
}

/** Over what the journal still has. */
export interface MappingCounts {
  readonly read: number;
  readonly filtered: number;
  readonly batches: number;
  readonly invocations: number;
  readonly failed: number;
  readonly gaveUp: number;
  /** Records in documents that a destination refused. */
  readonly refused: number;
  /** Closing calls of tumbling windows. */
  readonly windows: number;
  readonly deadLetters: number;
}

export function createMappingStory(uuid: string, atMs: number): MappingStory {
  return {
    uuid,
    firstAtMs: atMs,
    lastAtMs: atMs,
    state: null,
    settings: {},
    isPaused: false,
    units: new Map(),
    shares: new Map(),
    awaiting: new Map(),
    problems: new Map(),
    running: new Map(),
    noThread: new Map(),
    held: new Map(),
    closed: new Map(),
    windows: new Map(),
    batches: new Map(),
    lastBatch: new Map(),
    lastFiltered: null,
    lastSelfFeeding: null,
    lastNotice: null,
    lastDone: null,
    lastGaveUp: null,
    lastLost: null,
    dropped: new Map(),
    lastRefused: null,
    isRefused: false,
    lastInvoked: null,
    lastScaled: null,
    lastReturned: null,
    lastDeadLetter: null,
    counts: {
      read: 0,
      filtered: 0,
      batches: 0,
      invocations: 0,
      failed: 0,
      gaveUp: 0,
      refused: 0,
      windows: 0,
      deadLetters: 0,
    },
  };
}

export function tellMapping(story: MappingStory, entry: Entry): void {
  story.lastAtMs = entry.atMs;
  switch (entry.kind) {
    case "mapping-state":
      story.state = { name: entry.to, sinceMs: entry.atMs, reason: entry.reason };
      // A pause is not kept over a start of the server (`from` is empty), nor over a disabling; new settings leave it.
      if (entry.from === "") story.lastNotice = null;
      if (entry.from === "" || (entry.to !== "Enabled" && entry.to !== "Updating")) story.isPaused = false;
      return;
    case "mapping-paused":
      story.isPaused = true;
      return;
    case "mapping-resumed":
      story.isPaused = false;
      return;
    case "settings":
      story.settings = entry.settings;
      return;
    case "unit-placed":
    case "unit-opened":
    case "unit-ended":
    case "read":
      return tellUnit(story, entry);
    case "share":
      story.shares.set(entry.lane, entry);
      story.awaiting.delete(entry.lane);
      return;
    case "group-awaited":
      story.awaiting.set(entry.lane, entry);
      return;
    case "source-problem":
      story.problems.set(entry.lane, entry);
      return;
    case "source-recovered":
      story.problems.delete(entry.lane);
      return;
    case "self-feeding":
      story.lastSelfFeeding = entry;
      return;
    case "configured-otherwise":
      story.lastNotice = entry;
      return;
    case "filtered":
      story.lastFiltered = entry;
      return;
    case "lost":
      story.lastLost = entry;
      return;
    case "aggregate-dropped":
      return tellDropped(story, entry);
    case "scaled":
      return tellScaled(story, entry);
    case "returned":
      story.lastReturned = entry;
      story.held.delete(entry.lane);
      story.closed.delete(entry.lane);
      return;
    case "dead-letter":
      story.lastDeadLetter = entry;
      story.counts = { ...story.counts, deadLetters: story.counts.deadLetters + 1 };
      return;
    default:
      return tellCall(story, entry);
  }
}

function tellDropped({ dropped }: MappingStory, entry: Of<"aggregate-dropped">): void {
  dropped.set(entry.position, entry);
  const [oldest] = dropped.keys();
  if (dropped.size > MOST_DROPPED && oldest !== undefined) dropped.delete(oldest);
}

function tellScaled(story: MappingStory, entry: Of<"scaled">): void {
  story.lastScaled = entry;
  if (entry.why !== "started") {
    for (const lanes of [story.shares, story.awaiting])
      for (const lane of lanes.keys()) if (indexOf(lane) >= entry.to) lanes.delete(lane);
    return;
  }
  // Nothing of a run before is under way any more.
  const { running, noThread, held, closed, problems, shares, awaiting } = story;
  for (const lanes of [running, noThread, held, closed, problems, shares, awaiting]) lanes.clear();
}

const indexOf = (lane: string): number => Number(/\/p(\d+)$/.exec(lane)?.[1] ?? 0);

function tellUnit(
  story: MappingStory,
  entry: Of<"unit-placed"> | Of<"unit-opened"> | Of<"unit-ended"> | Of<"read">,
): void {
  const unit = entry.lane.split("/")[1] ?? "";
  const known = story.units.get(unit) ?? {
    unit,
    placed: null,
    opened: null,
    isReopened: false,
    lastRead: null,
    waitingCount: 0,
    isEnded: false,
  };
  story.units.set(unit, known);
  switch (entry.kind) {
    case "unit-placed":
      known.placed = entry;
      return;
    case "unit-opened":
      known.isReopened = known.opened !== null;
      known.opened = entry;
      known.lastRead = null;
      known.waitingCount = 0;
      story.problems.delete(entry.lane);
      story.problems.delete(story.uuid);
      // Nothing of a run before is under way any more.
      for (const lanes of [story.running, story.noThread, story.held, story.closed])
        for (const lane of lanes.keys()) if (lane.startsWith(`${entry.lane}/`)) lanes.delete(lane);
      return;
    case "unit-ended":
      known.isEnded = true;
      return;
    case "read":
      known.lastRead = entry;
      known.waitingCount += entry.recordCount - entry.filteredCount;
      story.counts = {
        ...story.counts,
        read: story.counts.read + entry.recordCount,
        filtered: story.counts.filtered + entry.filteredCount,
      };
      return;
  }
}

function tellCall(story: MappingStory, entry: Entry): void {
  const { lane } = entry;
  const { counts } = story;
  switch (entry.kind) {
    case "batch-closed":
      story.closed.set(lane, entry);
      if (entry.partitions !== undefined) story.batches.set(lane, entry);
      tellWindow(story, entry);
      story.counts = {
        ...counts,
        batches: counts.batches + 1,
        windows: counts.windows + ((entry.tumbling?.end ?? null) === null ? 0 : 1),
      };
      taken(story, entry);
      return;
    case "invoked":
      story.lastInvoked = entry;
      story.running.set(lane, entry);
      story.held.delete(lane);
      story.closed.delete(lane);
      // A queue's pollers wait before they receive.
      story.noThread.delete(story.uuid);
      story.counts = { ...counts, invocations: counts.invocations + 1 };
      return;
    case "no-thread":
      if (entry.requestId === "") story.noThread.set(lane, entry);
      // It may be said when the call has just begun after all.
      for (const call of story.running.values())
        if (call.requestId === entry.requestId) story.noThread.set(call.lane, entry);
      return;
    case "decided":
      story.running.delete(lane);
      story.noThread.delete(lane);
      if (entry.verdict === "done") story.lastDone = entry;
      else story.counts = { ...counts, failed: counts.failed + 1 };
      if (entry.verdict === "retry" || entry.verdict === "bisect" || entry.verdict === "rest")
        story.held.set(lane, entry);
      return;
    case "gave-up":
      // What was too old for a batch never was in one.
      if (!/\D/.test(entry.batch) && story.lastBatch.get(lane) !== entry.batch) taken(story, entry);
      story.lastGaveUp = entry;
      story.held.delete(lane);
      story.closed.delete(lane);
      story.counts = { ...counts, gaveUp: counts.gaveUp + entry.recordCount };
      return;
    case "reported":
      story.isRefused = entry.answer === "refused";
      if (entry.answer !== "refused") return;
      story.lastRefused = entry;
      story.counts = { ...counts, refused: counts.refused + entry.recordCount };
      return;
    default:
      return;
  }
}

function tellWindow(story: MappingStory, { lane, tumbling }: Of<"batch-closed">): void {
  if (tumbling === undefined || tumbling.end !== null) story.windows.delete(lane);
  else story.windows.set(lane, tumbling);
}

/** Records have left those that wait in their unit; of Kafka, in their partitions. */
function taken(story: MappingStory, entry: Of<"batch-closed"> | Of<"gave-up">): void {
  story.lastBatch.set(entry.lane, entry.batch);
  const own = { unit: entry.lane.split("/")[1] ?? "", recordCount: entry.recordCount };
  for (const { unit, recordCount } of entry.partitions ?? [own]) {
    const known = story.units.get(unit);
    if (known !== undefined) known.waitingCount = Math.max(0, known.waitingCount - recordCount);
  }
}

/** Where the unit's lanes stand is known up to here; null: nothing was read. */
export const readThrough = (unit: UnitStory): Position | null => unit.lastRead?.last ?? unit.opened?.after ?? null;
