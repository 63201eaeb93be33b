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
import { aServedHouse } from "./served.ts";

export interface Sqs {
  readonly client: SQSClient;
  readonly url: string;
  readonly QueueUrl: string;
}

/** A server over a real store, with the queue `q` and the unmodified client. */
export async function withQueue(more: Omit<CreateQueueCommandInput, "QueueName"> = {}): Promise<Sqs> {
  const { url } = await aServedHouse();
  const credentials = { accessKeyId: "any", secretAccessKey: "any" };
  const client = new SQSClient({ endpoint: url, region: "us-east-1", credentials, maxAttempts: 1 });
  onTestFinished(() => client.destroy());
  const { QueueUrl = "" } = await client.send(new CreateQueueCommand({ QueueName: "q", ...more }));
  return { client, url, QueueUrl };
}

/** One receive; undefined: no message. */
export async function received(
  { client, QueueUrl }: Sqs,
  more: Omit<ReceiveMessageCommandInput, "QueueUrl"> = {},
): Promise<Message[] | undefined> {
  const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl, ...more }));
  return Messages;
}
