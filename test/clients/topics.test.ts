// Topics by boto3 and the AWS command line, unmodified.

import { expect, test } from "vitest";
import { aServer } from "../live/support/live-server.ts";
import { useClients } from "./run-client.ts";

const clientsAt = useClients();

test("boto3: a topic's whole life", async () => {
  const server = await aServer({});
  const { code, out, error } = await clientsAt(server.url).python("boto3_topics.py");
  expect(error).toBe("");
  const topic = "arn:aws:sns:us-east-1:000000000000:news";
  expect(out.trim().split("\n")).toEqual([
    `create_topic ${topic}`,
    "get_topic_attributes News",
    `list_topics ["${topic}"]`,
    'envelope Notification s wanted {"kind": {"Type": "String", "Value": "good"}}',
    'publish_batch ["0", "1", "2"] []',
    'raw ["m0", "m1", "m2"]',
    "publish NotFoundException 404 NotFound Topic does not exist",
    "subscribe InvalidParameterException 400 InvalidParameter Invalid parameter: Protocol Reason: Millrace delivers to sqs, lambda, http, https, and not to sms",
    "list_subscriptions []",
    "get_topic_attributes NotFoundException 404 NotFound Topic does not exist",
  ]);
  expect(code).toBe(0);
});

test("the AWS command line: a topic with a queue", async () => {
  const clients = clientsAt((await aServer({ queues: ["readers"] })).url);
  const said = async (line: string): Promise<unknown> => {
    const { code, out, error } = await clients.aws(...line.split(" "));
    expect({ line, code, error }).toEqual({ line, code: 0, error: "" });
    return out.trim() === "" ? null : JSON.parse(out);
  };
  const arn = "arn:aws:sns:us-east-1:000000000000:news";
  expect(await said("sns create-topic --name news")).toEqual({ TopicArn: arn });
  const endpoint = "arn:aws:sqs:us-east-1:000000000000:readers";
  await said(`sns subscribe --topic-arn ${arn} --protocol sqs --notification-endpoint ${endpoint}`);
  expect(await said(`sns publish --topic-arn ${arn} --message hello`)).toMatchObject({ MessageId: expect.any(String) });
  expect(await said("sns list-subscriptions --query Subscriptions[].Endpoint")).toEqual([endpoint]);
});
