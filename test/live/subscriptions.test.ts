// SubscribeToShard by the unmodified SDK against a whole server, on both stores: nothing lost and nothing twice over subscriptions that
// follow one another and over a split; a stop that does not wait for those that are open.

import {
  type KinesisClient,
  PutRecordCommand,
  RegisterStreamConsumerCommand,
  SplitShardCommand,
  type StartingPosition,
  SubscribeToShardCommand,
  type SubscribeToShardEvent,
} from "@aws-sdk/client-kinesis";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { put } from "./support/aws-clients.ts";
import { aHouse } from "./support/house.ts";
import { streamArn } from "./support/live-server.ts";

const stores = ["the embedded store", "Redis"] as const;
const ShardId = "shardId-000000000000";
const HORIZON: StartingPosition = { Type: "TRIM_HORIZON" };

async function aSubscriber(store: (typeof stores)[number]) {
  const redis = store === "Redis" ? await startBroker("redis", { own: true }) : null;
  if (redis !== null) onTestFinished(() => redis.stop());
  const { server, kinesis } = await aHouse({
    members: redis === null ? {} : { brokers: { redis: { url: redis.url } } },
  });
  const consumerOf = async (ConsumerName: string): Promise<string> => {
    const made = await kinesis.send(
      new RegisterStreamConsumerCommand({ StreamARN: streamArn("orders"), ConsumerName }),
    );
    return made.Consumer?.ConsumerARN ?? "";
  };
  return { server, kinesis, consumerOf, redisUrl: redis?.url ?? "" };
}

/** Reads events until one is as wanted, or to the end; the client then goes. Answers all of them. */
async function eventsUntil(
  client: KinesisClient,
  ConsumerARN: string,
  wanted: (event: SubscribeToShardEvent, texts: readonly string[]) => boolean,
  { shardId = ShardId, position = HORIZON }: { readonly shardId?: string; readonly position?: StartingPosition } = {},
): Promise<readonly SubscribeToShardEvent[]> {
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const { EventStream } = await client.send(
    new SubscribeToShardCommand({ ConsumerARN, ShardId: shardId, StartingPosition: position }),
    { abortSignal: leaving.signal },
  );
  const events: SubscribeToShardEvent[] = [];
  for await (const { SubscribeToShardEvent: event } of EventStream ?? []) {
    if (event === undefined) continue;
    events.push(event);
    if (wanted(event, textsOf(events))) break;
  }
  leaving.abort();
  return events;
}

const textsOf = (events: readonly SubscribeToShardEvent[]): readonly string[] =>
  events.flatMap(({ Records = [] }) => Records.map(({ Data }) => Buffer.from(Data ?? []).toString()));

const numbered = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, index) => `r${String(from + index).padStart(4, "0")}`);

test.for(stores)(
  "P-34: subscriptions that follow one another by ContinuationSequenceNumber lose nothing and bring nothing twice, on %s",
  async (store) => {
    const { kinesis, consumerOf } = await aSubscriber(store);
    // One consumer after the other, since one may not subscribe twice within five seconds.
    const [one, two, three] = [await consumerOf("one"), await consumerOf("two"), await consumerOf("three")];
    const texts = numbered(900);
    const putting = (async () => {
      for (let at = 0; at < texts.length; at += 30) await put(kinesis, "orders", texts.slice(at, at + 30));
    })();
    const first = await eventsUntil(kinesis, one, (_event, seen) => seen.length >= 200);
    const after = (events: readonly SubscribeToShardEvent[]): StartingPosition => ({
      Type: "AFTER_SEQUENCE_NUMBER",
      SequenceNumber: events.at(-1)?.ContinuationSequenceNumber,
    });
    const second = await eventsUntil(kinesis, two, (_event, seen) => seen.length >= 200, { position: after(first) });
    await putting;
    const total = textsOf(first).length + textsOf(second).length;
    const third =
      total === texts.length
        ? []
        : await eventsUntil(kinesis, three, (_event, seen) => total + seen.length >= texts.length, {
            position: after(second),
          });
    expect(textsOf([...first, ...second, ...third])).toEqual(texts);
  },
);

test.for(stores)(
  "P-34, P-8: a shard that is split while it is read ends with its children, and all of it comes once, on %s",
  async (store) => {
    const { kinesis, consumerOf } = await aSubscriber(store);
    const arn = await consumerOf("app");
    await put(kinesis, "orders", numbered(100));
    const split = async () => {
      const half = { ShardToSplit: ShardId, NewStartingHashKey: (2n ** 127n).toString() };
      await kinesis.send(new SplitShardCommand({ StreamName: "orders", ...half }));
      return put(kinesis, "orders", numbered(100, 100));
    };
    const splitting: ReturnType<typeof split>[] = [];
    const parent = await eventsUntil(kinesis, arn, (_event, seen) => {
      if (seen.length >= 100 && splitting.length === 0) splitting.push(split());
      return false;
    });
    const puts = (await Promise.all(splitting)).flat();
    expect(textsOf(parent)).toEqual(numbered(100));
    expect(parent.at(-1)?.ContinuationSequenceNumber ?? null).toBeNull();
    const children = parent.at(-1)?.ChildShards ?? [];
    expect(children.map(({ ParentShards }) => ParentShards)).toEqual([[ShardId], [ShardId]]);
    const textsOfChild = async (shardId: string): Promise<readonly string[]> => {
      const count = puts.filter((each) => each.ShardId === shardId).length;
      return textsOf(await eventsUntil(kinesis, arn, (_event, seen) => seen.length >= count, { shardId }));
    };
    const [left = [], right = []] = await Promise.all(children.map((child) => textsOfChild(child.ShardId ?? "")));
    expect([...left, ...right].toSorted()).toEqual(numbered(100, 100));
  },
);

test("P-34: what any client of Redis writes comes, too", async () => {
  const { kinesis, consumerOf, redisUrl } = await aSubscriber("Redis");
  const arn = await consumerOf("app");
  const redis = new Redis(redisUrl);
  onTestFinished(() => redis.disconnect());
  await kinesis.send(new PutRecordCommand({ StreamName: "orders", PartitionKey: "k", Data: Buffer.from("ours") }));
  const [key = ""] = (await redis.keys("*orders*")).filter((each) => each.includes(ShardId));
  const [entry] = await redis.xrange(key, "-", "+");
  const fields = (entry?.[1] ?? []).map((each) => (each === "ours" ? "theirs" : each));
  const written: Promise<unknown>[] = [];
  const events = await eventsUntil(kinesis, arn, (_event, seen) => {
    if (written.length === 0) written.push(redis.xadd(key, "*", ...fields));
    return seen.length >= 2;
  });
  await Promise.all(written);
  expect(textsOf(events)).toEqual(["ours", "theirs"]);
});

test.for(stores)("P-34: a stop ends open subscriptions and is not held up by them, on %s", async (store) => {
  const { server, kinesis, consumerOf } = await aSubscriber(store);
  const arn = await consumerOf("app");
  const stopping: Promise<readonly string[]>[] = [];
  // Without its end the subscription would last five minutes, and the stop ten seconds.
  const events = await eventsUntil(kinesis, arn, () => {
    if (stopping.length === 0) stopping.push(server.stop());
    return false;
  });
  expect(events.length).toBeGreaterThan(0);
  expect((await Promise.all(stopping)).flat()).toEqual([]);
});
