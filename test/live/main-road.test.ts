// The main road, live: AWS's own clients on one side, a TypeScript handler on the other, and what was given up in every form.

import { CreateStreamCommand, PutRecordCommand } from "@aws-sdk/client-kinesis";
import {
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  ListEventSourceMappingsCommand,
} from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { kinesisAt, lambdaAt, mapped, put, updated } from "./support/aws-clients.ts";
import { aServer, functionArn, inTime, queueArn, streamArn, toldBy, topicArn } from "./support/live-server.ts";
import { aWitness, type Decide, goOn } from "./support/witness.ts";

const poisoned: Decide = ({ texts }) => (texts.includes("poison") ? { do: "throw", message: "bad order" } : goOn);

test("AWS's own clients make a stream and a mapping; its records reach the handler through every state of its life", async () => {
  const witness = await aWitness();
  const server = await aServer({ functions: { process: toldBy(witness.url) } });
  const [lambda, kinesis] = [lambdaAt(server.url), kinesisAt(server.url)];
  await kinesis.send(new CreateStreamCommand({ StreamName: "orders", ShardCount: 1 }));

  const UUID = await mapped(server, lambda, {
    EventSourceArn: streamArn("orders"),
    FunctionName: "process",
    StartingPosition: "TRIM_HORIZON",
    BatchSize: 10,
  });
  const one = await kinesis.send(
    new PutRecordCommand({ StreamName: "orders", PartitionKey: "key", Data: Buffer.from("one") }),
  );
  await witness.sees(() => witness.texts().includes("one"));
  expect(witness.deliveries[0]?.event.Records).toEqual([
    {
      kinesis: {
        kinesisSchemaVersion: "1.0",
        partitionKey: "key",
        sequenceNumber: one.SequenceNumber,
        data: Buffer.from("one").toString("base64"),
        approximateArrivalTimestamp: expect.any(Number),
      },
      eventSource: "aws:kinesis",
      eventVersion: "1.0",
      eventID: `${one.ShardId}:${one.SequenceNumber}`,
      eventName: "aws:kinesis:record",
      invokeIdentityArn: "arn:aws:iam::000000000000:role/process",
      awsRegion: "us-east-1",
      eventSourceARN: streamArn("orders"),
    },
  ]);

  const listed = await lambda.send(new ListEventSourceMappingsCommand({ FunctionName: "process" }));
  expect(listed.EventSourceMappings?.map((each) => each.UUID)).toEqual([UUID]);
  expect(await updated(server, lambda, { UUID, BatchSize: 7, state: "Enabled" })).toMatchObject({ State: "Updating" });
  expect(await updated(server, lambda, { UUID, Enabled: false, state: "Disabled" })).toMatchObject({
    State: "Disabling",
  });
  await put(kinesis, "orders", ["two"]);
  expect(await updated(server, lambda, { UUID, Enabled: true, state: "Enabled" })).toMatchObject({ State: "Enabling" });
  await witness.sees(() => witness.texts().includes("two"));
  expect(witness.texts()).toEqual(["one", "two"]);

  const got = await lambda.send(new GetEventSourceMappingCommand({ UUID }));
  expect(got).toMatchObject({ State: "Enabled", BatchSize: 7, FunctionArn: functionArn("process") });
  const deleted = await lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
  expect(deleted.State).toBe("Deleting");
  await expect
    .poll(() => lambda.send(new GetEventSourceMappingCommand({ UUID })).catch((error: Error) => error.name), inTime)
    .toBe("ResourceNotFoundException");
});

