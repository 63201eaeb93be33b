// On-failure documents that leave the server: SQS, SNS and S3 behind endpoints that the configuration names. A second server of ours is
// the real endpoint, reached by AWS's own clients and by nothing else.

import { expect, test } from "vitest";
import { kinesisAt, lambdaAt, mapped, put } from "./support/aws-clients.ts";
import { aServer, inTime, type LiveServer, queueArn, streamArn, toldBy, topicArn } from "./support/live-server.ts";
import { aWitness, type Decide, goOn } from "./support/witness.ts";

const poisoned: Decide = ({ texts }) => (texts.includes("poison") ? { do: "throw", message: "bad order" } : goOn);
const KEYS = { AWS_ACCESS_KEY_ID: "any", AWS_SECRET_ACCESS_KEY: "any" };

/** A server with a stream and a function that fails for poison, whose destinations are at `endpoint`. */
async function aSender(endpoint: string) {
  const witness = await aWitness();
  witness.orders(poisoned);
  const members = {
    functions: Object.fromEntries(["to-queue", "to-topic", "to-bucket"].map((name) => [name, toldBy(witness.url)])),
    streams: { orders: { shards: 1 } },
    secrets: { keys: { accessKeyId: "a", secretAccessKey: "b" } },
    destinations: { sqs: { endpoint }, sns: { endpoint, secret: "keys" }, s3: { endpoint, region: "us-east-1" } },
  };
  const sender = await aServer(members, { env: KEYS });
  const [lambda, kinesis] = [lambdaAt(sender.url), kinesisAt(sender.url)];
  const uuids: string[] = [];
  for (const [FunctionName, Destination] of [
    ["to-queue", queueArn("failed")],
    ["to-topic", topicArn("alarms")],
    ["to-bucket", "arn:aws:s3:::given-up"],
  ] as const) {
    const settings = { EventSourceArn: streamArn("orders"), FunctionName, StartingPosition: "TRIM_HORIZON" } as const;
    const OnFailure = { Destination };
    uuids.push(
      await mapped(sender, lambda, {
        ...settings,
        BatchSize: 1,
        MaximumRetryAttempts: 0,
        DestinationConfig: { OnFailure },
      }),
    );
  }
  await put(kinesis, "orders", ["one", "poison", "two"]);
  return { sender, witness, uuids };
}

async function answers(sender: LiveServer, uuids: readonly string[]) {
  const entries = await Promise.all(
    uuids.map((uuid) => sender.log.entry((entry) => entry.kind === "reported" && entry.mapping === uuid)),
  );
  return entries.map((entry) => (entry.kind === "reported" ? [entry.answer, entry.detail] : []));
}

test("O-2, O-10, O-11: documents reach the queue, the topic and the bucket of another server, and none is here", async () => {
  const real = await aServer({
    queues: ["failed", "heard"],
    topics: { alarms: { queues: ["heard"], raw: true } },
    buckets: ["given-up"],
  });
  const { sender, witness, uuids } = await aSender(real.url);
  expect(await answers(sender, uuids)).toEqual([
    ["delivered", ""],
    ["delivered", ""],
    ["delivered", ""],
  ]);
  const [queued = ""] = await real.messages("failed");
  expect(JSON.parse(queued)).toMatchObject({
    KinesisBatchInfo: { batchSize: 1 },
    requestContext: { approximateInvokeCount: 1 },
  });
  await expect.poll(async () => (await real.messages("heard")).length, inTime).toBe(1);
  const [object] = real.objects("given-up");
  expect(object?.key).toMatch(/^aws\/lambda\/[0-9a-f-]{36}\/shardId-000000000000\//);
  expect(JSON.parse(object?.body ?? "")).toMatchObject({ payload: expect.any(String) });
  await witness.sees(() => ["to-queue", "to-topic", "to-bucket"].every((name) => witness.texts(name).includes("two")));
});

test("O-15: what is not there behind the endpoint, or no endpoint at all, loses the document and nothing else", async () => {
  const real = await aServer({});
  const { sender, witness, uuids } = await aSender(real.url);
  expect(await answers(sender, uuids)).toEqual([
    ["refused", "QueueDoesNotExist: The specified queue does not exist."],
    ["refused", "NotFoundException: Topic does not exist"],
    ["refused", "NoSuchBucket: The specified bucket does not exist"],
  ]);
  await witness.sees(() => ["to-queue", "to-topic", "to-bucket"].every((name) => witness.texts(name).includes("two")));
  await real.stop();
  const gone = await aSender(real.url);
  for (const [answer] of await answers(gone.sender, gone.uuids)) expect(answer).toBe("refused");
  await gone.witness.sees(() => gone.witness.texts("to-bucket").includes("two"));
});
