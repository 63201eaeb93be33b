import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { WindowPart } from "../../src/core/tumbling.ts";
import { type Item, itemSizeBytes } from "../../src/kinds/dynamodb/attribute-value.ts";
import { changeNumberFromEntryId, entryIdFromChangeNumber } from "../../src/kinds/dynamodb/change-number.ts";
import { changeShardIdOf } from "../../src/kinds/dynamodb/change-shard-id.ts";
import { type Change, changeText, laneKeyOfItem, viewTypes } from "../../src/kinds/dynamodb/change-text.ts";
import { createDynamodbKind } from "../../src/kinds/dynamodb/dynamodb-kind.ts";
import { eventSizeBytes } from "../../src/kinds/event-sizing.ts";
import type { KinesisRecord } from "../../src/kinds/kinesis/kinesis-record.ts";
import { entryIdFromPosition, familyOf, placeBefore, positionFromEntryId } from "../../src/kinds/stream-family.ts";
import type { StreamKind } from "../../src/kinds/stream-kind.ts";
import { unpack } from "../../src/kinds/unpackers.ts";

const UNIT = "shardId-00000001789651619772-2a9e5aad";
const context = {
  eventSourceArn: "arn:aws:dynamodb:eu-central-1:000000000000:table/orders/stream/2026-09-17T14:11:07.822",
  region: "eu-central-1",
};
const kind = createDynamodbKind(context);
const utf8 = (text: string): Uint8Array => Buffer.from(text, "utf8");

const insert: Change = {
  eventId: "0123456789abcdef0123456789abcdef",
  eventName: "INSERT",
  keys: { pk: { S: "a" } },
  newImage: { pk: { S: "a" }, n: { N: "1" } },
  oldImage: null,
  viewType: "NEW_AND_OLD_IMAGES",
};

interface Given {
  readonly entryId?: string;
  readonly data?: Uint8Array;
  readonly arrivedAtMs?: number;
  readonly kind?: StreamKind;
}

function aRecord(given: Given = {}): KinesisRecord {
  const { entryId = "1789651658822-0", arrivedAtMs = 1_789_651_658_822 } = given;
  const own = given.kind ?? kind;
  const data = own.admitted(given.data ?? utf8(changeText(insert)), entryId);
  const partitionKey = utf8('{"pk":{"S":"a"}}');
  const sizeBytes = eventSizeBytes(own.sizing(UNIT), { partitionKey, dataBytes: data.length, arrivedAtMs });
  return { ordinal: 0, arrivedAtMs, sizeBytes, entryId, partitionKey, data };
}

const eventOf = (records: readonly KinesisRecord[], window: WindowPart | null = null) =>
  JSON.parse(kind.text(UNIT, records, window));

const part = fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(0n, 2_000_000_000_000n));
const anEntryId = fc.tuple(part, part).map(([ms, counter]) => `${ms}-${counter}`);
const anArrival = fc.oneof(
  fc.integer({ min: 0, max: 4_000_000_000_000 }),
  fc.maxSafeNat(),
  fc.constantFrom(0, 1, 999, 1000, 999_999_999_999, 1_000_000_000_000, 9_999_999_999_999, 10_000_000_000_000, 2 ** 64),
);
const aText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("SizeBytes", '","SizeBytes":', "}", "é🚀"),
);
const aNumber = fc.oneof(
  fc.integer().map(String),
  fc.bigInt(-(10n ** 37n), 10n ** 37n).map(String),
  fc.constantFrom("0", "1.50", "-1.5E+10"),
);
const aValue = fc.letrec<{ value: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({ S: aText }),
    fc.record({ N: aNumber }),
    fc.record({ B: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString("base64")) }),
    fc.record({ BOOL: fc.boolean() }),
    fc.record({ NULL: fc.constant(true) }),
    fc.record({ SS: fc.array(aText, { maxLength: 3 }) }),
    fc.record({ L: fc.array(tie("value"), { maxLength: 3 }) }),
    fc.record({ M: fc.dictionary(aText, tie("value"), { maxKeys: 3 }) }),
  ),
})).value;
const anItem = fc.dictionary(aText, aValue, { maxKeys: 4 });
const aChange: fc.Arbitrary<Change> = fc.record({
  eventId: fc.bigInt(0n, 2n ** 128n - 1n).map((id) => id.toString(16).padStart(32, "0")),
  eventName: fc.constantFrom("INSERT", "MODIFY", "REMOVE"),
  keys: anItem,
  newImage: fc.option(anItem),
  oldImage: fc.option(anItem),
  viewType: fc.constantFrom(...viewTypes),
  isByTimeToLive: fc.boolean(),
});
/** Of a change, of any JSON, of a change in another form, and of anything at all. */
const someData = fc.oneof(
  aChange.map(changeText),
  fc.json(),
  aChange.map((change) => JSON.stringify(JSON.parse(changeText(change)), null, 1)),
  aChange.map((change) => changeText(change).slice(0, -1)),
  fc.string({ unit: "binary" }),
);
const aGiven = fc.record({
  entryId: anEntryId,
  data: fc.oneof(someData.map(utf8), fc.uint8Array({ maxLength: 60 })),
  arrivedAtMs: anArrival,
});
const aWindow: fc.Arbitrary<WindowPart> = fc.record({
  startMs: fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000),
  endMs: fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000),
  stateJson: fc.json(),
  isFinal: fc.boolean(),
  isTerminatedEarly: fc.boolean(),
});