test("E-17, E-18: a poison record is bisected out and reported; each record beside it is done once (O-2, O-10, O-11)", async () => {
  const witness = await aWitness();
  witness.orders(poisoned);
  const server = await aServer({
    functions: { "to-queue": toldBy(witness.url), "to-topic": toldBy(witness.url), "to-bucket": toldBy(witness.url) },
    streams: { orders: {} },
    queues: ["failed", "heard"],
    topics: { news: { queues: ["heard"] } },
    buckets: ["given-up"],
  });
  const [lambda, kinesis] = [lambdaAt(server.url), kinesisAt(server.url)];
  const bodies = ["a", "b", "c", "poison", "d", "e"];
  const sent = await put(kinesis, "orders", bodies);
  const settings = {
    EventSourceArn: streamArn("orders"),
    StartingPosition: "TRIM_HORIZON",
    BatchSize: 10,
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: 1,
  } as const;
  const destinations = [
    ["to-queue", queueArn("failed")],
    ["to-topic", topicArn("news")],
    ["to-bucket", "arn:aws:s3:::given-up"],
  ] as const;
  const uuids = new Map<string, string>();
  for (const [FunctionName, Destination] of destinations) {
    const OnFailure = { Destination };
    const uuid = await mapped(server, lambda, { ...settings, FunctionName, DestinationConfig: { OnFailure } });
    uuids.set(FunctionName, uuid);
  }
  for (const uuid of uuids.values()) {
    await server.log.entry((entry) => entry.kind === "reported" && entry.mapping === uuid);
  }
  for (const name of uuids.keys()) await witness.sees(() => witness.texts(name).includes("e"));

  const batches = witness.deliveries.filter(({ functionName }) => functionName === "to-queue");
  expect(batches.map(({ texts }) => texts.join(" "))).toEqual([
    "a b c poison d e",
    "a b c",
    "poison d e",
    "poison",
    "poison",
    "d e",
  ]);
  const poison = sent[bodies.indexOf("poison")]?.SequenceNumber;
  const document = (name: string, members: Readonly<Record<string, unknown>> = {}) => ({
    requestContext: {
      requestId: witness.deliveries.findLast((each) => each.functionName === name && each.texts.includes("poison"))
        ?.requestId,
      functionArn: functionArn(name),
      condition: "RetryAttemptsExhausted",
      approximateInvokeCount: 2,
    },
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    version: "1.0",
    ...members,
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    KinesisBatchInfo: {
      shardId: "shardId-000000000000",
      startSequenceNumber: poison,
      endSequenceNumber: poison,
      approximateArrivalOfFirstRecord: expect.stringMatching(/Z$/),
      approximateArrivalOfLastRecord: expect.stringMatching(/Z$/),
      batchSize: 1,
      streamArn: streamArn("orders"),
    },
  });

  const [inQueue = ""] = await server.messages("failed");
  expect(JSON.parse(inQueue)).toEqual(document("to-queue"));
  expect(Object.keys(JSON.parse(inQueue))).toEqual(Object.keys(document("to-queue")));

  const [heard = ""] = await server.messages("heard");
  const envelope = JSON.parse(heard) as Readonly<Record<string, string>>;
  expect(envelope).toMatchObject({ Type: "Notification", TopicArn: topicArn("news"), MessageId: expect.any(String) });
  expect(JSON.parse(envelope["Message"] ?? "")).toEqual(document("to-topic"));

  const [object, ...others] = server.objects("given-up");
  expect(others).toEqual([]);
  const stored = JSON.parse(object?.body ?? "") as { readonly payload: string; readonly timestamp: string };
  const poisonEvent = witness.deliveries.findLast(({ functionName, texts }) => {
    return functionName === "to-bucket" && texts.includes("poison");
  })?.event;
  expect(stored).toEqual(document("to-bucket", { payload: JSON.stringify(poisonEvent) }));
  expect(Object.keys(stored)).toEqual(Object.keys(document("to-bucket", { payload: "" })));
  const at = stored.timestamp.slice(0, 19).replaceAll(":", ".");
  const day = at.slice(0, 10).replaceAll("-", "/");
  const prefix = `aws/lambda/${uuids.get("to-bucket")}/shardId-000000000000/${day}/${at}-`;
  expect(object?.key.slice(0, prefix.length)).toBe(prefix);
  expect(object?.key.slice(prefix.length)).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
});
