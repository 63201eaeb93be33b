// What a scenario is run against: a simulated house or a real server. A target has been set up for one scenario when it is made;
// waiting means letting the target's own time pass.

import type { JsonObject, ScenarioRecord } from "./scenario.ts";
import type { SeenAnswer, SeenInvocation } from "./transcript.ts";

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

export interface ScenarioTarget {
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
  /** In the order in which they began. */
  invocations(): readonly SeenInvocation[];
  /** What the on-failure destination has received, in order, in the form of a scenario's `expect.destination`. */
  destination(): Promise<readonly JsonObject[]>;
  close(): Promise<void>;
}
