// SubscribeToShard over the port, by the unmodified SDK (HTTP/2) and by bare HTTP/1.1: events, refusals, and how a subscription ends.

import http from "node:http";
import {
  DeleteStreamCommand,
  DeregisterStreamConsumerCommand,
  KinesisClient,
  MergeShardsCommand,
  PutRecordCommand,
  RegisterStreamConsumerCommand,
  SplitShardCommand,
  type StartingPosition,
  SubscribeToShardCommand,
  type SubscribeToShardEvent,
  type SubscribeToShardEventStream,
} from "@aws-sdk/client-kinesis";
import { decode, encode } from "cborg";
import { expect, onTestFinished, test } from "vitest";
import { callKinesis } from "../../src/control/kinesis/kinesis-calls.ts";
import { createShardSubscriptions } from "../../src/control/kinesis/shard-subscriptions.ts";
import { subscribeToShard } from "../../src/control/kinesis/subscribe-operation.ts";
import { handClock, streamArn, surroundings } from "./doubles/house.ts";
import { memoryConsumers } from "./doubles/memory-consumers.ts";
import { type MemoryStreams, memoryStreams } from "./doubles/memory-streams.ts";
import { aServedHouse } from "./doubles/served.ts";

const ShardId = "shardId-000000000000";
const QUARTER = (2n ** 126n).toString();
const HORIZON: StartingPosition = { Type: "TRIM_HORIZON" };

/** Events of one subscription, one by one. */
interface Told {
  /** Undefined: the stream has ended. */
  next(): Promise<SubscribeToShardEvent | undefined>;
  /** As a client that goes. */
  leave(): void;
}

function toldBy(stream: AsyncIterable<SubscribeToShardEventStream>, leave: () => void): Told {
  const events = stream[Symbol.asyncIterator]();
  return {
    next: async () => {
      const { value, done } = await events.next();
      return done === true ? undefined : value.SubscribeToShardEvent;
    },
    leave,
  };
}

