// What the live view knows: folded from the journal's entries and from the mappings' summaries, and from nothing else. It is
// changed in place, since entries come by the thousand; drawing it (render.ts) reads it only.
//
// L1  Bounded: of a mapping the newest batches are kept, of its failures those that are not over and, for a while, the others.
// L2  The journal may be a sample. Batches are counted by the summaries, failures by entries that are never left out.

import type { WindowEnd } from "../../core/tumbling.ts";
import type { Entry, OutcomeName, Verdict } from "../../ports/journal.ts";
import type { QueueCounts } from "../../ports/queues.ts";
import type { MappingView } from "../../control/control-plane.ts";
import type { LaneReport } from "../../runtime/lane-report.ts";
import { createMappingStory, type MappingStory, tellMapping } from "../explain/mapping-story.ts";
import { GONE } from "../line-state.ts";
import { shortArn } from "../shown-forms.ts";
import {
  createFamily,
  endUnheard,
  type Family,
  noteCheckpoint,
  noteDecided,
  noteGaveUp,
  noteInvoked,
  noteReturned,
  numberOf,
} from "./families.ts";
import { type LiveSettings, noSettings, settingsOf } from "./live-settings.ts";
import { overUnheard, REPORTS_LAG_MS } from "./unheard.ts";

/** Trees that have ended stay readable for this long. */
const ENDED_STAYS_MS = 30_000;
/** A row that has nothing more stays for this long. */
const LINGERS_MS = 1_000;
const MOST_BATCHES = 200;
const MOST_ENDED = 20;

export interface LiveBatch {
  readonly mapping: string;
  readonly lane: string;
  readonly name: string;
  readonly closedAtMs: number;
  readonly closedBy: string;
  readonly recordCount: number;
  readonly payloadBytes: number;
  readonly windowMs: number | null;
  /** Why it closes its tumbling window; null: it holds records. */
  readonly end: WindowEnd | null;
  requestId: string | null;
  attempt: number;
  tookMs: number | null;
  /** Of the newest call; null while it runs. */
  outcome: OutcomeName | null;
  verdict: Verdict | null;
  /** Records of each batch that came of it. */
  next: readonly number[];
}

/** What a destination was given since the start. */
interface LiveDestination {
  documentCount: number;
  refusedCount: number;
  lastCondition: string;
}

export type ViewOfMapping = Pick<
  MappingView,
  "uuid" | "state" | "isPaused" | "eventSourceArn" | "functionName" | "lastProcessingResult" | "hasFilter" | "summary"
>;

export interface LiveMapping {
  readonly uuid: string;
  view: ViewOfMapping | null;
  settings: LiveSettings;
  readonly units: Set<string>;
  /** Newest first. */
  readonly batches: LiveBatch[];
  /** By lane: what it has in hand. */
  readonly inHand: Map<string, Family>;
  /** Failures that are over, newest first. */
  ended: Family[];
  readonly destinations: Map<string, LiveDestination>;
  /** What lies in its queue, as it was last looked at; null: it has none, or it was not looked at. */
  queueCounts: QueueCounts | null;
  /** How it stands, as `millrace explain` tells it. */
  readonly story: MappingStory;
  /** The lane whose gauges are drawn where there is room for one. It stays for a moment when it has nothing more. */
  shownLane: { readonly lane: string; readonly atMs: number } | null;
}

export interface LiveModel {
  /** In order of creation. */
  readonly mappings: Map<string, LiveMapping>;
  /** Of all mappings, newest first. */
  batches: LiveBatch[];
  /** Entries of the second that is over, and of the one that is not: heard, and left out on the way. */
  sample: { readonly second: number; heard: number; leftOut: number; readonly before: number };
}

export function createLiveModel(): LiveModel {
  return { mappings: new Map(), batches: [], sample: { second: 0, heard: 0, leftOut: 0, before: 1 } };
}

/** How many entries stand behind each one that was heard in the last second; 1: all of them were. */
export const sampledBy = ({ sample }: LiveModel, nowMs: number): number =>
  Math.floor(nowMs / 1_000) - sample.second > 2 ? 1 : Math.max(sample.before, ratio(sample));

