// What a scenario is run against: a simulated house or a real server. A target has been set up for one scenario when it is made;
// waiting means letting the target's own time pass.

import type { JsonObject, ScenarioHandler, ScenarioRecord } from "./scenario.ts";
import type { Stuck } from "./stuck.ts";
import type { SeenAnswer, SeenFacts, SeenInvocation } from "./transcript.ts";

/** The API's operations that a step may call. */
export const operations = [
  "CreateEventSourceMapping",
  "GetEventSourceMapping",
  "ListEventSourceMappings",
  "UpdateEventSourceMapping",
  "DeleteEventSourceMapping",
  "TagResource",
  "UntagResource",
  "ListTags",
] as const;

export type ScenarioOperation = (typeof operations)[number];

export type SourceName = "source" | "other_source";

/** What is told of records that arrive later. */
export interface Arrivals {
  /** What the source gave it. */
  onSent(record: ScenarioRecord, given: JsonObject): void;
  /** The source has refused it, as a queue that is gone by then does. */
  onRefused(refusal: Stuck): void;
}

/** What only a simulated world can do. None of it takes time there. */
export interface WorldControls {
  /** The wall clock is set on, or back. */
  setClock(byMs: number): void;
  /** `hashKey`: where the second child begins; null: in the middle. Throws Stuck where there is no such open shard. */
  splitShard(source: SourceName, shard: string, hashKey: string | null): void;
  mergeShards(source: SourceName, shards: readonly [string, string]): void;
  /** The source cannot be reached for so long. */
  outage(source: SourceName, forMs: number): void;
  /** Reserved concurrency from now on; null: none. `forMs` null: for good. */
  throttle(functionName: string, concurrency: number | null, forMs: number | null): void;
  deploy(functionName: string, handler: ScenarioHandler): Promise<void>;
  /** What reads and calls is killed in mid-step, and begins again from what is stored. */
  crash(downMs: number): void;
  restart(downMs: number, graceMs: number): void;
  /** Each record arrives so long after now; each is told of once. */
  arrive(records: readonly { readonly record: ScenarioRecord; readonly afterMs: number }[], told: Arrivals): void;
  /** Every record that there is has ended, for every mapping. */
  isDrained(): boolean | Promise<boolean>;
  facts(): SeenFacts;
}

export interface ScenarioTarget {
  /** Null: it is no simulated world. */
  readonly world: WorldControls | null;
  /** How long it has been there, by a clock that nobody sets. */
  elapsedMs(): number;
  /** Names of the placeholders: partition, region, account, source.arn, function.arn … */
  readonly vars: Readonly<Record<string, string>>;
  call(operation: ScenarioOperation, params: JsonObject): Promise<SeenAnswer>;
  /** One call a record, or all in one call. Answers what the source gave each record: `sequenceNumber`, `shardId`. */
  send(records: readonly ScenarioRecord[], isOneCall: boolean): Promise<readonly JsonObject[]>;
  /** Rejects with a Stuck where the target cannot do it. */
  deleteFunction(name: string): Promise<void>;
  deleteSource(): Promise<void>;
  /** Looks again whenever something may have changed; false once `withinMs` has passed without it. */
  waitUntil(isTrue: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean>;
  pass(ms: number): Promise<void>;
  invocationCount(): number;
  /** In the order in which they began. */
  invocations(): readonly SeenInvocation[];
  /** What the on-failure destination has received, in order, in the form of a scenario's `expect.destination`. */
  destination(): Promise<readonly JsonObject[]>;
  /** What lies in the dead-letter queue, oldest first: `messageId` and `body`. */
  deadLetters(): Promise<readonly JsonObject[]>;
  /** Messages that lie in the source queue, hidden or not; null: the source is no queue, or is not there. */
  sourceLeft(): Promise<number | null>;
  purgeSource(): Promise<void>;
  close(): Promise<void>;
}
