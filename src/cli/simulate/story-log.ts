// What a simulated run tells besides its journal, in the order of it: what the steps did to the world, and what the source took.

import type { Position, UnitId } from "../../ports/source.ts";
import type { Fault } from "../../sim/fault.ts";
import type { JsonObject, ScenarioRecord, Step } from "../../sim/scenario.ts";
import type { Moment } from "../../wiring/simulate-scenario.ts";
import { faultText } from "../explore/fault-text.ts";
import { type Line, line } from "../plain-line.ts";
import { counted, shortId, shortPosition, shownLane, shownNumber } from "../shown-forms.ts";

interface Put {
  readonly label: string;
  /** The partition key, or a message's group; empty: it has none. */
  readonly key: string;
  /** Null: it lies in a queue. */
  readonly shard: UnitId | null;
  /** A message's id. */
  readonly position: Position;
  readonly atMs: number;
}

export interface StoryLine {
  readonly atMs: number;
  /** It stands before the entry of this number. */
  readonly entryCount: number;
  readonly line: Line;
  readonly json: object;
}

export interface StoryLog {
  readonly onStep: (step: Step, now: Moment) => void;
  readonly onSent: (record: ScenarioRecord, given: JsonObject, now: Moment) => void;
  readonly onFault: (fault: Fault, number: number, now: Moment) => void;
  lines(): readonly StoryLine[];
}

/** Of more records than this, those of one step are told in one line. */
const MOST_TOLD = 100;

/** The records of one step that sends. */
interface Told {
  readonly now: Moment;
  count: number;
  first: Put | null;
  last: Put | null;
  readonly shards: Set<string>;
}

export function createStoryLog(): StoryLog {
  const steps: StoryLine[] = [];
  const sends: Told[] = [];
  let putCount = 0;
  return {
    onStep(step, now) {
      if (step.do === "send") sends.push({ now, count: 0, first: null, last: null, shards: new Set() });
      const text = stepText(step);
      if (text !== null) steps.push({ ...now, line: line("step", text), json: { kind: "step", atMs: now.atMs, step } });
    },
    onSent({ label, partitionKey = "", group = "" }, { sequenceNumber, shardId, messageId }, now) {
      const put =
        typeof messageId === "string"
          ? { label, key: group, shard: null, position: messageId, atMs: now.atMs }
          : { label, key: partitionKey, shard: shardId, position: sequenceNumber, atMs: now.atMs };
      // A write that changes nothing puts nothing.
      if (!isPut(put)) return;
      putCount += 1;
      const told = sends.at(-1);
      if (told === undefined) return;
      told.count += 1;
      told.first ??= put;
      told.last = put;
      if (put.shard !== null) told.shards.add(put.shard);
      if (putCount <= MOST_TOLD) steps.push({ ...now, ...putLine(put) });
    },
    onFault(fault, number, now) {
      const text = `${number}: ${faultText(fault)}`;
      steps.push({
        ...now,
        line: line("FAULT", text, "warning"),
        json: { kind: "fault", atMs: now.atMs, number, fault },
      });
    },
    lines() {
      if (putCount <= MOST_TOLD) return steps;
      const told = steps.filter(({ line: { word } }) => word !== "put");
      const summed = sends.flatMap((send) => (send.count === 0 ? [] : [summary(send)]));
      return [...told, ...summed].sort((a, b) => a.entryCount - b.entryCount);
    },
  };
}

const isPut = (given: { readonly [N in keyof Put]: unknown }): given is Put =>
  (given.shard === null || typeof given.shard === "string") && typeof given.position === "string";

function putLine(put: Put): Pick<StoryLine, "line" | "json"> {
  const { label, key, shard, position, atMs } = put;
  if (shard === null)
    return {
      line: line("put", `${label}${key === "" ? "" : ` (group ${key})`} -> message ${shortId(position)}`),
      json: { kind: "put", atMs, label, messageId: position, ...(key === "" ? {} : { group: key }) },
    };
  const of = key === "" ? "" : ` (key ${key})`;
  return {
    line: line("put", `${label}${of} -> ${shownLane(`/${shard}`, false)}, ${shortPosition(position)}`),
    json: { kind: "put", atMs, label, partitionKey: key, shard, position },
  };
}

function summary({ now, count, first, last, shards }: Told): StoryLine {
  const tookMs = (last?.atMs ?? now.atMs) - (first?.atMs ?? now.atMs);
  const over = tookMs <= 0 ? "" : `, over ${(tookMs / 1_000).toFixed(3)} s`;
  const names = `${first?.label ?? ""} to ${last?.label ?? ""}`;
  const isQueue = first?.shard === null;
  const where = isQueue ? "the queue" : counted(shards.size, "shard");
  const text = `${counted(count, isQueue ? "message" : "record")} (${names}) -> ${where}${over}`;
  const { atMs, entryCount } = now;
  return {
    atMs,
    entryCount,
    line: line("put", text),
    json: { kind: "put", atMs, first: first?.label, last: last?.label, records: count, shards: shards.size, tookMs },
  };
}

/** Null: it only waits, or what it does is told by others. */
function stepText(step: Step): string | null {
  switch (step.do) {
    case "create-mapping":
    case "send":
    case "wait":
    case "observe":
    case "wait-state":
    case "wait-gone":
    case "wait-invocations":
    case "wait-destination":
    case "wait-dead-letters":
    case "wait-drained":
    case "check-empty":
      return null;
    case "call":
      return step.op;
    case "update-mapping":
      return `update ${step.mapping ?? "mapping"}: ${settings(step.set)}`;
    case "enable":
    case "disable":
      return `${step.do} ${step.mapping ?? "mapping"}`;
    case "set-clock":
      return `the clock is set ${step.by_s < 0 ? "back" : "on"} by ${seconds(Math.abs(step.by_s))}`;
    case "split-shard":
      return `split shard ${step.shard}`;
    case "merge-shards":
      return `merge shards ${step.shards.join(" and ")}`;
    case "outage":
      return `the source cannot be reached for ${seconds(step.seconds)}`;
    case "throttle": {
      const { concurrency = 0, seconds: lasts } = step;
      const to = concurrency === null ? "no reserved concurrency" : `reserved concurrency ${concurrency}`;
      return `${step.function ?? "function"} has ${to}${lasts === undefined ? "" : ` for ${seconds(lasts)}`}`;
    }
    case "deploy":
      return `${step.function ?? "function"} has another handler`;
    case "crash":
      return `what reads and calls is killed; nothing runs for ${seconds(step.down_s ?? 1)}`;
    case "restart":
      return `what reads and calls stops, and begins again after ${seconds(step.down_s ?? 1)}`;
    case "delete-function":
      return `delete ${step.function ?? "function"}`;
    case "delete-source":
      return "delete the source";
    case "purge-queue":
      return "purge the queue";
  }
}

const seconds = (value: number): string => `${shownNumber(value)} s`;

const settings = (members: object): string =>
  Object.entries(members)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    .join(", ");
