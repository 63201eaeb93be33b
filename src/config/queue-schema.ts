// The settings of a queue in a configuration file: its attributes by AWS's names, in AWS's units and bounds.

import { z } from "zod";
import { about, form, text, whole } from "./schema-parts.ts";

export const queueName = text(
  /^(?:[a-zA-Z0-9_-]{1,80}|[a-zA-Z0-9_-]{1,75}\.fifo)$/,
  "letters, digits, - and _, at most 80, of a FIFO queue with .fifo at their end",
  "Name of a queue",
);

const yesOrNo = (description: string) => z.boolean().meta(about(description, form("true or false")));
const seconds = (min: number, max: number, description: string) => whole(min, max, "seconds", description).optional();

const queueObject = z.strictObject({
  name: queueName,
  FifoQueue: yesOrNo("Whether it is a FIFO queue, as its name has to say too; absent: as its name says").optional(),
  VisibilityTimeout: seconds(0, 43_200, "How long a received message is hidden; AWS's default: 30"),
  DelaySeconds: seconds(0, 900, "How long a new message is hidden; AWS's default: 0"),
  MessageRetentionPeriod: seconds(60, 1_209_600, "How long messages stay; AWS's default: 345,600, four days"),
  ReceiveMessageWaitTimeSeconds: seconds(0, 20, "How long a receive waits that does not say; AWS's default: 0"),
  MaximumMessageSize: whole(
    1_024,
    1_048_576,
    "bytes",
    "Most bytes of a message with its attributes; AWS's default: 1,048,576",
  ).optional(),
  RedrivePolicy: z
    .strictObject({
      deadLetterTargetArn: z
        .string()
        .min(1)
        .meta(about("The queue for dead letters", form("sqs:NAME, or the ARN of a queue of this account and region"))),
      maxReceiveCount: whole(1, 1_000, "receives", "After how many receives a message goes there"),
    })
    .meta(
      about(
        "Where messages go that were received too often; absent: nowhere",
        form("an object with deadLetterTargetArn and maxReceiveCount"),
      ),
    )
    .optional(),
  ContentBasedDeduplication: yesOrNo(
    "FIFO: a message without a deduplication id has its content's; AWS's default: false",
  ).optional(),
  DeduplicationScope: z
    .enum(["queue", "messageGroup"])
    .meta(about("FIFO: within what an id counts as sent before; AWS's default: queue", form("queue or messageGroup")))
    .optional(),
  FifoThroughputLimit: z
    .enum(["perQueue", "perMessageGroupId"])
    .meta(
      about(
        "FIFO: shown, and without effect, as the limit that it raises does not exist here; perMessageGroupId needs the scope messageGroup; AWS's default: perQueue",
        form("perQueue or perMessageGroupId"),
      ),
    )
    .optional(),
});

export type QueueInput = string | z.output<typeof queueObject>;

export const queueSchema = z
  .union([queueName, queueObject])
  .meta(about("A queue", form("a name, or an object with name")));

export const nameOfQueue = (queue: QueueInput): string => (typeof queue === "string" ? queue : queue.name);
