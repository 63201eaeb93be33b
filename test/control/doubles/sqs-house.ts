// A served house with a queue, and the AWS SDK's own client of it, which checks the digests of what it sends and receives.

import {
  CreateQueueCommand,
  type CreateQueueCommandInput,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { onTestFinished } from "vitest";
import { createSystemClock } from "../../../src/platform/system-clock.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { Queues } from "../../../src/ports/queues.ts";
import { aServedHouse } from "./served.ts";

export interface Sqs {
  readonly client: SQSClient;
  readonly url: string;
  readonly QueueUrl: string;
  readonly queues: Queues;
}

/** A server over a real store, with the queue `q` (or `q.fifo`) and the unmodified client. */
export async function withQueue(
  more: Partial<CreateQueueCommandInput> = {},
  clock: Clock = createSystemClock(),
): Promise<Sqs> {
  const { url, queues } = await aServedHouse([], { clock });
  const credentials = { accessKeyId: "any", secretAccessKey: "any" };
  const client = new SQSClient({ endpoint: url, region: "us-east-1", credentials, maxAttempts: 1 });
  onTestFinished(() => client.destroy());
  const { QueueUrl = "" } = await client.send(new CreateQueueCommand({ QueueName: "q", ...more }));
  return { client, url, QueueUrl, queues };
}

/** One receive; undefined: no message. */
export async function received(
  { client, QueueUrl }: Sqs,
  more: Omit<ReceiveMessageCommandInput, "QueueUrl"> = {},
): Promise<Message[] | undefined> {
  const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl, ...more }));
  return Messages;
}
