// What destinations get from a mapping on a topic, under the world's clock.

import { expect, test } from "vitest";
import { tellGroup } from "./told-group.ts";

test("TM-17, M-405: ten retries, and the document counts eleven calls", async () => {
  const group = tellGroup({
    lane: { retries: 10 },
    onFailureArn: "arn:aws:sns:us-east-1:000000000000:dead",
    handler: () => "throws",
  });
  group.produce(0, 1);
  group.mapping().runner.start();
  await group.pass(600_000);
  expect(group.calls).toHaveLength(11);
  expect(group.documents).toMatchObject([{ body: { requestContext: { approximateInvokeCount: 11 } } }]);
  expect(group.commits()).toBe("C0=1");
});

test("TM-19, M-424, M-428: a topic gets a message for each record, and then the batch is committed", async () => {
  const commitsAtReport: string[] = [];
  const group = tellGroup({
    partitionCount: 2,
    lane: { retries: 0 },
    onFailureArn: "kafka://dead",
    handler: () => "throws",
    isReporterUp: () => {
      commitsAtReport.push(group.commits());
      return true;
    },
  });
  group.produce(0, 2);
  group.produce(1, 1);
  group.mapping().runner.start();
  await group.pass(20_000);
  expect(group.calls).toHaveLength(1);
  const of = (unit: string, offset: number) => ({
    body: {
      requestContext: { condition: "RetriesExhausted", approximateInvokeCount: 1 },
      KafkaBatchInfo: { batchSize: 1, recordInfo: { offset: String(offset) } },
      payload: { records: { [unit]: [{ offset }] } },
    },
  });
  expect(group.documents).toMatchObject([of("t-0", 0), of("t-0", 1), of("t-1", 0)]);
  expect(commitsAtReport).toEqual([""]);
  expect(group.commits()).toBe("C0=2 C1=1");
  expect(group.facts("reported")).toMatchObject([{ destination: "kafka://dead", answer: "delivered", recordCount: 3 }]);
});

test("M-424: a partial answer down to one record sends that one alone", async () => {
  const group = tellGroup({
    lane: { retries: 0, isReporting: true },
    onFailureArn: "kafka://dead",
    handler: () => ({ json: '{"batchItemFailures":[{"itemIdentifier":{"partition":"t-0","offset":"2"}}]}' }),
  });
  group.produce(0, 3);
  group.mapping().runner.start();
  await group.pass(20_000);
  expect(group.shown()).toBe("[p0:0-2] [p0:2]");
  expect(group.documents).toMatchObject([
    { body: { responseContext: { functionError: null }, KafkaBatchInfo: { recordInfo: { offset: "2" } } } },
  ]);
});

test("M-208, M-808: behind a destination that answers nothing no more is read, but what becomes of partitions is heard", async () => {
  const { promise: reporterAnswers, resolve } = Promise.withResolvers<void>();
  const group = tellGroup({
    partitionCount: 2,
    lane: { batchSize: 128, retries: 0, isBisecting: true },
    group: { callsAPoller: 2, isMixing: false },
    onFailureArn: "arn:aws:sqs:us-east-1:000000000000:dead",
    handler: ({ text }) => (text.includes('"t-1"') ? "throws" : "ok"),
    reporterAnswers,
  });
  group.produce(1, 128);
  const { runner } = group.mapping();
  runner.start();
  await group.pass(10_000);
  expect(group.facts("gave-up")).toHaveLength(128);
  group.produce(0, 200);
  await group.pass(10_000);
  expect(runner.summary().lagCount).toBe(128);
  group.topic.joinForeign(); // It gets p1.
  await group.pass(10_000);
  expect(group.facts("given-back")).toMatchObject([{ recordCount: 128, why: "revoked" }]);
  resolve();
  await group.pass(10_000);
  expect(group.commits()).toBe("C0=128 C0=200");
  expect(group.topic.violations()).toEqual([]);
});
