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