async function aSubscriber() {
  const served = await aServedHouse();
  const client = new KinesisClient({
    endpoint: served.url,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
  onTestFinished(() => client.destroy());
  const { Consumer } = await client.send(
    new RegisterStreamConsumerCommand({ StreamARN: streamArn, ConsumerName: "app" }),
  );
  const ConsumerARN = Consumer?.ConsumerARN ?? "";
  const subscribe = async (position = HORIZON, shardId = ShardId): Promise<Told> => {
    const input = { ConsumerARN, ShardId: shardId, StartingPosition: position };
    // The SDK opens a connection for each subscription, which neither the end of reading nor `destroy` closes.
    const leaving = new AbortController();
    onTestFinished(() => leaving.abort());
    const { EventStream } = await client.send(new SubscribeToShardCommand(input), { abortSignal: leaving.signal });
    return toldBy(EventStream ?? (async function* () {})(), () => leaving.abort());
  };
  const put = async (text: string): Promise<string> => {
    const Data = Buffer.from(text);
    const input = { StreamName: "orders", PartitionKey: "k", ExplicitHashKey: "0", Data };
    return (await client.send(new PutRecordCommand(input))).SequenceNumber ?? "";
  };
  return { ...served, client, ConsumerARN, subscribe, put };
}

const texts = (event: SubscribeToShardEvent | undefined): readonly string[] | undefined =>
  event?.Records?.map(({ Data }) => Buffer.from(Data ?? []).toString());

test("P-34: records come as they are put, the first event at once, and an idle shard is told of every five seconds", async () => {
  const { subscribe, put, clock } = await aSubscriber();
  const first = await put("one");
  const told = await subscribe();
  const event = await told.next();
  expect(event).toMatchObject({
    Records: [
      {
        SequenceNumber: first,
        PartitionKey: "k",
        Data: new Uint8Array(Buffer.from("one")),
        ApproximateArrivalTimestamp: new Date(clock.nowMs()),
      },
    ],
    ContinuationSequenceNumber: first,
    MillisBehindLatest: 0,
  });
  expect(event).not.toHaveProperty("ChildShards.0");
  const second = await put("two");
  expect(texts(await told.next())).toEqual(["two"]);
  const idle = told.next();
  clock.advance(5_000);
  expect(await idle).toMatchObject({ Records: [], ContinuationSequenceNumber: second, MillisBehindLatest: 0 });
});

test("P-34: what others write to the stream is seen at the next look, within 200 ms", async () => {
  const { subscribe, streams, clock } = await aSubscriber();
  const told = await subscribe();
  expect(texts(await told.next())).toEqual([]);
  const next = told.next();
  await streams.append("orders", [{ partitionKey: "k", explicitHashKey: "0", data: Buffer.from("theirs") }]);
  clock.advance(200);
  expect(texts(await next)).toEqual(["theirs"]);
});

test("P-34: the five kinds of a starting position", async () => {
  const { subscribe, put, clock } = await aSubscriber();
  const first = await put("one");
  await put("two");
  const firstOf = async (position: StartingPosition): Promise<readonly string[] | undefined> => {
    clock.advance(5_000);
    const told = await subscribe(position);
    const event = await told.next();
    told.leave();
    return texts(event);
  };
  expect(await firstOf(HORIZON)).toEqual(["one", "two"]);
  expect(await firstOf({ Type: "AT_SEQUENCE_NUMBER", SequenceNumber: first })).toEqual(["one", "two"]);
  expect(await firstOf({ Type: "AFTER_SEQUENCE_NUMBER", SequenceNumber: first })).toEqual(["two"]);
  expect(await firstOf({ Type: "AT_TIMESTAMP", Timestamp: new Date(0) })).toEqual(["one", "two"]);
  expect(await firstOf({ Type: "LATEST" })).toEqual([]);
});

test("P-34: an empty shard's continuation is before its first record", async () => {
  const { subscribe, put, clock } = await aSubscriber();
  const told = await subscribe();
  const SequenceNumber = (await told.next())?.ContinuationSequenceNumber;
  told.leave();
  await put("one");
  clock.advance(5_000);
  const again = await subscribe({ Type: "AFTER_SEQUENCE_NUMBER", SequenceNumber });
  expect(texts(await again.next())).toEqual(["one"]);
});

test("P-34, P-8: a split shard's last event names its children, and a merged one's its child with both parents", async () => {
  const { subscribe, put, client, clock } = await aSubscriber();
  await put("one");
  const told = await subscribe();
  expect(texts(await told.next())).toEqual(["one"]);
  const StreamName = "orders";
  await client.send(new SplitShardCommand({ StreamName, ShardToSplit: ShardId, NewStartingHashKey: QUARTER }));
  const last = told.next();
  clock.advance(200);
  expect(await last).toMatchObject({
    Records: [],
    ChildShards: [
      { ShardId: "shardId-000000000002", ParentShards: [ShardId], HashKeyRange: { StartingHashKey: "0" } },
      { ShardId: "shardId-000000000003", ParentShards: [ShardId], HashKeyRange: { StartingHashKey: QUARTER } },
    ],
  });
  expect((await last)?.ContinuationSequenceNumber).toBeFalsy();
  expect(await told.next()).toBeUndefined();
  const [ShardToMerge, AdjacentShardToMerge] = ["shardId-000000000002", "shardId-000000000003"];
  await client.send(new MergeShardsCommand({ StreamName, ShardToMerge, AdjacentShardToMerge }));
  const parent = await subscribe(HORIZON, ShardToMerge);
  expect(await parent.next()).toMatchObject({
    ChildShards: [{ ShardId: "shardId-000000000004", ParentShards: [ShardToMerge, AdjacentShardToMerge] }],
  });
  expect(await parent.next()).toBeUndefined();
});

test("P-34: a second one within five seconds is refused, a later one takes the first one's place", async () => {
  const { subscribe, clock, put } = await aSubscriber();
  const first = await subscribe();
  await first.next();
  clock.advance(4_999);
  await expect(subscribe()).rejects.toMatchObject({ name: "ResourceInUseException" });
  const otherShard = await subscribe(HORIZON, "shardId-000000000001");
  expect(texts(await otherShard.next())).toEqual([]);
  clock.advance(1);
  const second = await subscribe();
  expect(await endOf(first)).toMatch(
    /^ResourceInUseException: Another active subscription exists for this consumer: \d{12}:orders:app/,
  );
  await second.next();
  await put("one");
  expect(texts(await second.next())).toEqual(["one"]);
});

/** Takes events up to the end: `over`, or the exception's name. */
async function endOf(told: Told): Promise<string> {
  try {
    while ((await told.next()) !== undefined);
    return "over";
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : "";
  }
}

test("P-34: it ends after five minutes, without an exception", async () => {
  const { subscribe, clock } = await aSubscriber();
  const told = await subscribe();
  await told.next();
  clock.advance(300_000);
  expect(await endOf(told)).toBe("over");
});

test.for([
  ["its consumer", (arn: string) => new DeregisterStreamConsumerCommand({ ConsumerARN: arn })],
  ["its stream", () => new DeleteStreamCommand({ StreamName: "orders", EnforceConsumerDeletion: true })],
] as const)("P-34: it ends with an exception when %s is deleted", async ([, command]) => {
  const { subscribe, client, ConsumerARN } = await aSubscriber();
  const told = await subscribe();
  await told.next();
  const made = command(ConsumerARN);
  await (made instanceof DeleteStreamCommand ? client.send(made) : client.send(made));
  expect(await endOf(told)).toMatch(/^ResourceNotFoundException: /);
});

test("P-34: it ends when the stream is lost and made anew behind our back", async () => {
  const { subscribe, streams, clock } = await aSubscriber();
  const told = await subscribe();
  const other = await subscribe(HORIZON, "shardId-000000000001");
  await told.next();
  await other.next();
  const ends = endOf(told);
  await streams.delete("orders");
  clock.advance(1);
  await streams.create("orders", { shardCount: 2, mode: "PROVISIONED" });
  clock.advance(5_000);
  expect(await ends).toMatch(/^ResourceNotFoundException: /);
  expect(await endOf(other)).toMatch(/^ResourceNotFoundException: /);
  await expect(subscribe()).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});

test("P-34: a store that cannot be read ends it with InternalFailureException", async () => {
  const { subscribe, streams, clock } = await aSubscriber();
  const told = await subscribe();
  await told.next();
  streams.problem = { code: "unreachable", text: "away", detail: "the broker is away" };
  const ends = endOf(told);
  clock.advance(5_000);
  expect(await ends).toBe("InternalFailureException: Stream orders cannot be read now: the broker is away");
});

test.for([
  ["no such consumer", { ConsumerARN: `${streamArn}/consumer/other:1` }, "ResourceNotFoundException"],
  ["no such shard", { ShardId: "shardId-000000000009" }, "ResourceNotFoundException"],
  ["a stream's ARN", { ConsumerARN: streamArn }, "ValidationException"],
  ["a number that is none", { StartingPosition: { Type: "AT_SEQUENCE_NUMBER" } }, "InvalidArgumentException"],
  [
    "an instant to come",
    { StartingPosition: { Type: "AT_TIMESTAMP", Timestamp: new Date(9_999_999_999_999) } },
    "InvalidArgumentException",
  ],
] as const)("SubscribeToShard with %s is refused", async ([, wrong, name]) => {
  const { client, ConsumerARN } = await aSubscriber();
  const input = { ConsumerARN, ShardId, StartingPosition: HORIZON, ...wrong };
  await expect(client.send(new SubscribeToShardCommand(input))).rejects.toMatchObject({ name });
});

test("P-34: a consumer that is not ACTIVE yet, or is being deleted, has no subscription; after the door has closed it ends at once", async () => {
  const clock = handClock();
  const streams = memoryStreams(clock);
  await streams.create("orders", { shardCount: 1, mode: "PROVISIONED" });
  const consumers = memoryConsumers(clock, { transitionsMs: 2_000 });
  const subscriptions = createShardSubscriptions(clock);
  const context = { streams, consumers, clock, settings: surroundings, subscriptions };
  const registering = await callKinesis(context, "RegisterStreamConsumer", {
    StreamARN: streamArn,
    ConsumerName: "app",
  });
  expect(registering.status).toBe(200);
  const ConsumerARN = `${streamArn}/consumer/app:${Math.floor(clock.nowMs() / 1_000)}`;
  const ask = () => subscribeToShard(context, { ConsumerARN, ShardId, StartingPosition: HORIZON });
  const refusedAs = (text: string) => ({
    kind: "refused",
    answer: {
      errorType: "ResourceInUseException",
      body: { message: `Consumer ${ConsumerARN} is ${text}, not ACTIVE.` },
    },
  });
  expect(await ask()).toMatchObject(refusedAs("CREATING"));
  clock.advance(2_000);
  subscriptions.close();
  const closed = await ask();
  const first = closed.kind === "subscribed" ? await closed.events.next() : null;
  expect(first).toEqual({ value: undefined, done: true });
  await callKinesis(context, "DeregisterStreamConsumer", { ConsumerARN });
  expect(await ask()).toMatchObject(refusedAs("DELETING"));
});

/** Counts the reads of streams, each of which brings one record. */
function countedReads(streams: MemoryStreams): () => number {
  const asIs = { ...streams };
  let readCount = 0;
  Object.assign(streams, {
    read(name: string, shardId: string, after: string | null, options: { readonly maxBytes: number }) {
      readCount += 1;
      return asIs.read(name, shardId, after, { ...options, limit: 1 });
    },
  });
  return () => readCount;
}

test("P-34: a client that does not read is not read for: what waits for it is an event and what sockets hold", async () => {
  const { url, streams, put, ConsumerARN } = await aSubscriber();
  const data = Buffer.alloc(1_000_000);
  const many = Array.from({ length: 60 }, () => ({ partitionKey: "k", explicitHashKey: "0", data }));
  await streams.append("orders", many);
  const readCount = countedReads(streams);
  const answer = await bare(url, JSON.stringify({ ConsumerARN, ShardId, StartingPosition: HORIZON }));
  onTestFinished(() => void answer.destroy());
  answer.pause();
  // Turns enough for reading all of it.
  for (const text of ["a", "b", "c", "d", "e"]) await put(text);
  expect(readCount()).toBeGreaterThan(0);
  expect(readCount()).toBeLessThan(40);
});

test("P-34: a client that goes is let go: nothing is read for it any more", async () => {
  const { subscribe, streams, put, clock } = await aSubscriber();
  const readCount = countedReads(streams);
  const told = await subscribe();
  await told.next();
  told.leave();
  const readsOfPut = async (): Promise<number> => {
    const before = readCount();
    await put("more");
    clock.advance(200);
    await put("more");
    return readCount() - before;
  };
  await expect.poll(readsOfPut, { timeout: 20_000 }).toBe(0);
});

test("P-34: HTTP/1.1 and CBOR: the same events, in the encoding that was asked for", async () => {
  const { url, put, ConsumerARN } = await aSubscriber();
  const SequenceNumber = await put("one");
  const body = encode({ ConsumerARN, ShardId, StartingPosition: { Type: "TRIM_HORIZON" } });
  const answer = await bare(url, body, "application/x-amz-cbor-1.1");
  expect(answer.headers).toMatchObject({ "content-type": "application/vnd.amazon.eventstream" });
  const [initial, event] = await messages(answer, 2);
  answer.destroy();
  expect(initial?.head).toContain("initial-response");
  expect(event?.head).toContain("SubscribeToShardEvent");
  expect(event?.head).toContain("application/x-amz-cbor-1.1");
  expect(decode(event?.payload ?? Buffer.alloc(0), { tags: { 1: (content) => content() } })).toMatchObject({
    Records: [{ Data: new Uint8Array(Buffer.from("one")), SequenceNumber }],
    ContinuationSequenceNumber: SequenceNumber,
  });
});

function bare(
  url: string,
  body: string | Uint8Array,
  type = "application/x-amz-json-1.1",
): Promise<http.IncomingMessage> {
  const headers = { "content-type": type, "x-amz-target": "Kinesis_20131202.SubscribeToShard" };
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: "POST", headers, agent: false }, resolve);
    request.on("error", reject);
    request.end(body);
  });
}

async function messages(answer: http.IncomingMessage, count: number) {
  let bytes = Buffer.alloc(0);
  const found: { head: string; payload: Buffer }[] = [];
  for await (const chunk of answer.iterator({ destroyOnReturn: false })) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    while (bytes.length >= 12 && bytes.length >= bytes.readUInt32BE(0)) {
      const [length, headLength] = [bytes.readUInt32BE(0), bytes.readUInt32BE(4)];
      const head = bytes.subarray(12, 12 + headLength).toString("latin1");
      found.push({ head, payload: bytes.subarray(12 + headLength, length - 4) });
      bytes = bytes.subarray(length);
    }
    if (found.length >= count) return found;
  }
  return found;
}