const ratio = ({ heard, leftOut }: { readonly heard: number; readonly leftOut: number }): number =>
  leftOut === 0 ? 1 : Math.max(2, Math.round((heard + leftOut) / Math.max(1, heard)));

export function learnEntries(model: LiveModel, entries: readonly Entry[], droppedCount: number): void {
  const [first] = entries;
  if (first !== undefined) {
    const second = Math.floor(first.atMs / 1_000);
    if (second !== model.sample.second) {
      const before = second === model.sample.second + 1 ? ratio(model.sample) : 1;
      model.sample = { second, heard: 0, leftOut: 0, before };
    }
  }
  model.sample.heard += entries.length;
  model.sample.leftOut += droppedCount;
  for (const entry of entries) learn(model, entry);
}

/** What lies in a mapping's queue now; null: it could not be asked. */
export function learnQueue(model: LiveModel, uuid: string, counts: QueueCounts | null): void {
  const mapping = model.mappings.get(uuid);
  if (mapping !== undefined) mapping.queueCounts = counts;
}

/** How the mappings are now. Those that are gone take all that is known of them along, and old failures go. */
export function learnViews(model: LiveModel, views: readonly ViewOfMapping[], nowMs: number): void {
  const known = new Set(views.map(({ uuid }) => uuid));
  for (const uuid of model.mappings.keys()) if (!known.has(uuid)) forget(model, uuid);
  for (const view of views) {
    const mapping = mappingOf(model, view.uuid);
    mapping.view = view;
    mapping.shownLane = shownLaneOf(mapping, nowMs);
    letGoUnheard(mapping, nowMs);
    tellSummary(mapping);
    mapping.ended = mapping.ended.filter(({ endedAtMs }) => nowMs - (endedAtMs ?? nowMs) < ENDED_STAYS_MS);
  }
}

function forget(model: LiveModel, uuid: string): void {
  model.mappings.delete(uuid);
  model.batches = model.batches.filter(({ mapping }) => mapping !== uuid);
}

/** What a summary knows better than a journal that is only a sample. */
function tellSummary({ view, story }: LiveMapping): void {
  const summary = view?.summary ?? null;
  if (summary === null) return;
  const { polled, filtered } = summary.counters;
  story.counts = { ...story.counts, read: polled, filtered };
  if (summary.runningCount > 0) return;
  story.running.clear();
  story.noThread.clear();
}

/** A lane that is free has nothing in hand, though the end of what it had was not heard. */
function letGoUnheard(mapping: LiveMapping, nowMs: number): void {
  if (mapping.view === null) return;
  const isOver = overUnheard(mapping.view);
  for (const [lane, { root, hasFailed, closedAtMs }] of mapping.inHand) {
    if (nowMs - Math.max(closedAtMs, root.startedAtMs ?? 0) <= REPORTS_LAG_MS) continue;
    // What has failed may wait for its next attempt while nothing runs.
    const isCalled = root.state === "running" && !hasFailed;
    if (isOver({ lane, recordCount: root.places.to, isCalled })) letGo(mapping, lane, nowMs);
  }
}

/** The lane that closes first, but not another one at each look: rows stay for a moment against flicker. */
function shownLaneOf({ shownLane, view }: LiveMapping, nowMs: number): LiveMapping["shownLane"] {
  // A topic's poller reports for its partitions, too, when nothing waits.
  const free = (view?.summary?.lanes ?? []).filter(
    ({ isHeld, waitingCount, partitions }) => !isHeld && (partitions === undefined || waitingCount > 0),
  );
  if (shownLane !== null) {
    if (free.some(({ lane }) => lane === shownLane.lane)) return { lane: shownLane.lane, atMs: nowMs };
    if (nowMs - shownLane.atMs < LINGERS_MS) return shownLane;
  }
  const closesAt = (lane: LaneReport): number => lane.closesAtMs ?? Number.POSITIVE_INFINITY;
  // An open tumbling window in which nothing waits gives way to any lane that assembles.
  const assembling = free.filter(({ waitingCount }) => waitingCount > 0);
  const [first] = (assembling.length > 0 ? assembling : free).toSorted((one, other) =>
    closesAt(one) < closesAt(other) ? -1 : 1,
  );
  return first === undefined ? shownLane : { lane: first.lane, atMs: nowMs };
}

