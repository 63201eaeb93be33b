import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileFilters } from "../../src/core/filter/compile-filters.ts";
import { createPassingFilter } from "../../src/core/filter/passing-filter.ts";
import { normalNumber } from "../../src/kinds/sqs/normal-number.ts";
import { parseHandle } from "../../src/kinds/sqs/receipt-handle.ts";
import { createSqsKind, type SqsRecord } from "../../src/kinds/sqs/sqs-kind.ts";
import { storedText } from "../../src/kinds/sqs/stored-attributes.ts";
import { unpack } from "../../src/kinds/unpackers.ts";
import { md5Hex } from "../../src/platform/md5.ts";
import type { QueueMessage } from "../../src/ports/queues.ts";

const eventSourceArn = "arn:aws:sqs:eu-west-1:123456789012:jobs";
const kind = createSqsKind({ eventSourceArn, region: "eu-west-1", queueName: "jobs", md5: md5Hex });

const message: QueueMessage = {
  messageId: "0d2d9b2a-6a8e-4c1e-9d37-5d1a7f0c3b11",
  receiptHandle: "r-1",
  body: "hello",
  attributes: null,
  sentAtMs: 1_789_651_658_822,
  firstReceivedAtMs: 1_789_651_659_000,
  receiveCount: 1,
  sequenceNumber: null,
  groupId: null,
  deduplicationId: null,
  traceHeader: null,
  deadLetterSource: null,
};

function aRecord(given: Partial<QueueMessage> = {}, { hasWindow = false, atMs = 1_789_651_700_000 } = {}): SqsRecord {
  return kind.record({ ...message, ...given }, { ordinal: 0, hasWindow, atMs });
}

const shown = (given: Partial<QueueMessage> = {}, options: { readonly hasWindow?: boolean } = {}) =>
  JSON.parse(kind.text([aRecord(given, options)])).Records[0];

const anAttribute = (name: string, type: string, value: string) => ({
  name,
  type,
  isBinary: type.startsWith("Binary"),
  value,
});

const aText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom('"', "\\", "\n", "é🚀", "\ud800", ""),
);
const aMessage = fc.record({
  messageId: fc.uuid(),
  receiptHandle: fc.uuid(),
  body: aText,
  attributes: fc
    .uniqueArray(
      fc.tuple(fc.stringMatching(/^[a-z]{1,4}$/), fc.constantFrom("String", "Number", "Binary.x", "String.y"), aText),
      {
        selector: ([name]) => name,
        maxLength: 3,
      },
    )
    .map((all) => storedText(all.map(([name, type, value]) => anAttribute(name, type, value)))),
  sentAtMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  firstReceivedAtMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  receiveCount: fc.integer({ min: 1, max: 1_000 }),
  sequenceNumber: fc.option(fc.stringMatching(/^\d{20}$/)),
  groupId: fc.option(aText),
  deduplicationId: fc.option(aText),
  traceHeader: fc.option(aText),
  deadLetterSource: fc.option(fc.stringMatching(/^[a-z]{1,8}$/)),
});

describe("laws", () => {
  test("B-11: envelope, sizes and commas are exactly the event's bytes, and a packed batch is the event", () => {
    fc.assert(
      fc.property(fc.array(aMessage, { maxLength: 4 }), fc.boolean(), (messages, hasWindow) => {
        const records = messages.map((each, ordinal) => kind.record(each, { ordinal, hasWindow, atMs: 5 }));
        const text = kind.text(records);
        const commas = Math.max(0, records.length - 1);
        const bytes = records.reduce((sum, { sizeBytes }) => sum + sizeBytes, kind.envelopeBytes + commas);
        expect(Buffer.byteLength(text)).toBe(bytes);
        const packed = kind.pack(records);
        expect(packed.buffer.byteLength).toBe(bytes);
        expect(unpack(packed)).toEqual(JSON.parse(text));
      }),
    );
  });

  test("Q-2: whatever the message, every system attribute is a text", () => {
    fc.assert(
      fc.property(aMessage, (each) => {
        const { attributes } = shown(each);
        expect(Object.values(attributes).every((value) => typeof value === "string")).toBe(true);
      }),
    );
  });

  test("Q-7: a number in normal form is the same number, and its own normal form", () => {
    const aNumber = fc
      .tuple(
        fc.constantFrom("", "-", "+"),
        fc.stringMatching(/^\d{1,9}$/),
        fc.stringMatching(/^(\.\d{0,9})?$/),
        fc.constantFrom("", "e3", "E-2", "e+0"),
      )
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(aNumber, (text) => {
        const normal = normalNumber(text);
        expect(Number(normal)).toBeCloseTo(Number(text) + 0, 6);
        expect(normal).toMatch(/^(-?[1-9]\d*|-?0(?=\.)|0|-?[1-9]\d*(?=\.))(\.\d*[1-9])?$/);
        expect(normalNumber(normal)).toBe(normal);
      }),
    );
  });
});

