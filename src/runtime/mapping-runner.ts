// One mapping at work: finds its units, has each placed, runs a shard runner for each that may be read, and stops them.
// It owns which unit runs when; what happens within a unit is the shard runner's.
//
// G1  `positioned` is said once every unit known at the start has a stored place (src/runtime/unit-places.ts).
// G2  A unit runs only when all its parents have ended, or are not there any more (P-8).
// G3  While a reader misses its stream, the units are looked up again and again: one that is made anew may have others. Those that are
//     there no more end with what has been read of them.
// G4  A mapping on a change stream does not wait for its source: it is said to be positioned at its first problem, and placed once that
//     is over (M-706). Read elsewhere by new settings, it stops, and begins again with what is stored for there.

import type { Lane } from "../core/lane-state.ts";
import type { Rec } from "../core/record.ts";
import type { Checkpoint, Checkpoints } from "../ports/checkpoints.ts";
import type { Cancel } from "../ports/clock.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { DisablingReason, Source, SourceProblem, Unit, UnitId } from "../ports/source.ts";
import type { Steer } from "../ports/steer.ts";
import { createFaultWatch } from "./fault-watch.ts";
import { createGrowingDelay, FAULT_DELAY } from "./growing-delay.ts";
import type { LaneFeed, UnitStart } from "./lane-feed.ts";
import type { LaneReport, PartitionReport } from "./lane-report.ts";
import { applySpec, createMappingContext, type MappingPorts } from "./mapping-context.ts";
import { type RunnerSummary, runnerSummary } from "./runner-summary.ts";
import { createShardRunner, type ShardRunner } from "./shard-runner.ts";
import { beginning, placeUnits } from "./unit-places.ts";
import { steerUnits } from "./steer-units.ts";

/** How often closed units without children are looked at again (P-9; our choice). */
const DISCOVERY_MS = 1_000;

/** Nobody reads more lanes of one mapping at once. */
const MOST_LANE_REPORTS = 32;

export interface MappingRunnerOptions<R extends Rec> extends MappingPorts<R> {
  readonly spec: MappingSpec;
  /** It goes on from where another run was met: how many batches that had counted, and its units; absent: from checkpoints. */
  readonly from?: { readonly batchCount: number; readonly units: ReadonlyMap<UnitId, UnitStart<R>> };
  /** What to read and where its places are, once settings have changed so that it is read otherwise; left out: they never do. */
  readonly elsewhere?: (spec: MappingSpec, before: MappingSpec) => Elsewhere<R> | null;
  readonly events: {
    positioned(): void;
    updated(): void;
    problem(problem: SourceProblem | null): void;
    /** As AckRunnerOptions has it; of a mapping on a change stream alone. */
    unrecoverable?(reason: DisablingReason): void;
    stopped(errors: readonly string[]): void;
    /** A newer generation has the checkpoints; everything here has stopped. */
    fenced(): void;
  };
}

export interface Elsewhere<R extends Rec> {
  readonly source: Source<R>;
  readonly checkpoints: Checkpoints;
}

/** What a recording must know of the mapping as a whole. */
export interface RecordedCourse {
  readonly batchCount: number;
  /** As they are at the moment of asking. */
  spec(): MappingSpec;
}

export interface MappingRunner<R extends Rec = Rec> {
  start(): void;
  update(spec: MappingSpec): void;
  /** Invocations in flight may end within `graceMs`, then they are ended by force. A second call can only shorten the grace. */
  stop(options: { readonly isDelete: boolean; readonly graceMs: number }): void;
  steer(command: Steer): void;
  /** From now on everything that lanes take is handed to a recorder, beginning with the state they are in; null: to nobody. */
  record(recorder: ((course: RecordedCourse) => LaneFeed<R>) | null): void;
  summary(): RunnerSummary;
  /** What is being assembled: at most MOST_LANE_REPORTS of the lanes in which something waits. */
  laneReports(): readonly LaneReport[];
  /** Where each unit stands, as many at most; absent: the source has no places, or its lanes tell them. */
  unitReports?(): readonly PartitionReport[];
}

/** Of a source whose units are read side by side. */
export interface UnitsRunner<R extends Rec> extends MappingRunner<R> {
  /** The lanes of a unit as they are at the moment of asking, by index; empty: it does not run. For a world that knows what will arrive. */
  lanesOf(unit: UnitId): readonly Lane<Rec>[];
}