function mappingOf(model: LiveModel, uuid: string): LiveMapping {
  const known = model.mappings.get(uuid);
  if (known !== undefined) return known;
  const made: LiveMapping = {
    uuid,
    view: null,
    settings: noSettings,
    units: new Set(),
    batches: [],
    inHand: new Map(),
    ended: [],
    destinations: new Map(),
    queueCounts: null,
    story: createMappingStory(uuid, 0),
    shownLane: null,
  };
  model.mappings.set(uuid, made);
  return made;
}

function learn(model: LiveModel, entry: Entry): void {
  if (entry.mapping === null) return;
  if (entry.kind === "mapping-state" && entry.to === GONE) return forget(model, entry.mapping);
  const mapping = mappingOf(model, entry.mapping);
  tellMapping(mapping.story, entry);
  const unit = entry.lane.split("/")[1] ?? "";
  switch (entry.kind) {
    case "settings":
      mapping.settings = settingsOf(entry.settings);
      return;
    case "mapping-state":
      if (entry.to !== "Enabled" && entry.to !== "Updating")
        for (const lane of mapping.inHand.keys()) letGo(mapping, lane, entry.atMs);
      return;
    case "unit-opened":
      // A start anew: what its lanes had in hand is read again.
      for (const lane of mapping.inHand.keys()) if (lane.split("/")[1] === unit) letGo(mapping, lane, entry.atMs);
      mapping.units.add(unit);
      return;
    case "unit-ended":
      mapping.units.delete(unit);
      return;
    case "share":
      learnShares(mapping);
      return;
    case "scaled":
      // A group's pollers begin: what those before had in hand is read again.
      if (mapping.settings.family === "topic" && entry.why === "started")
        for (const lane of mapping.inHand.keys()) letGo(mapping, lane, entry.atMs);
      return;
    case "batch-closed":
      return learnClosed(model, mapping, entry);
    case "invoked": {
      const family = familyOf(mapping, entry, entry.recordCount);
      if (family !== null) noteInvoked(family, entry);
      const batch = batchOf(mapping, entry.batch);
      if (batch === undefined) return;
      batch.requestId = entry.requestId;
      batch.attempt = entry.attempt;
      batch.outcome = null;
      return;
    }
    case "decided":
      return learnDecided(mapping, entry);
    case "returned":
      return learnReturned(mapping, entry);
    case "gave-up": {
      destinationOf(mapping, entry.destination).lastCondition = entry.condition;
      const family = familyOf(mapping, entry, entry.recordCount);
      if (family === null) return;
      noteGaveUp(family, entry);
      if (family.endedAtMs !== null) letGo(mapping, family.lane, entry.atMs);
      return;
    }
    case "reported": {
      const destination = destinationOf(mapping, entry.destination);
      if (entry.answer === "delivered") destination.documentCount += 1;
      else destination.refusedCount += 1;
      return;
    }
    case "checkpoint":
      return learnCheckpoint(mapping, unit, entry.after);
    default:
      return;
  }
}

/** The partitions that the group has given its pollers. */
function learnShares({ units, story }: LiveMapping): void {
  units.clear();
  for (const share of story.shares.values()) for (const unit of share.units) units.add(unit);
}

