// One unit at work: reads ahead, filters, gives each record to its lane, and knows how far everything has ended. It owns the
// reader, the watermark and the checkpoint; the lanes own order, retries and batches.
//
// D1  One read is out at a time, and none while there is no room (src/runtime/read-ahead.ts; E-65's bound over all).
// D2  A checkpoint is the watermark's place, never more (T-160).
// D3  A source that cannot be read is asked again, after a growing delay; no attempt is used (P-13).

import { assertNever } from "../core/assert-never.ts";
import { laneOf } from "../core/lane-key.ts";
import type { Lane } from "../core/lane-state.ts";
import type { Rec } from "../core/record.ts";
import {
  createWatermark,
  finished,
  mustPauseReading,
  passedBehind,
  rangesOf,
  type Watermark,
} from "../core/watermark.ts";
import type { Checkpoint } from "../ports/checkpoints.ts";
import type { Cancel } from "../ports/clock.ts";
import type { Position, Read, Reader, SourceProblem, UnitId } from "../ports/source.ts";
import { createCheckpointSaver } from "./checkpoint-saver.ts";
import { createFilterSample } from "./filter-sample.ts";
import { createGrowingDelay, FAULT_DELAY } from "./growing-delay.ts";
import type { UnitStart } from "./lane-feed.ts";
import type { LaneReport } from "./lane-report.ts";
import { createLaneRunner, type LaneRunner } from "./lane-runner.ts";
import type { MappingContext } from "./mapping-context.ts";
import { roomIn } from "./read-ahead.ts";

export interface ShardRunnerOptions<R extends Rec> {
  readonly context: MappingContext<R>;
  readonly unit: UnitId;
  readonly checkpoint: Checkpoint;
  /** Told to a recording. */
  readonly parents: readonly UnitId[];
  /** It goes on from here; absent: from its checkpoint. */
  readonly start?: UnitStart<R>;
  /** The unit is closed, everything in it has ended, and that is stored: its children may be read (P-8). */
  readonly onDrained: () => void;
  /** After a stop: nothing runs any more and the last checkpoint is stored, or given up. */
  readonly onStopped: () => void;
  readonly onProblem: (problem: SourceProblem | null) => void;
}

export interface ShardRunner {
  open(): void;
  /** New settings are in force: lanes look at them now (H-10). */
  settingsChanged(): void;
  /** A recording begins: it is told how far the unit has ended, and of its lanes. */
  openFeed(): void;
  /** The source has the unit: one that was missed is read again now. */
  found(): void;
  /** The source has the unit no more: it ends with what has been read of it. */
  gone(): void;
  /** The mapping has been paused, or goes on. */
  gateMoved(): void;
  /** A step is due: the first lane that has a call to start takes it. */
  stepped(): void;
  stop(): void;
  /** Where the unit stands, for a start anew with another number of lanes (E-66). */
  checkpoint(): Checkpoint;
  lagCount(): number;
  runningCount(): number;
  oldestArrivedAtMs(): number | null;
  /** Of the lanes in which something waits. */
  laneReports(): readonly LaneReport[];
  /** As they are at the moment of asking, by index. */
  lanes(): readonly Lane<Rec>[];
}

