// A journal folded up to an instant, and the frame of that instant. What a running server is asked (states, counts, where its units stand) is
// told here from the entries alone, and what is being assembled then from the batch that each lane closes next: a file knows what comes.

import type { Family } from "../../cli/live/families.ts";
import { isOpen } from "../../cli/live/families.ts";
import type { LiveMapping, ViewOfMapping } from "../../cli/live/live-model.ts";
import { GONE } from "../../cli/line-state.ts";
import { shortArn } from "../../cli/shown-forms.ts";
import { hasPlaces } from "../../cli/source-family.ts";
import { EVENT_LIMIT_BYTES } from "../../core/settings.ts";
import type { Entry } from "../../ports/journal.ts";
import { type Counters, foldCounters, newCounters, resultTextsOf } from "../../runtime/counters.ts";
import type { LaneReport, PartitionReport } from "../../runtime/lane-report.ts";
import { createDashboardModel, createModelState, type FrameParts, type ModelState } from "../dashboard-model.ts";
import type { Frame } from "../frame.ts";

export type Closing = Extract<Entry, { kind: "batch-closed" }>;

export interface FoldState {
  readonly model: ModelState;
  /** By mapping. */
  readonly counters: Map<string, Counters>;
  /** By lane: arrival of the oldest record of the batch that it closed last. */
  readonly oldest: Map<string, number>;
}

export interface FileFold {
  learn(entry: Entry): void;
  /** Of all mappings there are now. */
  views(atMs: number, next: ReadonlyMap<string, Closing>): readonly ViewOfMapping[];
  /** `next`: by lane, the batch that it closes next. */
  frame(parts: FrameParts, next: ReadonlyMap<string, Closing>): Frame;
  /** A copy that stays as it is; rows of batches are no part of it. */
  snapshot(): FoldState;
}

export function createFoldState(): FoldState {
  return { model: createModelState(), counters: new Map(), oldest: new Map() };
}

