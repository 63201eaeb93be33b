// Where given-up records went: each destination with what it was given, and the queues for dead letters of the queues that are mapped.

import type { LiveMapping } from "../cli/live/live-model.ts";
import { shortArn } from "../cli/shown-forms.ts";
import type { DestinationFrame } from "./frame.ts";

/** A queue for dead letters, as it was last looked at. */
export interface DeadLetterQueue {
  readonly arn: string;
  /** Names of the queues whose messages it takes. */
  readonly of: readonly string[];
  readonly messageCount: number | null;
}

const MOST = 200;

export function destinationFrames(
  mappings: Iterable<LiveMapping>,
  deadLetters: readonly DeadLetterQueue[],
): readonly DestinationFrame[] {
  const all = new Map<string, DestinationFrame>();
  const put = (arn: string, more: Partial<DestinationFrame>): void => {
    const before = all.get(arn);
    all.set(arn, {
      arn,
      name: shortArn(arn),
      kind: kindOf(arn),
      lastCondition: before?.lastCondition ?? "",
      deadLettersOf: [],
      messageCount: null,
      ...before,
      ...more,
      documentCount: (before?.documentCount ?? 0) + (more.documentCount ?? 0),
      refusedCount: (before?.refusedCount ?? 0) + (more.refusedCount ?? 0),
    });
  };
  for (const { settings, destinations } of mappings) {
    if (settings.destination !== null) put(settings.destination, {});
    for (const [arn, { documentCount, refusedCount, lastCondition }] of destinations)
      if (arn !== "") put(arn, { documentCount, refusedCount, ...(lastCondition === "" ? {} : { lastCondition }) });
  }
  for (const { arn, of, messageCount } of deadLetters)
    put(arn, { kind: "dead-letter queue", deadLettersOf: of, messageCount });
  return [...all.values()].slice(0, MOST);
}

function kindOf(arn: string): DestinationFrame["kind"] {
  if (arn.startsWith("kafka://")) return "kafka";
  switch (arn.split(":")[2]) {
    case "sns":
      return "topic";
    case "s3":
      return "bucket";
    case "kafka":
      return "kafka";
    default:
      return "queue";
  }
}
