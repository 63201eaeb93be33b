import { describe, expect, test } from "vitest";
import {
  type GivenUp,
  onFailureDocument,
  onFailureObject,
  onFailureObjectKey,
  responseContextOf,
} from "../../src/core/on-failure-document.ts";

const atMs = Date.UTC(2026, 8, 17, 14, 11, 38, 123);
const given: GivenUp = {
  requestId: "6f1d7a3e-0000-4000-8000-000000000001",
  functionArn: "arn:aws:lambda:us-east-1:000000000000:function:orders:live",
  condition: "RetryAttemptsExhausted",
  attempts: 2,
  outcome: { kind: "functionError" },
  executedVersion: "$LATEST",
  atMs,
  batchInfo: { name: "KinesisBatchInfo", members: { shardId: "shardId-000000000000", batchSize: 1 } },
  window: null,
};

describe("on-failure documents", () => {
  test("T-65, O-2: members and their order", () => {
    expect(onFailureDocument(given)).toBe(
      '{"requestContext":{"requestId":"6f1d7a3e-0000-4000-8000-000000000001",' +
        '"functionArn":"arn:aws:lambda:us-east-1:000000000000:function:orders:live",' +
        '"condition":"RetryAttemptsExhausted","approximateInvokeCount":2},' +
        '"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},' +
        '"version":"1.0","timestamp":"2026-09-17T14:11:38.123Z",' +
        '"KinesisBatchInfo":{"shardId":"shardId-000000000000","batchSize":1}}',
    );
  });

  test("O-3: the last member has the name that the source's kind gives it", () => {
    const document = JSON.parse(
      onFailureDocument({ ...given, batchInfo: { name: "DDBStreamBatchInfo", members: {} } }),
    );
    expect(Object.keys(document).at(-1)).toBe("DDBStreamBatchInfo");
  });

  test("O-4: the timestamp has milliseconds even on a whole second", () => {
    expect(JSON.parse(onFailureDocument({ ...given, atMs: atMs - 123 })).timestamp).toBe("2026-09-17T14:11:38.000Z");
  });

  test("O-6, E-54: an answer that failed the batch has functionError null", () => {
    const context = responseContextOf({
      condition: "RetryAttemptsExhausted",
      outcome: { kind: "answered", failed: "all", state: null },
      executedVersion: "3",
    });
    expect(context).toEqual({ statusCode: 200, executedVersion: "3", functionError: null });
  });

  test.each([
    { condition: "RecordAgeExceeded", outcome: null, executedVersion: null },
    { condition: "RecordAgeExceeded", outcome: null, executedVersion: "$LATEST" },
    { condition: "RetryAttemptsExhausted", outcome: { kind: "tooLarge" }, executedVersion: null },
  ] as const)("O-7: no responseContext where no answer decided: $condition, $outcome", (row) => {
    const document = JSON.parse(onFailureDocument({ ...given, ...row }));
    expect(Object.keys(document)).toEqual(["requestContext", "version", "timestamp", "KinesisBatchInfo"]);
  });

  test.each([
    [0, 1],
    [1, 1],
    [8, 8],
  ])("O-8: %i attempts are shown as %i", (attempts, shown) => {
    const document = JSON.parse(onFailureDocument({ ...given, attempts }));
    expect(document.requestContext.approximateInvokeCount).toBe(shown);
  });

  test("T-68, O-10: the S3 object has the event as a string between version and timestamp", () => {
    const object = JSON.parse(onFailureObject(given, '{"Records":[]}'));
    expect(Object.keys(object)).toEqual([
      "requestContext",
      "responseContext",
      "version",
      "payload",
      "timestamp",
      "KinesisBatchInfo",
    ]);
    expect(object.payload).toBe('{"Records":[]}');
  });

  test("T-68, O-11: the S3 key has the unit, the day, and the second of the timestamp", () => {
    expect(onFailureObjectKey({ mappingUuid: "m", unit: "shardId-000000000000", atMs, randomUuid: "r" })).toBe(
      "aws/lambda/m/shardId-000000000000/2026/09/17/2026-09-17T14.11.38-r",
    );
  });

  test("T-86, O-17: a window's failure has timeWindowInfo after the batch info", () => {
    const startMs = Date.UTC(2026, 8, 17, 14, 11, 10);
    const text = onFailureDocument({
      ...given,
      window: { startMs, endMs: startMs + 10_000, isFinal: true, isTerminatedEarly: false },
    });
    expect(
      text.endsWith(
        '"timeWindowInfo":{"window":{"start":"2026-09-17T14:11:10Z","end":"2026-09-17T14:11:20Z"},' +
          '"isFinalInvokeForWindow":true,"isWindowTerminatedEarly":false}}',
      ),
    ).toBe(true);
  });
});
