// What destinations get for a batch of Kafka that was given up.

import { describe, expect, test } from "vitest";
import { type Batch, recordBytesOf } from "../../src/core/batch.ts";
import { createKafkaKind } from "../../src/kinds/kafka/kafka-kind.ts";
import type { KafkaRecord } from "../../src/kinds/kafka/kafka-record.ts";
import { reportOf, type ToReport } from "../../src/runtime/report.ts";
import { createSeededRandom } from "../../src/sim/seeded-random.ts";
import { aKafkaRecord } from "../kinds/support/kafka-records.ts";

const eventSourceArn = "arn:aws:kafka:us-east-1:000000000000:cluster/shop/751d2973-1";
const kind = createKafkaKind({ flavour: "msk", eventSourceArn, bootstrapServers: "b-1:9092", topic: "t" });
const functionArn = "arn:aws:lambda:us-east-1:000000000000:function:f";
const context = {
  kind,
  random: createSeededRandom(1),
  spec: { uuid: "00000000-0000-4000-8000-000000000001", functionArn },
  clock: { nowMs: () => Date.UTC(2026, 10, 30, 3, 40, 5, 21) },
};

const mixed = [
  aKafkaRecord({ topic: "t", partition: 1, offset: 7, timestamp: 2_000, key: "a" }),
  aKafkaRecord({ topic: "t", partition: 0, offset: 0, timestamp: 1_000, key: "b" }),
  aKafkaRecord({ topic: "t", partition: 0, offset: 2n ** 53n + 1n, timestamp: 1_500 }),
];

function batchOf(records: readonly KafkaRecord[], attempts: number): Batch<KafkaRecord> {
  const recordBytes = recordBytesOf(records);
  return { id: 1, number: 1, path: "", records, recordBytes, closer: "window", call: "records", attempts, refusals: 0 };
}

function aReport(given: Partial<ToReport<KafkaRecord>>) {
  return reportOf(context, "0", {
    batch: batchOf(mixed, 3),
    condition: "RetryAttemptsExhausted",
    outcome: { kind: "functionError" },
    window: null,
    requestId: "316aa6d0-0000-4000-8000-000000000001",
    destination: "arn:aws:sqs:us-east-1:000000000000:dead",
    executedVersion: "$LATEST",
    ...given,
  });
}

describe("queues and topics of SNS", () => {
  test("TM-16, M-421, M-426: one document a batch, without its records, member by member", () => {
    const report = aReport({});
    expect(report).toMatchObject({ objectKey: null, destinationArn: "arn:aws:sqs:us-east-1:000000000000:dead" });
    expect(report).not.toHaveProperty("messages");
    expect(report.body).toBe(
      '{"requestContext":{"requestId":"316aa6d0-0000-4000-8000-000000000001",' +
        `"functionArn":"${functionArn}","condition":"RetryAttemptsExhausted","approximateInvokeCount":3},` +
        '"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},' +
        '"version":"1.0","timestamp":"2026-11-30T03:40:05.021Z","KafkaBatchInfo":{"batchSize":3,' +
        `"eventSourceArn":"${eventSourceArn}","bootstrapServers":"b-1:9092",` +
        `"payloadSize":${Buffer.byteLength(kind.text("0", mixed, null))},"recordsInfo":{` +
        '"t-1":{"firstRecordOffset":"7","lastRecordOffset":"7","firstRecordTimestamp":"1970-01-01T00:00:02Z",' +
        '"lastRecordTimestamp":"1970-01-01T00:00:02Z"},' +
        '"t-0":{"firstRecordOffset":"0","lastRecordOffset":"9007199254740993",' +
        '"firstRecordTimestamp":"1970-01-01T00:00:01Z","lastRecordTimestamp":"1970-01-01T00:00:01.500Z"}}}}',
    );
  });

  test.each([
    ["MaximumPayloadSizeExceeded", null],
    ["RecordAgeExceeded", null],
    ["SCHEMA_NOT_FOUND", null],
    ["DESERIALIZATION_ERROR", null],
  ] as const)("M-422, M-425: %s, decided by no answer: no responseContext, and a count of 1", (condition, outcome) => {
    const { body } = aReport({ batch: batchOf(mixed, 0), condition, outcome, executedVersion: null });
    const document = JSON.parse(body);
    expect(document).not.toHaveProperty("responseContext");
    expect(document.requestContext).toMatchObject({ condition, approximateInvokeCount: 1 });
  });

  test("TM-32, M-422: after an answer that named what failed functionError is null", () => {
    const { body } = aReport({ outcome: { kind: "answered", failed: "all", state: null } });
    expect(JSON.parse(body).responseContext).toEqual({
      statusCode: 200,
      executedVersion: "$LATEST",
      functionError: null,
    });
  });
});

