// The house of a simulated load run: the control plane of production over tables in memory, one mapping that runs in this process, its
// function, and the journal of that mapping.

import { createControlPlane, type ControlPlane } from "../../control/control-plane.ts";
import type { Surroundings } from "../../control/lookups.ts";
import { enginesOf } from "../../control/mapping/source-kinds.ts";
import type { Placement, PlacementEvent } from "../../control/placement.ts";
import { compileFilters, DEFAULT_FILTER_LIMIT } from "../../core/filter/compile-filters.ts";
import { createPassingFilter } from "../../core/filter/passing-filter.ts";
import { IDLE_CLOSE_MS } from "../../core/settings.ts";
import { filteredKindOf } from "../../kinds/mapping-kind.ts";
import type { PlannedFunction } from "../../load/plan/plan.ts";
import type { Checkpoints } from "../../ports/checkpoints.ts";
import type { Entry, Journal } from "../../ports/journal.ts";
import type { MappingSpec } from "../../ports/mapping-spec.ts";
import type { MappingRunner } from "../../runtime/mapping-runner.ts";
import { createMemoryTables } from "../../sim/memory-tables.ts";
import type { OutsideWork } from "../../sim/outside-work.ts";
import type { SeededRandom } from "../../sim/seeded-random.ts";
import type { VirtualClock } from "../../sim/virtual-clock.ts";
import { createVirtualFunctions, type VirtualFunction } from "../../sim/virtual-functions.ts";
import type { SimulatedSource } from "./simulated-source.ts";

export interface SimulatedWorldOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly settings: Surroundings;
  readonly source: SimulatedSource;
  readonly function: PlannedFunction;
  readonly virtual: VirtualFunction;
  readonly isModelled: boolean;
  readonly work: OutsideWork;
  /** What the mapping's journal says, as it comes. */
  readonly onEntry: (entry: Entry) => void;
}

export interface SimulatedWorld {
  readonly control: ControlPlane;
  /** The mapping has its places: what arrives from now on is read. */
  isPositioned(): boolean;
}

/** A load run ends with its process: nothing is kept, nothing fails. */
const checkpoints: Checkpoints = {
  load: () => Promise.resolve(new Map()),
  save: () => Promise.resolve("kept"),
};

/** There may be one a record, and none of them says anything of a load. */
const untold: ReadonlySet<Entry["kind"]> = new Set(["checkpoint"]);

export function createSimulatedWorld(options: SimulatedWorldOptions): SimulatedWorld {
  const { clock, random, settings, source } = options;
  const seqs = new Map<string, number>();
  let runner: MappingRunner | null = null;
  let isPositioned = false;
  let listener: (event: PlacementEvent) => void = () => undefined;

  const journal: Journal = {
    append(mapping, lane, fact, atMs = clock.nowMs()) {
      if (mapping === null || untold.has(fact.kind)) return;
      const seq = (seqs.get(lane) ?? 0) + 1;
      seqs.set(lane, seq);
      options.onEntry({ ...fact, atMs, mapping, lane, seq });
    },
  };
  const { name } = options.function;
  const functions = createVirtualFunctions(clock, new Map([[name, options.virtual]]), () => undefined, options.work);

  /** In a turn of its own, as a message of a thread would arrive. */
  function say(event: PlacementEvent): void {
    clock.wakeAt(clock.nowMs(), () => listener(event));
  }

  function start(spec: MappingSpec): void {
    const { uuid, generation } = spec;
    runner = source.runnerOf(spec, {
      invoker: functions,
      reporter: { send: () => Promise.resolve({ kind: "delivered" }) },
      journal,
      clock,
      random,
      checkpoints,
      isModelled: options.isModelled,
      compileFilter(patterns) {
        if (patterns.length === 0) return null;
        const compiled = compileFilters(patterns, filteredKindOf(spec), { limit: DEFAULT_FILTER_LIMIT });
        return compiled.kind === "filters" ? createPassingFilter(compiled) : null;
      },
      events: {
        positioned() {
          isPositioned = true;
          say({ kind: "positioned", uuid, generation });
        },
        updated: () => say({ kind: "updated", uuid, generation }),
        problem: (problem) => say({ kind: "problem", uuid, generation, problem }),
        unrecoverable: (reason) => say({ kind: "unrecoverable", uuid, generation, reason }),
        stopped: (errors) => say({ kind: "stopped", uuid, generation, errors }),
        fenced: () => say({ kind: "lost", uuid, generation }),
      },
    });
    runner.start();
  }

  const placement: Placement = {
    start,
    update: (spec) => runner?.update(spec),
    stop: (_uuid, { isDelete }) => runner?.stop({ isDelete, graceMs: 0 }),
    steer: (_uuid, command) => runner?.steer(command),
    forget: () => Promise.resolve(),
    subscribe(next) {
      listener = next;
      return () => {
        listener = () => undefined;
      };
    },
  };

  const place = `${settings.region}:${settings.accountId}`;
  const control = createControlPlane({
    tables: createMemoryTables(),
    placement,
    functions: {
      find(asked, qualifier = null) {
        if (asked !== name || (qualifier !== null && qualifier !== "$LATEST")) return null;
        return {
          name,
          arn: `arn:${settings.partition}:lambda:${place}:function:${name}`,
          timeoutMs: options.function.timeoutMs,
          memoryMb: options.function.memoryMb,
          environment: {},
          reservedConcurrency: options.function.reservedConcurrency,
          runtime: "nodejs24.x",
          roleArn: `arn:${settings.partition}:iam::${settings.accountId}:role/${name}`,
        };
      },
    },
    streams: {
      find: () => Promise.resolve({ kind: "missing" }),
      addressOf: (streamName) => ({ kind: "embeddedKinesis", streamName }),
    },
    queues: {
      find: () => Promise.resolve(null),
      addressOf: (queueName) => ({ kind: "embeddedQueue", queueName, isFifo: queueName.endsWith(".fifo") }),
    },
    engineOf: enginesOf([]),
    hasSecret: () => true,
    transitionsMs: 0,
    clock,
    random,
    journal,
    settings,
    filterLimit: DEFAULT_FILTER_LIMIT,
    idleCloseMs: IDLE_CLOSE_MS,
    ...source.lookups,
  });
  return { control, isPositioned: () => isPositioned };
}
