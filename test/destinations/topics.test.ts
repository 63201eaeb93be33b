// Topics: who hears of a message, in which form, and what becomes of it where nobody takes it.

import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import type { Fact } from "../../src/ports/journal.ts";
import type { Queues } from "../../src/ports/queues.ts";
import type { TopicMessage } from "../../src/ports/topics.ts";
import { createQueues } from "../../src/stores/store-queues.ts";
import { createTables } from "../../src/stores/store-tables.ts";
import type { TopicsOptions } from "../../src/destinations/topics/topics.ts";
import { bodies, openStoreAside, type StoreAside } from "../stores/aside.ts";
import { openTopicsAside } from "./topics-aside.ts";

let store: StoreAside;
let queues: Queues;
beforeEach(async () => {
  store = await openStoreAside();
  queues = createQueues(store.client);
});
afterEach(() => store.close());

const aMessage = (given: Partial<TopicMessage> = {}): TopicMessage => ({
  body: "hello",
  subject: null,
  attributes: [],
  bodies: null,
  groupId: null,
  ...given,
});
const queueArn = (name: string): string => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const taken = async (name: string) => bodies(await queues.receive(name, { max: 10, visibilityMs: 30_000 }));

async function aTopic(given: Partial<TopicsOptions> = {}) {
  const facts: Fact[] = [];
  const lookers = new Set<() => void>();
  const topics = await openTopicsAside(store, queues, {
    journal: {
      append(_mapping, _lane, fact) {
        facts.push(fact);
        for (const look of lookers) look();
      },
    },
    ...given,
  });
  await topics.create({ name: "t", attributes: {}, tags: {} });
  const subscribe = async (
    protocol: "sqs" | "lambda" | "http",
    endpoint: string,
    attributes: Readonly<Record<string, string>> = {},
  ) => {
    const made = await topics.subscribe({ topic: "t", protocol, endpoint, attributes });
    if (made === null) throw new Error("there is no topic");
    return made.subscription;
  };
  const until = (isSo: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return;
        lookers.delete(look);
        resolve();
      };
      lookers.add(look);
      look();
    });
  return { topics, facts, subscribe, until };
}

