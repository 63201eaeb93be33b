import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ENVELOPE_BYTES } from "../../src/kinds/event-window.ts";
import { createKinesisKind } from "../../src/kinds/kinesis/kinesis-kind.ts";
import type { KinesisEventContext, KinesisRecord } from "../../src/kinds/kinesis/kinesis-record.ts";
import { kinesisConstantBytes, kinesisRecordSizeBytes } from "../../src/kinds/kinesis/record-size.ts";
import { entryIdFromSequenceNumber, sequenceNumberFromEntryId } from "../../src/kinds/kinesis/sequence-number.ts";
import { unpack } from "../../src/kinds/unpackers.ts";
import type { WindowPart } from "../../src/core/tumbling.ts";

const UNIT = "shardId-000000000003";
const context: KinesisEventContext = {
  eventSourceArn: "arn:aws:kinesis:eu-central-1:000000000000:stream/orders",
  region: "eu-central-1",
  roleArn: "arn:aws:iam::000000000000:role/reader",
};
const kind = createKinesisKind(context);
const utf8 = (text: string): Uint8Array => Buffer.from(text, "utf8");

interface Given {
  readonly entryId?: string;
  readonly partitionKey?: Uint8Array;
  readonly data?: Uint8Array;
  readonly arrivedAtMs?: number;
  readonly context?: KinesisEventContext;
}

function aRecord(given: Given = {}): KinesisRecord {
  const entryId = given.entryId ?? "1789654321123-0";
  const partitionKey = given.partitionKey ?? utf8("k");
  const data = given.data ?? utf8("hello");
  const arrivedAtMs = given.arrivedAtMs ?? 1_789_654_321_123;
  const constant = kinesisConstantBytes(given.context ?? context, UNIT);
  const sizeBytes = kinesisRecordSizeBytes(constant, { partitionKey, dataBytes: data.length, arrivedAtMs });
  return { ordinal: 0, arrivedAtMs, sizeBytes, entryId, partitionKey, data };
}

const part = fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(0n, 2_000_000_000_000n));
const anEntryId = fc.tuple(part, part).map(([ms, counter]) => `${ms}-${counter}`);
const aKey = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }).map(utf8),
  fc.string({ maxLength: 40 }).map(utf8),
  fc.uint8Array({ maxLength: 40 }),
);
const anArrival = fc.oneof(
  fc.integer({ min: 0, max: 4_000_000_000_000 }),
  fc.maxSafeNat(),
  fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000),
  fc.constantFrom(0, 1, 999, 1000, 999_999_999_999, 1_000_000_000_000, 9_999_999_999_999, 10_000_000_000_000, 2 ** 64),
);
const aGiven = fc.record({
  entryId: anEntryId,
  partitionKey: aKey,
  data: fc.uint8Array({ maxLength: 100 }),
  arrivedAtMs: anArrival,
});
const aWindow: fc.Arbitrary<WindowPart> = fc.record({
  startMs: fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000),
  endMs: fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000),
  stateJson: fc.json(),
  isFinal: fc.boolean(),
  isTerminatedEarly: fc.boolean(),
});

describe("laws of the Kinesis kind", () => {
  test("B-11: envelope, sizes and commas add up to the bytes of the event's text", () => {
    fc.assert(
      fc.property(fc.array(aGiven, { minLength: 1, maxLength: 8 }), (all) => {
        const records = all.map(aRecord);
        const sum = records.reduce((total, record) => total + record.sizeBytes, 0);
        const text = kind.text(UNIT, records, null);
        expect(ENVELOPE_BYTES + sum + records.length - 1).toBe(Buffer.byteLength(text, "utf8"));
      }),
      { numRuns: 500 },
    );
  });

  test("B-11, W-1: with a window, its part and the state are added, and the sum is exact again", () => {
    fc.assert(
      fc.property(fc.array(aGiven, { minLength: 1, maxLength: 4 }), aWindow, (all, drawn) => {
        const window = { ...drawn, isFinal: false, isTerminatedEarly: false };
        const records = all.map(aRecord);
        const sum = records.reduce((total, record) => total + record.sizeBytes, records.length - 1);
        const stateBytes = Buffer.byteLength(window.stateJson, "utf8");
        const text = kind.text(UNIT, records, window);
        expect(ENVELOPE_BYTES + sum + kind.windowBytes(UNIT) + stateBytes).toBe(Buffer.byteLength(text, "utf8"));
      }),
    );
  });

  test("K-1: what is unpacked equals what the text parses to, without and with a window", () => {
    fc.assert(
      fc.property(fc.array(aGiven, { maxLength: 8 }), fc.option(aWindow), (all, window) => {
        const records = all.map(aRecord);
        const unpacked = unpack(kind.pack(UNIT, records, window));
        const text = kind.text(UNIT, records, window);
        expect(unpacked).toEqual(JSON.parse(text));
        // The same members in the same order.
        expect(JSON.parse(JSON.stringify(unpacked))).toEqual(JSON.parse(text));
        expect(Object.keys(unpacked as object)).toEqual(Object.keys(JSON.parse(text)));
      }),
      { numRuns: 500 },
    );
  });

  test("every control character, quote, backslash and plane counts exactly in a partition key", () => {
    const keys = [
      ...Array.from({ length: 0x80 }, (_, code) => String.fromCharCode(code)),
      "é",
      "\u2028",
      "\ufeff",
      "\uffff",
      "🚀",
      'a\u0000🚀"',
      "",
    ];
    const wrong = keys.filter((key) => {
      const record = aRecord({ partitionKey: utf8(key) });
      return 14 + record.sizeBytes !== Buffer.byteLength(kind.text(UNIT, [record], null), "utf8");
    });
    expect(wrong).toEqual([]);
  });

  test("an ARN with characters that JSON escapes counts exactly", () => {
    const odd: KinesisEventContext = { eventSourceArn: 'a"b\\c', region: "é", roleArn: "\n🚀" };
    const record = aRecord({ context: odd });
    const text = createKinesisKind(odd).text(UNIT, [record], null);
    expect(14 + record.sizeBytes).toBe(Buffer.byteLength(text, "utf8"));
  });

  test("N1, N2: sequence numbers convert both ways and sort like entry ids", () => {
    fc.assert(
      fc.property(part, part, part, part, (ms, counter, otherMs, otherCounter) => {
        const one = sequenceNumberFromEntryId(`${ms}-${counter}`);
        const other = sequenceNumberFromEntryId(`${otherMs}-${otherCounter}`);
        expect(one).toMatch(/^49\d{40}$/);
        expect(entryIdFromSequenceNumber(one)).toBe(`${ms}-${counter}`);
        expect(one < other).toBe(ms < otherMs || (ms === otherMs && counter < otherCounter));
      }),
    );
  });
});

