import { mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createBucketDirectory } from "../../src/destinations/bucket-directory.ts";
import { createEmbeddedReporter } from "../../src/destinations/embedded-reporter.ts";
import { createSystemRandom } from "../../src/platform/system-random.ts";
import type { Queues } from "../../src/ports/queues.ts";
import { openTopicsAside } from "./topics-aside.ts";
import type { Topics } from "../../src/ports/topics.ts";
import type { Report, Reporter } from "../../src/ports/reporter.ts";
import { createQueues } from "../../src/stores/store-queues.ts";
import { openStoreAside, type StoreAside } from "../stores/aside.ts";

const KEY = "aws/lambda/m-1/shardId-000000000000/2026/09/17/2026-09-17T14.11.38-uuid";

let store: StoreAside;
let queues: Queues;
let topics: Topics;
let root: string;
let reporter: Reporter;
beforeEach(async () => {
  store = await openStoreAside();
  queues = createQueues(store.client);
  root = await mkdtemp(join(tmpdir(), "millrace-buckets-"));
  topics = await openTopicsAside(store, queues);
  reporter = createEmbeddedReporter({
    queues,
    topics,
    buckets: createBucketDirectory(root),
    random: createSystemRandom(),
    home: { region: "us-east-1", accountId: "000000000000" },
  });
});
afterEach(async () => {
  await store.close();
  await rm(root, { recursive: true, force: true });
});

const aReport = (given: Partial<Report>): Report => ({
  mappingUuid: "m-1",
  destinationArn: "arn:aws:sqs:us-east-1:000000000000:failures",
  body: '{"version":"1.0"}',
  objectKey: null,
  ...given,
});
const aBucketReport = (bucket: string, objectKey: string | null = KEY): Report =>
  aReport({ destinationArn: `arn:aws:s3:::${bucket}`, objectKey });
const toQueue = (name: string, attributes: Readonly<Record<string, string>>) =>
  ({ topic: "alarms", protocol: "sqs", endpoint: `arn:aws:sqs:us-east-1:000000000000:${name}`, attributes }) as const;
const take = async (queue: string) => (await queues.receive(queue, { max: 10, visibilityMs: 30_000 }))?.messages;

describe("a queue as destination", () => {
  test("O-2: the body is the document as it is", async () => {
    await queues.createQueue("failures");
    expect(await reporter.send(aReport({}))).toEqual({ kind: "delivered" });
    expect(await take("failures")).toMatchObject([{ body: '{"version":"1.0"}', receiveCount: 1 }]);
  });

  test("O-15: a queue that is missing is refused, and says so", async () => {
    expect(await reporter.send(aReport({}))).toEqual({ kind: "refused", detail: "there is no queue failures" });
  });
});

test.each([
  ["arn:aws:sqs:us-east-1:111111111111:failures", "there is no queue failures of account 111111111111 in us-east-1"],
  ["arn:aws:sqs:eu-west-1:000000000000:failures", "there is no queue failures of account 000000000000 in eu-west-1"],
  ["arn:aws:sns:eu-west-1:000000000000:failures", "there is no topic failures of account 000000000000 in eu-west-1"],
  ["arn:aws:s3:us-east-1:000000000000:failures", "is neither a queue nor a topic nor a bucket"],
])("O-1: %s is never what has this name here", async (destinationArn, told) => {
  await queues.createQueue("failures");
  await topics.create({ name: "failures", attributes: {}, tags: {} });
  await createBucketDirectory(root).create("failures");
  const answer = await reporter.send(aReport({ destinationArn, objectKey: KEY }));
  expect(answer).toMatchObject({ kind: "refused", detail: expect.stringContaining(told) });
  expect(await take("failures")).toEqual([]);
});

test("O-15: a document that the queue is too small for is refused, and says so", async () => {
  await queues.createQueue("failures", { settings: { maxMessageBytes: 1_024 } });
  expect(await reporter.send(aReport({ body: "x".repeat(1_025) }))).toEqual({
    kind: "refused",
    detail: "the document has 1025 bytes, and the queue failures takes 1024",
  });
  expect(await take("failures")).toEqual([]);
});