function learnClosed(model: LiveModel, mapping: LiveMapping, entry: Extract<Entry, { kind: "batch-closed" }>): void {
  letGo(mapping, entry.lane, entry.atMs);
  const family = createFamily(entry, { recordCount: entry.recordCount, last: entry.last, closedAtMs: entry.atMs });
  mapping.inHand.set(entry.lane, family);
  const batch: LiveBatch = {
    mapping: mapping.uuid,
    lane: entry.lane,
    name: entry.batch,
    closedAtMs: entry.atMs,
    closedBy: entry.closedBy,
    recordCount: entry.recordCount,
    payloadBytes: entry.payloadBytes,
    windowMs: entry.windowMs,
    end: entry.tumbling?.end ?? null,
    requestId: null,
    attempt: 0,
    tookMs: null,
    outcome: null,
    verdict: null,
    next: [],
  };
  for (const list of [mapping.batches, model.batches]) {
    list.unshift(batch);
    if (list.length > MOST_BATCHES) list.length = MOST_BATCHES;
  }
}

function learnDecided(mapping: LiveMapping, entry: Extract<Entry, { kind: "decided" }>): void {
  const batch = batchOf(mapping, entry.batch);
  if (batch !== undefined) {
    batch.requestId = entry.requestId;
    batch.attempt = entry.attempt;
    batch.tookMs = entry.tookMs;
    batch.outcome = entry.outcome;
    batch.verdict = entry.verdict;
    batch.next = entry.next.map(({ recordCount }) => recordCount);
  }
  const family = familyOf(mapping, entry, entry.recordCount);
  if (family === null) return;
  noteDecided(family, entry);
  if (family.endedAtMs !== null) letGo(mapping, family.lane, entry.atMs);
}

/** What failed has been decided before; what was let go otherwise has not, and is over with this. */
function learnReturned(mapping: LiveMapping, entry: Extract<Entry, { kind: "returned" }>): void {
  const families = [...mapping.inHand.values(), ...mapping.ended];
  const family = families.find((each) => each.lane === entry.lane && each.number === entry.batch);
  if (family === undefined) return;
  noteReturned(family, entry);
  if (mapping.inHand.get(entry.lane) === family) letGo(mapping, entry.lane, entry.atMs);
}

function learnCheckpoint(mapping: LiveMapping, unit: string, after: string | null): void {
  if (after === null) return;
  for (const family of [...mapping.inHand.values(), ...mapping.ended]) {
    if (family.hasFailed && family.lane.split("/")[1] === unit) noteCheckpoint(family, after);
  }
}

/** The family that an entry is about. One whose closing was not heard of is known from its first batch on. */
function familyOf(mapping: LiveMapping, entry: Entry & { readonly batch: string }, recordCount: number): Family | null {
  const known = mapping.inHand.get(entry.lane);
  const number = numberOf(entry.batch);
  if (known?.number === number) return known;
  const ended = mapping.ended.find((each) => each.lane === entry.lane && each.number === number);
  if (ended !== undefined) return ended;
  if (entry.batch !== number) return null;
  letGo(mapping, entry.lane, entry.atMs);
  const closedAtMs = entry.kind === "decided" ? entry.atMs - entry.tookMs : entry.atMs;
  const family = createFamily(entry, { recordCount, last: null, closedAtMs });
  mapping.inHand.set(entry.lane, family);
  return family;
}

/** The lane goes on: what it had in hand is over. */
function letGo(mapping: LiveMapping, lane: string, atMs: number): void {
  const family = mapping.inHand.get(lane);
  if (family === undefined) return;
  mapping.inHand.delete(lane);
  if (!family.hasFailed) return;
  endUnheard(family, atMs);
  mapping.ended.unshift(family);
  if (mapping.ended.length > MOST_ENDED) mapping.ended.length = MOST_ENDED;
}

const batchOf = (mapping: LiveMapping, name: string): LiveBatch | undefined =>
  mapping.batches.find((each) => each.name === name);

function destinationOf(mapping: LiveMapping, arn: string | null): LiveDestination {
  const key = arn ?? "";
  const known = mapping.destinations.get(key) ?? { documentCount: 0, refusedCount: 0, lastCondition: "" };
  mapping.destinations.set(key, known);
  return known;
}

/** As the view shows it: the source's and the function's short names. */
export const sourceOf = ({ view, settings }: LiveMapping): string =>
  settings.source === "" ? shortArn(view?.eventSourceArn ?? "") : settings.source;
export const functionOf = ({ view }: LiveMapping): string => view?.functionName ?? "";