describe("laws of the DynamoDB kind", () => {
  test("B-11: envelope, sizes and commas add up to the bytes of the event's text, whatever was stored", () => {
    fc.assert(
      fc.property(fc.array(aGiven, { minLength: 1, maxLength: 6 }), (all) => {
        const records = all.map(aRecord);
        const sum = records.reduce((total, record) => total + record.sizeBytes, records.length - 1);
        expect(kind.envelopeBytes + sum).toBe(Buffer.byteLength(kind.text(UNIT, records, null), "utf8"));
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
        const textBytes = Buffer.byteLength(kind.text(UNIT, records, window), "utf8");
        expect(kind.envelopeBytes + sum + kind.windowBytes(UNIT) + stateBytes).toBe(textBytes);
      }),
    );
  });

  test("D-1: what is unpacked equals what the text parses to, without and with a window, whatever was stored", () => {
    fc.assert(
      fc.property(fc.array(aGiven, { maxLength: 6 }), fc.option(aWindow), (all, window) => {
        const records = all.map(aRecord);
        const unpacked = unpack(kind.pack(UNIT, records, window));
        expect(unpacked).toEqual(eventOf(records, window));
        expect(eventOf(records, window).Records).toHaveLength(records.length);
      }),
      { numRuns: 500 },
    );
  });

  test("D-5: what our own door writes is handed on byte for byte, and the event has its images", () => {
    fc.assert(
      fc.property(aChange, (change) => {
        const data = utf8(changeText(change));
        expect(kind.admitted(data, "1-0")).toBe(data);
        const { Keys, NewImage, OldImage } = eventOf([aRecord({ data })]).Records[0].dynamodb;
        const given = JSON.parse(changeText(change)).dynamodb;
        expect({ Keys, NewImage, OldImage }).toEqual({
          Keys: given.Keys,
          NewImage: given.NewImage,
          OldImage: given.OldImage,
        });
      }),
    );
  });

  test("F-68: a filter sees the event's own members but the ARN, and the dynamodb member as it is in the event", () => {
    fc.assert(
      fc.property(aGiven, (given) => {
        const record = aRecord(given);
        const { dynamodb, eventSourceARN, ...metadata } = eventOf([record]).Records[0];
        const view = kind.filterView(record);
        expect(view.metadata).toEqual(metadata);
        expect(JSON.parse(view.dataText ?? "")).toEqual(dynamodb);
        expect(eventSourceARN).toBe(context.eventSourceArn);
      }),
    );
  });

  test("sequence numbers have 40 digits, convert both ways and sort like entry ids", () => {
    fc.assert(
      fc.property(part, part, part, part, (ms, counter, otherMs, otherCounter) => {
        const one = changeNumberFromEntryId(`${ms}-${counter}`);
        const other = changeNumberFromEntryId(`${otherMs}-${otherCounter}`);
        expect(one).toMatch(/^[12]\d{39}$/);
        expect(entryIdFromChangeNumber(one)).toBe(`${ms}-${counter}`);
        expect(entryIdFromPosition(one)).toBe(`${ms}-${counter}`);
        expect(one < other).toBe(ms < otherMs || (ms === otherMs && counter < otherCounter));
      }),
    );
  });
});

