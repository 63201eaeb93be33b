// The parts of a house in the simulated world that a scenario needs beside its stream: tables in memory, and a placement that runs
// mapping runners on the world's ports.

import type { Placement, PlacementEvent } from "../control/placement.ts";
import { compileFilters } from "../core/filter/compile-filters.ts";
import { createRecordFilter } from "../core/filter/record-filter.ts";
import { createKinesisKind } from "../kinds/kinesis/kinesis-kind.ts";
import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import type { Clock } from "../ports/clock.ts";
import type { Invoker } from "../ports/invoker.ts";
import type { Journal } from "../ports/journal.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { Random } from "../ports/random.ts";
import type { Reporter } from "../ports/reporter.ts";
import type { TableName, Tables } from "../ports/tables.ts";
import { createMappingRunner, type MappingRunner } from "../runtime/mapping-runner.ts";
import { createVirtualCheckpoints, type VirtualCheckpoints } from "../sim/virtual-checkpoints.ts";
import type { VirtualStream } from "../sim/virtual-stream.ts";

const SUMMARY_MS = 250;
const STOP_GRACE_MS = 900_000;

export function createMemoryTables(): Tables {
  const tables = new Map<TableName, Map<string, string>>();
  const of = (name: TableName): Map<string, string> => {
    const table = tables.get(name) ?? new Map<string, string>();
    tables.set(name, table);
    return table;
  };
  return {
    list: (name) =>
      Promise.resolve([...of(name)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => ({ key, value }))),
    get: (name, key) => Promise.resolve(of(name).get(key) ?? null),
    change(changes) {
      for (const change of changes) {
        if (change.kind === "put") of(change.table).set(change.key, change.value);
        else of(change.table).delete(change.key);
      }
      return Promise.resolve();
    },
  };
}

export function createVirtualPlacement(world: {
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly stream: VirtualStream;
  readonly invoker: Invoker;
  readonly reporter: Reporter;
}): Placement {
  const { clock } = world;
  const running = new Map<string, { readonly runner: MappingRunner; readonly generation: number }>();
  const stored = new Map<string, VirtualCheckpoints>();
  let listener: (event: PlacementEvent) => void = () => undefined;

  const checkpointsOf = (uuid: string): VirtualCheckpoints => {
    const found = stored.get(uuid) ?? createVirtualCheckpoints(clock);
    stored.set(uuid, found);
    return found;
  };

  function start(spec: MappingSpec): void {
    const { uuid, generation } = spec;
    const context = { eventSourceArn: spec.eventSourceArn, region: spec.region, roleArn: spec.roleArn };
    const runner = createMappingRunner<KinesisRecord>({
      spec,
      kind: createKinesisKind(context),
      source: world.stream.source(context, () => ({ delayMs: 0, problem: null, repeatCount: 0 })),
      invoker: world.invoker,
      reporter: world.reporter,
      checkpoints: checkpointsOf(uuid).of(
        generation,
        () => ({ delayMs: 0, what: "keep" }),
        () => undefined,
      ),
      journal: world.journal,
      clock,
      random: world.random,
      compileFilter(patterns) {
        const compiled = compileFilters(patterns, "kinesis");
        return compiled.kind === "filters" ? createRecordFilter(compiled) : null;
      },
      events: {
        positioned: () => listener({ kind: "positioned", uuid, generation }),
        updated: () => listener({ kind: "updated", uuid, generation }),
        problem: (problem) => listener({ kind: "problem", uuid, generation, problem }),
        stopped: (errors) => {
          sayAll();
          running.delete(uuid);
          listener({ kind: "stopped", uuid, generation, errors });
        },
        fenced: () => listener({ kind: "lost", uuid, generation }),
      },
    });
    running.set(uuid, { runner, generation });
    runner.start();
  }

  function sayAll(): void {
    const mappings = [...running].map(([uuid, { runner, generation }]) => ({ uuid, generation, ...runner.summary() }));
    listener({ kind: "summary", mappings });
  }

  const tick = (): void => {
    sayAll();
    clock.wakeAt(clock.nowMs() + SUMMARY_MS, tick);
  };
  tick();

  return {
    start,
    update: (spec) => running.get(spec.uuid)?.runner.update(spec),
    stop: (uuid, { isDelete }) => running.get(uuid)?.runner.stop({ isDelete, graceMs: STOP_GRACE_MS }),
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
  };
}