describe("a topic as destination", () => {
  const destinationArn = "arn:aws:sns:us-east-1:000000000000:alarms";

  test("O-2: subscribers get the document in SNS's envelope, without a subject, or as it is where they ask for it", async () => {
    await topics.create({ name: "alarms", attributes: {}, tags: {} });
    await queues.createQueue("wrapped");
    await queues.createQueue("raw");
    await topics.subscribe(toQueue("wrapped", {}));
    await topics.subscribe(toQueue("raw", { RawMessageDelivery: "true" }));
    expect(await reporter.send(aReport({ destinationArn }))).toEqual({ kind: "delivered" });
    expect(await take("raw")).toMatchObject([{ body: '{"version":"1.0"}' }]);
    const envelope: unknown = JSON.parse((await take("wrapped"))?.[0]?.body ?? "");
    expect(Object.keys(envelope as object)).toEqual([
      "Type",
      "MessageId",
      "TopicArn",
      "Message",
      "Timestamp",
      "SignatureVersion",
      "Signature",
      "SigningCertURL",
      "UnsubscribeURL",
    ]);
    expect(envelope).toMatchObject({
      Type: "Notification",
      TopicArn: destinationArn,
      Message: '{"version":"1.0"}',
      Timestamp: "2026-09-17T14:12:01.123Z",
      SignatureVersion: "1",
    });
  });

  test("a topic without subscribers takes the document all the same", async () => {
    await topics.create({ name: "alarms", attributes: {}, tags: {} });
    expect(await reporter.send(aReport({ destinationArn }))).toEqual({ kind: "delivered" });
  });

  test("O-15: a topic that is missing is refused", async () => {
    expect(await reporter.send(aReport({ destinationArn }))).toMatchObject({
      kind: "refused",
      detail: "there is no topic alarms",
    });
  });
});

describe("a bucket as destination", () => {
  test("O-11: the object lies under its key, whole, and nothing is left aside", async () => {
    await createBucketDirectory(root).create("failures");
    expect(await reporter.send(aBucketReport("failures"))).toEqual({ kind: "delivered" });
    expect(await readFile(join(root, "failures", KEY), "utf8")).toBe('{"version":"1.0"}');
    expect(await readdir(join(root, ".aside"))).toEqual([]);
  });

  test("O-15: a bucket that is missing is refused and not made", async () => {
    expect(await reporter.send(aBucketReport("failures"))).toMatchObject({ kind: "refused" });
    expect(await readdir(root)).toEqual([]);
  });

  test("U1: no bucket and no key leaves its root", async () => {
    await createBucketDirectory(root).create("failures");
    const tried = [
      aBucketReport(".."),
      aBucketReport("../failures"),
      aBucketReport("/etc"),
      aBucketReport(".aside"),
      aBucketReport("failures", "../other/key"),
      aBucketReport("failures", "a/../../b"),
      aBucketReport("failures", "/absolute"),
      aBucketReport("failures", "a//b"),
      aBucketReport("failures", "a\\..\\b"),
      aBucketReport("failures", "a\0b"),
      aBucketReport("failures", ""),
      aBucketReport("failures", "k".repeat(1_025)),
      aBucketReport("failures", null),
    ];
    const answers = await Promise.all(tried.map((report) => reporter.send(report)));
    expect(answers.map((answer) => answer.kind)).toEqual(tried.map(() => "refused"));
    expect(await readdir(join(root, "failures"))).toEqual([]);
  });

  test("U1: a symbolic link that leads out of the bucket is not followed", async () => {
    await createBucketDirectory(root).create("failures");
    const outside = await mkdtemp(join(tmpdir(), "millrace-outside-"));
    await symlink(outside, join(root, "failures", "aws"));
    expect(await reporter.send(aBucketReport("failures"))).toMatchObject({ kind: "refused" });
    expect(await readdir(outside)).toEqual([]);
    await rm(outside, { recursive: true });
  });
});

test("O-1: an ARN of another service is refused", async () => {
  const answer = await reporter.send(aReport({ destinationArn: "arn:aws:lambda:us-east-1:000000000000:function:f" }));
  expect(answer).toMatchObject({ kind: "refused" });
});

test("O-15: a store that has ended refuses instead of rejecting", async () => {
  store.client.close();
  expect(await reporter.send(aReport({}))).toEqual({ kind: "refused", detail: "the store has ended" });
});
