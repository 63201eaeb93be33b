// Destinations as the dashboard reads them back, and what it does with them: resend, redrive and purge.

import { CreateQueueCommand, SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lambdaAt, mapped, put, sqsAt } from "./support/aws-clients.ts";
import { aHouse, base } from "./support/house.ts";
import { aFolder, aServer, inTime, queueArn } from "./support/live-server.ts";
import type { Decide } from "./support/witness.ts";

interface Contents {
  readonly documents: readonly {
    readonly id: string;
    readonly body: string;
    readonly isResendable: boolean;
    readonly why: string;
  }[];
  readonly note: string;
}

async function ask<T>(
  url: string,
  page: string,
  body?: object,
): Promise<{ readonly status: number; readonly body: T }> {
  const answer = await fetch(
    `${url}/_millrace/${page}`,
    body === undefined ? {} : { method: "POST", body: JSON.stringify(body) },
  );
  return { status: answer.status, body: JSON.parse(await answer.text()) as T };
}

const documentsOf = async (url: string, destination: string): Promise<Contents> =>
  (await ask<Contents>(url, `documents?destination=${encodeURIComponent(destination)}`)).body;

const resend = (url: string, destination: string, id: string) =>
  ask<{ readonly sentCount?: number; readonly code?: string; readonly message?: string }>(url, "documents/resend", {
    destination,
    id,
  });

/** Fails what has a poison in it, until `isHealed`. */
const failing =
  (isHealed: () => boolean): Decide =>
  ({ texts }) =>
    texts.some((text) => text.includes("poison")) && !isHealed()
      ? { do: "throw", message: "bad" }
      : { do: "return", value: null };

test("O-2: a queue's document names records of one lane of a shard, and exactly those are put into the stream again", async () => {
  const { witness, server, lambda, kinesis } = await aHouse({
    members: { queues: ["failed"], streams: { orders: { shards: 1 } } },
  });
  let isHealed = false;
  witness.orders(failing(() => isHealed));
  await mapped(server, lambda, {
    ...base,
    BatchSize: 10,
    ParallelizationFactor: 4,
    MaximumRetryAttempts: 0,
    MaximumBatchingWindowInSeconds: 1,
    DestinationConfig: { OnFailure: { Destination: queueArn("failed") } },
  });
  const keyed = Array.from({ length: 12 }, (_, at) => ({ text: `poison ${at}`, key: `key-${at % 6}` }));
  await put(kinesis, "orders", keyed);
  await expect
    .poll(async () => {
      const bodies = await server.messages("failed");
      return bodies.reduce((sum, body) => sum + Number(JSON.parse(body).KinesisBatchInfo.batchSize), 0);
    }, inTime)
    .toBe(12);
  isHealed = true;
  const before = witness.texts().length;
  const { documents } = await documentsOf(server.url, queueArn("failed"));
  expect(documents.every(({ isResendable }) => isResendable)).toBe(true);
  let sentCount = 0;
  for (const { id } of documents) sentCount += (await resend(server.url, queueArn("failed"), id)).body.sentCount ?? 0;
  expect(sentCount).toBe(12);
  await expect.poll(() => witness.texts().length - before, inTime).toBe(12);
  expect(witness.texts().slice(before).toSorted()).toEqual(keyed.map(({ text }) => text).toSorted());
  // The documents stay.
  expect((await documentsOf(server.url, queueArn("failed"))).documents).toHaveLength(documents.length);
});

test("O-10: an object of a bucket is sent again by its key, and one that is not there is told", async () => {
  const { witness, server, lambda, kinesis } = await aHouse({
    members: { buckets: ["given-up"], streams: { orders: { shards: 1 } } },
  });
  let isHealed = false;
  witness.orders(failing(() => isHealed));
  const destination = "arn:aws:s3:::given-up";
  await mapped(server, lambda, {
    ...base,
    MaximumRetryAttempts: 0,
    DestinationConfig: { OnFailure: { Destination: destination } },
  });
  await put(kinesis, "orders", ["poison"]);
  await expect.poll(async () => (await documentsOf(server.url, destination)).documents.length, inTime).toBe(1);
  isHealed = true;
  const [document] = (await documentsOf(server.url, destination)).documents;
  const missing = await resend(server.url, destination, "aws/lambda/no-such");
  expect(missing).toMatchObject({ status: 404, body: { code: "gone" } });
  const resent = await resend(server.url, destination, document?.id ?? "");
  expect(resent).toMatchObject({ status: 200, body: { sentCount: 1, to: "kinesis:orders" } });
  await expect.poll(() => witness.texts(), inTime).toEqual(["poison", "poison"]);
});

