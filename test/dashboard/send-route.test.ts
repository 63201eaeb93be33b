// What is refused of a test record before anything is sent: an empty key or group is not as if it had been left out.

import fastify from "fastify";
import { expect, test } from "vitest";
import { addHttpFrame } from "../../src/control/http/http-frame.ts";
import { addSendRoute } from "../../src/dashboard/send-route.ts";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import { createSystemRandom } from "../../src/platform/system-random.ts";

async function sendTo(source: string, body: object) {
  const app = fastify();
  addHttpFrame(app, () => null);
  const mapping = { EventSourceArn: `arn:aws:${source}` };
  addSendRoute(app, {
    control: { getMapping: async () => ({ status: 200, errorType: null, body: mapping }) },
    engineOf: () => "rabbitMq",
    clock: createSystemClock(),
    random: createSystemRandom(),
  });
  const answer = await app.inject({ method: "POST", url: "/_millrace/mappings/u/send", payload: body });
  return { status: answer.statusCode, ...answer.json<object>() };
}

const stream = "kinesis:us-east-1:000000000000:stream/orders";
const help = '{"key": "a"}';

test.each([
  ["an empty key", "", 0],
  ["a key of 257 characters", "k".repeat(257), 257],
])("Kinesis takes 1 to 256 characters: %s is refused", async (_what, key, length) => {
  expect(await sendTo(stream, { key })).toEqual({
    status: 400,
    code: "bad-argument",
    message: `key has 1 to 256 characters, and not ${length}.`,
    help,
  });
});

test("an empty key of a topic and an empty group of a queue are refused", async () => {
  expect(await sendTo("kafka:us-east-1:000000000000:cluster/line/f-1", { key: "" })).toMatchObject({
    status: 400,
    message: "key is empty: leave it out, or name one.",
    help,
  });
  expect(await sendTo("sqs:us-east-1:000000000000:orders.fifo", { groupId: "" })).toMatchObject({
    status: 400,
    message: "groupId is empty: leave it out, or name one.",
    help: '{"groupId": "a"}',
  });
});