describe("queues that are subscribed", () => {
  test("a message has one id in every envelope, and is there when the publish is answered", async () => {
    const { topics, subscribe } = await aTopic();
    await queues.createQueue("a");
    await queues.createQueue("b");
    await subscribe("sqs", queueArn("a"));
    await subscribe("sqs", queueArn("b"));
    const published = await topics.publish("t", aMessage({ subject: "news" }));
    const heard = [...((await taken("a")) ?? []), ...((await taken("b")) ?? [])].map(
      (body) => JSON.parse(body) as Readonly<Record<string, unknown>>,
    );
    const messageId = published.kind === "published" ? published.messageId : "";
    expect(heard.map((each) => [each["MessageId"], each["Subject"]])).toEqual([
      [messageId, "news"],
      [messageId, "news"],
    ]);
  });

  test("a queue that is gone loses the message, which the journal says, and the others have it", async () => {
    const { topics, subscribe, facts } = await aTopic();
    await queues.createQueue("a");
    await subscribe("sqs", queueArn("gone"));
    await subscribe("sqs", queueArn("a"), { RawMessageDelivery: "true" });
    expect(await topics.publish("t", aMessage())).toMatchObject({ kind: "published" });
    expect(await taken("a")).toEqual(["hello"]);
    expect(facts).toMatchObject([
      {
        kind: "undelivered",
        topic: "t",
        endpoint: queueArn("gone"),
        deadLetterQueue: null,
        detail: "there is no queue gone",
      },
    ]);
  });

  test.each([
    ["as the envelope", { RawMessageDelivery: "false" }, 1],
    ["with raw delivery as its text and attributes", { RawMessageDelivery: "true" }, 1],
    [
      "as the envelope where it has more attributes than a message of a queue may have",
      { RawMessageDelivery: "true" },
      11,
    ],
  ])(
    "a message that cannot be delivered goes to the subscription's queue for dead letters whole: %s",
    async (...[, set, count]) => {
      const { topics, subscribe, facts } = await aTopic();
      await queues.createQueue("dead");
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: queueArn("dead") });
      await subscribe("sqs", queueArn("gone"), { ...set, RedrivePolicy });
      const attributes = Array.from({ length: count }, (_, index) => ({
        name: `n${index}`,
        type: "String",
        value: "v",
      }));
      await topics.publish("t", aMessage({ subject: "news", attributes }));
      expect(facts).toMatchObject([{ kind: "undelivered", deadLetterQueue: "dead" }]);
      const [dead] = (await queues.receive("dead", { max: 10, visibilityMs: 30_000 }))?.messages ?? [];
      const isAsItIs = set.RawMessageDelivery === "true" && count <= 10;
      expect(dead?.attributes ?? "").toContain(isAsItIs ? "n0" : "");
      expect(isAsItIs ? { Message: dead?.body } : JSON.parse(dead?.body ?? "")).toMatchObject(
        isAsItIs
          ? { Message: "hello" }
          : { Subject: "news", Message: "hello", MessageAttributes: { n0: { Type: "String", Value: "v" } } },
      );
    },
  );

  test("an address that is given up leaves the envelope in the queue for dead letters", async () => {
    const { topics, subscribe, facts, until } = await aTopic({
      poster: { post: () => Promise.resolve({ kind: "answered", status: 400 }) },
    });
    await queues.createQueue("dead");
    const { id } = await subscribe("http", "http://127.0.0.1:9/hook", {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn("dead") }),
    });
    await until(() => facts.length === 1);
    expect(facts[0]).toMatchObject({ detail: "it answered 400, after 1 attempt" });
    await taken("dead");
    await topics.confirm("t", topics.findSubscription("t", id)?.token ?? "");
    await topics.publish("t", aMessage({ subject: "news" }));
    await until(() => facts.length === 2);
    expect(JSON.parse((await taken("dead"))?.[0] ?? "")).toMatchObject({ Type: "Notification", Subject: "news" });
  });

  test("a queue that takes no message of a topic keeps it from no other", async () => {
    const { topics, subscribe, facts } = await aTopic();
    await queues.createQueue("a.fifo", { settings: { isFifo: true } });
    await queues.createQueue("b");
    await subscribe("sqs", queueArn("a.fifo"));
    await subscribe("sqs", queueArn("b"), { RawMessageDelivery: "true" });
    expect(await topics.publish("t", aMessage())).toMatchObject({ kind: "published" });
    expect(await taken("b")).toEqual(["hello"]);
    expect(facts).toMatchObject([{ kind: "undelivered", endpoint: queueArn("a.fifo"), deadLetterQueue: null }]);
  });

  test("a queue that cannot be reached keeps a message from no other, and the publish fails", async () => {
    const there = createQueues(store.client);
    const halfAway: Queues = {
      ...there,
      send: (name, message) =>
        name === "away" ? Promise.reject(new Error("the store is away")) : there.send(name, message),
    };
    const { topics, subscribe } = await aTopic({ queues: halfAway });
    await queues.createQueue("b");
    await subscribe("sqs", queueArn("away"));
    await subscribe("sqs", queueArn("b"), { RawMessageDelivery: "true" });
    expect(await topics.publish("t", aMessage())).toEqual({ kind: "failed", detail: "the store is away" });
    expect(await taken("b")).toEqual(["hello"]);
  });

  test("while queues cannot be reached the publish fails, and says so", async () => {
    const failing = { ...createQueues(store.client), send: () => Promise.reject(new Error("the store is away")) };
    const { topics, subscribe } = await aTopic({ queues: failing });
    await subscribe("sqs", queueArn("a"));
    expect(await topics.publish("t", aMessage())).toEqual({ kind: "failed", detail: "the store is away" });
  });
});

