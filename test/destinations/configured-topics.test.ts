// Topics of a configuration over several starts: what is there stays, and what is otherwise is told.

import { afterEach, beforeEach, expect, test } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { makeConfiguredTopics } from "../../src/wiring/configured-topics.ts";
import type { Topics } from "../../src/ports/topics.ts";
import { createQueues } from "../../src/stores/store-queues.ts";
import { ACCOUNT_ID, openStoreAside, REGION, type StoreAside } from "../stores/aside.ts";
import { openTopicsAside } from "./topics-aside.ts";

let store: StoreAside;
let topics: Topics;
beforeEach(async () => {
  store = await openStoreAside();
  topics = await openTopicsAside(store, createQueues(store.client));
});
afterEach(() => store.close());

async function start(queues: readonly string[], isRaw = false): Promise<readonly string[]> {
  const told: string[] = [];
  const configured: Config["topics"] = [{ name: "t", queues, isRaw }];
  await makeConfiguredTopics({ topics: configured, account: ACCOUNT_ID, region: REGION }, topics, (text) =>
    told.push(text),
  );
  return told;
}
const subscribed = () =>
  topics
    .subscriptions("t")
    .map(({ endpoint, attributes }) => [endpoint.split(":").at(-1), attributes["RawMessageDelivery"]]);

test("the same configuration says nothing, and a new queue is subscribed as configured", async () => {
  expect(await start(["a"], true)).toEqual([]);
  expect(await start(["a", "b"], true)).toEqual([]);
  expect(subscribed()).toEqual([
    ["a", "true"],
    ["b", "true"],
  ]);
});

test("another `raw` is told, and what is there stays", async () => {
  await start(["a"], false);
  expect(await start(["a"], true)).toEqual([
    "the topic t has delivery in SNS's envelope for the queue a, not raw delivery as configured, and keeps it: SetSubscriptionAttributes changes that",
  ]);
  expect(subscribed()).toEqual([["a", undefined]]);
});

test("a queue that is taken out stays subscribed and is told; one that an app has subscribed is its own matter", async () => {
  await start(["a", "b"]);
  const endpoint = `arn:aws:sqs:${REGION}:${ACCOUNT_ID}:own`;
  await topics.subscribe({ topic: "t", protocol: "sqs", endpoint, attributes: {} });
  expect(await start(["b"])).toEqual([
    "the queue a hears the topic t, of whose configuration it was taken out, and goes on so: Unsubscribe changes that",
  ]);
  expect(subscribed()).toHaveLength(3);
});
