// Which family of sources a mapping has, from its settings, and how each names the place of a lane: a stream's shard, a queue's poller, a
// broker's consumer. What only streams have (bisect, retries, checkpoints) is told of no other.

import { shownLane } from "./shown-forms.ts";

export type SourceFamily = "stream" | "queue" | "broker";

/** Of what is not known yet: a stream, as AWS's first sources are. */
export function sourceFamily(settings: Readonly<Record<string, unknown>>): SourceFamily {
  const arn = settings["EventSourceArn"];
  const service = typeof arn === "string" ? arn.split(":")[2] : undefined;
  return service === "sqs" ? "queue" : service === "mq" ? "broker" : "stream";
}

/** `shard 0`, `poller 3`, `consumer 0`. `lane` is a journal entry's path; empty: of the whole mapping. */
export function shownPlace(lane: string, family: SourceFamily, isSplit: boolean): string {
  if (family === "stream") return shownLane(lane, isSplit);
  const [, unit = "", index = ""] = lane.split("/");
  if (family === "broker") return unit === "" ? "" : `consumer ${unit}`;
  return index === "" ? "" : `poller ${index}`;
}