test("the place before a record is before it, behind all that come earlier, and of its own family", () => {
  fc.assert(
    fc.property(part, part, fc.constantFrom("kinesis" as const, "dynamodb" as const), (ms, counter, family) => {
      const place = positionFromEntryId(family, `${ms}-${counter}`);
      const before = placeBefore(family, place);
      const expected = counter > 0n ? `${ms}-${counter - 1n}` : ms > 0n ? `${ms - 1n}-${2n ** 64n - 1n}` : null;
      expect(before).toBe(expected === null ? null : positionFromEntryId(family, expected));
    }),
  );
  expect(placeBefore("kinesis", positionFromEntryId("dynamodb", "1-1"))).toBeUndefined();
});

describe("the DynamoDB event", () => {
  test("D-1 to D-4: members, order and forms are as recorded", () => {
    const change: Change = { ...insert, eventName: "MODIFY", oldImage: { pk: { S: "a" }, n: { N: "0" } } };
    expect(kind.text(UNIT, [aRecord({ data: utf8(changeText(change)) })], null)).toBe(
      '{"Records":[{"eventID":"0123456789abcdef0123456789abcdef","eventName":"MODIFY","eventVersion":"1.1",' +
        '"eventSource":"aws:dynamodb","awsRegion":"eu-central-1","dynamodb":{"ApproximateCreationDateTime":1789651658,' +
        '"Keys":{"pk":{"S":"a"}},"NewImage":{"pk":{"S":"a"},"n":{"N":"1"}},"OldImage":{"pk":{"S":"a"},"n":{"N":"0"}},' +
        '"SequenceNumber":"1000000178965165882200000000000000000000","SizeBytes":14,' +
        '"StreamViewType":"NEW_AND_OLD_IMAGES"},"eventSourceARN":' +
        '"arn:aws:dynamodb:eu-central-1:000000000000:table/orders/stream/2026-09-17T14:11:07.822"}]}',
    );
  });

  test("D-6: a delete by time-to-live names the service, and only such a one has the member", () => {
    const removed: Change = { ...insert, eventName: "REMOVE", newImage: null, oldImage: insert.newImage };
    const [byTime, byHand] = [true, false].map((isByTimeToLive) =>
      eventOf([aRecord({ data: utf8(changeText({ ...removed, isByTimeToLive })) })]),
    );
    expect(byTime.Records[0].userIdentity).toEqual({ type: "Service", principalId: "dynamodb.amazonaws.com" });
    expect(byHand.Records[0]).not.toHaveProperty("userIdentity");
  });

  test("D-2: the view type decides which images there are, and SizeBytes counts those that are shown", () => {
    const change: Change = { ...insert, eventName: "MODIFY", oldImage: { pk: { S: "a" } } };
    const shown = viewTypes.map((viewType) => {
      const { NewImage, OldImage, SizeBytes } = JSON.parse(changeText({ ...change, viewType })).dynamodb;
      return [NewImage !== undefined, OldImage !== undefined, SizeBytes];
    });
    expect(shown).toEqual([
      [false, false, 3],
      [true, false, 9],
      [false, true, 6],
      [true, true, 12],
    ]);
  });

  test.each<[string, Item, number]>([
    ["a text by its UTF-8 bytes", { my_partition_key: { S: "hello world" } }, 27],
    ["binary by its bytes", { binary_key: { B: "Zm9vYmFy" } }, 16],
    ["a number by half its digits and one", { amount: { N: "123" } }, 9],
    ["a number of two digits", { amount: { N: "12" } }, 8],
    ["a number without zeros at its ends", { n: { N: "100" } }, 3],
    ["a negative number", { n: { N: "-1.5" } }, 4],
    ["BOOL and NULL as one", { a: { BOOL: true }, b: { NULL: true } }, 4],
    ["sets by their members", { s: { SS: ["a", "é"] }, n: { NS: ["1"] }, b: { BS: ["Zg=="] } }, 9],
    ["lists and maps with what they take themselves", { l: { L: [{ S: "a" }] }, m: { M: { k: { S: "v" } } } }, 13],
  ])("D-2: SizeBytes counts %s", (_what, item, sizeBytes) => {
    expect(itemSizeBytes(item)).toBe(sizeBytes);
  });

  test("W-1: a final call has no records and the shard's id", () => {
    const window = { startMs: 0, endMs: 10_000, stateJson: '{"n":1}', isFinal: true, isTerminatedEarly: false };
    expect(eventOf([], window)).toEqual({
      Records: [],
      shardId: UNIT,
      eventSourceARN: context.eventSourceArn,
      window: { start: "1970-01-01T00:00:00Z", end: "1970-01-01T00:00:10Z" },
      state: { n: 1 },
      isFinalInvokeForWindow: true,
      isWindowTerminatedEarly: false,
    });
  });

  test("an ARN with characters that JSON escapes counts exactly", () => {
    const odd = createDynamodbKind({ eventSourceArn: 'a"b\\c🚀', region: "é" });
    const text = odd.text(UNIT, [aRecord({ kind: odd })], null);
    expect(14 + aRecord({ kind: odd }).sizeBytes).toBe(Buffer.byteLength(text, "utf8"));
  });
});

