// Thousands of requests to SQS, Secrets Manager and the query protocol, each member absent, null, of a wrong type, at its bounds and
// beyond: every answer is one that AWS could give, never a 5xx, and a refused call stores nothing. fast-check prints the seed.

import fc from "fast-check";
import { XMLValidator } from "fast-xml-parser";
import { expect, test } from "vitest";
import { type SqsOperation, sqsOperations, sqsShapes } from "../../src/control/sqs/sqs-shapes.ts";
import { aMessage } from "../stores/aside.ts";
import { aServedHouse, type Served } from "./doubles/served.ts";

const RUNS = 2_000;
const SECRET = "never-told";

const anyValue = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1.5,
    1e300,
    2 ** 31,
    "",
    "x",
    [],
    {},
    [null],
    { a: 1 },
    "\u0000",
    "\ud800",
  ),
  fc.constantFrom<unknown>(1, 10, 11, 20, 21, 43_200, 43_201, "All", "x".repeat(2_000), "é".repeat(90), "__proto__"),
  fc.constantFrom<unknown>({ DelaySeconds: "5" }, { RedrivePolicy: "{}" }, { __proto__: "a", constructor: "b" }),
  fc.constantFrom<unknown>(
    "http://h/123456789012/q",
    "http://h/123456789012/%00%zz",
    "http://h/123456789012/none",
    "//q",
    "\\",
  ),
  fc.constantFrom<unknown>(
    { a: { DataType: "String", StringValue: "x" } },
    { a: { DataType: "Binary", BinaryValue: "AAE=" } },
    { a: { DataType: "Number", StringValue: "1e5" }, "": null },
    [{ Id: "1", MessageBody: "x" }],
    [{ Id: "1", ReceiptHandle: "x", VisibilityTimeout: 1 }, null],
    [{ Id: "1", MessageBody: "x", MessageGroupId: "g", MessageDeduplicationId: "d" }],
  ),
  fc.constantFrom<unknown>(
    "arn:aws:sqs:us-east-1:123456789012:q",
    "arn:aws:sqs:us-east-1:123456789012:f.fifo",
    "arn:aws:sqs:us-east-1:123456789012:",
    "http://h/123456789012/f.fifo",
    { RedrivePolicy: '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:q","maxReceiveCount":1}' },
    { RedriveAllowPolicy: '{"redrivePermission":"byQueue","sourceQueueArns":[1]}', Policy: "[]" },
    { FifoQueue: "true", FifoThroughputLimit: "perMessageGroupId" },
    Buffer.from('{"taskId":"x","sourceArn":"arn:aws:sqs:us-east-1:123456789012:q"}').toString("base64"),
    Buffer.from("[]").toString("base64"),
    ["ReceiveMessage"],
    ["111111111111"],
  ),
  fc.jsonValue({ maxDepth: 3 }),
);

const valid: { readonly [member: string]: unknown } = {
  QueueUrl: "http://h/123456789012/q",
  QueueName: "q",
  MessageBody: "x",
};

const call = fc.constantFrom(...sqsOperations).chain((operation) => {
  const members = Object.keys(sqsShapes[operation].members).filter((name) => name !== "WaitTimeSeconds");
  const changes = fc.dictionary(fc.constantFrom(...members), anyValue, { maxKeys: 4 });
  return changes.map((changed) => {
    const rest = Object.entries(valid).filter(([name]) => members.includes(name));
    return { operation, body: { ...Object.fromEntries(rest), ...changed } };
  });
});

/** All that calls could have changed. */
async function stored({ queues }: Served): Promise<string> {
  const names = (await queues.listQueues()).map(({ name }) => name);
  const views = names.map((name) => Promise.all([queues.describeQueue(name), queues.peek(name, 1_000)]));
  return JSON.stringify(await Promise.all(views));
}

async function ask(house: Served, operation: SqsOperation, body: object) {
  const headers = { "x-amz-target": `AmazonSQS.${operation}`, "content-type": "application/x-amz-json-1.0" };
  const answer = await fetch(house.url, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: answer.status, queryError: answer.headers.get("x-amzn-query-error"), text: await answer.text() };
}

function problemOf({ status, queryError, text }: Awaited<ReturnType<typeof ask>>, isUnchanged: boolean): string | null {
  const answer = JSON.parse(text) as Readonly<Record<string, unknown>>;
  if (status === 200) return queryError === null ? null : "a success with an error's header";
  if (![400, 403, 404].includes(status)) return `status ${status}: ${text}`;
  if (typeof answer["__type"] !== "string" || typeof answer["message"] !== "string") return `no form of AWS: ${text}`;
  if (!/^[\w.]+;Sender$/.test(queryError ?? "")) return `the header says ${queryError}`;
  return isUnchanged ? null : "a refused call has stored something";
}

async function aHouseWithQueues(): Promise<Served> {
  const house = await aServedHouse();
  await house.queues.createQueue("q");
  await house.queues.createQueue("f.fifo", { settings: { isFifo: true } });
  await house.queues.send("q", aMessage("there"));
  return house;
}

