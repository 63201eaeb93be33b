// Whether a consumer is there, where the store's answer and main's word that it has gone cross on their way.

import { MessageChannel } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { isConsumerArn, withoutConsumer } from "../../src/ports/consumers.ts";
import { createStoreClient } from "../../src/stores/store-client.ts";
import { createConsumerWatches } from "../../workers/consumer-watches.ts";

const arn = "arn:aws:kinesis:us-east-1:000000000000:stream/orders/consumer/app:1700000000";
const row = JSON.stringify({ arn, name: "app", streamName: "orders", streamCreatedAtMs: 1, createdAtMs: 1 });

test("a consumer is told by the whole form of its ARN: a table may be called consumer", () => {
  const ofTable = "arn:aws:dynamodb:us-east-1:000000000000:table/consumer/stream/2026-11-29T12:00:00.123";
  expect([arn, ofTable].map(isConsumerArn)).toEqual([true, false]);
  expect([arn, ofTable].map(withoutConsumer)).toEqual([arn.replace("/consumer/app:1700000000", ""), ofTable]);
});

test("P-5: an answer that was on its way when the consumer went does not bring it back", async () => {
  const { port1, port2 } = new MessageChannel();
  const client = createStoreClient(port1);
  onTestFinished(() => client.close());
  const watches = createConsumerWatches(client);
  const answers = [row, null, null];
  let askedCount = 0;
  port2.on("message", ({ requestId }: { readonly requestId: number }) => {
    // The row was read, then the consumer went, then the answer arrives.
    if (askedCount === 0) watches.gone(arn);
    port2.postMessage({ kind: "answer", requestId, answer: answers[askedCount] });
    askedCount += 1;
  });
  const watch = watches.of(arn);
  expect(await watch.trouble()).toMatchObject({ code: "missing" });
  expect(await watch.trouble()).toMatchObject({ code: "missing" });
});

test("P-5: on a stream that was made anew the consumer is not there, and who waits is told", async () => {
  const { port1, port2 } = new MessageChannel();
  const client = createStoreClient(port1);
  onTestFinished(() => client.close());
  port2.on("message", ({ requestId }: { readonly requestId: number }) => {
    port2.postMessage({ kind: "answer", requestId, answer: row });
  });
  const watch = createConsumerWatches(client).of(arn);
  watch.streamIs(1);
  expect(await watch.trouble()).toBeNull();
  let toldCount = 0;
  watch.onGone(() => {
    toldCount += 1;
  });
  watch.streamIs(1);
  expect(toldCount).toBe(0);
  watch.streamIs(2);
  expect(toldCount).toBe(1);
  expect(await watch.trouble()).toMatchObject({ code: "missing" });
});