test("what cannot be sent again says why, and nothing is sent", async () => {
  const { server, lambda, kinesis, witness } = await aHouse({ members: { queues: ["failed"] } });
  witness.orders(() => ({ do: "throw", message: "bad" }));
  await mapped(server, lambda, {
    ...base,
    MaximumRetryAttempts: 0,
    DestinationConfig: { OnFailure: { Destination: queueArn("failed") } },
  });
  await put(kinesis, "orders", ["a"]);
  await expect.poll(() => server.messages("failed"), inTime).toHaveLength(1);
  const client = sqsAt(server.url);
  const url = `${server.url}/000000000000/failed`;
  const [document = ""] = await server.messages("failed");
  const gone = document.replaceAll(/shardId-\d+/g, "shardId-000000000009");
  await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "hello" }));
  await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: gone }));
  const { documents } = await documentsOf(server.url, queueArn("failed"));
  expect(documents.map(({ isResendable }) => isResendable)).toEqual([true, false, true]);
  expect(documents[1]?.why).toBe("it is no document of a batch that was given up");
  expect(await resend(server.url, queueArn("failed"), documents[1]?.id ?? "")).toMatchObject({
    status: 409,
    body: { code: "not-resendable" },
  });
  expect(await resend(server.url, queueArn("failed"), documents[2]?.id ?? "")).toMatchObject({
    status: 409,
    body: { code: "gone", message: expect.stringContaining("0 of the 1 records are still in the stream") },
  });
  expect((await ask(server.url, "documents?destination=nonsense")).status).toBe(404);
  expect((await documentsOf(server.url, queueArn("nobody"))).note).toContain("There is no queue nobody");
  expect((await documentsOf(server.url, "arn:aws:sns:us-east-1:000000000000:alarms")).note).toContain(
    "A topic keeps nothing",
  );
});

test("a queue for dead letters is redriven to where its messages came from, and purged; AWS's refusals are told", async () => {
  const server = await aServer({
    queues: ["dead", { name: "orders", RedrivePolicy: { deadLetterTargetArn: queueArn("dead"), maxReceiveCount: 1 } }],
  });
  const client: SQSClient = sqsAt(server.url);
  const send = (queue: string, MessageBody: string) =>
    client.send(new SendMessageCommand({ QueueUrl: `${server.url}/000000000000/${queue}`, MessageBody }));
  await client.send(new CreateQueueCommand({ QueueName: "plain" }));
  expect(await ask(server.url, "queues/plain/redrive", {})).toMatchObject({
    status: 409,
    body: {
      code: "InvalidParameterValueException",
      message: "Source queue must be configured as a Dead Letter Queue.",
    },
  });
  await send("orders", "one");
  const taken = async () => {
    const answer = await fetch(server.url, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ReceiveMessage" },
      body: JSON.stringify({ QueueUrl: `${server.url}/000000000000/orders`, VisibilityTimeout: 0 }),
    });
    await answer.text();
    return server.messages("dead");
  };
  await expect.poll(taken, inTime).toEqual(["one"]);
  expect((await ask(server.url, "queues/dead/redrive", {})).status).toBe(200);
  await expect.poll(() => server.messages("orders"), inTime).toEqual(["one"]);
  await send("dead", "two");
  expect((await ask(server.url, "queues/dead/purge", {})).status).toBe(200);
  expect(await server.messages("dead")).toEqual([]);
  expect(await ask(server.url, "queues/nobody/purge", {})).toMatchObject({
    status: 409,
    body: { code: "QueueDoesNotExist" },
  });
});

