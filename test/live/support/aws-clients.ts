// The unmodified AWS clients, as an app makes them, and the few calls that every test makes with them.

import { KinesisClient, PutRecordsCommand, type PutRecordsResultEntry } from "@aws-sdk/client-kinesis";
import {
  CreateEventSourceMappingCommand,
  type CreateEventSourceMappingCommandInput,
  type EventSourceMappingConfiguration,
  LambdaClient,
  UpdateEventSourceMappingCommand,
  type UpdateEventSourceMappingCommandInput,
} from "@aws-sdk/client-lambda";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  type QueueAttributeName,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { onTestFinished } from "vitest";
import type { EntryLog } from "./entry-log.ts";

const common = { region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 };

export function lambdaAt(endpoint: string): LambdaClient {
  const client = new LambdaClient({ ...common, endpoint });
  onTestFinished(() => client.destroy());
  return client;
}

export function kinesisAt(endpoint: string): KinesisClient {
  const client = new KinesisClient({ ...common, endpoint });
  onTestFinished(() => client.destroy());
  return client;
}

export function sqsAt(endpoint: string): SQSClient {
  const client = new SQSClient({ ...common, endpoint });
  onTestFinished(() => client.destroy());
  return client;
}

/** Makes a queue, or finds it; its URL. */
export async function queueAt(
  client: SQSClient,
  name: string,
  attributes: Partial<Record<QueueAttributeName, string>> = {},
): Promise<string> {
  const { QueueUrl = "" } = await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  return QueueUrl;
}

export interface NewMessageText {
  readonly body: string;
  /** FIFO: the body is the deduplication id then. */
  readonly group?: string;
}

const MOST_AT_ONCE = 8;

/** Sends ten a call, some calls at a time, those of a group one after another where `isInOrder`; the ids, in order. Fails where one is refused. */
export async function sendAll(
  client: SQSClient,
  url: string,
  messages: readonly NewMessageText[],
  { isInOrder = false }: { readonly isInOrder?: boolean } = {},
): Promise<readonly string[]> {
  const ids: string[] = [];
  const calls = Array.from({ length: Math.ceil(messages.length / 10) }, (_, index) => index * 10);
  const sendFrom = async (from: number): Promise<void> => {
    const entries = messages.slice(from, from + 10).map(({ body, group }, index) => ({
      Id: `${index}`,
      MessageBody: body,
      ...(group === undefined ? {} : { MessageGroupId: group, MessageDeduplicationId: body }),
    }));
    const { Successful = [], Failed = [] } = await client.send(
      new SendMessageBatchCommand({ QueueUrl: url, Entries: entries }),
    );
    if (Failed.length > 0) throw new Error(`refused: ${Failed[0]?.Message}`);
    for (const { Id, MessageId = "" } of Successful) ids[from + Number(Id)] = MessageId;
  };
  const oneAfterAnother = async (): Promise<void> => {
    for (let from = calls.shift(); from !== undefined; from = calls.shift()) await sendFrom(from);
  };
  await Promise.all(Array.from({ length: isInOrder ? 1 : MOST_AT_ONCE }, oneAfterAnother));
  return ids;
}

/** Messages that lie in a queue, whatever their state. */
export async function countIn(client: SQSClient, url: string): Promise<number> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }),
  );
  const names = ["", "NotVisible", "Delayed"].map((state) => `ApproximateNumberOfMessages${state}` as const);
  return names.reduce((sum, name) => sum + Number(Attributes[name as QueueAttributeName] ?? 0), 0);
}

export interface NewText {
  readonly text: string;
  /** Default: the text itself. */
  readonly key?: string;
}

/** Puts records in one call; their answers, in order. */
export async function put(
  client: KinesisClient,
  stream: string,
  records: readonly (string | NewText)[],
): Promise<readonly PutRecordsResultEntry[]> {
  const answer = await client.send(
    new PutRecordsCommand({
      StreamName: stream,
      Records: records.map((each) => {
        const { text, key = text } = typeof each === "string" ? { text: each } : each;
        return { PartitionKey: key, Data: Buffer.from(text) };
      }),
    }),
  );
  return answer.Records ?? [];
}

interface House {
  readonly url: string;
  readonly log: EntryLog;
}

/** Creates a mapping and waits until it is Enabled; its UUID. */
export async function mapped(
  { log }: House,
  client: LambdaClient,
  input: CreateEventSourceMappingCommandInput,
): Promise<string> {
  const { UUID = "" } = await client.send(new CreateEventSourceMappingCommand(input));
  await log.state(UUID, input.Enabled === false ? "Disabled" : "Enabled");
  return UUID;
}

/** Updates a mapping and waits until it has come to rest in `state`. */
export async function updated(
  { log }: House,
  client: LambdaClient,
  given: UpdateEventSourceMappingCommandInput & { readonly state: string },
): Promise<EventSourceMappingConfiguration> {
  const mark = log.entries.length;
  const { state, ...input } = given;
  const answer = await client.send(new UpdateEventSourceMappingCommand(input));
  await log.state(input.UUID ?? "", state, mark);
  return answer;
}
