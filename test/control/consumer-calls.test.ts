// The calls on registered consumers: forms, limits, states, and what becomes of them with their stream.

import { expect, test } from "vitest";
import { callKinesis } from "../../src/control/kinesis/kinesis-calls.ts";
import type { KinesisOperation } from "../../src/control/kinesis/kinesis-shapes.ts";
import { handClock, streamArn, surroundings } from "./doubles/house.ts";
import { memoryConsumers } from "./doubles/memory-consumers.ts";
import { memoryStreams } from "./doubles/memory-streams.ts";

async function aStream(transitionsMs = 0) {
  const clock = handClock();
  const streams = memoryStreams(clock);
  const gone: string[] = [];
  const consumers = memoryConsumers(clock, { transitionsMs, onGone: (arn) => gone.push(arn) });
  await streams.create("orders", { shardCount: 1, mode: "PROVISIONED" });
  const call = (operation: KinesisOperation, body: unknown) =>
    callKinesis({ streams, consumers, clock, settings: surroundings }, operation, body);
  const register = async (ConsumerName: string) =>
    (await call("RegisterStreamConsumer", { StreamARN: streamArn, ConsumerName })).body?.["Consumer"];
  return { clock, streams, call, register, gone };
}

const seconds = (clock: { nowMs(): number }): number => Math.floor(clock.nowMs() / 1_000);

test("P-5: a consumer has an ARN with the second in which it was registered, and is found by it and by its name", async () => {
  const { call, register, clock } = await aStream();
  const arn = `${streamArn}/consumer/app:${seconds(clock)}`;
  const consumer = {
    ConsumerName: "app",
    ConsumerARN: arn,
    ConsumerStatus: "ACTIVE",
    ConsumerCreationTimestamp: { atMs: clock.nowMs() },
  };
  expect(await register("app")).toEqual(consumer);
  const described = { ConsumerDescription: { ...consumer, StreamARN: streamArn } };
  expect((await call("DescribeStreamConsumer", { ConsumerARN: arn })).body).toEqual(described);
  expect((await call("DescribeStreamConsumer", { StreamARN: streamArn, ConsumerName: "app" })).body).toEqual(described);
  expect((await call("ListStreamConsumers", { StreamARN: streamArn })).body).toEqual({ Consumers: [consumer] });
  const summary = await call("DescribeStreamSummary", { StreamName: "orders" });
  expect(summary.body).toMatchObject({ StreamDescriptionSummary: { ConsumerCount: 1 } });
  expect((await call("DeregisterStreamConsumer", { ConsumerARN: arn })).body).toBeNull();
  expect((await call("ListStreamConsumers", { StreamARN: streamArn })).body).toEqual({ Consumers: [] });
});

test("P-5: states last as long as every other change of state", async () => {
  const { call, register, clock, gone } = await aStream(2_000);
  expect(await register("app")).toMatchObject({ ConsumerStatus: "CREATING" });
  const statusNow = async () =>
    (await call("DescribeStreamConsumer", { StreamARN: streamArn, ConsumerName: "app" })).body?.["ConsumerDescription"];
  clock.advance(2_000);
  expect(await statusNow()).toMatchObject({ ConsumerStatus: "ACTIVE" });
  await call("DeregisterStreamConsumer", { StreamARN: streamArn, ConsumerName: "app" });
  expect(gone).toHaveLength(1);
  expect(await statusNow()).toMatchObject({ ConsumerStatus: "DELETING" });
  const again = await call("DeregisterStreamConsumer", { StreamARN: streamArn, ConsumerName: "app" });
  expect(again.body).toMatchObject({ __type: "ResourceInUseException" });
  clock.advance(2_000);
  expect(await statusNow()).toBeUndefined();
});

