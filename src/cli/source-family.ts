// Which family of sources a mapping has, from its settings, and how each names the place of a lane: a stream's shard, a topic's partition or
// the poller that has it, a change stream, a queue's poller, a broker's consumer. What only some have is told of no other.

import { shownLane } from "./shown-forms.ts";

export type SourceFamily = "stream" | "topic" | "changes" | "queue" | "broker";

type Settings = Readonly<Record<string, unknown>>;

const FAMILIES: Readonly<Record<string, SourceFamily>> = {
  sqs: "queue",
  mq: "broker",
  kafka: "topic",
  rds: "changes",
};

/** Of what is not known yet: a stream, as AWS's first sources are. */
export function sourceFamily(settings: Settings): SourceFamily {
  const { EventSourceArn: arn, SelfManagedEventSource: own } = settings;
  if (typeof own === "object" && own !== null) return "topic";
  return FAMILIES[typeof arn === "string" ? (arn.split(":")[2] ?? "") : ""] ?? "stream";
}

/** What is read of it, in a sentence. */
export const sourceWord = (family: SourceFamily): string => (family === "changes" ? "change stream" : family);

/** Whether it goes on from a place that is stored; what is read by the others is in the source until it has ended. */
export const hasPlaces = (family: SourceFamily): boolean => family !== "queue" && family !== "broker";

/** What a function gets of it. */
export function itemOf(family: SourceFamily): "record" | "change" | "message" {
  return family === "changes" ? "change" : hasPlaces(family) ? "record" : "message";
}

/** Whether a failed batch may be halved: a change stream's never is. */
export const isBisected = (family: SourceFamily): boolean => family === "stream" || family === "topic";

/** `shard 0`, `orders-3`, `poller 3`, `change stream`, `consumer 0`. `lane` is a journal entry's path; empty: of the whole mapping. */
export function shownPlace(lane: string, family: SourceFamily, isSplit: boolean): string {
  const [, unit = "", index = ""] = lane.split("/");
  switch (family) {
    case "stream":
      return shownLane(lane, isSplit);
    case "topic":
      return memberOf(unit) ?? unit;
    case "changes":
      return unit === "" ? "" : "change stream";
    case "broker":
      return unit === "" ? "" : `consumer ${unit}`;
    case "queue":
      return index === "" ? "" : `poller ${index}`;
  }
}

/** A partition's name ends in its number: `orders-3`. */
function memberOf(unit: string): string | null {
  const [, index] = /^p(\d+)$/.exec(unit) ?? [];
  return index === undefined ? null : `poller ${index}`;
}

/** The topic that a mapping reads, or null. */
export function topicOf(settings: Settings): string | null {
  const topics: unknown = settings["Topics"];
  const topic: unknown = Array.isArray(topics) ? topics[0] : null;
  return typeof topic === "string" ? topic : null;
}