export function createShardRunner<R extends Rec>(options: ShardRunnerOptions<R>): ShardRunner {
  const { context, unit } = options;
  const { kind, clock } = context;
  const path = `${context.spec.uuid}/${unit}`;
  const factor = context.spec.parallelizationFactor;
  const saver = createCheckpointSaver(context, unit, path, settle);
  const delay = createGrowingDelay();
  const faults = createGrowingDelay(FAULT_DELAY);
  const sample = createFilterSample(context, path);
  let watermark: Watermark<Position> = options.start?.watermark ?? createWatermark({ place: options.checkpoint.after });
  context.feed?.unit(unit, watermark, options.parents, clock.nowMs());
  const lanes: LaneRunner<R>[] = Array.from({ length: factor }, (_, index) =>
    createLaneRunner({
      context,
      unit,
      index,
      window: index === 0 ? options.checkpoint.window : null,
      start: options.start?.lanes[index],
      onEnded,
      onTurn: settle,
    }),
  );
  let reader: Reader<R> | null = null;
  let reading: AbortController | null = null;
  let cancelRetry: Cancel | null = null;
  let problem: SourceProblem | null = null;
  let readCount = 0;
  let endedCount = 0;
  /** The place that was told behind the record with this ordinal. */
  let idlePlace: { readonly ordinal: number; readonly place: Position } | null = null;
  let lastOrdinal = (options.start?.firstOrdinal ?? 0) - 1;
  let isCaughtUp = false;
  let isPaused = false;
  let isEnded = false;
  let isStopping = false;
  let isOver = false;
  let isSettling = false;
  let isClosing = false;
  // The window belongs to the lane as it is after the whole turn, so a checkpoint is made at the turn's end.
  let isDue = false;
  // What is stored has a window: also where windows have been switched off since, its end has to be stored, too (H-10, W-18).
  let hasStoredWindow = options.checkpoint.window !== null;

  /** What lanes had in hand goes on: calls that are out come back, and what is due is looked at. */
  function goOn({ lanes: starts }: UnitStart<R>): void {
    for (const [index, { underWay }] of starts.entries()) {
      const lane = lanes[index];
      void underWay?.then((called) => lane?.post({ kind: "returned", called }));
      lane?.post({ kind: "woke" });
    }
  }

  function readMore(): void {
    if (reader === null || reading !== null || cancelRetry !== null || isEnded || isStopping) return;
    const room = mustPauseReading(watermark) ? null : roomIn(lanes, context.settings.batchSize);
    if (room === null) return pauseLanes();
    const abort = new AbortController();
    reading = abort;
    resumeLanes();
    void reader.read(room, abort.signal).then((read) => {
      if (reading !== abort) return; // Let go of: a stop came in between.
      reading = null;
      receive(read);
      settle();
    });
  }

  /** Reading stands still or fails, so lanes without a window must not wait for fuller batches. */
  function pauseLanes(): void {
    if (isPaused) return;
    isPaused = true;
    if (!isCaughtUp) for (const each of lanes) each.post({ kind: "paused" });
  }

  /** From here on what has not filled a batch waits for what is being read (B-2). */
  function resumeLanes(): void {
    if (!isPaused) return;
    isPaused = false;
    if (!isCaughtUp) for (const each of lanes) each.post({ kind: "resumed" });
  }

  function receive(read: Read<R>): void {
    if (read.kind !== "problem" && problem !== null) recovered();
    switch (read.kind) {
      case "records":
        return arrive(read);
      case "ended":
        isEnded = true;
        for (const each of lanes) each.post({ kind: "ended" });
        return;
      case "problem":
        return troubled(read.problem);
      default:
        return assertNever(read);
    }
  }

  function arrive(read: Extract<Read<R>, { kind: "records" }>): void {
    if (read.lost !== null) context.note(path, { kind: "lost", ...read.lost });
    if (read.dropped !== undefined) drop(read.dropped);
    const { records } = read;
    const passed: R[] = [];
    const filtered: R[] = [];
    const { filter } = context;
    for (const record of records) {
      if (filter === null || filter.passes(kind.filterView(record))) passed.push(record);
      else filtered.push(record);
    }
    readCount += records.length;
    lastOrdinal = records.at(-1)?.ordinal ?? lastOrdinal;
    idlePlace = read.passed === undefined ? null : { ordinal: lastOrdinal, place: read.passed };
    noteRead(records, filtered.length, read.isCaughtUp);
    if (filtered.length > 0 && filter !== null) {
      sample.passedOver(filtered, filter);
      end(filtered, true);
    }
    moveOn();
    isCaughtUp = read.isCaughtUp;
    if (factor === 1) return lanes[0]?.post({ kind: "arrived", records: passed, isCaughtUp });
    const shares: R[][] = lanes.map(() => []);
    for (const record of passed) shares[laneOf(kind.laneKey(record), factor)]?.push(record);
    for (const [index, each] of lanes.entries()) {
      const share = shares[index] ?? [];
      // A lane whose keys are rare does not wait for a fuller batch until a whole backlog has been read (B-7).
      each.post({ kind: "arrived", records: share, isCaughtUp: isCaughtUp || share.length === 0 });
    }
  }

  function drop(dropped: readonly { readonly record: R; readonly recordCount: number }[]): void {
    for (const { record, recordCount } of dropped) {
      context.note(path, { kind: "aggregate-dropped", position: kind.position(record), recordCount });
    }
    readCount += dropped.length;
    end(
      dropped.map(({ record }) => record),
      true,
    );
  }

  function noteRead(records: readonly R[], filteredCount: number, isAllThereIs: boolean): void {
    const [first] = records;
    const last = records.at(-1);
    if (first === undefined || last === undefined) return;
    context.note(path, {
      kind: "read",
      recordCount: records.length,
      filteredCount,
      first: kind.position(first),
      last: kind.position(last),
      isCaughtUp: isAllThereIs,
    });
  }

  function troubled(met: SourceProblem): void {
    const nextTryMs = (met.disablingReason === undefined ? delay : faults).nextMs();
    if (problem?.detail !== met.detail || problem.isFinal !== met.isFinal) {
      problem = met;
      context.note(path, { kind: "source-problem", ...met, nextTryMs });
      options.onProblem(met);
    }
    cancelRetry = clock.wakeAt(clock.nowMs() + nextTryMs, () => {
      cancelRetry = null;
      readMore();
    });
    tipUnknown();
    pauseLanes();
  }

  /** What there is cannot be known now: no silence closes a window until a read has said so again (W-9). */
  function tipUnknown(): void {
    if (!isCaughtUp) return;
    isCaughtUp = false;
    for (const each of lanes) each.post({ kind: "arrived", records: [], isCaughtUp });
  }

  function recovered(how: { readonly isGone?: true } = {}): void {
    problem = null;
    delay.reset();
    faults.reset();
    context.note(path, { kind: "source-recovered", ...how });
    options.onProblem(null);
  }

  function onEnded(records: readonly R[]): void {
    end(records, false);
  }

  function end(records: readonly R[], isFiltered: boolean): void {
    endedCount += records.length;
    const before = watermark.through;
    const ranges = rangesOf(records, (record) => kind.place?.(record) ?? kind.position(record), { isFiltered });
    if (isFiltered) context.feed?.passedOver(unit, ranges, clock.nowMs());
    watermark = finished(watermark, ranges);
    moveOn();
    // A tumbling window's state moves without records too: after its final call (W-18). It has one lane (W-3).
    if (watermark.through > before || isWindowed()) isDue = true;
  }

  /** Only once all that was read before has ended. */
  function moveOn(): void {
    if (idlePlace === null || watermark.through < idlePlace.ordinal) return;
    watermark = passedBehind(watermark, idlePlace.ordinal, idlePlace.place);
    idlePlace = null;
    isDue = true;
  }

  function isWindowed(): boolean {
    return context.settings.tumblingMs > 0 || hasStoredWindow;
  }

  function settle(): void {
    if (isOver || isSettling) return;
    isSettling = true;
    if (isDue && isAligned()) {
      isDue = false;
      const next = checkpoint(false);
      hasStoredWindow = next.window !== null;
      saver.save(next);
    }
    if (!isStopping) readMore();
    isSettling = false;
    if (isDue && isAligned()) return settle();
    finishIfOver();
  }

  /** Position and window are one value (W-18): while a report of the window's lane is out, the window is ahead of the position. */
  function isAligned(): boolean {
    return !isWindowed() || lanes[0]?.reportCount() === 0;
  }

  function finishIfOver(): void {
    const areLanesOver = lanes.every((each) => each.isOver());
    if (!areLanesOver || !saver.isIdle()) return;
    if (isStopping) {
      isOver = true;
      return options.onStopped();
    }
    if (!isEnded) return;
    if (!isClosing) {
      isClosing = true;
      saver.save(checkpoint(true)); // Children begin only once this is stored; its end comes back here.
      return;
    }
    isOver = true;
    sample.stop();
    void closeReader();
    context.note(path, { kind: "unit-ended" });
    options.onDrained();
  }

  function checkpoint(isAllEnded: boolean): Checkpoint {
    return { after: watermark.place, window: lanes[0]?.lane().tumbling ?? null, isEnded: isAllEnded };
  }

  async function closeReader(): Promise<void> {
    const closing = reader;
    reader = null;
    reading?.abort();
    reading = null;
    await closing?.close();
  }

  return {
    open() {
      const { after } = options.checkpoint;
      reader = context.source.open(unit, after, { firstOrdinal: options.start?.firstOrdinal ?? 0 });
      context.note(path, { kind: "unit-opened", after, startedFrom: context.spec.start.kind });
      if (options.start !== undefined) goOn(options.start);
      readMore();
    },
    settingsChanged() {
      for (const each of lanes) each.post({ kind: "woke" });
      settle();
    },
    openFeed() {
      context.feed?.unit(unit, watermark, options.parents, clock.nowMs());
      for (const each of lanes) each.openFeed();
    },
    found() {
      if (problem?.code !== "missing") return;
      cancelRetry?.();
      cancelRetry = null;
      readMore();
    },
    gone() {
      if (isEnded || isStopping || isOver) return;
      cancelRetry?.();
      cancelRetry = null;
      void closeReader();
      if (problem !== null) recovered({ isGone: true });
      receive({ kind: "ended" });
      settle();
    },
    gateMoved() {
      for (const each of lanes) each.post({ kind: "gate", gate: context.isGateShut ? "shut" : "open" });
    },
    stepped() {
      for (const each of lanes) if (context.isStepDue) each.post({ kind: "woke" });
    },
    stop() {
      if (isStopping || isOver) return;
      isStopping = true;
      cancelRetry?.();
      cancelRetry = null;
      sample.stop();
      void closeReader();
      for (const each of lanes) each.post({ kind: "stop" });
      settle();
    },
    checkpoint: () => checkpoint(false),
    lagCount: () => readCount - endedCount,
    runningCount: () => lanes.filter((each) => each.isRunning()).length,
    lanes: () => lanes.map((each) => each.lane()),
    laneReports: () => lanes.map((each) => each.report()).filter((each) => each !== null),
    oldestArrivedAtMs() {
      let oldest: number | null = null;
      for (const each of lanes) {
        const own = each.oldestArrivedAtMs();
        if (own !== null && (oldest === null || own < oldest)) oldest = own;
      }
      return oldest;
    },
  };
}