test("TM-18, M-423: a bucket's object has the event as text, all digits of its offsets too, under the first partition", () => {
  const { body, objectKey } = aReport({ destination: "arn:aws:s3:::dead" });
  expect(objectKey).toMatch(
    /^aws\/lambda\/00000000-0000-4000-8000-000000000001\/t-1\/2026\/11\/30\/2026-11-30T03\.40\.05-[0-9a-f-]{36}$/,
  );
  const document = JSON.parse(body);
  expect(document.payload).toBe(kind.text("0", mixed, null));
  expect(document.payload).toContain('"offset":9007199254740993,');
  expect(Object.keys(document)).toEqual([
    "requestContext",
    "responseContext",
    "version",
    "payload",
    "timestamp",
    "KafkaBatchInfo",
  ]);
});

describe("topics of Kafka", () => {
  const report = aReport({ destination: "kafka://dead", batch: batchOf(mixed, 1) });

  test("TM-19, M-424: a message for each record in the batch's order, with the record's own key", () => {
    expect(report).toMatchObject({ destinationArn: "kafka://dead", body: "", objectKey: null });
    const keys = report.messages?.map(({ key }) => (key === null ? null : Buffer.from(key).toString()));
    expect(keys).toEqual(["a", "b", null]);
  });

  test("TM-19, M-424: each message by the documented sample, member by member", () => {
    const [record] = mixed.slice(2);
    const event = record === undefined ? "" : kind.text("0", [record], null);
    expect(report.messages?.[2]?.value).toBe(
      '{"requestContext":{"requestId":"316aa6d0-0000-4000-8000-000000000001",' +
        `"functionArn":"${functionArn}:$LATEST","condition":"RetriesExhausted","approximateInvokeCount":1},` +
        '"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},' +
        '"version":"1.0","timestamp":"2026-11-30T03:40:05.021Z","KafkaBatchInfo":{"batchSize":1,' +
        `"eventSourceArn":"${eventSourceArn}","bootstrapServers":"b-1:9092",` +
        `"payloadSize":${Buffer.byteLength(event)},` +
        '"recordInfo":{"offset":"9007199254740993","timestamp":"1970-01-01T00:00:01.500Z"}},' +
        `"payload":${event}}`,
    );
    expect(JSON.parse(event).records).toMatchObject({ "t-0": [{ partition: 0 }] });
  });

  test("M-424: a function's alias stays, and other conditions keep their words", () => {
    const own = { ...context, spec: { ...context.spec, functionArn: `${functionArn}:live` } };
    const [message] =
      reportOf(own, "0", {
        batch: batchOf(mixed, 0),
        condition: "RecordAgeExceeded",
        outcome: null,
        window: null,
        requestId: "r",
        destination: "kafka://dead",
        executedVersion: null,
      }).messages ?? [];
    const { requestContext } = JSON.parse(message?.value ?? "");
    expect(requestContext).toMatchObject({ functionArn: `${functionArn}:live`, condition: "RecordAgeExceeded" });
  });
});
