// A control plane over doubles, with one function, one stream and a clock that stands still until it is moved.

import type { Cancel, Clock } from "../../../src/ports/clock.ts";
import type { Entry, Journal } from "../../../src/ports/journal.ts";
import type { ApiAnswer } from "../../../src/control/api-answer.ts";
import type { BrokerSettings } from "../../../src/control/broker-reading.ts";
import type { DocumentDbSettings } from "../../../src/control/change-reading.ts";
import type { KafkaSettings } from "../../../src/control/group-reading.ts";
import { createControlPlane, type ControlPlane } from "../../../src/control/control-plane.ts";
import type { FunctionLookup, Surroundings } from "../../../src/control/lookups.ts";
import type { ConsumerRegistry } from "../../../src/control/kinesis/consumer-registry.ts";
import { createStreamLookup } from "../../../src/control/stream-lookup.ts";
import { memoryConsumers } from "./memory-consumers.ts";
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
  readonly consumers: ConsumerRegistry;
  readonly clock: HandClock;
  readonly functions: Set<string>;
  /** By function's name, where it is not 3 s. */
  readonly timeouts: Map<string, number>;
  /** By name: `queue`, of 30 s. */
  readonly queueSettings: Map<string, { readonly visibilityMs: number }>;
  readonly entries: Entry[];
}

export async function aHouse(
  kept: {
    readonly tables?: MemoryTables;
    readonly filterLimit?: number;
    readonly transitionsMs?: number;
    readonly brokers?: readonly BrokerSettings[];
    readonly kafkaClusters?: readonly KafkaSettings[];
    readonly documentDbs?: readonly DocumentDbSettings[];
  } = {},
): Promise<House> {
  const clock = handClock();
  const tables = kept.tables ?? memoryTables();
  const placement = scriptedPlacement();
  const streams = memoryStreams(clock);
  await streams.create("orders", { shardCount: 2, mode: "PROVISIONED" });
  const consumers = memoryConsumers(clock);
  const names = new Set(["handle", "other"]);
  const timeouts = new Map<string, number>();
  const queueSettings = new Map([["queue", { visibilityMs: 30_000 }]]);
  const entries: Entry[] = [];
  const journal: Journal = {
    append: (mapping, lane, fact) => entries.push({ ...fact, mapping, lane, atMs: clock.nowMs(), seq: entries.length }),
  };
  let drawn = 0;
  const control = createControlPlane({
    tables,
    placement,
    functions: functionsNamed(names, timeouts),
    streams: createStreamLookup(streams, consumers, (streamName) => ({ kind: "embeddedKinesis", streamName })),
    queues: {
      find: async (name) => queueSettings.get(name) ?? null,
      addressOf: (queueName) => ({ kind: "embeddedQueue", queueName, isFifo: queueName.endsWith(".fifo") }),
    },
    hasSecret: (arn) => !arn.includes("missing"),
    engineOf: (arn) => (arn.includes("rabbit") ? "rabbitMq" : "activeMq"),
    brokers: kept.brokers ?? [],
    kafkaClusters: kept.kafkaClusters ?? [],
    documentDbs: kept.documentDbs ?? [],
    clock,
    random: {
      draw: () => 0.5,
      uuid: () =>
        `00000000-0000-4000-8000-${(++drawn + (kept.tables === undefined ? 0 : 1_000)).toString().padStart(12, "0")}`,
    },
    journal,
    settings: surroundings,
    filterLimit: kept.filterLimit ?? 5,
    idleCloseMs: 120_000,
    transitionsMs: kept.transitionsMs ?? 0,
  });
  await control.start();
  return { control, tables, placement, streams, consumers, clock, functions: names, timeouts, queueSettings, entries };
}

const functionsNamed = (names: ReadonlySet<string>, timeouts: ReadonlyMap<string, number>): FunctionLookup => ({
  find: (name, qualifier) =>
    names.has(name) && ["$LATEST", "1", "live"].includes(qualifier ?? "$LATEST")
      ? {
          name,
          arn: `arn:aws:lambda:us-east-1:123456789012:function:${name}`,
          timeoutMs: timeouts.get(name) ?? 3_000,
          memoryMb: 128,
          environment: {},
          reservedConcurrency: null,
          runtime: "nodejs24.x",
          roleArn: "arn:aws:iam::123456789012:role/role",
        }
      : null,
});

/** UUID of the first mapping that a house makes. */
export const firstUuid = "00000000-0000-4000-8000-000000000001";

export async function anEnabledMapping(request: object = {}): Promise<House> {
  const house = await aHouse();
  await house.control.createMapping({ ...minimal, ...request });
  await house.control.settled();
  return house;
}

/** A member of an answer that must be a text. */
export function textOf(answer: ApiAnswer, member: string): string {
  const value = answer.body?.[member];
  if (typeof value !== "string") throw new Error(`${member} is no text: ${JSON.stringify(answer)}`);
  return value;
}

export const stateOf = (answer: ApiAnswer): unknown => answer.body?.["State"];

/** State of the first mapping once everything asked so far is done. */
export async function stateNow(house: House): Promise<unknown> {
  await house.control.settled();
  return stateOf(await house.control.getMapping(firstUuid));
}