describe("what another program wrote", () => {
  const recordOf = (text: string) => eventOf([aRecord({ data: utf8(text), entryId: "255-1" })]).Records[0];

  test("a change in another form has the same record", () => {
    const { eventID, eventName, dynamodb } = JSON.parse(changeText(insert));
    const inAnyOrder = JSON.stringify(
      { dynamodb: { StreamViewType: dynamodb.StreamViewType, ...dynamodb }, eventName, eventID },
      null,
      2,
    );
    expect(recordOf(inAnyOrder)).toEqual(recordOf(changeText(insert)));
  });

  test("what is missing follows from what is there", () => {
    expect(recordOf('{"dynamodb": {"Keys": {"id": {"S": "1"}}, "OldImage": {"id": {"S": "1"}}}}')).toMatchObject({
      eventID: "00000000000000ff0000000000000001",
      eventName: "REMOVE",
      dynamodb: { Keys: { id: { S: "1" } }, OldImage: { id: { S: "1" } }, SizeBytes: 6, StreamViewType: "OLD_IMAGE" },
    });
  });

  test("text that is no change is delivered as an image with that text", () => {
    expect(recordOf("hello").dynamodb).toMatchObject({ Keys: {}, NewImage: { unreadableChange: { S: "hello" } } });
  });

  test("bytes that are no text are delivered as binary, and nesting without end as text", () => {
    const [record] = eventOf([aRecord({ data: Uint8Array.of(0xff, 0xfe) })]).Records;
    expect(record.dynamodb.NewImage).toEqual({ unreadableChange: { B: "//4=" } });
    const deep = `{"dynamodb":{"Keys":{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}}}`;
    expect(recordOf(deep).dynamodb.NewImage).toEqual({ unreadableChange: { S: deep } });
  });
});

describe("names, ranges and lanes", () => {
  test("O-3, O-4: the document's range has whole seconds", () => {
    const records = [
      aRecord({ entryId: "1789654267820-0", arrivedAtMs: 1_789_654_267_820 }),
      aRecord({ entryId: "1789654268000-7", arrivedAtMs: 1_789_654_268_000 }),
    ];
    expect(JSON.stringify(kind.batchInfo(UNIT, records))).toBe(
      `{"name":"DDBStreamBatchInfo","members":{"shardId":"${UNIT}",` +
        '"startSequenceNumber":"1000000178965426782000000000000000000000",' +
        '"endSequenceNumber":"1000000178965426800000000000000000000007",' +
        '"approximateArrivalOfFirstRecord":"2026-09-17T14:11:07Z","approximateArrivalOfLastRecord":"2026-09-17T14:11:08Z",' +
        `"batchSize":2,"streamArn":"${context.eventSourceArn}"}}`,
    );
  });

  test("O-17: without records only the shard and the stream", () => {
    expect(kind.batchInfo(UNIT, []).members).toEqual({ shardId: UNIT, streamArn: context.eventSourceArn });
  });

  test("S-1: an identifier is the record's sequence number", () => {
    const record = aRecord();
    expect(kind.identifier(record)).toBe(eventOf([record]).Records[0].dynamodb.SequenceNumber);
  });

  test("E-62: the order in which keys are written makes no other lane", () => {
    const [one, other] = [
      { pk: { S: "a" }, sk: { N: "1" } },
      { sk: { N: "1" }, pk: { S: "a" } },
    ].map(laneKeyOfItem);
    expect(one).toBe(other);
  });

  test("D-8: shard ids, and no two of a stream alike", () => {
    const ids = [0, 1, 2].map((index) => changeShardIdOf("dynamodb/orders/2026", index, 1_789_651_619_772));
    expect(ids.filter((id) => !/^shardId-00000001789651619772-[0-9a-f]{8}$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(3);
  });

  test("a stored name tells its family", () => {
    expect([familyOf("orders"), familyOf("dynamodb/orders/2026"), familyOf("dynamodb")]).toEqual([
      "kinesis",
      "dynamodb",
      "kinesis",
    ]);
  });
});
