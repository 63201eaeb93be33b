// A control plane over doubles, with one function, one stream and a clock that stands still until it is moved.

import type { Cancel, Clock } from "../../../src/ports/clock.ts";
import type { Entry, Journal } from "../../../src/ports/journal.ts";
import { createControlPlane, type ControlPlane } from "../../../src/control/control-plane.ts";
import type { FunctionLookup, StreamLookup, Surroundings } from "../../../src/control/lookups.ts";
import { memoryStreams, type MemoryStreams } from "./memory-streams.ts";
import { memoryTables, type MemoryTables } from "./memory-tables.ts";
import { scriptedPlacement, type ScriptedPlacement } from "./scripted-placement.ts";

export const surroundings: Surroundings = { partition: "aws", region: "us-east-1", accountId: "123456789012" };
export const streamArn = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";
export const functionArn = "arn:aws:lambda:us-east-1:123456789012:function:handle";
export const minimal = { EventSourceArn: streamArn, FunctionName: "handle", StartingPosition: "LATEST" };

export interface HandClock extends Clock {
  /** Moves on and wakes who is due. */
  advance(ms: number): void;
}

export function handClock(): HandClock {
  let nowMs = 1_789_481_367_345;
  const waiting = new Set<{ readonly atMs: number; readonly wake: () => void }>();
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    wakeAt(atMs, wake): Cancel {
      const sleeper = { atMs, wake };
      waiting.add(sleeper);
      return () => waiting.delete(sleeper);
    },
    advance(ms) {
      nowMs += ms;
      for (const sleeper of waiting) {
        if (sleeper.atMs > nowMs) continue;
        waiting.delete(sleeper);
        sleeper.wake();
      }
    },
  };
}

export interface House {
  readonly control: ControlPlane;
  readonly tables: MemoryTables;
  readonly placement: ScriptedPlacement;
  readonly streams: MemoryStreams;
  readonly clock: HandClock;
  readonly functions: Set<string>;
  readonly entries: Entry[];
}

export async function aHouse(kept: { readonly tables?: MemoryTables } = {}): Promise<House> {
  const clock = handClock();
  const tables = kept.tables ?? memoryTables();
  const placement = scriptedPlacement();
  const streams = memoryStreams(clock);
  await streams.create("orders", { shardCount: 2, mode: "PROVISIONED" });
  const names = new Set(["handle", "other"]);
  const entries: Entry[] = [];
  const journal: Journal = {
    append: (mapping, lane, fact) => entries.push({ ...fact, mapping, lane, atMs: clock.nowMs(), seq: entries.length }),
  };
  let drawn = 0;
  const control = createControlPlane({
    tables,
    placement,
    functions: functionsNamed(names),
    streams: lookupOf(streams),
    clock,
    random: {
      draw: () => 0.5,
      uuid: () =>
        `00000000-0000-4000-8000-${(++drawn + (kept.tables === undefined ? 0 : 1_000)).toString().padStart(12, "0")}`,
    },
    journal,
    settings: surroundings,
  });
  await control.start();
  return { control, tables, placement, streams, clock, functions: names, entries };
}

const functionsNamed = (names: ReadonlySet<string>): FunctionLookup => ({
  find: (name) =>
    names.has(name)
      ? {
          name,
          arn: `arn:aws:lambda:us-east-1:123456789012:function:${name}`,
          timeoutMs: 3_000,
          memoryMb: 128,
          environment: {},
          reservedConcurrency: null,
          runtime: "nodejs24.x",
          roleArn: "arn:aws:iam::123456789012:role/role",
        }
      : null,
});

const lookupOf = (streams: MemoryStreams): StreamLookup => ({
  async find(streamName) {
    const found = await streams.describe(streamName);
    return found.kind === "stream" ? { kind: "found", address: { kind: "embeddedKinesis", streamName } } : found;
  },
  addressOf: (streamName) => ({ kind: "embeddedKinesis", streamName }),
});
