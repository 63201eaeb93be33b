// Queues of a configuration: from AWS's names and units to the settings of a store, and what no single setting can tell.

import type { QueueSettings } from "../ports/queues.ts";
import type { ConfiguredQueue } from "./config.ts";
import type { Flaw } from "./config-errors.ts";
import type { ConfigInput } from "./config-schema.ts";
import type { Path } from "./config-document.ts";
import type { Home } from "./expand-names.ts";
import { nameOfQueue, type QueueInput } from "./queue-schema.ts";

const isFifoName = (name: string): boolean => name.endsWith(".fifo");

export function configuredQueue(queue: QueueInput, home: Home): ConfiguredQueue {
  const name = nameOfQueue(queue);
  const kind = isFifoName(name) ? { isFifo: true } : {};
  if (typeof queue === "string") return { name, settings: kind };
  const { RedrivePolicy: redrive, DeduplicationScope: deduplicationScope, FifoThroughputLimit } = queue;
  const settings: Partial<QueueSettings> = {
    ...kind,
    ...ms("visibilityMs", queue.VisibilityTimeout),
    ...ms("delayMs", queue.DelaySeconds),
    ...ms("retentionMs", queue.MessageRetentionPeriod),
    ...ms("receiveWaitMs", queue.ReceiveMessageWaitTimeSeconds),
    ...(queue.MaximumMessageSize === undefined ? {} : { maxMessageBytes: queue.MaximumMessageSize }),
    ...(redrive === undefined
      ? {}
      : {
          redrive: {
            deadLetterQueue: deadLetterName(redrive.deadLetterTargetArn, home) ?? "",
            maxReceiveCount: redrive.maxReceiveCount,
          },
        }),
    ...(queue.ContentBasedDeduplication === undefined
      ? {}
      : { isDeduplicatedByContent: queue.ContentBasedDeduplication }),
    ...(deduplicationScope === undefined ? {} : { deduplicationScope }),
    ...(FifoThroughputLimit === undefined ? {} : { fifoThroughputLimit: FifoThroughputLimit }),
  };
  return { name, settings };
}

function ms(
  member: "visibilityMs" | "delayMs" | "retentionMs" | "receiveWaitMs",
  seconds: number | undefined,
): Partial<QueueSettings> {
  return seconds === undefined ? {} : { [member]: seconds * 1_000 };
}

/** Null: an ARN of elsewhere, or none at all. */
function deadLetterName(written: string, { account, region }: Home): string | null {
  return (
    /^sqs:([\w.-]+)$/.exec(written)?.[1] ??
    new RegExp(`^arn:[\\w-]+:sqs:${region}:${account}:([\\w.-]+)$`).exec(written)?.[1] ??
    null
  );
}

const FIFO_ONLY = ["ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"] as const;

export function queueFlaws(input: ConfigInput, unknownName: (name: string, path: Path) => Flaw): readonly Flaw[] {
  const names = input.queues.map(nameOfQueue);
  return input.queues.flatMap((queue, index): readonly Flaw[] => {
    const path: Path = ["queues", index];
    const name = nameOfQueue(queue);
    const twin =
      names.indexOf(name) < index
        ? [flaw(path, `the queue \`${name}\` is there twice`, "take one of the two away")]
        : [];
    if (typeof queue === "string") return twin;
    const isFifo = isFifoName(name);
    const kind =
      queue.FifoQueue === undefined || queue.FifoQueue === isFifo
        ? []
        : [
            flaw(
              [...path, "FifoQueue"],
              `\`${name}\` is the name of a ${isFifo ? "FIFO" : "standard"} queue`,
              isFifo ? "FifoQueue: true" : `name: ${name}.fifo`,
            ),
          ];
    const foreign = FIFO_ONLY.filter((member) => !isFifo && queue[member] !== undefined).map((member) =>
      flaw([...path, member], `\`${member}\` is for FIFO queues only`, `name: ${name}.fifo`),
    );
    const throughput =
      queue.FifoThroughputLimit === "perMessageGroupId" && queue.DeduplicationScope !== "messageGroup"
        ? [
            flaw(
              [...path, "FifoThroughputLimit"],
              "`perMessageGroupId` needs the scope messageGroup",
              "DeduplicationScope: messageGroup",
            ),
          ]
        : [];
    return [...twin, ...kind, ...foreign, ...throughput, ...redriveFlaws(queue, path)];
  });

  function redriveFlaws(queue: Exclude<QueueInput, string>, path: Path): readonly Flaw[] {
    if (queue.RedrivePolicy === undefined) return [];
    const at: Path = [...path, "RedrivePolicy", "deadLetterTargetArn"];
    const target = deadLetterName(queue.RedrivePolicy.deadLetterTargetArn, input);
    if (target === null) {
      const what = `\`${queue.RedrivePolicy.deadLetterTargetArn}\` is no queue of this account and region`;
      return [{ ...flaw(at, what, "deadLetterTargetArn: sqs:NAME"), comparedWith: ["account", "region"] }];
    }
    if (target === queue.name) {
      return [flaw(at, `\`${target}\` cannot be its own queue for dead letters`, "deadLetterTargetArn: sqs:NAME")];
    }
    if (!names.includes(target)) return [unknownName(target, at)];
    if (isFifoName(target) === isFifoName(queue.name)) return [];
    return [
      flaw(
        at,
        "a queue's dead letters go to a queue of its own kind, FIFO or standard",
        "deadLetterTargetArn: sqs:NAME",
      ),
    ];
  }
}

const flaw = (path: Path, what: string, help: string): Flaw => ({
  code: "config-invalid",
  what,
  path,
  part: "value",
  label: "",
  help,
});
