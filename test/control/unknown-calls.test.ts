// A call that is not offered is told so in the form of its own protocol, with what is offered, and no client takes it for an answer.

import { decode } from "cborg";
import { expect, test } from "vitest";
import { aServedHouse } from "./doubles/served.ts";

const signedFor = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=any/20261129/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});
const json = (target: string, version = "1.0") => ({
  "x-amz-target": target,
  "content-type": `application/x-amz-json-${version}`,
});
const form = { "content-type": "application/x-www-form-urlencoded" };

const services =
  /^Millrace offers calls of Lambda, Kinesis, SQS, SNS, S3, CloudWatch, DynamoDB, DynamoDB Streams, Secrets Manager and STS: docs\/aws-calls\.md lists them\.$/;

const lambda = /^Millrace offers of Lambda CreateEventSourceMapping, .*CreateFunction, .*ListLayers, .*Invoke\.$/;

async function ask(path: string, init: RequestInit) {
  const { url } = await aServedHouse();
  const answer = await fetch(`${url}${path}`, init);
  return { answer, status: answer.status, type: answer.headers.get("content-type"), headers: answer.headers };
}

test.each([
  [
    "DynamoDB",
    json("DynamoDB_20120810.UpdateTimeToLive"),
    "application/x-amz-json-1.0",
    /^Millrace offers of DynamoDB CreateTable, UpdateTable, .*, Scan\.$/,
  ],
  [
    "DynamoDB Streams",
    json("DynamoDBStreams_20120810.PutRecord"),
    "application/x-amz-json-1.0",
    /^Millrace offers of DynamoDB Streams DescribeStream, ListStreams, GetShardIterator, GetRecords\.$/,
  ],
  [
    "Kinesis",
    json("Kinesis_20131202.EnableEnhancedMonitoring", "1.1"),
    "application/x-amz-json-1.1",
    /^Millrace offers of Kinesis CreateStream, /,
  ],
  [
    "Secrets Manager",
    json("secretsmanager.PutSecretValue", "1.1"),
    "application/x-amz-json-1.1",
    /^Millrace offers of Secrets Manager GetSecretValue\.$/,
  ],
  ["SSM", json("AmazonSSM.GetParameter", "1.1"), "application/x-amz-json-1.1", services],
])("JSON: %s", async (_name, headers, type, text) => {
  const asked = await ask("/", { method: "POST", headers, body: "{}" });
  expect([asked.status, asked.type]).toEqual([400, type]);
  expect(await asked.answer.json()).toEqual({
    __type: "UnknownOperationException",
    message: expect.stringMatching(text),
  });
});

test.each([
  [
    "by POST",
    "/",
    { method: "POST", headers: { ...form, ...signedFor("iam") }, body: "Action=ListUsers&Version=2010-05-08" },
    services,
  ],
  [
    "of STS",
    "/",
    { method: "POST", headers: { ...form, ...signedFor("sts") }, body: "Action=AssumeRole&Version=2011-06-15" },
    /^Millrace offers of STS GetCallerIdentity\.$/,
  ],
  [
    "of SNS",
    "/",
    { method: "POST", headers: { ...form, ...signedFor("sns") }, body: "Action=AddPermission&Version=2010-03-31" },
    /^Millrace offers of SNS CreateTopic, .*, PublishBatch\.$/,
  ],
  [
    "of SQS",
    "/",
    { method: "POST", headers: { ...form, ...signedFor("sqs") }, body: "Action=SendNothing" },
    /^Millrace offers of SQS CreateQueue/,
  ],
  ["by GET", "/?Action=ListUsers", {}, services],
])("query: %s", async (_name, path, init, text) => {
  const asked = await ask(path, init);
  expect([asked.status, asked.type]).toEqual([400, "text/xml"]);
  const [, code, message, id] =
    /^<ErrorResponse><Error><Type>Sender<\/Type><Code>(.*)<\/Code><Message>(.*)<\/Message><\/Error><RequestId>(.*)<\/RequestId><\/ErrorResponse>$/.exec(
      await asked.answer.text(),
    ) ?? [];
  expect([code, id]).toEqual(["InvalidAction", asked.headers.get("x-amzn-requestid")]);
  expect(message).toMatch(text);
});

test.each([
  [
    "a bucket's rights",
    "GET",
    "/bucket?acl",
    501,
    "NotImplemented",
    "Millrace does not carry out the query acl: docs/aws-calls",
  ],
  [
    "an object's tags",
    "PUT",
    "/bucket/some%20key?tagging",
    501,
    "NotImplemented",
    "Millrace does not carry out the query tagging",
  ],
  ["a method of nothing", "POST", "/bucket/a/b.txt", 405, "MethodNotAllowed", "The specified method is not allowed"],
])("S3: %s", async (_name, method, path, status, code, text) => {
  const asked = await ask(path, { method, headers: signedFor("s3") });
  expect([asked.status, asked.type]).toEqual([status, "application/xml"]);
  expect(await asked.answer.text()).toMatch(
    new RegExp(
      `^<\\?xml version="1\\.0" encoding="UTF-8"\\?>\n<Error><Code>${code}</Code><Message>${text}.*</Message><Resource>.*</Resource><RequestId>.{36}</RequestId></Error>$`,
    ),
  );
});

test.each([
  ["of Lambda", "GET", "/2020-06-30/functions/f/nothing", signedFor("lambda"), lambda],
  ["of Lambda, unsigned", "PUT", "/2019-09-25/functions/f/event-invoke-config", {}, lambda],
  ["of another service", "GET", "/restapis", signedFor("apigateway"), services],
  ["of nobody", "GET", "/", {}, services],
])("REST and JSON: a path %s", async (_name, method, path, headers, text) => {
  const asked = await ask(path, { method, headers });
  expect([asked.status, asked.type]).toEqual([404, "application/json"]);
  expect(asked.headers.get("x-amzn-errortype")).toBe("UnknownOperationException");
  expect(await asked.answer.json()).toEqual({ message: expect.stringMatching(text) });
});

test("Smithy's RPC in CBOR", async () => {
  const asked = await ask("/service/GraniteServiceVersion20100801/operation/PutMetricData", {
    method: "POST",
    headers: { "smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor" },
    body: new Uint8Array([0xa0]),
  });
  expect([asked.status, asked.type, asked.headers.get("smithy-protocol")]).toEqual([
    400,
    "application/cbor",
    "rpc-v2-cbor",
  ]);
  expect(decode(new Uint8Array(await asked.answer.arrayBuffer()))).toEqual({
    __type: "UnknownOperationException",
    message: expect.stringMatching(services),
  });
});

test("texts of a request come back escaped", async () => {
  const { answer, status } = await ask("/", { headers: { ...signedFor("s3"), origin: 'http://<&">' } });
  const told = "pages of 'http://&lt;&amp;&quot;&gt;' may not call this server";
  expect([status, await answer.text()]).toEqual([403, expect.stringContaining(told)]);
});

test("of the local pages a refusal has their form: a path that is none, a foreign host, and a foreign page", async () => {
  const nothing = await ask("/_millrace/nope?a=1", {});
  expect([nothing.status, nothing.headers.get("x-amzn-errortype"), await nothing.answer.json()]).toEqual([
    404,
    null,
    { code: "unknown-path", message: "There is nothing at GET /_millrace/nope." },
  ]);
  const foreign = await ask("/_millrace/mappings", { headers: { origin: "http://evil.example" } });
  expect([foreign.status, await foreign.answer.json()]).toEqual([
    403,
    {
      code: "access-denied",
      message: "Refused: pages of 'http://evil.example' may not call this server.",
    },
  ]);
});
