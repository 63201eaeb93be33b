// Thousands of calls of SNS, each member absent, empty, of another kind, at its bounds and beyond: every answer is one that AWS could
// give, never a 5xx, and a refused call stores nothing. fast-check prints the seed.

import fc from "fast-check";
import { expect, test } from "vitest";
import { snsOperations } from "../../src/control/sns/sns-calls.ts";
import { aServedHouse, type Served } from "./doubles/served.ts";

const RUNS = 2_000;

const anyText = fc.oneof(
  fc.constantFrom(
    "",
    "x",
    "é".repeat(90),
    "x".repeat(300_000),
    "\u0000",
    "\ud800",
    "__proto__",
    "{",
    "{}",
    "null",
    "[]",
  ),
  fc.constantFrom(
    '{"a":["b"]}',
    '{"default":"d"}',
    '{"deadLetterTargetArn":1}',
    "true",
    "json",
    "sqs",
    "http",
    "lambda",
  ),
  fc.constantFrom(
    "arn:aws:sns:us-east-1:123456789012:t",
    "arn:aws:sns:us-east-1:123456789012:none",
    "arn:aws:sns:us-east-1:123456789012:t:x",
    "arn:aws:sqs:us-east-1:123456789012:q",
    "arn:aws:lambda:us-east-1:123456789012:function:f",
    "http://127.0.0.1:9/hook",
    "FilterPolicy",
    "DisplayName",
    "RawMessageDelivery",
    "Policy",
    "SignatureVersion",
  ),
);

const names =
  "Name TopicArn TargetArn ResourceArn SubscriptionArn NextToken Token Protocol Endpoint Message Subject MessageStructure MessageGroupId MessageDeduplicationId PhoneNumber AttributeName AttributeValue ReturnSubscriptionArn Attributes Tags x.y.z.. __proto__.a Attributes.entry.1.key Attributes.entry.1.value Tags.member.1.Key Tags.member.x.Key TagKeys.member.1 MessageAttributes.entry.1.Name MessageAttributes.entry.1.Value.DataType MessageAttributes.entry.1.Value PublishBatchRequestEntries.member.1.Id PublishBatchRequestEntries.member.1.Message".split(
    " ",
  );

const call = fc.record({
  action: fc.constantFrom(...snsOperations),
  members: fc.dictionary(fc.constantFrom(...names), anyText, { maxKeys: 7 }),
});

/** All that calls could have changed. */
const stored = ({ topics }: Served): string => JSON.stringify([topics.list(), topics.subscriptions(null)]);

test("SNS", { timeout: 120_000 }, async () => {
  const house = await aServedHouse();
  let refusedCount = 0;
  await fc.assert(
    fc.asyncProperty(call, async ({ action, members }) => {
      await house.topics.create({ name: "t", attributes: {}, tags: {} });
      const before = stored(house);
      const body = new URLSearchParams({ Action: action, Version: "2010-03-31", ...members });
      const answer = await fetch(house.url, { method: "POST", body });
      const text = await answer.text();
      expect(text).toMatch(/^<(?:\w+Response|ErrorResponse) xmlns="https:\/\/sns\.amazonaws\.com\/doc\/2010-03-31\/">/);
      if (answer.status === 200) return;
      refusedCount += 1;
      expect([400, 404]).toContain(answer.status);
      expect(text).toContain("<Type>Sender</Type>");
      expect(stored(house)).toBe(before);
    }),
    { numRuns: RUNS },
  );
  expect(refusedCount).toBeGreaterThan(RUNS / 10);
});
