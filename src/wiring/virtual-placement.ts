// A placement in the simulated world: mapping runners in this process, on the world's ports. What runs them can be killed: nothing
// of it answers any more, and the mapping manager starts a new generation from what is stored.

import type { Placement, PlacementEvent } from "../control/placement.ts";
import { compileFilters, MOST_FILTER_LIMIT } from "../core/filter/compile-filters.ts";
import { createPassingFilter } from "../core/filter/passing-filter.ts";
import { createStreamKind, filteredKindOf } from "../kinds/mapping-kind.ts";
import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import type { Checkpoint } from "../ports/checkpoints.ts";
import type { Clock } from "../ports/clock.ts";
import type { Invoker } from "../ports/invoker.ts";
import type { Journal } from "../ports/journal.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { Random } from "../ports/random.ts";
import type { Reporter } from "../ports/reporter.ts";
import type { UnitId } from "../ports/source.ts";
import { createMappingRunner, type MappingRunner } from "../runtime/mapping-runner.ts";
import {
  createLife,
  type Life,
  mortalCheckpoints,
  mortalClock,
  mortalInvoker,
  mortalJournal,
  mortalReporter,
  mortalSource,
} from "../sim/incarnation.ts";
import { calmStore, createVirtualCheckpoints, type VirtualCheckpoints } from "../sim/virtual-checkpoints.ts";
import { calmFates, type VirtualStream } from "../sim/virtual-stream.ts";

const SUMMARY_MS = 250;
const STOP_GRACE_MS = 900_000;

export interface VirtualPlacement {
  readonly placement: Placement;
  /** What is stored of a mapping. */
  stored(uuid: string): ReadonlyMap<UnitId, Checkpoint>;
  /** What runs is killed in mid-step, and begins again after so long. */
  crash(downMs: number): void;
  /** What runs stops in good order, and begins again so long after that. */
  restart(downMs: number, graceMs: number): void;
}

interface Running {
  readonly runner: MappingRunner;
  readonly generation: number;
  readonly life: Life;
}

export function createVirtualPlacement(world: {
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly sourceOf: (streamName: string) => VirtualStream;
  readonly invoker: Invoker;
  readonly reporter: Reporter;
}): VirtualPlacement {
  const { clock } = world;
  const running = new Map<string, Running>();
  const stored = new Map<string, VirtualCheckpoints>();
  /** Mappings that stop in order to begin again, and how long nothing runs between. */
  const restarting = new Map<string, number>();
  let listener: (event: PlacementEvent) => void = () => undefined;

  const checkpointsOf = (uuid: string): VirtualCheckpoints => {
    const found = stored.get(uuid) ?? createVirtualCheckpoints(clock);
    stored.set(uuid, found);
    return found;
  };

  function start(spec: MappingSpec): void {
    const { uuid, generation } = spec;
    const kind = createStreamKind(spec);
    const life = createLife(null, () => undefined);
    const runner = createMappingRunner<KinesisRecord>({
      spec,
      kind,
      source: mortalSource(life, world.sourceOf(spec.source.streamName).source(kind, calmFates)),
      invoker: mortalInvoker(life, world.invoker),
      reporter: mortalReporter(life, world.reporter),
      checkpoints: mortalCheckpoints(life, checkpointsOf(uuid).of(generation, calmStore)),
      journal: mortalJournal(life, world.journal),
      clock: mortalClock(life, clock),
      random: world.random,
      compileFilter(patterns) {
        const compiled = compileFilters(patterns, filteredKindOf(spec), { limit: MOST_FILTER_LIMIT });
        return compiled.kind === "filters" ? createPassingFilter(compiled) : null;
      },
      events: {
        positioned: () => say({ kind: "positioned", uuid, generation }),
        updated: () => say({ kind: "updated", uuid, generation }),
        problem: (problem) => say({ kind: "problem", uuid, generation, problem }),
        stopped(errors) {
          sayAll();
          running.delete(uuid);
          const downMs = restarting.get(uuid);
          restarting.delete(uuid);
          if (downMs === undefined) return say({ kind: "stopped", uuid, generation, errors });
          life.retire();
          say({ kind: "lost", uuid, generation }, downMs);
        },
        fenced: () => say({ kind: "lost", uuid, generation }),
      },
    });
    running.set(uuid, { runner, generation, life });
    runner.start();
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

  const tick = (): void => {
    sayAll();
    clock.wakeAt(clock.nowMs() + SUMMARY_MS, tick);
  };
  tick();

  return {
    placement: {
      start,
      update: (spec) => running.get(spec.uuid)?.runner.update(spec),
      stop(uuid, { isDelete }) {
        restarting.delete(uuid);
        running.get(uuid)?.runner.stop({ isDelete, graceMs: STOP_GRACE_MS });
      },
      steer: (uuid, command) => running.get(uuid)?.runner.steer(command),
      forget(uuid) {
        stored.delete(uuid);
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
    crash(downMs) {
      const dead = [...running];
      running.clear();
      restarting.clear();
      for (const [uuid, { life, generation }] of dead) {
        life.end();
        say({ kind: "lost", uuid, generation }, downMs);
      }
    },
    restart(downMs, graceMs) {
      for (const [uuid, { runner }] of running) {
        restarting.set(uuid, downMs);
        runner.stop({ isDelete: false, graceMs });
      }
    },
  };
}
