// The processes of a story, one after another and now and then two at once: each runs the mapping with the production runtime over the
// world's ports, from what is stored, under a generation of its own, until it crashes, is replaced or stops.

import { compileFilters } from "../core/filter/compile-filters.ts";
import { createPassingFilter } from "../core/filter/passing-filter.ts";
import { createKinesisKind } from "../kinds/kinesis/kinesis-kind.ts";
import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import type { Clock } from "../ports/clock.ts";
import type { Journal } from "../ports/journal.ts";
import { createMappingRunner, type MappingRunner } from "../runtime/mapping-runner.ts";
import { STARTED_MARK } from "../runtime/unit-places.ts";
import type { ChangedSettings } from "./fault.ts";
import { loadFate, saveFate, streamFates } from "./fault-fates.ts";
import type { Limits } from "./history.ts";
import { limitsOf } from "./limits-of.ts";
import {
  createLife,
  type Life,
  mortalCheckpoints,
  mortalClock,
  mortalInvoker,
  mortalJournal,
  mortalReporter,
  mortalSource,
  type Plant,
  type WorldPorts,
} from "./incarnation.ts";
import { updatedSpec } from "./story.ts";
import { createStoryFunction } from "./story-function.ts";
import { receive, type StoryWorld } from "./story-world.ts";
import { createVirtualCheckpoints, type StoreFates } from "./virtual-checkpoints.ts";

/** A process that crashed begins again after this long. */
const RESTART_AFTER_MS = 1_000;
export const LONGEST_GRACE_MS = 900_000;

/** Sees each process before it starts. */
export type Watch = (process: {
  readonly runner: MappingRunner<KinesisRecord>;
  readonly isAlive: () => boolean;
  readonly clock: Clock;
}) => void;

export interface Processes {
  begin(): void;
  /** Another one begins while the newest still runs, as after a partition. */
  replace(): void;
  /** The newest stops in good order, and another begins after a pause. */
  restart(graceMs: number, pauseMs: number): void;
  update(change: ChangedSettings): void;
  count(): number;
  limits(): Limits;
}

interface Process {
  readonly life: Life;
  readonly runner: MappingRunner;
  readonly number: number;
  /** Set by a restart: how long nothing runs once it has stopped. */
  pauseMs: number | null;
  graceMs: number;
  /** It was given another factor. */
  hasNewFactor: boolean;
}

export function createProcesses(
  world: StoryWorld,
  journal: Journal,
  plant: Plant,
  watch: Watch = () => undefined,
): Processes {
  const { story, random, clock, note, faults } = world;
  const store = createVirtualCheckpoints(clock);
  const filters = compileFilters(story.spec.filterPatterns, "kinesis");
  const kind = createKinesisKind({
    eventSourceArn: story.spec.eventSourceArn,
    region: story.spec.region,
    roleArn: story.spec.roleArn,
  });
  const invoke = createStoryFunction({
    clock,
    random,
    isReporting: story.spec.lane.isReporting,
    note,
    faults,
    recordAt: (position) => world.records.get(position) ?? { number: -1, isPoison: false },
  });
  const specs = [story.spec];
  let newest: Process | null = null;
  let count = 0;
  let isPositioned = false;

  const specNow = () => specs.at(-1) ?? story.spec;

  const storeFates: StoreFates = {
    load: () => loadFate(faults),
    save: (unit) =>
      saveFate(faults, unit, {
        usualMs: () => random.between("saves", 0, 5),
        // Where a LATEST mapping begins is known nowhere else: a store that forgets that cannot be made good.
        mayBeLost: isPositioned && unit !== STARTED_MARK,
      }),
    onSaved(unit, { after }, isLost) {
      if (unit !== STARTED_MARK) note({ kind: "saved", unit, after, isLost, atMs: clock.nowMs() });
    },
  };
  const fates = streamFates(faults, {
    usualMs: () => random.between("reads", 0, 3),
    onRepeated: (unit) => note({ kind: "repeated", unit }),
  });

  function ports(number: number): WorldPorts {
    return {
      source: world.stream.source(kind, fates),
      invoker: { invoke: (call, signal) => invoke(call, number, signal) },
      reporter: { send: (report) => receive(world, report, number) },
      checkpoints: store.of(number, storeFates),
    };
  }

  function begin(): void {
    count += 1;
    const number = count;
    const crashAtCall = faults.crashAtCall(number);
    const life = createLife(crashAtCall, () => {
      if (crashAtCall !== null) faults.befell({ kind: "crash", process: number, at_call: crashAtCall });
      note({ kind: "crashed", life: number });
      if (newest?.number === number) clock.wakeAt(clock.nowMs() + RESTART_AFTER_MS, begin);
    });
    note({ kind: "started", life: number, atMs: clock.nowMs() });
    const planted = plant(ports(number), world);
    const runner = createMappingRunner<KinesisRecord>({
      spec: { ...specNow(), generation: number },
      kind,
      source: mortalSource(life, planted.source),
      invoker: mortalInvoker(life, planted.invoker),
      reporter: mortalReporter(life, planted.reporter),
      checkpoints: mortalCheckpoints(life, planted.checkpoints),
      journal: mortalJournal(life, journal),
      clock: mortalClock(life, clock),
      random,
      compileFilter: () => (filters.kind === "filters" ? createPassingFilter(filters) : null),
      events: {
        positioned() {
          isPositioned = true;
          note({ kind: "positioned", life: number });
        },
        updated() {
          // An update that comes while lanes are being made anew is answered before them, so each answer may be theirs.
          if (process.hasNewFactor) note({ kind: "relaned", life: number });
        },
        problem: () => undefined,
        stopped: () => stopped(process),
        fenced: () => undefined,
      },
    });
    const process: Process = { life, runner, number, pauseMs: null, graceMs: 0, hasNewFactor: false };
    newest = process;
    watch({ runner, isAlive: () => life.isAlive(), clock });
    runner.start();
  }

  function stopped(process: Process): void {
    note({ kind: "stopped", life: process.number, isForced: process.graceMs < LONGEST_GRACE_MS });
    process.life.retire();
    if (newest === process) clock.wakeAt(clock.nowMs() + (process.pauseMs ?? 0), begin);
  }

  return {
    begin,
    replace() {
      if (newest?.life.isAlive() === true) begin();
    },
    restart(graceMs, pauseMs) {
      if (newest === null || !newest.life.isAlive() || newest.pauseMs !== null) return;
      newest.pauseMs = pauseMs;
      newest.graceMs = graceMs;
      newest.runner.stop({ isDelete: false, graceMs });
    },
    update(change) {
      const before = specNow();
      specs.push(updatedSpec(before, change));
      if (newest === null || !newest.life.isAlive()) return;
      if (before.parallelizationFactor !== specNow().parallelizationFactor) newest.hasNewFactor = true;
      newest.runner.update({ ...specNow(), generation: newest.number });
    },
    count: () => count,
    limits: () => limitsOf(specs),
  };
}