describe("filter policies", () => {
  const word = (value: string) => ({ name: "kind", type: "String", value });

  test.each([
    ['{"kind":["a"]}', aMessage({ attributes: [word("a")] }), true],
    ['{"kind":["a"]}', aMessage({ attributes: [word("b")] }), false],
    ['{"kind":["a"]}', aMessage(), false],
    ['{"kind":[{"anything-but":["a"]}]}', aMessage({ attributes: [word("b")] }), true],
    ['{"kind":[{"anything-but":["a"]}]}', aMessage(), false],
    ['{"kind":[{"anything-but":{"prefix":"a"}}]}', aMessage({ attributes: [word("ab")] }), false],
    ['{"kind":[{"prefix":"or"}]}', aMessage({ attributes: [word("order")] }), true],
    ['{"kind":[{"suffix":"er"}]}', aMessage({ attributes: [word("order")] }), true],
    ['{"kind":[{"equals-ignore-case":"ORDER"}]}', aMessage({ attributes: [word("order")] }), true],
    ['{"kind":[{"exists":false}]}', aMessage(), true],
    ['{"kind":[{"exists":true}]}', aMessage({ attributes: [word("x")] }), true],
    [
      '{"n":[{"numeric":[">",1,"<=",5]}]}',
      aMessage({ attributes: [{ name: "n", type: "Number", value: "5.0" }] }),
      true,
    ],
    [
      '{"n":[{"numeric":[">",1,"<=",5]}]}',
      aMessage({ attributes: [{ name: "n", type: "String", value: "5" }] }),
      false,
    ],
    ['{"kind":["b"]}', aMessage({ attributes: [{ name: "kind", type: "String.Array", value: '["a","b"]' }] }), true],
    ['{"$or":[{"kind":["a"]},{"other":["b"]}]}', aMessage({ attributes: [word("a")] }), true],
    ['{"kind":[{"exists":true}]}', aMessage({ attributes: [{ name: "kind", type: "Binary", value: "AA==" }] }), false],
  ])("%s on attributes", async (policy, message, isWanted) => {
    const { topics, subscribe } = await aTopic();
    await queues.createQueue("a");
    await subscribe("sqs", queueArn("a"), { RawMessageDelivery: "true", FilterPolicy: policy });
    await topics.publish("t", message);
    expect(await taken("a")).toEqual(isWanted ? ["hello"] : []);
  });

  test("a policy on the body has levels, and wants no body that is no JSON", async () => {
    const { topics, subscribe } = await aTopic();
    await queues.createQueue("a");
    const FilterPolicy = '{"order":{"state":["paid"]}}';
    await subscribe("sqs", queueArn("a"), {
      RawMessageDelivery: "true",
      FilterPolicy,
      FilterPolicyScope: "MessageBody",
    });
    const paid = '{"order":{"state":"paid"}}';
    await topics.publish("t", aMessage({ body: paid }));
    await topics.publish("t", aMessage({ body: '{"order":{"state":"new"}}' }));
    await topics.publish("t", aMessage({ body: "paid" }));
    expect(await taken("a")).toEqual([paid]);
  });
});

