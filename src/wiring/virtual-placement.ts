// A placement in the simulated world: mapping runners in this process, on the world's ports. What runs them can be killed: nothing
// of it answers any more, and the mapping manager starts a new generation from what is stored. Faults befall the ports one call at a
// time; what goes in and comes out of each mapping is noted for the checkers.

import type { Placement, PlacementEvent } from "../control/placement.ts";
import { compileFilters, MOST_FILTER_LIMIT } from "../core/filter/compile-filters.ts";
import { createPassingFilter } from "../core/filter/passing-filter.ts";
import { createStreamKind, filteredKindOf } from "../kinds/mapping-kind.ts";
import { createFanOutSource } from "../kinds/kinesis/fan-out-source.ts";
import { createSqsKind } from "../kinds/sqs/sqs-kind.ts";
import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import { md5Hex } from "../platform/md5.ts";
import type { Checkpoint } from "../ports/checkpoints.ts";
import type { Clock } from "../ports/clock.ts";
import type { Journal } from "../ports/journal.ts";
import { hexHashKeyOf } from "../stores/partitioner.ts";
import { isConsumerArn } from "../ports/consumers.ts";
import { isStreamSpec, type MappingSpec, type QueueSpec, type StreamSpec } from "../ports/mapping-spec.ts";
import type { Random } from "../ports/random.ts";
import type { ReportAnswer, Reporter } from "../ports/reporter.ts";
import type { Position, UnitId } from "../ports/source.ts";
import { createMappingRunner, type MappingRunner, type MappingRunnerOptions } from "../runtime/mapping-runner.ts";
import { createQueueRunner } from "../runtime/queue/queue-runner.ts";
import { STARTED_MARK } from "../runtime/unit-places.ts";
import {
  createLife,
  type Life,
  mortalCheckpoints,
  mortalClock,
  mortalInvoker,
  mortalJournal,
  mortalQueues,
  mortalReporter,
  mortalSource,
  type Plant,
  type QueuePlant,
} from "../sim/incarnation.ts";
import { createVirtualCheckpoints, type VirtualCheckpoints } from "../sim/virtual-checkpoints.ts";
import { loadFate, queueFates, reportFate, saveFate, streamFates } from "../sim/fault-fates.ts";
import type { Faults } from "../sim/faults.ts";
import { everThere } from "../sim/every-consumer.ts";
import type { VirtualFunctions } from "../sim/virtual-functions.ts";
import { answerAt, type VirtualStream } from "../sim/virtual-stream.ts";
import type { VirtualQueues } from "../sim/virtual-queues.ts";
import { createUnreachedMapping } from "../sim/unreached-mapping.ts";
import { type HouseHistory, type MappingNotes, silentNotes } from "./house-history.ts";
import type { QueueHouseHistory } from "./queue-house-history.ts";

type RunnerEvents = MappingRunnerOptions<KinesisRecord>["events"];

const SUMMARY_MS = 250;
const STOP_GRACE_MS = 900_000;
/** What runs mappings is there again so long after a fault has ended it. */
const RESTART_AFTER_MS = 1_000;

export interface VirtualPlacement {
  readonly placement: Placement;
  /** What is stored of a mapping. */
  stored(uuid: string): ReadonlyMap<UnitId, Checkpoint>;
  /** How far a mapping was told that it is stored since it began; a store may have lost what it said it kept. */
  answered(uuid: string, unit: UnitId): Position | null;
  /** Those that run now. */
  running(): readonly string[];
  /** Some do not run now that will again by themselves: after a crash, or in the pause of a restart. */
  isAnyAway(): boolean;
  /** What runs is killed in mid-step, and begins again after so long. */
  crash(downMs: number): void;
  /** Each mapping begins once more while what ran it still runs, as after a partition. */
  replace(): void;
  /** What runs stops in good order, and begins again so long after that. */
  restart(downMs: number, graceMs: number): void;
}

interface Running {
  readonly runner: MappingRunner;
  readonly generation: number;
  readonly life: Life;
  readonly notes: MappingNotes;
  isPositioned: boolean;
  /** Set by a restart: how long nothing runs once it has stopped. */
  pauseMs: number | null;
  graceMs: number;
}