/** `state` is changed in place. */
export function createFileFold(state: FoldState = createFoldState()): FileFold {
  const { counters, oldest } = state;
  const { live } = state.model;
  const model = createDashboardModel({ areBytesKnown: false }, state.model);

  function learn(entry: Entry): void {
    model.learn([entry], 0);
    const { mapping: uuid, lane } = entry;
    if (uuid === null) return;
    if (entry.kind === "mapping-state" && entry.to === GONE) {
      counters.delete(uuid);
      for (const path of oldest.keys()) if (path.startsWith(uuid)) oldest.delete(path);
      return;
    }
    if (entry.kind === "batch-closed") {
      if (entry.oldestArrivedAtMs === null) oldest.delete(lane);
      else oldest.set(lane, entry.oldestArrivedAtMs);
    }
    const before = counters.get(uuid) ?? newCounters;
    const after = foldCounters(before, lane, entry, textOf(live.mappings.get(uuid)?.story.settings["FunctionArn"]));
    if (after !== before) counters.set(uuid, after);
  }

  function viewOf(mapping: LiveMapping, atMs: number, next: ReadonlyMap<string, Closing>): ViewOfMapping {
    const { uuid, story } = mapping;
    const own = counters.get(uuid) ?? newCounters;
    const texts = resultTextsOf(own);
    const units = unitReports(mapping, atMs, next);
    const inHand = [...mapping.inHand.values()].reduce((sum, family) => sum + openCount(family), 0);
    const waiting = [...story.units.values()].reduce((sum, { waitingCount }) => sum + waitingCount, 0);
    return {
      uuid,
      state: story.state?.name ?? "",
      isPaused: story.isPaused,
      eventSourceArn: textOf(story.settings["EventSourceArn"]),
      functionName: shortArn(textOf(story.settings["FunctionArn"])),
      lastProcessingResult: texts.problemText ?? texts.recordResult ?? "No records processed",
      hasFilter: false,
      summary: {
        uuid,
        generation: 0,
        counters: own,
        ...texts,
        lagCount: inHand + waiting,
        oldestArrivedAtMs: oldestOf(mapping, atMs, next, () => true),
        runningCount: story.running.size,
        lanes: laneReports(mapping, atMs, next),
        units,
      },
    };
  }

  function unitReports(
    mapping: LiveMapping,
    atMs: number,
    next: ReadonlyMap<string, Closing>,
  ): readonly PartitionReport[] {
    const { story, settings, inHand } = mapping;
    if (!hasPlaces(settings.family)) return [];
    return [...story.units.values()].flatMap(({ unit, waitingCount, isEnded }) => {
      if (isEnded) return [];
      const isOfUnit = (lane: string): boolean => lane.split("/")[1] === unit;
      const held = [...inHand].filter(([lane]) => isOfUnit(lane));
      const lagCount = held.reduce((sum, [, family]) => sum + openCount(family), waitingCount);
      const through = state.model.checkpoints.get(mapping.uuid)?.get(unit) ?? null;
      return [{ unit, through, lagCount, oldestArrivedAtMs: oldestOf(mapping, atMs, next, isOfUnit) }];
    });
  }

  /** Of records in batches that are not over, and of those in the batch that comes next which were there. */
  function oldestOf(
    { uuid, inHand }: LiveMapping,
    atMs: number,
    next: ReadonlyMap<string, Closing>,
    isMeant: (lane: string) => boolean,
  ): number | null {
    const all: number[] = [];
    for (const [lane, family] of inHand) {
      const own = oldest.get(lane);
      if (own !== undefined && family.endedAtMs === null && isMeant(lane) && openCount(family) > 0) all.push(own);
    }
    for (const [lane, { mapping, oldestArrivedAtMs }] of next)
      if (mapping === uuid && oldestArrivedAtMs !== null && oldestArrivedAtMs <= atMs && isMeant(lane))
        all.push(oldestArrivedAtMs);
    return all.length === 0 ? null : Math.min(...all);
  }

  const views = (atMs: number, next: ReadonlyMap<string, Closing>): readonly ViewOfMapping[] =>
    [...live.mappings.values()].map((mapping) => viewOf(mapping, atMs, next));

  return {
    learn,
    views,
    frame(parts, next) {
      model.takeRows();
      model.learnViews(views(parts.atMs, next), parts.atMs);
      return model.whole(parts);
    },
    snapshot() {
      // The dashboard has its own rows.
      live.batches = [];
      for (const { batches } of live.mappings.values()) batches.length = 0;
      return structuredClone(state);
    },
  };
}

/** What is assembled at this instant: what closes next, where its oldest record has come or its window is open. */
function laneReports(
  { uuid, story, inHand, settings }: LiveMapping,
  atMs: number,
  next: ReadonlyMap<string, Closing>,
): readonly LaneReport[] {
  const reports: LaneReport[] = [];
  for (const [lane, closing] of next) {
    if (closing.mapping !== uuid) continue;
    const windowFromMs = closing.windowMs === null ? null : closing.atMs - closing.windowMs;
    const hasCome = closing.oldestArrivedAtMs !== null && closing.oldestArrivedAtMs <= atMs;
    const isOpenNow = hasCome || (closing.oldestArrivedAtMs === null && windowFromMs !== null && windowFromMs <= atMs);
    const family = inHand.get(lane);
    const isHeld = family !== undefined && family.endedAtMs === null && openCount(family) > 0;
    if (!isOpenNow) continue;
    const read = settings.factor > 1 ? null : (story.units.get(lane.split("/")[1] ?? "")?.waitingCount ?? null);
    const waitingCount = read === null || read === 0 ? 1 : read;
    reports.push({
      lane,
      waitingCount,
      recordCount: Math.min(waitingCount, closing.recordCount),
      recordBytes: 0,
      eventBytes: 0,
      eventLimitBytes: EVENT_LIMIT_BYTES,
      windowFromMs: windowFromMs !== null && windowFromMs <= atMs ? windowFromMs : null,
      closedBy: closing.closedBy,
      closesAtMs: closing.atMs,
      isHeld,
      tumbling: null,
    });
  }
  return reports;
}

/** Records of a batch that have not ended. */
function openCount(family: Family): number {
  let count = 0;
  for (const node of family.nodes.values()) if (isOpen(node)) count += node.places.to - node.places.from + 1;
  return count;
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