describe("the Kinesis event", () => {
  test("K-1, K-2, K-3: members, order and forms are as recorded", () => {
    expect(kind.text(UNIT, [aRecord()], null)).toBe(
      '{"Records":[{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"k","sequenceNumber":' +
        '"490000000178965432112300000000000000000000","data":"aGVsbG8=","approximateArrivalTimestamp":1789654321.123},' +
        '"eventSource":"aws:kinesis","eventVersion":"1.0",' +
        '"eventID":"shardId-000000000003:490000000178965432112300000000000000000000","eventName":"aws:kinesis:record",' +
        '"invokeIdentityArn":"arn:aws:iam::000000000000:role/reader","awsRegion":"eu-central-1",' +
        '"eventSourceARN":"arn:aws:kinesis:eu-central-1:000000000000:stream/orders"}]}',
    );
  });

  test("W-1, W-2: a windowed event ends with its shard, window, state and flags", () => {
    const window = {
      startMs: 1_789_654_270_000,
      endMs: 1_789_654_280_000,
      stateJson: '{"n":1}',
      isFinal: true,
      isTerminatedEarly: false,
    };
    expect(kind.text(UNIT, [], window)).toBe(
      '{"Records":[],"shardId":"shardId-000000000003",' +
        '"eventSourceARN":"arn:aws:kinesis:eu-central-1:000000000000:stream/orders",' +
        '"window":{"start":"2026-09-17T14:11:10Z","end":"2026-09-17T14:11:20Z"},"state":{"n":1},' +
        '"isFinalInvokeForWindow":true,"isWindowTerminatedEarly":false}',
    );
  });

  test("an unknown kind of packed batch is refused", () => {
    expect(() => unpack({ kind: "toString", buffer: new ArrayBuffer(8), constants: {} })).toThrow("no unpacker");
  });
});

describe("the filter's view and the batch's range", () => {
  test("F-67: the flattened record with its data as text", () => {
    expect(kind.filterView(aRecord())).toEqual({
      metadata: {
        kinesisSchemaVersion: "1.0",
        partitionKey: "k",
        sequenceNumber: "490000000178965432112300000000000000000000",
        approximateArrivalTimestamp: 1789654321.123,
      },
      dataMember: "data",
      dataText: "hello",
    });
  });

  test("F-79: bytes that are not UTF-8 are no text", () => {
    expect(kind.filterView(aRecord({ data: Uint8Array.of(0xff, 0xfe) })).dataText).toBeNull();
    expect(kind.filterView(aRecord({ data: utf8("\ufeff{}") })).dataText).toBe("\ufeff{}");
  });

  test("O-2, O-4: first and last record, fractions only where they are not zero", () => {
    const records = [
      aRecord({ entryId: "1789654267820-0", arrivedAtMs: 1_789_654_267_820 }),
      aRecord({ entryId: "1789654268000-7", arrivedAtMs: 1_789_654_268_000 }),
    ];
    expect(JSON.stringify(kind.batchInfo(UNIT, records))).toBe(
      '{"name":"KinesisBatchInfo","members":{"shardId":"shardId-000000000003",' +
        '"startSequenceNumber":"490000000178965426782000000000000000000000",' +
        '"endSequenceNumber":"490000000178965426800000000000000000000007",' +
        '"approximateArrivalOfFirstRecord":"2026-09-17T14:11:07.820Z","approximateArrivalOfLastRecord":"2026-09-17T14:11:08Z",' +
        '"batchSize":2,"streamArn":"arn:aws:kinesis:eu-central-1:000000000000:stream/orders"}}',
    );
  });

  test("O-17: without records only the shard and the stream", () => {
    expect(kind.batchInfo(UNIT, []).members).toEqual({ shardId: UNIT, streamArn: context.eventSourceArn });
  });

  test("a text that is no sequence number of ours has no entry id", () => {
    expect(entryIdFromSequenceNumber("")).toBeNull();
    expect(entryIdFromSequenceNumber("50".padEnd(42, "0"))).toBeNull();
    expect(entryIdFromSequenceNumber(`49${"9".repeat(40)}`)).toBeNull();
    expect(entryIdFromSequenceNumber(`49${"1".repeat(41)}`)).toBeNull();
  });
});