export function createVirtualPlacement(world: {
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly sourceOf: (streamName: string) => VirtualStream;
  readonly functions: VirtualFunctions;
  readonly reporter: Reporter;
  readonly faults: Faults;
  readonly history: HouseHistory;
  readonly plant: Plant;
  readonly queues: VirtualQueues;
  readonly queueHistory: QueueHouseHistory;
  readonly plantQueues: QueuePlant;
}): VirtualPlacement {
  const { clock, faults, history } = world;
  const running = new Map<string, Running>();
  const stored = new Map<string, VirtualCheckpoints>();
  const answered = new Map<string, Map<UnitId, Position | null>>();
  /** By mapping: how to begin again what has stopped for a pause. */
  const paused = new Map<string, () => void>();
  /** Mappings whose process has gone, and that nobody has stopped: they begin again. */
  const away = new Set<string>();
  let listener: (event: PlacementEvent) => void = () => undefined;
  let processCount = 0;
  /** Processes of mappings on queues, each with a number of its own. */
  let queueLifeCount = 0;
  let life = createProcess();
  let isSummaryDue = false;
  const beganMs = clock.monotonicMs();

  /** What mappings run in from now on. */
  function createProcess(): Life {
    processCount += 1;
    const process = processCount;
    const crashAtCall = faults.crashAtCall(process);
    const made = createLife(crashAtCall, () => {
      if (crashAtCall === null) return;
      faults.befell({ kind: "crash", process, at_call: crashAtCall });
      bury(made, RESTART_AFTER_MS);
    });
    return made;
  }

  /** Nothing runs in it any more; each of its mappings is told as lost after a while. */
  function bury(dead: Life, afterMs: number): void {
    if (life === dead) life = createProcess();
    world.functions.crash();
    for (const [uuid, each] of running) {
      if (each.life !== dead) continue;
      each.notes.crashed();
      running.delete(uuid);
      away.add(uuid);
      const { generation } = each;
      say({ kind: "lost", uuid, generation }, afterMs);
    }
  }

  const checkpointsOf = (uuid: string): VirtualCheckpoints => {
    const found = stored.get(uuid) ?? createVirtualCheckpoints(clock);
    stored.set(uuid, found);
    return found;
  };

  function start(spec: MappingSpec): void {
    const process = processOf(spec);
    running.set(spec.uuid, process);
    away.delete(spec.uuid);
    summaryIsDue();
    process.runner.start();
  }

  function processOf(spec: MappingSpec): Running {
    if (isStreamSpec(spec)) return streamProcess(spec);
    return spec.queue === null ? unreachedProcess(spec) : queueProcess(spec);
  }

  function unreachedProcess(spec: MappingSpec): Running {
    const own = (): Running => process;
    const process = begun(spec, silentNotes, createUnreachedMapping(eventsOf(spec, silentNotes, own)));
    return process;
  }

  /** What a mapping's process says, whatever it reads from. `own` answers the process once it is there. */
  function eventsOf({ uuid, generation }: MappingSpec, notes: MappingNotes, own: () => Running): RunnerEvents {
    return {
      positioned() {
        own().isPositioned = true;
        notes.positioned();
        say({ kind: "positioned", uuid, generation });
      },
      updated() {
        notes.updated();
        say({ kind: "updated", uuid, generation });
      },
      problem: (problem) => say({ kind: "problem", uuid, generation, problem }),
      stopped(errors) {
        const process = own();
        notes.stopped(process.graceMs < STOP_GRACE_MS);
        sayAll();
        if (running.get(uuid) === process) running.delete(uuid);
        if (process.pauseMs === null) say({ kind: "stopped", uuid, generation, errors });
        else pause(uuid, generation, process.pauseMs);
      },
      fenced: () => say({ kind: "lost", uuid, generation }),
    };
  }

  const begun = ({ generation }: MappingSpec, notes: MappingNotes, runner: MappingRunner): Running => ({
    runner,
    generation,
    life,
    notes,
    isPositioned: false,
    pauseMs: null,
    graceMs: STOP_GRACE_MS,
  });

  /** The ports that every process has, in this life. */
  const commonPorts = (own: Life, spec: MappingSpec) => ({
    journal: mortalJournal(own, { append: (...fact) => (summaryIsDue(), world.journal.append(...fact)) }),
    clock: mortalClock(own, clock),
    random: world.random,
    compileFilter(patterns: readonly string[]) {
      const compiled = compileFilters(patterns, filteredKindOf(spec), { limit: MOST_FILTER_LIMIT });
      return compiled.kind === "filters" ? createPassingFilter(compiled) : null;
    },
  });

  function queueProcess(spec: QueueSpec): Running {
    const own = life;
    queueLifeCount += 1;
    const notes = world.queueHistory.started(spec, queueLifeCount);
    // Also of one that another has replaced.
    own.ended.addEventListener("abort", () => notes.crashed(), { once: true });
    const ports = world.plantQueues(
      {
        queues: world.queues.ofProcess(queueLifeCount, queueFates(faults)),
        invoker: world.functions.watched((call) => notes.called(call)),
      },
      world,
    );
    const runner = createQueueRunner({
      spec,
      ...commonPorts(own, spec),
      kind: createSqsKind({
        eventSourceArn: spec.eventSourceArn,
        region: spec.region,
        queueName: spec.source.queueName,
        md5: md5Hex,
      }),
      queues: mortalQueues(own, ports.queues),
      invoker: mortalInvoker(own, ports.invoker),
      events: eventsOf(spec, notes, () => process),
    });
    const process = begun(spec, notes, runner);
    return process;
  }

  function streamProcess(spec: StreamSpec): Running {
    const { uuid, generation } = spec;
    const kind = createStreamKind(spec);
    const own = life;
    const notes = history.started(spec);
    answered.set(uuid, new Map());
    const fates = streamFates(faults, { usualMs: () => 0, onRepeated: (unit) => notes.repeated(unit) });
    const checkpoints = checkpointsOf(uuid).of(generation, {
      load: () => loadFate(faults),
      // Where a LATEST mapping begins is known nowhere else: a store that forgets that cannot be made good.
      save: (unit) =>
        saveFate(faults, unit, { usualMs: () => 0, mayBeLost: process.isPositioned && unit !== STARTED_MARK }),
      onSaved(unit, { after }, isLost) {
        answered.get(uuid)?.set(unit, after);
        notes.saved(unit, after, isLost);
      },
    });
    const stream = world.sourceOf(spec.source.streamName).source(kind, fates);
    const ports = world.plant(
      {
        source: isConsumerArn(spec.eventSourceArn)
          ? createFanOutSource({ source: stream, kind, watch: everThere, md5: hexHashKeyOf })
          : stream,
        invoker: world.functions.watched((call) => notes.called(call)),
        reporter: reporterOf(notes),
        checkpoints,
      },
      world,
    );
    const runner = createMappingRunner<KinesisRecord>({
      spec,
      ...commonPorts(own, spec),
      kind,
      source: mortalSource(own, ports.source),
      invoker: mortalInvoker(own, ports.invoker),
      reporter: mortalReporter(own, ports.reporter),
      checkpoints: mortalCheckpoints(own, ports.checkpoints),
      events: eventsOf(spec, notes, () => process),
    });
    const process = begun(spec, notes, runner);
    return process;
  }

  function pause(uuid: string, generation: number, pauseMs: number): void {
    away.add(uuid);
    const cancel = clock.wakeAt(clock.nowMs() + pauseMs, () => {
      paused.delete(uuid);
      listener({ kind: "lost", uuid, generation });
    });
    paused.set(uuid, () => {
      cancel();
      paused.delete(uuid);
      say({ kind: "stopped", uuid, generation, errors: [] });
    });
  }

  function reporterOf(notes: MappingNotes): Reporter {
    return {
      send(report) {
        const { delayMs, isRefused } = reportFate(faults, () => 0);
        const send = async (): Promise<ReportAnswer> => {
          notes.reported(report);
          return isRefused
            ? { kind: "refused", detail: "a fault of the simulated world" }
            : world.reporter.send(report);
        };
        return delayMs === 0 ? send() : answerAt(clock, clock.nowMs() + delayMs, send).then((answer) => answer);
      },
    };
  }

  /** In a turn of its own, as a message of a thread would arrive (P1). */
  function say(event: PlacementEvent, afterMs = 0): void {
    clock.wakeAt(clock.nowMs() + afterMs, () => listener(event));
  }

  function sayAll(): void {
    const mappings = [...running].map(([uuid, { runner, generation }]) => ({
      uuid,
      generation,
      lanes: [],
      ...runner.summary(),
    }));
    listener({ kind: "summary", mappings });
  }

  /** At the next of the instants that a live placement would say it at; what a summary says follows from the journal's facts. */
  function summaryIsDue(): void {
    if (isSummaryDue) return;
    isSummaryDue = true;
    const sinceLastMs = (clock.monotonicMs() - beganMs) % SUMMARY_MS;
    clock.wakeAt(clock.nowMs() + SUMMARY_MS - sinceLastMs, () => {
      isSummaryDue = false;
      sayAll();
    });
  }

  return {
    placement: {
      start,
      update(spec) {
        const found = running.get(spec.uuid);
        found?.notes.updating(spec);
        found?.runner.update(spec);
      },
      stop(uuid, { isDelete }) {
        away.delete(uuid);
        const stopPaused = paused.get(uuid);
        if (stopPaused !== undefined) return stopPaused();
        const found = running.get(uuid);
        if (found === undefined) return;
        // A restart that is under way becomes this stop.
        if (found.pauseMs !== null) found.pauseMs = null;
        else found.runner.stop({ isDelete, graceMs: STOP_GRACE_MS });
      },
      steer: (uuid, command) => running.get(uuid)?.runner.steer(command),
      forget(uuid) {
        stored.delete(uuid);
        away.delete(uuid);
        return Promise.resolve();
      },
      subscribe(next) {
        listener = next;
        return () => {
          listener = () => undefined;
        };
      },
    },
    stored: (uuid) => stored.get(uuid)?.stored() ?? new Map<UnitId, Checkpoint>(),
    answered: (uuid, unit) => answered.get(uuid)?.get(unit) ?? stored.get(uuid)?.stored().get(unit)?.after ?? null,
    running: () => [...running.keys()],
    isAnyAway: () => away.size > 0,
    crash(downMs) {
      const dead = life;
      // Not `end`: the crash that is planned for it, or drawn, has not befallen.
      dead.retire();
      bury(dead, downMs);
    },
    replace() {
      life = createProcess();
      for (const [uuid, { generation }] of running) {
        running.delete(uuid);
        away.add(uuid);
        say({ kind: "lost", uuid, generation });
      }
    },
    restart(downMs, graceMs) {
      for (const each of running.values()) {
        if (each.pauseMs !== null) continue;
        each.pauseMs = downMs;
        each.graceMs = graceMs;
        each.runner.stop({ isDelete: false, graceMs });
      }
    },
  };
}
