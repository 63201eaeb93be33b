// The whole story of a poison message through the front door alone, by AWS's own clients: a queue with one for its dead letters, a mapping,
// a handler that fails, and the move back once it is mended. The same on both stores.

import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from "@aws-sdk/client-sqs";
import type { SQSRecord } from "aws-lambda";
import { describe, expect, onTestFinished, test } from "vitest";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { mapped } from "./support/aws-clients.ts";
import { aHouse } from "./support/house.ts";
import { inTime, queueArn } from "./support/live-server.ts";
import type { Delivery } from "./support/witness.ts";

const recordsOf = ({ event }: Delivery): readonly SQSRecord[] =>
  event.Records as readonly unknown[] as readonly SQSRecord[];
const bodiesOf = (deliveries: readonly Delivery[]): readonly string[] =>
  deliveries.flatMap((each) => recordsOf(each).map(({ body }) => body));
const timesOf = (deliveries: readonly Delivery[], body: string): number =>
  bodiesOf(deliveries).filter((each) => each === body).length;

type Store = "the embedded store" | "Redis";

/** A house with a function of two seconds, and the queues `jobs`, and `dead`, which takes what failed twice. */
async function aStory(store: Store) {
  const redis = store === "Redis" ? await startBroker("redis", { own: true }) : null;
  if (redis !== null) onTestFinished(() => redis.stop());
  const house = await aHouse({
    function: { Timeout: 2 },
    members: redis === null ? {} : { brokers: { redis: { url: redis.url } } },
  });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const sqs = new SQSClient({ region: "us-east-1", credentials, maxAttempts: 1, endpoint: house.server.url });
  onTestFinished(() => sqs.destroy());
  const create = async (QueueName: string, Attributes: Record<string, string> = {}) =>
    (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? "";
  const dead = await create("dead");
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: queueArn("dead"), maxReceiveCount: 2 });
  const jobs = await create("jobs", { VisibilityTimeout: "60", RedrivePolicy });
  await mapped(house.server, house.lambda, { EventSourceArn: queueArn("jobs"), FunctionName: "f", BatchSize: 1 });
  const send = (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl: jobs, MessageBody }));
  const left = async (QueueUrl: string): Promise<number> => {
    const names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
    const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] });
    const { Attributes = {} } = await sqs.send(asked);
    return names.reduce((sum, name) => sum + Number(Attributes[name]), 0);
  };
  return { ...house, sqs, dead, jobs, send, left };
}

describe.each<Store>(["the embedded store", "Redis"])("queues in %s", (store) => {
  test("Q-12, Q-40, Q-43: a poison message is tried twice, lies in the other queue, and is handled once it is moved back", async () => {
    const { witness, sqs, dead, jobs, send, left } = await aStory(store);
    witness.orders((delivery) =>
      bodiesOf([delivery]).includes("poison") ? { do: "throw", message: "bad" } : { do: "return", value: null },
    );
    // Once the function's thread has begun, a short visibility is long enough for each call.
    await Promise.all(["one", "two"].map(send));
    await expect.poll(() => left(jobs), inTime).toBe(0);
    const Attributes = { VisibilityTimeout: "2" };
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: jobs, Attributes }));
    await send("poison");
    await expect.poll(() => left(dead), inTime).toBe(1);
    expect(await left(jobs)).toBe(0);
    expect(bodiesOf(witness.deliveries).toSorted()).toEqual(["one", "poison", "poison", "two"]);
    const counts = witness.deliveries.flatMap((each) =>
      recordsOf(each).flatMap(({ body, attributes }) =>
        body === "poison" ? [attributes.ApproximateReceiveCount] : [],
      ),
    );
    expect(counts).toEqual(["1", "2"]);

    witness.orders(() => ({ do: "return", value: null }));
    await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: queueArn("dead") }));
    await witness.sees((all) => timesOf(all, "poison") === 3);
    await expect.poll(async () => [await left(dead), await left(jobs)], inTime).toEqual([0, 0]);
    const listed = async () =>
      (await sqs.send(new ListMessageMoveTasksCommand({ SourceArn: queueArn("dead") }))).Results;
    await expect.poll(listed, inTime).toMatchObject([{ Status: "COMPLETED", ApproximateNumberOfMessagesMoved: 1 }]);
  });

  test("Q-8, Q-19: a handler that deletes its message by the event's handle, and fails then, does not see it again", async () => {
    const { witness, sqs, jobs, dead, send, left } = await aStory(store);
    witness.orders(async (delivery) => {
      const [record] = recordsOf(delivery);
      if (record?.body !== "mine") return { do: "return", value: null };
      await sqs.send(new DeleteMessageCommand({ QueueUrl: jobs, ReceiptHandle: record.receiptHandle }));
      return { do: "throw", message: "after all" };
    });
    await send("mine");
    await witness.sees((all) => timesOf(all, "mine") === 1);
    await expect.poll(() => left(jobs), inTime).toBe(0);
    expect(await left(dead)).toBe(0);
  });
});
