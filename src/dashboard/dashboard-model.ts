// What the dashboard knows, folded from the journal's entries and the mappings' views: what the live view of the terminal knows
// (src/cli/live/live-model.ts), and the rows, calls, points and news that a page shows beside it. Frames are made of it.
//
// D3  Bounded: rows, logs, trees and points each have their own limit, and what is deleted goes.

import { settingRows } from "../control/mapping/setting-rows.ts";
import { functionOf, sourceOf } from "../cli/live/live-model.ts";
import {
  createLiveModel,
  learnEntries,
  learnQueue,
  learnViews,
  type LiveMapping,
  type LiveModel,
  sampledBy,
  type ViewOfMapping,
} from "../cli/live/live-model.ts";
import { settingsOf } from "../cli/live/live-settings.ts";
import { overUnheard } from "../cli/live/unheard.ts";
import { GONE } from "../cli/line-state.ts";
import { counted, shortArn } from "../cli/shown-forms.ts";
import { shownPlace } from "../cli/source-family.ts";
import type { Entry } from "../ports/journal.ts";
import type { QueueCounts } from "../ports/queues.ts";
import { createBatchRows } from "./batch-rows.ts";
import { type DeadLetterQueue, destinationFrames } from "./destination-frames.ts";
import { failingFrames } from "./failing-frames.ts";
import type { Frame, FrameOrigin, FunctionThread, MappingFrame, SecondPoint } from "./frame.ts";
import { type FunctionFacts, functionFrames, learnFunction, type MappedCalls } from "./function-frames.ts";
import { laneFrames } from "./lane-frames.ts";

const MOST_MAPPINGS = 1_000;
const MOST_NEWS = 20;

export interface DashboardModel {
  learn(entries: readonly Entry[], droppedCount: number): void;
  learnViews(views: readonly ViewOfMapping[], nowMs: number): void;
  /** AWS's members, as GetEventSourceMapping answers them. */
  learnSettings(uuid: string, settings: Readonly<Record<string, unknown>>): void;
  learnQueue(uuid: string, counts: QueueCounts | null): void;
  learnDeadLetters(queues: readonly DeadLetterQueue[]): void;
  /** Mappings whose settings changed since this was last asked. */
  takeUnsettled(): readonly string[];
  mappings(): Iterable<LiveMapping>;
  mapping(uuid: string): LiveMapping | null;
  /** Rows that came before anybody looked are no news: they are all in the first frame, with no sample made of them. */
  takeRows(): void;
  /** Rows and news are taken: the next one has those after them. */
  delta(given: FrameParts): Frame;
  /** All there is, and nothing is taken. */
  whole(given: FrameParts): Frame;
}

export interface FrameParts {
  readonly number: number;
  readonly atMs: number;
  readonly origin: FrameOrigin;
  readonly seconds: readonly SecondPoint[];
  readonly threads: readonly FunctionThread[];
  /** Records given up by mapping; absent: as many as were heard of. */
  readonly gaveUp?: ReadonlyMap<string, number>;
}

/** All that outlives a row: what a recorded journal is gone on from at an instant. */
export interface ModelState {
  readonly live: LiveModel;
  /** By mapping and unit: the newest committed position. */
  readonly checkpoints: Map<string, Map<string, string>>;
  readonly functions: FunctionFacts;
}

export function createModelState(): ModelState {
  return { live: createLiveModel(), checkpoints: new Map(), functions: new Map() };
}

