// Dead letters at the door: policies with their refusals, the queues that name one as theirs, and the tasks that move messages back.

import {
  CancelMessageMoveTaskCommand,
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  StartMessageMoveTaskCommand,
  type StartMessageMoveTaskCommandInput,
} from "@aws-sdk/client-sqs";
import { describe, expect, test } from "vitest";
import { received, type Sqs, withQueue } from "./doubles/sqs-house.ts";

const arnOf = (name: string) => `arn:aws:sqs:us-east-1:123456789012:${name}`;
const policy = (name: string, maxReceiveCount: unknown = 1) =>
  JSON.stringify({ deadLetterTargetArn: arnOf(name), maxReceiveCount });

interface Pair extends Sqs {
  readonly dead: Sqs;
  readonly create: (name: string, attributes?: Record<string, string>) => Promise<string>;
}

/** `q` with the queue `dead` for its dead letters, which takes what was received once. */
async function aPair(): Promise<Pair> {
  const sqs = await withQueue();
  const create = async (QueueName: string, Attributes: Record<string, string> = {}) =>
    (await sqs.client.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? "";
  const dead = { ...sqs, QueueUrl: await create("dead") };
  const { client, QueueUrl } = sqs;
  const Attributes = { RedrivePolicy: policy("dead"), VisibilityTimeout: "0" };
  await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  return { ...sqs, dead, create };
}

/** Sends `count` messages and lets them die. */
async function deadLetters(pair: Pair, count: number): Promise<void> {
  const { client, QueueUrl, queues } = pair;
  for (let index = 1; index <= count; index += 1) {
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: `m${index}` }));
  }
  await received(pair, { MaxNumberOfMessages: 10 });
  await received(pair, { MaxNumberOfMessages: 10 });
  expect(await queues.countMessages("dead")).toMatchObject({ visibleCount: count });
}

const starter =
  ({ client }: Sqs) =>
  (more: Partial<StartMessageMoveTaskCommandInput> = {}) =>
    client.send(new StartMessageMoveTaskCommand({ SourceArn: arnOf("dead"), ...more }));

async function tasks({ client }: Sqs, MaxResults = 10) {
  const asked = new ListMessageMoveTasksCommand({ SourceArn: arnOf("dead"), MaxResults });
  return (await client.send(asked)).Results ?? [];
}

describe("redrive policies", () => {
  test("what cannot be is told in AWS's words", async () => {
    const { client, QueueUrl, create } = await aPair();
    await create("other.fifo", { FifoQueue: "true" });
    await create("closed", { RedriveAllowPolicy: JSON.stringify({ redrivePermission: "denyAll" }) });
    const refusal = async (RedrivePolicy: string, reason: RegExp) => {
      const command = new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy } });
      await expect(client.send(command)).rejects.toMatchObject({
        name: "InvalidParameterValue",
        message: expect.stringMatching(reason),
      });
    };
    await refusal("x", /^Value x for parameter RedrivePolicy is invalid. Reason: .*not a valid JSON map\.$/);
    const dummy = '{"deadLetterTargetArn": "dummy", "maxReceiveCount": 42}';
    await refusal(dummy, /Reason: Invalid value for deadLetterTargetArn\.$/);
    await refusal(JSON.stringify({ maxReceiveCount: 1 }), /mandatory attribute: deadLetterTargetArn\.$/);
    await refusal(policy("dead", 0), /maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive\.$/);
    await refusal(policy("dead", "1001"), /maxReceiveCount: "1001", valid values/);
    await refusal(policy("q"), /Reason: A queue cannot be its own dead-letter queue\.$/);
    await refusal(policy("nowhere"), /Reason: Dead letter target does not exist\.$/);
    await refusal(policy("other.fifo"), /same type of queue/);
    await refusal(policy("closed"), /RedriveAllowPolicy does not allow/);
    await expect(create("new", { RedrivePolicy: policy("nowhere") })).rejects.toMatchObject({
      message: expect.stringMatching(/Dead letter target does not exist/),
    });
    await expect(create("new", { RedriveAllowPolicy: '{"redrivePermission":"byQueue"}' })).rejects.toMatchObject({
      message: expect.stringMatching(/^Value .* for parameter RedriveAllowPolicy is invalid/),
    });
  });

  test("Q-12, Q-40: a message that was received so often is found in the other queue, which knows where it came from", async () => {
    const pair = await aPair();
    const { client, QueueUrl, dead } = pair;
    await deadLetters(pair, 1);
    const [message] = (await received(dead, { MessageSystemAttributeNames: ["All"] })) ?? [];
    expect(message).toMatchObject({ Body: "m1", Attributes: { DeadLetterQueueSourceArn: arnOf("q") } });
    const sources = await client.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead.QueueUrl }));
    expect(sources.queueUrls).toEqual([QueueUrl]);
    expect((await client.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl }))).queueUrls).toEqual([]);
    const shown = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["RedrivePolicy"] });
    expect((await client.send(shown)).Attributes).toEqual({ RedrivePolicy: policy("dead") });
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy: "" } }));
    expect((await client.send(shown)).Attributes).toBeUndefined();
  });

  test("who may send dead letters is shown as it was said", async () => {
    const { client, dead } = await aPair();
    const { QueueUrl } = dead;
    const set = async (RedriveAllowPolicy: string) => {
      await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedriveAllowPolicy } }));
      const shown = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["RedriveAllowPolicy"] });
      return (await client.send(shown)).Attributes?.["RedriveAllowPolicy"];
    };
    for (const said of [
      { redrivePermission: "allowAll" },
      { redrivePermission: "denyAll" },
      { redrivePermission: "byQueue", sourceQueueArns: [arnOf("q")] },
    ]) {
      expect(await set(JSON.stringify(said))).toBe(JSON.stringify(said));
    }
    expect(await set("")).toBeUndefined();
  });
});