test("SQS", { timeout: 60_000 }, async () => {
  const house = await aHouseWithQueues();
  let refusedCount = 0;
  await fc.assert(
    fc.asyncProperty(call, async ({ operation, body }) => {
      if (operation === "DeleteQueue") await house.queues.createQueue("q");
      const before = await stored(house);
      const { status, queryError, text } = await ask(house, operation, body);
      if (status !== 200) refusedCount += 1;
      const after = await stored(house);
      await house.queues.createQueue("q");
      expect({ operation, body, problem: problemOf({ status, queryError, text }, before === after) }).toEqual({
        operation,
        body,
        problem: null,
      });
    }),
    { numRuns: RUNS },
  );
  expect(refusedCount).toBeGreaterThan(RUNS / 10);
});

/** A member in the query protocol's names, rightly and wrongly. */
const part = fc.constantFrom(
  "1",
  "2",
  "10",
  "Name",
  "Value",
  "Key",
  "Id",
  "member",
  "entry",
  "StringValue",
  "DataType",
  "MessageBody",
  "",
  "__proto__",
);
const member = fc.constantFrom(
  "QueueUrl",
  "QueueName",
  "Attribute",
  "AttributeName",
  "Tag",
  "TagKey",
  "MessageBody",
  "MessageAttribute",
  "Label",
  "SendMessageBatchRequestEntry",
  "DeleteMessageBatchRequestEntry",
  "ReceiptHandle",
  "MaxResults",
  "SourceArn",

  "MessageGroupId",
  "MessageDeduplicationId",
  "DelaySeconds",
  "VisibilityTimeout",
  "MaxNumberOfMessages",
  "NextToken",
);
const formName = fc.tuple(member, fc.array(part, { maxLength: 5 })).map(([first, rest]) => [first, ...rest].join("."));
const formText = fc.oneof(
  fc.constantFrom(
    "q",
    "f.fifo",
    "http://h/123456789012/q",
    "http://h/123456789012/f.fifo",
    "http://h/123456789012/none",
    "All",

    "arn:aws:sqs:us-east-1:123456789012:q",
    "1",
    "-1",
    "11",
    "99999999999",
    "VisibilityTimeout",
    "String",
    "a",
    "é",
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
);

test("SQS in the query protocol", { timeout: 60_000 }, async () => {
  const house = await aHouseWithQueues();
  const actions = fc.constantFrom(...sqsOperations.filter((operation) => operation !== "DeleteQueue"));
  const form = fc.tuple(actions, fc.array(fc.tuple(formName, formText), { maxLength: 6 }));
  let doneCount = 0;
  await fc.assert(
    fc.asyncProperty(form, async ([Action, members]) => {
      const before = await stored(house);
      const known: [string, string][] = [
        ["Action", Action],
        ["Version", "2012-11-05"],
        ["QueueUrl", "http://h/123456789012/q"],
      ];
      const answer = await fetch(house.url, { method: "POST", body: new URLSearchParams([...known, ...members]) });
      const text = await answer.text();
      const isDone = answer.status === 200;
      if (isDone) doneCount += 1;
      expect(isDone || (await stored(house)) === before).toBe(true);
      expect([200, 400, 403, 404]).toContain(answer.status);
      expect(XMLValidator.validate(text)).toBe(true);
      expect(text).toMatch(
        answer.status === 200 ? new RegExp(`<${Action}Response xmlns=`) : /<ErrorResponse xmlns=.*<Type>Sender</,
      );
    }),
    { numRuns: RUNS },
  );
  expect(doneCount).toBeGreaterThan(RUNS / 10);
});

test("Secrets Manager tells a secret to who names it, and to nobody else", { timeout: 60_000 }, async () => {
  const { url } = await aServedHouse([{ id: "s", text: SECRET }]);
  const ask = async (body: unknown) => {
    const headers = { "x-amz-target": "secretsmanager.GetSecretValue", "content-type": "application/x-amz-json-1.1" };
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: answer.status, text: await answer.text() };
  };
  const members = fc.dictionary(fc.constantFrom("SecretId", "VersionId", "VersionStage", "x"), anyValue, {
    maxKeys: 3,
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(members, fc.jsonValue({ maxDepth: 2 })), async (body) => {
      const { status, text } = await ask(body);
      expect([status, text.includes(SECRET)]).toEqual([400, false]);
    }),
    { numRuns: RUNS / 2 },
  );
  expect((await ask({ SecretId: "s" })).text).toContain(SECRET);
});

test("the query protocol, and paths of nobody", { timeout: 60_000 }, async () => {
  const { url } = await aServedHouse();
  const path = fc.webPath({ size: "small" });
  const form = fc.option(fc.webQueryParameters(), { nil: null });
  await fc.assert(
    fc.asyncProperty(path, form, fc.constantFrom("GET", "POST", "PUT", "DELETE"), async (at, body, method) => {
      const type = body === null ? {} : { "content-type": "application/x-www-form-urlencoded" };
      const init = { method, headers: type, ...(method === "GET" || body === null ? {} : { body }) };
      const answer = await fetch(`${url}${at}`, init);
      expect([400, 404]).toContain(answer.status);
      expect(await answer.text()).toMatch(/Millrace offers|The request's path cannot be read/);
    }),
    { numRuns: RUNS / 4 },
  );
});