test("O-3: a change of a table goes into the table's stream once more, as it was", async () => {
  const { witness, server, lambda } = await aHouse({ members: { queues: ["failed"] } });
  const changes: string[] = [];
  witness.orders(({ event }) => {
    changes.push(JSON.stringify(Reflect.get(Object(event.Records[0]), "dynamodb")));
    return changes.length === 1 ? { do: "throw", message: "bad" } : { do: "return", value: null };
  });
  const call = async (operation: string, body: object) => {
    const answer = await fetch(server.url, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `DynamoDB_20120810.${operation}` },
      body: JSON.stringify(body),
    });
    return JSON.parse(await answer.text());
  };
  const { TableDescription: table } = await call("CreateTable", {
    TableName: "baskets",
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    BillingMode: "PAY_PER_REQUEST",
    StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
  });
  await mapped(server, lambda, {
    ...base,
    EventSourceArn: table.LatestStreamArn,
    MaximumRetryAttempts: 0,
    DestinationConfig: { OnFailure: { Destination: queueArn("failed") } },
  });
  await call("PutItem", { TableName: "baskets", Item: { id: { S: "one" } } });
  await expect.poll(() => server.messages("failed"), inTime).toHaveLength(1);
  const [document] = (await documentsOf(server.url, queueArn("failed"))).documents;
  expect(await resend(server.url, queueArn("failed"), document?.id ?? "")).toMatchObject({
    status: 200,
    body: { sentCount: 1, to: "dynamodb:baskets" },
  });
  await expect.poll(() => changes.length, inTime).toBe(2);
  const [first, second] = changes.map((text) => JSON.parse(text));
  expect(second).toMatchObject({ Keys: first.Keys, NewImage: first.NewImage, SizeBytes: first.SizeBytes });
  expect(second.SequenceNumber).not.toBe(first.SequenceNumber);
});

test("M-424: messages of a topic of Kafka are read back, and each record goes to its own partition again", async () => {
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const arn = "arn:aws:kafka:us-east-1:000000000000:cluster/shop/f3bb8a1e-0a0e-4c3c-9d3a-111111111111-1";
  const server = await aServer(
    {
      sources: { [arn]: { engine: "KAFKA" } },
      functions: { f: { Handler: "kafka-failing.book", Environment: { Variables: { LEDGER: ledger } } } },
    },
    { folder },
  );
  const produce = async (topic: string, body: object) => {
    const sent = await ask(server.url, `kafka/shop/${topic}`, body);
    expect(sent.status).toBe(200);
  };
  await produce("dead", { partitions: 1, records: [{ value: "by hand" }] });
  await produce("orders", { partitions: 2, records: ["a", "b"].map((key) => ({ key, value: key, partition: 1 })) });
  await mapped(server, lambdaAt(server.url), {
    EventSourceArn: arn,
    FunctionName: "f",
    Topics: ["orders"],
    StartingPosition: "TRIM_HORIZON",
    MaximumRetryAttempts: 0,
    ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 1 },
    DestinationConfig: { OnFailure: { Destination: "kafka://dead" } },
  });
  await expect.poll(async () => (await documentsOf(server.url, "kafka://dead")).documents.length, inTime).toBe(3);
  const { documents } = await documentsOf(server.url, "kafka://dead");
  expect(documents.map(({ isResendable }) => isResendable)).toEqual([false, true, true]);
  const resent = await resend(server.url, "kafka://dead", documents[1]?.id ?? "");
  expect(resent).toMatchObject({ status: 200, body: { sentCount: 1, places: ["orders-1:2"] } });
  const seen = (): number => (existsSync(ledger) ? readFileSync(ledger, "utf8").split("\n").length - 1 : 0);
  await expect.poll(seen, inTime).toBeGreaterThan(1);
});

test("each action is refused by GET, and from another origin", async () => {
  const server = await aServer({ queues: ["failed"] });
  for (const page of ["documents/resend", "queues/failed/redrive", "queues/failed/purge"]) {
    expect((await fetch(`${server.url}/_millrace/${page}`)).status).toBe(404);
    const foreign = await fetch(`${server.url}/_millrace/${page}`, {
      method: "POST",
      headers: { origin: "https://elsewhere.example" },
      body: "{}",
    });
    expect(foreign.status).toBe(403);
  }
});
