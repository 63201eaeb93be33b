// The calls of SQS that are offered, and the types of their members. Bounds are judged by the operations, in SQS's own words.

import type { Structure } from "../shape.ts";

const text = { kind: "string" } as const;
const number = { kind: "integer" } as const;
const names = { kind: "list", item: text } as const;
const texts = { kind: "map", value: text } as const;

const attributeValue = {
  kind: "structure",
  members: {
    StringValue: text,
    BinaryValue: { kind: "blob" },
    StringListValues: names,
    BinaryListValues: { kind: "list", item: { kind: "blob" } },
    DataType: text,
  },
} as const;

const message = {
  MessageBody: text,
  DelaySeconds: number,
  MessageAttributes: { kind: "map", value: attributeValue },
  MessageSystemAttributes: { kind: "map", value: attributeValue },
  MessageDeduplicationId: text,
  MessageGroupId: text,
} as const;

const queue = { QueueUrl: text } as const;
const structure = <const M extends Structure["members"]>(members: M) => ({ kind: "structure", members }) as const;
const entries = <const M extends Structure["members"]>(members: M) =>
  ({ kind: "list", item: structure({ Id: text, ...members }) }) as const;

export const sqsShapes = {
  CreateQueue: structure({ QueueName: text, Attributes: texts, tags: texts }),
  GetQueueUrl: structure({ QueueName: text, QueueOwnerAWSAccountId: text }),
  ListQueues: structure({ QueueNamePrefix: text, NextToken: text, MaxResults: number }),
  GetQueueAttributes: structure({ ...queue, AttributeNames: names }),
  SetQueueAttributes: structure({ ...queue, Attributes: texts }),
  DeleteQueue: structure(queue),
  PurgeQueue: structure(queue),
  ListDeadLetterSourceQueues: structure({ ...queue, NextToken: text, MaxResults: number }),
  AddPermission: structure({ ...queue, Label: text, AWSAccountIds: names, Actions: names }),
  RemovePermission: structure({ ...queue, Label: text }),
  StartMessageMoveTask: structure({ SourceArn: text, DestinationArn: text, MaxNumberOfMessagesPerSecond: number }),
  ListMessageMoveTasks: structure({ SourceArn: text, MaxResults: number }),
  CancelMessageMoveTask: structure({ TaskHandle: text }),
  ListQueueTags: structure(queue),
  TagQueue: structure({ ...queue, Tags: texts }),
  UntagQueue: structure({ ...queue, TagKeys: names }),
  SendMessage: structure({ ...queue, ...message }),
  SendMessageBatch: structure({ ...queue, Entries: entries(message) }),
  ReceiveMessage: structure({
    ...queue,
    AttributeNames: names,
    MessageSystemAttributeNames: names,
    MessageAttributeNames: names,
    MaxNumberOfMessages: number,
    VisibilityTimeout: number,
    WaitTimeSeconds: number,
    ReceiveRequestAttemptId: text,
  }),
  DeleteMessage: structure({ ...queue, ReceiptHandle: text }),
  DeleteMessageBatch: structure({ ...queue, Entries: entries({ ReceiptHandle: text }) }),
  ChangeMessageVisibility: structure({ ...queue, ReceiptHandle: text, VisibilityTimeout: number }),
  ChangeMessageVisibilityBatch: structure({
    ...queue,
    Entries: entries({ ReceiptHandle: text, VisibilityTimeout: number }),
  }),
} as const satisfies { readonly [operation: string]: Structure };

export type SqsOperation = keyof typeof sqsShapes;

export const sqsOperations: readonly SqsOperation[] = Object.keys(sqsShapes).filter(
  (operation): operation is SqsOperation => Object.hasOwn(sqsShapes, operation),
);
