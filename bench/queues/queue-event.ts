// The event that contestants by hand build for a handler: what Lambda gives it for SQS, member by member.

import { hash } from "node:crypto";
import { ACCOUNT, REGION } from "../road/record-shape.ts";

export interface QueueEvent {
  readonly Records: readonly QueueEventRecord[];
}

export interface QueueEventRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: Readonly<Record<string, never>>;
  readonly md5OfBody: string;
  readonly eventSource: "aws:sqs";
  readonly eventSourceARN: string;
  readonly awsRegion: string;
}

export const queueArn = (queue: string): string => `arn:aws:sqs:${REGION}:${ACCOUNT}:${queue}`;

export function queueEventRecord(
  queue: string,
  message: {
    readonly id: string;
    readonly receipt: string;
    readonly data: string;
    readonly sentAtMs: string;
    readonly firstReceivedAtMs: string;
    readonly receiveCount: string;
  },
): QueueEventRecord {
  const { id, receipt, data, sentAtMs, firstReceivedAtMs, receiveCount } = message;
  const { body } = JSON.parse(data) as { readonly body: string };
  return {
    messageId: id,
    receiptHandle: receipt,
    body,
    attributes: {
      ApproximateReceiveCount: receiveCount,
      SentTimestamp: sentAtMs,
      SenderId: ACCOUNT,
      ApproximateFirstReceiveTimestamp: firstReceivedAtMs,
    },
    messageAttributes: {},
    md5OfBody: hash("md5", body, "hex"),
    eventSource: "aws:sqs",
    eventSourceARN: queueArn(queue),
    awsRegion: REGION,
  };
}