describe("functions and addresses", () => {
  test("a function is invoked with SNS's event; one that is not there loses the message", async () => {
    const invoked: (readonly string[])[] = [];
    const { topics, subscribe, facts } = await aTopic({
      invoke: (arn, payload) => {
        invoked.push([arn, payload]);
        return Promise.resolve(arn.endsWith("gone") ? "no such function" : null);
      },
    });
    await subscribe("lambda", "arn:aws:lambda:us-east-1:000000000000:function:f");
    await subscribe("lambda", "arn:aws:lambda:us-east-1:000000000000:function:gone");
    await topics.publish("t", aMessage({ attributes: [{ name: "a", type: "String", value: "b" }] }));
    expect(JSON.parse(invoked[0]?.[1] ?? "")).toMatchObject({
      Records: [
        {
          EventSource: "aws:sns",
          EventVersion: "1.0",
          Sns: {
            Type: "Notification",
            Subject: null,
            Message: "hello",
            MessageAttributes: { a: { Type: "String", Value: "b" } },
          },
        },
      ],
    });
    expect(facts).toMatchObject([{ kind: "undelivered", detail: "no such function" }]);
  });

  test("an address hears of a message only once it is confirmed, and a confirmation may be repeated", async () => {
    const posts: { readonly type: string; readonly body: string }[] = [];
    const arrived = Promise.withResolvers<void>();
    const { topics, subscribe } = await aTopic({
      poster: {
        post({ headers, body }) {
          posts.push({ type: headers["x-amz-sns-message-type"] ?? "", body: body.toString() });
          if (posts.length === 2) arrived.resolve();
          return Promise.resolve({ kind: "answered", status: 200 });
        },
      },
    });
    const { id } = await subscribe("http", "http://127.0.0.1:9/hook");
    await topics.publish("t", aMessage({ body: "too early" }));
    const token = topics.findSubscription("t", id)?.token ?? "";
    expect(await topics.confirm("t", "guessed")).toBeNull();
    expect(await topics.confirm("t", token)).toMatchObject({ id });
    expect(await topics.confirm("t", token)).toMatchObject({ id });
    await topics.publish("t", aMessage());
    await arrived.promise;
    expect(posts.map(({ type }) => type)).toEqual(["SubscriptionConfirmation", "Notification"]);
    expect(JSON.parse(posts[0]?.body ?? "")).toMatchObject({
      Token: token,
      SubscribeURL: `http://127.0.0.1:4566/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-east-1:000000000000:t&Token=${token}`,
    });
  });

  test("an address that never answers well is given up after all attempts, and the journal says so", async () => {
    let attemptCount = 0;
    const { topics, subscribe, facts, until } = await aTopic({
      clock: createSystemClock(),
      waitsMs: [0, 1, 1],
      poster: {
        post() {
          attemptCount += 1;
          return Promise.resolve({ kind: "answered", status: 503 });
        },
      },
    });
    const { id } = await subscribe("http", "http://127.0.0.1:9/hook");
    await until(() => facts.length === 1);
    await topics.confirm("t", topics.findSubscription("t", id)?.token ?? "");
    await topics.publish("t", aMessage());
    await until(() => facts.length === 2);
    expect(attemptCount).toBe(8);
    expect(facts[1]).toMatchObject({ kind: "undelivered", detail: "it answered 503, after 4 attempts" });
  });

  test("what an address has not had yet is posted after a restart", async () => {
    const stuck = await aTopic({
      poster: {
        post: ({ signal }) =>
          new Promise((resolve) => {
            signal.addEventListener("abort", () => resolve({ kind: "stopped" }), { once: true });
          }),
      },
    });
    await stuck.subscribe("http", "http://127.0.0.1:9/hook");
    await stuck.topics.close();
    const bodyOf = Promise.withResolvers<string>();
    const gone = Promise.withResolvers<void>();
    const tables = createTables(store.client);
    onTestFinished(() => gone.promise);
    await openTopicsAside(store, queues, {
      tables: {
        ...tables,
        async change(changes) {
          await tables.change(changes);
          if (changes.some(({ kind }) => kind === "delete")) gone.resolve();
        },
      },
      poster: {
        post({ body }) {
          bodyOf.resolve(body.toString());
          return Promise.resolve({ kind: "answered", status: 200 });
        },
      },
    });
    expect(JSON.parse(await bodyOf.promise)).toMatchObject({ Type: "SubscriptionConfirmation" });
    await gone.promise;
    expect(await tables.list("topic-deliveries")).toEqual([]);
  });
});

test("topics, subscriptions and what was set of them are there after a restart", async () => {
  const first = await aTopic();
  await first.topics.change("t", { attributes: { DisplayName: "Tea" }, tags: { team: "a" } });
  const { id } = await first.subscribe("sqs", queueArn("a"), { RawMessageDelivery: "true" });
  const again = await openTopicsAside(store, queues);
  expect(again.find("t")).toEqual({ name: "t", attributes: { DisplayName: "Tea" }, tags: { team: "a" } });
  expect(again.subscriptions(null)).toMatchObject([{ id, attributes: { RawMessageDelivery: "true" } }]);
  expect(await again.remove("t")).toBe(true);
  expect([again.list(), again.subscriptions(null)]).toEqual([[], []]);
});