test("P-5: twenty of a stream, five of them in CREATING, and a name once", async () => {
  const slow = await aStream(2_000);
  for (const name of ["a", "b", "c", "d", "e"]) await slow.register(name);
  const sixth = await slow.call("RegisterStreamConsumer", { StreamARN: streamArn, ConsumerName: "f" });
  expect(sixth.errorType).toBe("LimitExceededException");
  const { call, register } = await aStream();
  await Promise.all(Array.from({ length: 20 }, (_, index) => register(`c${index}`)));
  const next = await call("RegisterStreamConsumer", { StreamARN: streamArn, ConsumerName: "next" });
  expect(next.body).toMatchObject({
    __type: "LimitExceededException",
    message: "This request would exceed the limit of 20 consumers for stream orders under account 123456789012.",
  });
  const taken = await call("RegisterStreamConsumer", { StreamARN: streamArn, ConsumerName: "c0" });
  expect(taken.body).toMatchObject({
    __type: "ResourceInUseException",
    message: `Consumer c0 under stream ${streamArn} already exists for account 123456789012.`,
  });
});

test("P-5: an ARN is never given twice, also within one second", async () => {
  const { call, register } = await aStream();
  const arns: unknown[] = [];
  for (let round = 0; round < 3; round += 1) {
    const consumer: unknown = await register("app");
    arns.push(consumer);
    await call("DeregisterStreamConsumer", { StreamARN: streamArn, ConsumerName: "app" });
  }
  expect(new Set(arns.map((each) => JSON.stringify(each))).size).toBe(3);
});

test("P-5: pages follow one another in order of name", async () => {
  const { call, register } = await aStream();
  for (const name of ["b", "c", "a"]) await register(name);
  const names = (body: unknown): unknown => body;
  const first = await call("ListStreamConsumers", { StreamARN: streamArn, MaxResults: 2 });
  expect(names(first.body)).toMatchObject({ Consumers: [{ ConsumerName: "a" }, { ConsumerName: "b" }] });
  const second = await call("ListStreamConsumers", { StreamARN: streamArn, NextToken: first.body?.["NextToken"] });
  expect(second.body).toMatchObject({ Consumers: [{ ConsumerName: "c" }] });
  expect(second.body).not.toHaveProperty("NextToken");
});

test("P-5: a stream with consumers is deleted only with them, and one made anew has none of them", async () => {
  const { call, register, streams, clock, gone } = await aStream();
  await register("app");
  const refused = await call("DeleteStream", { StreamName: "orders" });
  expect(refused.errorType).toBe("ResourceInUseException");
  expect((await call("DeleteStream", { StreamName: "orders", EnforceConsumerDeletion: true })).status).toBe(200);
  expect(gone).toHaveLength(1);
  await streams.create("orders", { shardCount: 1, mode: "PROVISIONED" });
  await register("other");
  // As a broker does that lost its data: nobody said a word.
  await streams.delete("orders");
  clock.advance(1);
  await streams.create("orders", { shardCount: 1, mode: "PROVISIONED" });
  expect((await call("ListStreamConsumers", { StreamARN: streamArn })).body).toEqual({ Consumers: [] });
  expect(gone).toHaveLength(2);
});

test.for([
  ["neither ARN nor name", "DescribeStreamConsumer", {}, "InvalidArgumentException"],
  ["a name without its stream", "DescribeStreamConsumer", { ConsumerName: "app" }, "InvalidArgumentException"],
  [
    "one that is not there",
    "DescribeStreamConsumer",
    { ConsumerARN: `${streamArn}/consumer/app:1` },
    "ResourceNotFoundException",
  ],
  [
    "one that is not there",
    "DeregisterStreamConsumer",
    { StreamARN: streamArn, ConsumerName: "app" },
    "ResourceNotFoundException",
  ],
  ["a stream's ARN as a consumer's", "DescribeStreamConsumer", { ConsumerARN: streamArn }, "ValidationException"],
  [
    "a stream that is not there",
    "RegisterStreamConsumer",
    { StreamARN: `${streamArn}x`, ConsumerName: "app" },
    "ResourceNotFoundException",
  ],
  [
    "a name with a blank",
    "RegisterStreamConsumer",
    { StreamARN: streamArn, ConsumerName: "a b" },
    "ValidationException",
  ],
  ["no stream", "ListStreamConsumers", {}, "ValidationException"],
  [
    "tags",
    "RegisterStreamConsumer",
    { StreamARN: streamArn, ConsumerName: "app", Tags: { a: "b" } },
    "ValidationException",
  ],
] as const)("%s: %s is refused", async ([, operation, body, errorType]) => {
  const { call } = await aStream();
  expect((await call(operation, body)).errorType).toBe(errorType);
});