export function createMappingRunner<R extends Rec>(options: MappingRunnerOptions<R>): UnitsRunner<R> {
  const { events, clock } = options;
  const context = createMappingContext<R>(options, options.spec, fenced);
  context.batchCount = options.from?.batchCount ?? 0;
  const path = context.spec.uuid;
  const delay = createGrowingDelay();
  const faultDelay = createGrowingDelay(FAULT_DELAY);
  const faults = createFaultWatch({
    clock,
    disabledAfterMs: () => context.spec.changes?.disabledAfterMs ?? 0,
    onUnrecoverable: (reason) => events.unrecoverable?.(reason),
  });
  const shards = new Map<UnitId, ShardRunner>();
  const starts = new Map(options.from?.units);
  const stoppedShards = new Set<UnitId>();
  const ended = new Set<UnitId>();
  const problems = new Map<UnitId, SourceProblem>();
  let checkpoints = new Map<UnitId, Checkpoint>();
  let units: readonly Unit[] = [];
  let cancelTimer: Cancel | null = null;
  let cancelGrace: Cancel | null = null;
  let graceAtMs = Number.POSITIVE_INFINITY;
  let phase: "idle" | "starting" | "running" | "restarting" | "stopping" | "stopped" = "idle";
  let startProblem: SourceProblem | null = null;
  let next: Elsewhere<R> | null = null;

  // --- Starting -----------------------------------------------------------------------------------------------------

  function start(): void {
    if (phase !== "idle") return;
    phase = "starting";
    begin();
  }

  function begin(): void {
    const { source } = context;
    const isWanted = () => phase === "starting" && context.source === source;
    void placeUnits(context, isWanted).then((placed) => {
      if (!isWanted() || placed === "ended") return;
      if ("code" in placed) return sayStartProblem(placed);
      ({ units, checkpoints } = placed);
      run();
    });
  }

  function sayStartProblem(problem: SourceProblem): void {
    const nextTryMs = (problem.disablingReason === undefined ? delay : faultDelay).nextMs();
    const isFirst = startProblem === null;
    if (startProblem?.detail !== problem.detail) {
      startProblem = problem;
      context.note(path, { kind: "source-problem", ...problem, nextTryMs });
      sayProblem(problem);
    }
    if (isFirst && context.spec.changes !== undefined) events.positioned();
    cancelTimer = clock.wakeAt(clock.nowMs() + nextTryMs, () => {
      cancelTimer = null; // Else looking for children later on would wait for it for ever.
      begin();
    });
  }

  function sayProblem(problem: SourceProblem | null): void {
    if (context.spec.changes !== undefined)
      faults.met(problem?.disablingReason, { isFinal: problem?.isFinal === true });
    events.problem(problem);
  }

  function run(): void {
    delay.reset();
    faultDelay.reset();
    if (startProblem !== null) {
      startProblem = null;
      context.note(path, { kind: "source-recovered" });
      sayProblem(null);
    }
    phase = "running";
    for (const [unit, checkpoint] of checkpoints) if (checkpoint.isEnded) ended.add(unit);
    openReady();
    // Nothing to read: said as the run said it that read to the end.
    const over = shards.size > 0 ? [] : units.filter(({ id }) => !hasChildren(id));
    for (const { id } of over) context.note(`${path}/${id}`, { kind: "unit-ended" });
    events.positioned();
  }

  // --- Units --------------------------------------------------------------------------------------------------------

  function openReady(): void {
    const known = new Set(units.map((each) => each.id));
    // What had ended and is open belongs to a stream made anew.
    for (const unit of units) if (!unit.isClosed) ended.delete(unit.id);
    for (const unit of units) {
      if (shards.has(unit.id) || ended.has(unit.id)) continue;
      const isReady = unit.parents.every((parent) => ended.has(parent) || !known.has(parent));
      if (isReady) openShard(unit);
    }
    if (units.some((each) => ended.has(each.id) && !hasChildren(each.id))) lookAgain();
  }

  const hasChildren = (id: UnitId): boolean => units.some((each) => each.parents.includes(id));

  function openShard({ id: unit, parents }: Unit): void {
    const start = starts.get(unit);
    starts.delete(unit);
    const shard = createShardRunner<R>({
      context,
      unit,
      parents,
      ...(start === undefined ? {} : { start }),
      checkpoint: checkpoints.get(unit) ?? beginning,
      onDrained: () => {
        ended.add(unit);
        shards.delete(unit);
        checkpoints.set(unit, shard.checkpoint());
        if (phase === "stopping" || phase === "restarting") return shardStopped();
        if (phase === "running") discover();
      },
      onStopped: () => {
        stoppedShards.add(unit);
        shardStopped();
      },
      onProblem: (problem) => {
        if (problem === null) problems.delete(unit);
        else problems.set(unit, problem);
        const [first = null] = problems.values();
        sayProblem(first);
        if (problem?.code === "missing") lookAgain(0);
      },
    });
    shards.set(unit, shard);
    shard.open();
  }

  function lookAgain(afterMs = DISCOVERY_MS): void {
    if (cancelTimer !== null) return;
    cancelTimer = clock.wakeAt(clock.nowMs() + afterMs, () => {
      cancelTimer = null;
      discover();
    });
  }

  function discover(): void {
    void context.source.topology().then((topology) => {
      if (phase !== "running" && phase !== "restarting") return;
      if (topology.kind === "topology") units = topology.units;
      if (phase === "restarting") return; // Opens them itself.
      if (topology.kind === "topology") tellShards();
      openReady();
      if (topology.kind === "problem" || [...problems.values()].some(({ code }) => code === "missing")) lookAgain();
    });
  }

  /** G3. */
  function tellShards(): void {
    const known = new Set(units.map((each) => each.id));
    for (const [unit, shard] of shards) {
      if (known.has(unit)) shard.found();
      else shard.gone();
    }
  }

  // --- Updating and stopping ----------------------------------------------------------------------------------------

  function update(spec: MappingSpec): void {
    const isFactorNew = spec.parallelizationFactor !== context.spec.parallelizationFactor;
    next = options.elsewhere?.(spec, context.spec) ?? next;
    applySpec(context, spec);
    if (phase === "starting" && next !== null) return goElsewhere(next);
    if (phase !== "running" || !(isFactorNew || next !== null)) {
      for (const shard of shards.values()) shard.settingsChanged();
      return events.updated();
    }
    phase = "restarting"; // E-66: all lanes stop, and start again at the common checkpoint.
    stopShards();
  }

  function stop({ isDelete, graceMs }: { readonly isDelete: boolean; readonly graceMs: number }): void {
    if (phase === "stopped") return;
    limitGrace(graceMs);
    if (phase === "stopping") return;
    const wasRunning = phase === "running" || phase === "restarting";
    const isRestarting = phase === "restarting";
    phase = "stopping";
    if (isDelete) context.isAbandoned = true;
    cancelTimer?.();
    cancelTimer = null;
    faults.met(undefined);
    if (!wasRunning) return shardStopped();
    if (!isRestarting) stopShards();
  }

  function steer(command: Steer): void {
    if (phase === "stopping" || phase === "stopped") return;
    steerUnits(context, [...shards.values()], command);
  }

  function limitGrace(graceMs: number): void {
    const atMs = clock.nowMs() + graceMs;
    if (atMs >= graceAtMs) return;
    graceAtMs = atMs;
    cancelGrace?.();
    cancelGrace = clock.wakeAt(atMs, () => context.force.abort());
  }

  function stopShards(): void {
    stoppedShards.clear();
    // The last to stop may open new ones at once, into the same map (E-66).
    const running = [...shards.values()];
    for (const shard of running) shard.stop();
    shardStopped();
  }

  function shardStopped(): void {
    if (phase !== "stopping" && phase !== "restarting") return;
    if ([...shards.keys()].some((unit) => !stoppedShards.has(unit))) return;
    if (phase === "restarting") return restart();
    phase = "stopped";
    cancelGrace?.();
    void context.source.close().then(() => events.stopped([]));
  }

  function restart(): void {
    for (const [unit, shard] of shards) checkpoints.set(unit, shard.checkpoint());
    shards.clear();
    if (problems.size > 0) sayProblem(null); // Readers that are opened anew say what they meet themselves.
    problems.clear();
    if (next !== null) return goElsewhere(next);
    phase = "running";
    openReady();
    events.updated();
  }

  /** What is under way for the old source finds that its time is over. */
  function goElsewhere({ source, checkpoints: stored }: Elsewhere<R>): void {
    next = null;
    void context.source.close();
    Object.assign(context, { source, checkpoints: stored });
    ended.clear();
    checkpoints.clear();
    cancelTimer?.();
    cancelTimer = null;
    if (startProblem !== null) sayProblem(null);
    startProblem = null;
    phase = "starting";
    events.updated();
    begin();
  }

  function fenced(): void {
    if (phase === "stopped") return;
    phase = "stopped";
    faults.met(undefined);
    context.isAbandoned = true;
    cancelTimer?.();
    cancelGrace?.();
    context.force.abort();
    for (const shard of shards.values()) shard.stop();
    void context.source.close().then(() => events.fenced());
  }

  return {
    start,
    update,
    stop,
    steer,
    record,
    summary: () => runnerSummary(context, [...shards.values()]),
    laneReports,
    unitReports: () => [...shards].slice(0, MOST_LANE_REPORTS).map(([unit, shard]) => unitReport(unit, shard)),
    lanesOf: (unit) => shards.get(unit)?.lanes() ?? [],
  };

  function unitReport(unit: UnitId, shard: ShardRunner): PartitionReport {
    const { after } = shard.checkpoint();
    return { unit, through: after, lagCount: shard.lagCount(), oldestArrivedAtMs: shard.oldestArrivedAtMs() };
  }

  function record(recorder: ((course: RecordedCourse) => LaneFeed<R>) | null): void {
    context.feed = recorder === null ? null : recorder({ batchCount: context.batchCount, spec: () => context.spec });
    for (const shard of shards.values()) shard.openFeed();
  }

  function laneReports(): readonly LaneReport[] {
    const found: LaneReport[] = [];
    for (const shard of shards.values()) {
      found.push(...shard.laneReports());
      if (found.length >= MOST_LANE_REPORTS) return found.slice(0, MOST_LANE_REPORTS);
    }
    return found;
  }
}
