// The wire form of SQS's answers and errors, by hand.

import { once } from "node:events";
import http from "node:http";
import { describe, expect, test } from "vitest";
import { withQueue } from "./doubles/sqs-house.ts";

/** A call by hand: status, error header and body. */
async function raw(url: string, operation: string, body: unknown) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "x-amz-target": `AmazonSQS.${operation}`, "content-type": "application/x-amz-json-1.0" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const { headers, status } = answer;
  expect(headers.get("content-type")).toBe("application/x-amz-json-1.0");
  return { status, queryError: headers.get("x-amzn-query-error"), body: JSON.parse(await answer.text()) as unknown };
}

describe("the wire form of errors", () => {
  test.each([
    [
      "ReceiveMessage",
      { MaxNumberOfMessages: 11 },
      400,
      "InvalidParameterValue;Sender",
      "com.amazon.coral.service#InvalidParameterValueException",
      "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.",
    ],
    [
      "ReceiveMessage",
      { WaitTimeSeconds: 21 },
      400,
      "InvalidParameterValue;Sender",
      "com.amazon.coral.service#InvalidParameterValueException",
      "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.",
    ],
    [
      "ReceiveMessage",
      { VisibilityTimeout: -1 },
      400,
      "InvalidParameterValue;Sender",
      "com.amazon.coral.service#InvalidParameterValueException",
      "Value -1 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided.",
    ],
    [
      "DeleteMessage",
      {},
      400,
      "MissingParameter;Sender",
      "com.amazon.coral.service#MissingRequiredParameterException",
      "The request must contain the parameter ReceiptHandle.",
    ],
    [
      "DeleteMessage",
      { ReceiptHandle: "x" },
      404,
      "ReceiptHandleIsInvalid;Sender",
      "com.amazonaws.sqs#ReceiptHandleIsInvalid",
      'The input receipt handle "x" is not a valid receipt handle.',
    ],
    [
      "SendMessage",
      { MessageBody: 5 },
      400,
      "MalformedInput;Sender",
      "com.amazon.coral.service#SerializationException",
      "NUMBER_VALUE can not be converted to a String",
    ],
    [
      "SendMessage",
      { MessageBody: "x", QueueUrl: "nowhere" },
      404,
      "InvalidAddress;Sender",
      "com.amazonaws.sqs#InvalidAddress",
      "The address nowhere is not valid for this endpoint.",
    ],
    [
      "SendMessage",
      { MessageBody: "x", QueueUrl: "http://x/999999999999/q" },
      400,
      "AWS.SimpleQueueService.NonExistentQueue;Sender",
      "com.amazonaws.sqs#QueueDoesNotExist",
      "The specified queue does not exist.",
    ],
  ])("%s %j", async (operation, members, status, queryError, type, message) => {
    const { url, QueueUrl } = await withQueue();
    expect(await raw(url, operation, { QueueUrl, ...members })).toEqual({
      status,
      queryError,
      body: { __type: type, message },
    });
  });

  test("a call may go to the queue's own address; a body that is no JSON is told", async () => {
    const { url, QueueUrl } = await withQueue();
    expect(await raw(QueueUrl, "SendMessage", { QueueUrl, MessageBody: "x" })).toMatchObject({
      status: 200,
      queryError: null,
    });
    expect(await raw(url, "SendMessage", "{")).toMatchObject({
      status: 400,
      body: { __type: "com.amazon.coral.service#SerializationException" },
    });
  });

  test("a GET makes no call, whatever its headers say", async () => {
    const { url } = await withQueue();
    const { hostname, port } = new URL(url);
    const headers = { "x-amz-target": "AmazonSQS.CreateQueue", "content-type": "application/x-amz-json-1.0" };
    const sent = http.request({ hostname, port, method: "GET", headers });
    sent.end('{"QueueName":"made-by-get"}');
    const [answer] = (await once(sent, "response")) as [http.IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(400);
    expect(await raw(url, "GetQueueUrl", { QueueName: "made-by-get" })).toMatchObject({ status: 400 });
  });

  test("another call gets the unknown-operation error, with what is offered", async () => {
    const { url } = await withQueue();
    expect(await raw(url, "MakeCoffee", {})).toEqual({
      status: 400,
      queryError: null,
      body: {
        __type: "UnknownOperationException",
        message: expect.stringMatching(/^Millrace offers of SQS CreateQueue, GetQueueUrl, .*ReceiveMessage/),
      },
    });
  });
});
