// An app's own calls to a whole server, by the unmodified clients: what a mapping gave up is read from its queue, messages
// outlive the server, and secrets stay where they belong.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import { mapped, put } from "./support/aws-clients.ts";
import { aHouse, base } from "./support/house.ts";
import { aFolder, aServer, configIn, functionArn, inTime, queueArn, streamArn } from "./support/live-server.ts";
import { started } from "./support/process.ts";

const common = { region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 };

function sqsAt(endpoint: string): SQSClient {
  const client = new SQSClient({ ...common, endpoint });
  onTestFinished(() => client.destroy());
  return client;
}

async function queueUrl(sqs: SQSClient, QueueName: string): Promise<string> {
  return (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? "";
}

test("O-2: SQS's client waits for the document of what a mapping gave up, reads it and deletes it", async () => {
  const house = await aHouse({ members: { queues: ["failed"] } });
  const { server, lambda, kinesis, witness } = house;
  witness.orders(() => ({ do: "throw", message: "no" }));
  const OnFailure = { Destination: queueArn("failed") };
  await mapped(server, lambda, { ...base, MaximumRetryAttempts: 0, DestinationConfig: { OnFailure } });
  const sqs = sqsAt(server.url);
  const QueueUrl = await queueUrl(sqs, "failed");
  const waiting = sqs.send(
    new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20, MessageSystemAttributeNames: ["All"] }),
  );
  await put(kinesis, "orders", ["poison"]);
  const [message] = (await waiting).Messages ?? [];
  expect(JSON.parse(message?.Body ?? "")).toMatchObject({
    requestContext: { condition: "RetryAttemptsExhausted", functionArn: functionArn("f") },
    KinesisBatchInfo: { batchSize: 1, streamArn: streamArn("orders") },
  });
  expect(message?.Attributes).toMatchObject({ ApproximateReceiveCount: "1" });
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
  expect(await server.messages("failed")).toEqual([]);
});

test("queues, what they are set to, and messages outlive the server; a receive that waits does not hold a stop up", async () => {
  const folder = aFolder();
  const first = await aServer({}, { folder });
  const sqs = sqsAt(first.url);
  const Attributes = { VisibilityTimeout: "77" };
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: "kept", Attributes }));
  const MessageAttributes = { kind: { DataType: "String", StringValue: "order" } };
  const sent = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "one", MessageAttributes }));
  const { QueueUrl: emptyUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "empty" }));
  const waiting = sqs.send(new ReceiveMessageCommand({ QueueUrl: emptyUrl, WaitTimeSeconds: 20 }));
  // The call has arrived once a later one has been answered.
  await queueUrl(sqs, "kept");
  expect(await first.stop()).toEqual([]);
  expect((await waiting).Messages).toBeUndefined();

  const second = await aServer({}, { folder });
  const again = sqsAt(second.url);
  const url = await queueUrl(again, "kept");
  const attributes = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] });
  expect((await again.send(attributes)).Attributes).toMatchObject({ ...Attributes, ApproximateNumberOfMessages: "1" });
  const received = await again.send(new ReceiveMessageCommand({ QueueUrl: url, MessageAttributeNames: ["All"] }));
  expect(received.Messages).toMatchObject([{ Body: "one", MessageId: sent.MessageId, MessageAttributes }]);
});

test("D1: after kill -9 in the midst of sending and deleting, each message that was answered is as it was answered", async () => {
  const folder = aFolder();
  configIn(folder, { queues: ["q"] });
  const first = await started(folder);
  const sqs = sqsAt(first.url);
  const url = await queueUrl(sqs, "q");
  const [sent, deleted, asked] = [new Set<string>(), new Set<string>(), new Set<string>()];
  let isKilled = false;
  const send = async (writer: number): Promise<void> => {
    for (let count = 0; !isKilled; count += 1) {
      const { MessageId = "" } = await sqs.send(
        new SendMessageCommand({ QueueUrl: url, MessageBody: `${writer}.${count}` }),
      );
      sent.add(MessageId);
    }
  };
  const take = async (): Promise<void> => {
    while (!isKilled) {
      const receive = new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 1, MaxNumberOfMessages: 1 });
      for (const { MessageId = "", ReceiptHandle } of (await sqs.send(receive)).Messages ?? []) {
        asked.add(MessageId);
        await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
        deleted.add(MessageId);
      }
    }
  };
  // The kill cuts every loop's last call.
  const loops = Promise.allSettled([send(0), send(1), send(2), take(), take()]);
  await expect.poll(() => Math.min(sent.size - 100, deleted.size - 20), inTime).toBeGreaterThan(0);
  await first.kill();
  isKilled = true;
  await loops;

  const second = await started(folder);
  const left = new Set<string>();
  const again = sqsAt(second.url);
  const QueueUrl = await queueUrl(again, "q");
  const shown = await again.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
  const hiddenCount = Number(shown.Attributes?.["ApproximateNumberOfMessagesNotVisible"]);
  for (let isMore = true; isMore; ) {
    const { Messages = [] } = await again.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    for (const { MessageId = "" } of Messages) left.add(MessageId);
    isMore = Messages.length > 0;
  }
  const isCutOff = (id: string): boolean => asked.has(id) && !deleted.has(id);
  const missing = [...sent].filter((id) => !left.has(id) && !deleted.has(id) && !isCutOff(id));
  // Each of the two takers had at most one message in hand, of which it may not have heard.
  expect(hiddenCount).toBeLessThanOrEqual(2);
  expect(missing.length).toBeLessThanOrEqual(hiddenCount);
  expect([...deleted].filter((id) => left.has(id))).toEqual([]);
});

test("a secret reaches who asks for it, and stands nowhere in the state directory or in what is told", async () => {
  const value = "correct-horse-battery";
  const server = await aServer({ secrets: { "prod/db": { password: value } } });
  const client = new SecretsManagerClient({ ...common, endpoint: server.url });
  onTestFinished(() => client.destroy());
  const answer = await client.send(new GetSecretValueCommand({ SecretId: "prod/db" }));
  expect(JSON.parse(answer.SecretString ?? "")).toEqual({ password: value });
  const told = JSON.stringify(server.log.entries);
  await server.stop();
  const files = readdirSync(server.stateDir, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => readFileSync(join(each.parentPath, each.name), "latin1"));
  expect(files.length).toBeGreaterThan(1);
  expect([told, ...files].filter((text) => text.includes(value))).toEqual([]);
});