describe("the record", () => {
  test("Q-1: its members, in the order in which they were recorded", () => {
    const record = shown();
    expect(record).toEqual({
      messageId: message.messageId,
      receiptHandle: expect.any(String) as string,
      body: "hello",
      attributes: {
        ApproximateReceiveCount: "1",
        SentTimestamp: "1789651658822",
        SenderId: "123456789012",
        ApproximateFirstReceiveTimestamp: "1789651659000",
      },
      messageAttributes: {},
      md5OfBody: "5d41402abc4b2a76b9719d911017c592",
      eventSource: "aws:sqs",
      eventSourceARN: eventSourceArn,
      awsRegion: "eu-west-1",
    });
    expect(Object.keys(record)).toEqual([
      "messageId",
      "receiptHandle",
      "body",
      "attributes",
      "messageAttributes",
      "md5OfBody",
      "eventSource",
      "eventSourceARN",
      "awsRegion",
    ]);
  });

  test("Q-8: its receipt handle is one that the queue's API takes", () => {
    expect(parseHandle(shown().receiptHandle)).toEqual({
      queue: "jobs",
      receipt: "r-1",
      receivedAtMs: 1_789_651_659_000,
    });
  });

  test("Q-3: FIFO's members, the trace header, and where a dead letter came from", () => {
    const fifo = { sequenceNumber: "00000000000000000007", groupId: "g", deduplicationId: "d" };
    expect(shown({ ...fifo, traceHeader: "Root=1-2-3", deadLetterSource: "first" }).attributes).toEqual({
      ApproximateReceiveCount: "1",
      AWSTraceHeader: "Root=1-2-3",
      SentTimestamp: "1789651658822",
      SequenceNumber: "00000000000000000007",
      MessageGroupId: "g",
      SenderId: "123456789012",
      MessageDeduplicationId: "d",
      ApproximateFirstReceiveTimestamp: "1789651659000",
      DeadLetterQueueSourceArn: "arn:aws:sqs:eu-west-1:123456789012:first",
    });
  });

  test("T-142, Q-4: a binary attribute has binaryValue and no stringValue, a text the other way round; both empty lists are there", () => {
    const attributes = storedText([anAttribute("b", "Binary.png", "AQI="), anAttribute("s", "String", "x")]);
    expect(shown({ attributes }).messageAttributes).toEqual({
      b: { binaryValue: "AQI=", stringListValues: [], binaryListValues: [], dataType: "Binary.png" },
      s: { stringValue: "x", stringListValues: [], binaryListValues: [], dataType: "String" },
    });
  });

  test("T-140, Q-5, Q-6: without attributes there is an empty object, and their MD5 is absent with window 0, null with one", () => {
    expect(shown().messageAttributes).toEqual({});
    expect(shown()).not.toHaveProperty("md5OfMessageAttributes");
    expect(shown({}, { hasWindow: true })).toHaveProperty("md5OfMessageAttributes", null);
  });

  test("T-141, Q-7: a number is shown in normal form, and the MD5 is of that form with the type as sent", () => {
    const attributes = storedText([anAttribute("n", "Number.probe", "0012.3400")]);
    const record = shown({ attributes });
    expect(record.messageAttributes.n).toMatchObject({ stringValue: "12.34", dataType: "Number.probe" });
    const piece = (text: string): Buffer => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(Buffer.byteLength(text));
      return Buffer.concat([length, Buffer.from(text)]);
    };
    const digested = Buffer.concat([piece("n"), piece("Number.probe"), Buffer.from([1]), piece("12.34")]);
    expect(record.md5OfMessageAttributes).toBe(createHash("md5").update(digested).digest("hex"));
  });

  test.each([
    ["0012.3400", "12.34"],
    ["-0.0", "0"],
    ["+7", "7"],
    ["1e3", "1000"],
    ["12.5E-3", "0.0125"],
    [".5", "0.5"],
    ["-000.10", "-0.1"],
    ["1e999", "1e999"],
    ["x", "x"],
  ])("Q-7: %s is %s", (text, normal) => {
    expect(normalNumber(text)).toBe(normal);
  });

  test("F-66: a filter sees the members of the delivered record, and the body as the data", () => {
    const passes = (pattern: string, given: Partial<QueueMessage> = {}): boolean => {
      const compiled = compileFilters([pattern], "sqs", { limit: 5 });
      if (compiled.kind !== "filters") throw new Error(compiled.kind);
      return createPassingFilter(compiled).passes(kind.filterView(aRecord(given)));
    };
    const attributes = storedText([anAttribute("kind", "String", "order")]);
    expect(passes('{"body":{"a":[1]}}', { body: '{"a":1}' })).toBe(true);
    expect(passes('{"body":{"a":[1]}}', { body: '{"a":2}' })).toBe(false);
    expect(passes('{"body":["hello"]}')).toBe(true);
    expect(passes('{"messageAttributes":{"kind":{"stringValue":["order"]}}}', { attributes })).toBe(true);
    expect(passes('{"messageAttributes":{"kind":{"stringValue":["order"]}}}')).toBe(false);
    expect(passes('{"attributes":{"ApproximateReceiveCount":["2"]}}', { receiveCount: 2 })).toBe(true);
    expect(passes('{"eventSource":["aws:sqs"]}')).toBe(true);
  });
});
