// The SQS calls that a bench makes, over HTTP as any client would: making a queue, filling it, asking what is left in it.

import { recordBytes } from "../road/record-shape.ts";

const MOST_A_CALL = 10;
const CALLS_AT_ONCE = 8;

export interface QueueFill {
  readonly queue: string;
  readonly messageCount: number;
  /** Groups of a FIFO queue; 0: a standard one. */
  readonly groupCount: number;
}

async function call(url: string, operation: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AmazonSQS.${operation}` },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (!response.ok) throw new Error(`${operation}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

const urlOf = (url: string, queue: string): string => `${url}/000000000000/${queue}`;

export async function makeQueue(url: string, queue: string): Promise<void> {
  const Attributes = { VisibilityTimeout: "120", ...(queue.endsWith(".fifo") ? { FifoQueue: "true" } : {}) };
  await call(url, "CreateQueue", { QueueName: queue, Attributes });
}

export async function fillQueue(url: string, { queue, messageCount, groupCount }: QueueFill): Promise<void> {
  let next = 0;
  async function send(): Promise<void> {
    while (next < messageCount) {
      const from = next;
      next += MOST_A_CALL;
      const numbers = Array.from({ length: Math.min(MOST_A_CALL, messageCount - from) }, (_, index) => from + index);
      const Entries = numbers.map((number) => ({
        Id: String(number),
        MessageBody: recordBytes(number).toString(),
        ...(groupCount === 0
          ? {}
          : {
              MessageGroupId: `g${number % groupCount}`,
              MessageDeduplicationId: `${process.hrtime.bigint()}-${number}`,
            }),
      }));
      await call(url, "SendMessageBatch", { QueueUrl: urlOf(url, queue), Entries });
    }
  }
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, send));
}

export async function leftInQueue(url: string, queue: string): Promise<number> {
  const { Attributes } = await call(url, "GetQueueAttributes", {
    QueueUrl: urlOf(url, queue),
    AttributeNames: ["All"],
  });
  const told = Attributes as Readonly<Record<string, string>>;
  const counts = ["", "NotVisible", "Delayed"].map((part) => Number(told[`ApproximateNumberOfMessages${part}`] ?? 0));
  return counts.reduce((sum, count) => sum + count, 0);
}