describe("move tasks", () => {
  test("Q-43: all messages go back to the queues that they came from", async () => {
    const pair = await aPair();
    await deadLetters(pair, 3);
    const { TaskHandle } = await starter(pair)();
    expect(TaskHandle).toMatch(/^[\w+/=]+$/);
    await expect.poll(async () => (await tasks(pair))[0]?.Status).toBe("COMPLETED");
    const [task] = await tasks(pair);
    expect(task).toEqual({
      Status: "COMPLETED",
      SourceArn: arnOf("dead"),
      ApproximateNumberOfMessagesMoved: 3,
      ApproximateNumberOfMessagesToMove: 3,
      StartedTimestamp: expect.any(Number),
    });
    expect(await pair.queues.countMessages("q")).toMatchObject({ visibleCount: 3 });
    expect(await pair.queues.countMessages("dead")).toMatchObject({ visibleCount: 0 });
  });

  test("one task of a queue runs at a time; a cancelled one leaves the rest where it was", async () => {
    const pair = await aPair();
    const { client, create, queues } = pair;
    await create("aside");
    await deadLetters(pair, 5);
    const start = starter(pair);
    const slow = { DestinationArn: arnOf("aside"), MaxNumberOfMessagesPerSecond: 1 };
    const { TaskHandle } = await start(slow);
    await expect(start(slow)).rejects.toMatchObject({
      name: "InvalidParameterValue",
      message:
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
    });
    expect((await tasks(pair))[0]).toMatchObject({ TaskHandle, Status: "RUNNING", MaxNumberOfMessagesPerSecond: 1 });
    const cancelled = await client.send(new CancelMessageMoveTaskCommand({ TaskHandle }));
    const moved = cancelled.ApproximateNumberOfMessagesMoved ?? -1;
    const [task] = await tasks(pair);
    expect(task).toMatchObject({ Status: "CANCELLED", ApproximateNumberOfMessagesMoved: moved });
    expect(task).not.toHaveProperty("TaskHandle");
    const [there, left] = await Promise.all([queues.countMessages("aside"), queues.countMessages("dead")]);
    expect([there?.visibleCount, left?.visibleCount]).toEqual([moved, 5 - moved]);
    await expect(client.send(new CancelMessageMoveTaskCommand({ TaskHandle }))).rejects.toMatchObject({
      name: "UnsupportedOperation",
    });
    await start({ DestinationArn: arnOf("aside") });
    const statuses = async () => (await tasks(pair)).map(({ Status }) => Status);
    await expect.poll(statuses).toEqual(["COMPLETED", "CANCELLED"]);
    expect((await queues.countMessages("aside"))?.visibleCount).toBe(5);
  });

  test("a task whose messages have nowhere to go fails, and says why", async () => {
    const pair = await aPair();
    const { client, dead, create, queues } = pair;
    await client.send(new SendMessageCommand({ QueueUrl: dead.QueueUrl, MessageBody: "sent here" }));
    await starter(pair)();
    await expect.poll(async () => (await tasks(pair))[0]?.FailureReason).toBe("CouldNotDetermineMessageSource");
    const QueueUrl = await create("gone");
    await client.send(new SendMessageCommand({ QueueUrl: dead.QueueUrl, MessageBody: "sent here, too" }));
    await starter(pair)({ DestinationArn: arnOf("gone"), MaxNumberOfMessagesPerSecond: 1 });
    await client.send(new DeleteQueueCommand({ QueueUrl }));
    await expect.poll(async () => (await tasks(pair))[0]?.Status, { timeout: 5_000 }).toBe("FAILED");
    expect((await tasks(pair))[0]?.FailureReason).toBe("AWS.SimpleQueueService.NonExistentQueue");
    expect((await queues.countMessages("dead"))?.visibleCount).toBeGreaterThan(0);
  });

  test("what cannot be is told in AWS's words", async () => {
    const pair = await aPair();
    const { client } = pair;
    const start = starter(pair);
    const missing = (member: string) => ({
      name: "ResourceNotFoundException",
      message: `The resource that you specified for the ${member} parameter doesn't exist.`,
      $metadata: { httpStatusCode: 404 },
    });
    await expect(start({ SourceArn: arnOf("q") })).rejects.toMatchObject({
      message: "Source queue must be configured as a Dead Letter Queue.",
    });
    await expect(start({ SourceArn: arnOf("none") })).rejects.toMatchObject(missing("SourceArn"));
    await expect(start({ DestinationArn: arnOf("none") })).rejects.toMatchObject(missing("DestinationArn"));
    await expect(start({ SourceArn: "dead" })).rejects.toMatchObject({
      message: expect.stringMatching(/^You must use this format to specify the SourceArn: arn:/),
    });
    await expect(start({ MaxNumberOfMessagesPerSecond: 501 })).rejects.toMatchObject({ name: "InvalidParameterValue" });
    const cancel = (handle: unknown) => {
      const text = typeof handle === "string" ? handle : JSON.stringify(handle);
      return client.send(new CancelMessageMoveTaskCommand({ TaskHandle: Buffer.from(text).toString("base64") }));
    };
    await expect(cancel("made up")).rejects.toMatchObject({ message: "Value for parameter TaskHandle is invalid." });
    await expect(cancel({ taskId: "x", sourceArn: arnOf("none") })).rejects.toMatchObject(missing("SourceArn"));
    await expect(cancel({ taskId: "x", sourceArn: arnOf("dead") })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Task does not exist.",
    });
  });
});