/** `state` is changed in place. */
export function createDashboardModel(
  options: { readonly areBytesKnown: boolean },
  state: ModelState = createModelState(),
): DashboardModel {
  const { live, checkpoints, functions } = state;
  // A file has all that was written: what is missing was cut by a stop.
  const rows = options.areBytesKnown ? createBatchRows() : createBatchRows("outcome not in the journal");
  const unsettled = new Set<string>();
  let deadLetters: readonly DeadLetterQueue[] = [];
  let news: string[] = [];

  const nameOf = (uuid: string): string => {
    const mapping = live.mappings.get(uuid);
    return mapping === undefined ? "" : functionNameOf(mapping);
  };

  function learnOne(entry: Entry): void {
    const { mapping: uuid } = entry;
    learnFunction(functions, entry, nameOf);
    if (uuid === null) return;
    switch (entry.kind) {
      case "mapping-state":
        unsettled.add(uuid);
        if (entry.from !== "") tell(`${nameOf(uuid) || uuid.slice(0, 8)} is ${entry.to}`);
        if (entry.to !== GONE) return;
        checkpoints.delete(uuid);
        unsettled.delete(uuid);
        return rows.forget(uuid);
      case "settings":
        return void unsettled.add(uuid);
      case "unit-opened":
      case "checkpoint":
        return noteCheckpoint(uuid, entry.lane, entry.after);
      case "unit-ended":
        return void checkpoints.get(uuid)?.delete(entry.lane.split("/")[1] ?? "");
      case "batch-closed": {
        const settings = live.mappings.get(uuid)?.settings;
        return rows.closed(entry, shownPlace(entry.lane, settings?.family ?? "stream", (settings?.factor ?? 1) > 1));
      }
      case "invoked":
        return rows.invoked(entry);
      case "decided":
        return rows.decided(entry);
      case "returned":
        return rows.returned(entry);
      case "gave-up":
        tell(`${nameOf(uuid)} gave up ${counted(entry.recordCount, "record")}: ${entry.condition}`);
        return rows.gaveUp(entry);
      default:
        return;
    }
  }

  function noteCheckpoint(uuid: string, lane: string, after: string | null): void {
    const own = checkpoints.get(uuid) ?? new Map<string, string>();
    checkpoints.set(uuid, own);
    if (after !== null) own.set(lane.split("/")[1] ?? "", after);
  }

  function tell(text: string): void {
    news.push(text);
    if (news.length > 2 * MOST_NEWS) news = news.slice(-MOST_NEWS);
  }

  function frame(given: FrameParts, isWhole: boolean): Frame {
    const shown = [...live.mappings.values()].filter(({ view }) => view !== null).slice(0, MOST_MAPPINGS);
    const taken = isWhole ? rows.all() : rows.take();
    const told = isWhole ? [] : news.slice(-MOST_NEWS);
    if (!isWhole) news = [];
    return {
      number: given.number,
      isWhole,
      atMs: given.atMs,
      origin: given.origin,
      mappings: shown.map((mapping) => mappingFrame(mapping, given)),
      batches: taken,
      shownOf: rows.shownOf() * sampledBy(live, given.atMs),
      failing: failingFrames(shown),
      functions: functionFrames(functions, mappedCalls(shown), given.threads),
      destinations: destinationFrames(shown, deadLetters),
      seconds: given.seconds,
      news: told,
    };
  }

  function mappingFrame(mapping: LiveMapping, { atMs: nowMs, gaveUp }: FrameParts): MappingFrame {
    const { uuid, view, settings, story, queueCounts } = mapping;
    const summary = view?.summary ?? null;
    const counters = summary?.counters;
    return {
      uuid,
      source: sourceOf(mapping),
      eventSourceArn: view?.eventSourceArn ?? "",
      family: settings.family,
      functionName: functionNameOf(mapping),
      state: view?.state ?? "",
      isPaused: view?.isPaused ?? false,
      lastResult: view?.lastProcessingResult ?? "",
      settings: settingRows(story.settings),
      batchSize: settings.batchSize ?? (settings.family === "queue" ? 10 : 100),
      windowMs: settings.windowSeconds === null || settings.windowSeconds === 0 ? null : settings.windowSeconds * 1_000,
      lagCount: summary?.lagCount ?? 0,
      oldestAtMs: summary?.oldestArrivedAtMs ?? null,
      runningCount: summary?.runningCount ?? 0,
      batchCount: counters?.batches ?? 0,
      failedCount: counters?.invokeErrors ?? 0,
      gaveUpCount: gaveUp === undefined ? story.counts.gaveUp : (gaveUp.get(uuid) ?? 0),
      queue:
        queueCounts === null
          ? null
          : {
              visible: queueCounts.visibleCount,
              inFlight: queueCounts.hiddenCount,
              delayed: queueCounts.delayedCount,
            },
      ...laneFrames({
        mapping,
        checkpoints: checkpoints.get(uuid) ?? new Map(),
        nowMs,
        areBytesKnown: options.areBytesKnown,
      }),
    };
  }

  return {
    learn(entries, droppedCount) {
      learnEntries(live, entries, droppedCount);
      for (const entry of entries) learnOne(entry);
    },
    learnViews(views, nowMs) {
      const before = new Set(live.mappings.keys());
      learnViews(live, views, nowMs);
      for (const uuid of live.mappings.keys()) if (!before.has(uuid)) unsettled.add(uuid);
      for (const view of views) rows.settle(view.uuid, overUnheard(view), nowMs);
      for (const uuid of checkpoints.keys()) if (!live.mappings.has(uuid)) checkpoints.delete(uuid);
    },
    learnSettings(uuid, settings) {
      const mapping = live.mappings.get(uuid);
      if (mapping === undefined) return;
      mapping.settings = settingsOf(settings);
      mapping.story.settings = settings;
    },
    learnQueue: (uuid, counts) => learnQueue(live, uuid, counts),
    learnDeadLetters(queues) {
      deadLetters = queues;
    },
    takeUnsettled() {
      const taken = [...unsettled];
      unsettled.clear();
      return taken;
    },
    mappings: () => live.mappings.values(),
    mapping: (uuid) => live.mappings.get(uuid) ?? null,
    takeRows() {
      rows.take(true);
      news = [];
    },
    delta: (given) => frame(given, false),
    whole: (given) => frame(given, true),
  };
}

function functionNameOf(mapping: LiveMapping): string {
  const name = functionOf(mapping);
  if (name !== "") return name;
  const arn = mapping.story.settings["FunctionArn"];
  return typeof arn === "string" ? shortArn(arn) : "";
}

function mappedCalls(mappings: readonly LiveMapping[]): ReadonlyMap<string, MappedCalls> {
  const all = new Map<string, MappedCalls>();
  for (const mapping of mappings) {
    const name = functionNameOf(mapping);
    const counters = mapping.view?.summary?.counters;
    const before = all.get(name);
    all.set(name, {
      invocationCount: (before?.invocationCount ?? 0) + (counters?.invocations ?? 0),
      failedCount: (before?.failedCount ?? 0) + (counters?.invokeErrors ?? 0),
      throttledCount: (before?.throttledCount ?? 0) + (counters?.throttles ?? 0),
    });
  }
  return all;
}
