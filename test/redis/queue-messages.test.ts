// What a job's data means as a message, where its sender's script says that it has nothing but a body, and where it does not.

import { expect, test } from "vitest";
import { receivedMessages } from "../../workers/redis/queues/queue-messages.ts";

const received = (data: string, extras: readonly unknown[] = []) =>
  receivedMessages(["id-1", data, "1000", 1, 2000], extras, "mark")[0];

test("a body's JSON is taken as it lies there, and is the body's", () => {
  const message = received(JSON.stringify({ body: 'a "quoted" ü' }));
  expect(message?.body).toBe('a "quoted" ü');
  expect(JSON.parse(message?.bodyJson ?? "")).toBe('a "quoted" ü');
});

test.each([
  ['{"body":"a","body":"b"}', "b"],
  ['{"body":"a","other":"b"}', "a"],
  ['{"body":"a\\"}', '{"body":"a\\"}'],
  ['{ "body":"a"}', "a"],
  ["7", "7"],
])("data that somebody has changed since is read whole: %s", (data, body) => {
  const message = received(data);
  expect(message?.body).toBe(body);
  expect(message?.bodyJson).toBeUndefined();
});

test("what a message has beside its body is its own, whatever its data say", () => {
  const data = JSON.stringify({ body: "a", groupId: "of the data" });
  const extras = [1, null, "other-id", "group", "once", "trace", "source", "7"];
  expect(received(data, extras)).toMatchObject({
    messageId: "other-id",
    groupId: "group",
    deduplicationId: "once",
    traceHeader: "trace",
    deadLetterSource: "source",
    receiveCount: 1,
  });
});
