// Our own cap on function threads, as mappings on queues meet it on a real server: while long calls of one mapping hold every thread, the
// others receive nothing, so no receive count rises, no message goes to the queue for dead letters, and groups keep their order (P-25, Q-21).

import { CreateQueueCommand, ReceiveMessageCommand, SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { SQSRecord } from "aws-lambda";
import { expect, onTestFinished, test } from "vitest";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { mapped } from "./support/aws-clients.ts";
import { aHouse } from "./support/house.ts";
import { inTime, queueArn } from "./support/live-server.ts";
import { aGate, goOn } from "./support/witness.ts";

function sqsAt(endpoint: string) {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new SQSClient({ region: "us-east-1", credentials, maxAttempts: 1, endpoint });
  onTestFinished(() => client.destroy());
  return {
    async queue(QueueName: string, Attributes: Record<string, string> = {}): Promise<string> {
      return (await client.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? "";
    },
    async send(QueueUrl: string, bodies: readonly string[], group?: string): Promise<void> {
      const own = group === undefined ? {} : { MessageGroupId: group };
      const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody, ...own }));
      await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    },
    async receive(QueueUrl: string, VisibilityTimeout: number, WaitTimeSeconds: number): Promise<readonly unknown[]> {
      const { Messages } = await client.send(
        new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout, WaitTimeSeconds, MaxNumberOfMessages: 10 }),
      );
      return Messages ?? [];
    },
  };
}

const messages = (deliveries: readonly { readonly event: { readonly Records: readonly unknown[] } }[]) =>
  deliveries.flatMap(({ event }) => event.Records as readonly SQSRecord[]);

test.for(["the embedded store", "Redis"] as const)(
  "P-25, Q-21: messages that come while every thread is taken for longer than their visibility are called once, in order, on %s",
  { timeout: 120_000 },
  async (store) => {
    let members: Record<string, unknown> = { maxFunctionThreads: 2 };
    if (store === "Redis") {
      const redis = await startBroker("redis", { own: true, durable: true });
      onTestFinished(() => redis.stop());
      members = { ...members, brokers: { redis: { url: redis.url } } };
    }
    const { witness, server, lambda } = await aHouse({
      members,
      names: ["long", "one", "steps"],
      function: (name) => ({ Timeout: name === "long" ? 60 : 2 }),
    });
    const sqs = sqsAt(server.url);
    const short = { VisibilityTimeout: "3" };
    const redrive = (name: string) => ({
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn(name), maxReceiveCount: 1 }),
    });
    const fifo = { FifoQueue: "true", ContentBasedDeduplication: "true" };
    const longUrl = await sqs.queue("long", { VisibilityTimeout: "120" });
    const deadUrl = await sqs.queue("dead");
    const deadFifoUrl = await sqs.queue("dead.fifo", fifo);
    const oneUrl = await sqs.queue("one", { ...short, ...redrive("dead") });
    const stepsUrl = await sqs.queue("steps.fifo", { ...fifo, ...short, ...redrive("dead.fifo") });
    const clockUrl = await sqs.queue("clock");
    const gate = aGate();
    witness.orders(async (delivery) => {
      if (messages([delivery]).some(({ body }) => body.startsWith("long"))) await gate.opened;
      return goOn;
    });
    for (const [queue, FunctionName] of [
      ["long", "long"],
      ["one", "one"],
      ["steps.fifo", "steps"],
    ] as const)
      await mapped(server, lambda, { EventSourceArn: queueArn(queue), FunctionName, BatchSize: 1 });
    await sqs.send(longUrl, ["long 1", "long 2"]);
    await witness.sees((all) => all.length === 2);
    await server.log.entry(({ kind }) => kind === "no-thread");
    const bodies = ["m0", "m1", "m2", "m3"];
    await sqs.send(oneUrl, bodies);
    await sqs.send(stepsUrl, bodies, "g");
    // The store's own clock: a message that was received before comes back after more than their visibility.
    await sqs.send(clockUrl, ["tick"]);
    expect(await sqs.receive(clockUrl, 5, 5)).toHaveLength(1);
    expect(await sqs.receive(clockUrl, 5, 15)).toHaveLength(1);
    expect(witness.deliveries).toHaveLength(2);
    gate.open();
    await expect.poll(() => witness.deliveries.length, inTime).toBe(10);
    const seen = messages(witness.deliveries).filter(({ body }) => !body.startsWith("long"));
    expect(seen.map(({ attributes }) => attributes.ApproximateReceiveCount)).toEqual(seen.map(() => "1"));
    const steps = seen.filter(({ attributes }) => attributes.MessageGroupId === "g");
    expect(steps.map(({ body }) => body)).toEqual(bodies);
    expect(await sqs.receive(deadUrl, 0, 0)).toEqual([]);
    expect(await sqs.receive(deadFifoUrl, 0, 0)).toEqual([]);
  },
);
