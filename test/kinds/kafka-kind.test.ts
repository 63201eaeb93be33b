import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recordBytesOf } from "../../src/core/batch.ts";
import type { KafkaEventContext } from "../../src/kinds/kafka/event-text.ts";
import { createKafkaKind } from "../../src/kinds/kafka/kafka-kind.ts";
import type { AttributeSchema, KafkaRecord } from "../../src/kinds/kafka/kafka-record.ts";
import { unpack } from "../../src/kinds/unpackers.ts";
import { aKafkaRecord, type GivenRecord } from "./support/kafka-records.ts";

const TOPIC = "mytopic";
const context: KafkaEventContext = {
  flavour: "msk",
  eventSourceArn: "arn:aws:kafka:us-east-1:000000000000:cluster/shop/751d2973-1",
  bootstrapServers: "b-1:9092,b-2:9092",
  topic: TOPIC,
};
const kind = createKafkaKind(context);

const someBytes = fc.option(fc.uint8Array({ maxLength: 40 }));
const aText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("__proto__", "constructor", "7", ""),
);
const aSchema: fc.Arbitrary<AttributeSchema> = fc.record({
  dataFormat: fc.constantFrom("AVRO", "JSON", "PROTOBUF"),
  schemaId: fc.oneof(fc.nat().map(String), aText),
  json: fc.json(),
});
const aGiven = fc.record({
  partition: fc.oneof(fc.nat(3), fc.nat(2 ** 31 - 1)),
  offset: fc.oneof(fc.nat(), fc.bigInt(0n, 2n ** 63n - 1n)),
  timestamp: fc.oneof(fc.integer({ min: -1, max: 4_000_000_000_000 }), fc.maxSafeNat()),
  timestampType: fc.constantFrom("CREATE_TIME", "LOG_APPEND_TIME"),
  key: someBytes,
  value: someBytes,
  headers: fc.array(fc.tuple(aText, fc.option(fc.uint8Array({ maxLength: 12 }))), { maxLength: 4 }),
  schema: fc.option(fc.record({ key: fc.option(aSchema), value: fc.option(aSchema), fault: fc.constant(null) })),
});

/** Each partition's records in one run, as batches have them. */
function batchOf(given: readonly GivenRecord[], topic: string): readonly KafkaRecord[] {
  const order = [...new Set(given.map((each) => each.partition))];
  return order.flatMap((partition) =>
    given.filter((each) => each.partition === partition).map((each) => aKafkaRecord({ ...each, topic })),
  );
}

describe("laws of the Kafka kind", () => {
  test("B-11, M-303: envelope, partitions, sizes and commas add up to the bytes of the event's text", () => {
    fc.assert(
      fc.property(fc.array(aGiven, { minLength: 1, maxLength: 8 }), aText, fc.boolean(), (all, topic, isMsk) => {
        const own = createKafkaKind({
          ...context,
          topic,
          ...(isMsk ? {} : { flavour: "selfManaged", eventSourceArn: null }),
        });
        const records = batchOf(all, topic);
        expect(Buffer.byteLength(own.text("", records, null))).toBe(own.envelopeBytes + recordBytesOf(records));
      }),
      { numRuns: 500 },
    );
  });

  test("M-104 to M-113: what is unpacked equals what the text parses to, members in the same order", () => {
    fc.assert(
      fc.property(fc.array(aGiven, { minLength: 1, maxLength: 8 }), (all) => {
        const records = batchOf(all, TOPIC);
        const unpacked = unpack(kind.pack("", records, null));
        const parsed: unknown = JSON.parse(kind.text("", records, null));
        expect(unpacked).toEqual(parsed);
        expect(JSON.stringify(unpacked)).toBe(JSON.stringify(parsed));
      }),
      { numRuns: 500 },
    );
  });

  test("M-110: every byte is counted and written as a signed number", () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const record = aKafkaRecord({ headers: [["all", all]] });
    const text = kind.text("", [record], null);
    expect(Buffer.byteLength(text)).toBe(kind.envelopeBytes + recordBytesOf([record]));
    const [event] = JSON.parse(text).records["mytopic-0"];
    expect(event.headers[0].all).toEqual([...new Int8Array(all.buffer)]);
  });
});

describe("the Kafka event", () => {
  const headers: KafkaRecord["headers"] = [["headerKey", Buffer.from("hé")]];

  test("M-101, M-102, M-103, M-108, M-110: an MSK event by its documented sample, member by member", () => {
    expect(kind.text("", [aKafkaRecord({ key: "abc", headers })], null)).toBe(
      '{"eventSource":"aws:kafka","eventSourceArn":"arn:aws:kafka:us-east-1:000000000000:cluster/shop/751d2973-1",' +
        '"bootstrapServers":"b-1:9092,b-2:9092","records":{"mytopic-0":[{"topic":"mytopic","partition":0,"offset":15,' +
        '"timestamp":1545084650987,"timestampType":"CREATE_TIME","key":"YWJj","value":"SGVsbG8=",' +
        '"headers":[{"headerKey":[104,-61,-87]}]}]}}',
    );
  });

  test("TM-06, M-101, M-102: a self-managed event has another name and no ARN", () => {
    const own = createKafkaKind({ ...context, flavour: "selfManaged", eventSourceArn: null });
    expect(Object.entries(JSON.parse(own.text("", [aKafkaRecord()], null))).slice(0, 2)).toEqual([
      ["eventSource", "SelfManagedKafka"],
      ["bootstrapServers", "b-1:9092,b-2:9092"],
    ]);
  });

  test("TM-06, M-104: several partitions of one topic, in the order of their first records, topics with hyphens too", () => {
    const topic = "a-b-7";
    const own = createKafkaKind({ ...context, topic });
    const records = [3, 3, 12, 0].map((partition, offset) => aKafkaRecord({ topic, partition, offset }));
    const { records: lists }: { records: Readonly<Record<string, readonly { offset: number }[]>> } = JSON.parse(
      own.text("", records, null),
    );
    expect(Object.entries(lists).map(([unit, list]) => [unit, list.map(({ offset }) => offset)])).toEqual([
      ["a-b-7-3", [0, 1]],
      ["a-b-7-12", [2]],
      ["a-b-7-0", [3]],
    ]);
  });

  test("M-105, M-106: offsets keep gaps and all their digits", () => {
    const records = [0n, 7n, 2n ** 63n - 1n].map((offset) => aKafkaRecord({ offset }));
    expect([...kind.text("", records, null).matchAll(/"offset":(\d+)/g)].map(([, digits]) => digits)).toEqual([
      "0",
      "7",
      "9223372036854775807",
    ]);
  });

  test("TM-02, M-110: a record without a key, with one header's name twice", () => {
    const headers: KafkaRecord["headers"] = [
      ["h", Uint8Array.of(0xc3, 0xa9)],
      ["h", Uint8Array.of(0x80)],
    ];
    expect(unpack(kind.pack("", [aKafkaRecord({ offset: 0, headers })], null))).toMatchObject({
      records: {
        "mytopic-0": [{ offset: 0, value: "SGVsbG8=", headers: [{ h: [-61, -87] }, { h: [-128] }] }],
      },
    });
  });

  test("TM-03, M-108: a null key or value is left out, an empty one is an empty text", () => {
    const event = (given: GivenRecord): unknown =>
      JSON.parse(kind.text("", [aKafkaRecord(given)], null)).records["mytopic-0"][0];
    expect(event({ key: null, value: null })).toEqual({
      topic: "mytopic",
      partition: 0,
      offset: 15,
      timestamp: 1_545_084_650_987,
      timestampType: "CREATE_TIME",
      headers: [],
    });
    expect(event({ key: "", value: "" })).toMatchObject({ key: "", value: "" });
  });

  test("M-109, M-111: headers in their order, names that come twice, a value that is null", () => {
    const twice: KafkaRecord["headers"] = [
      ["b", Buffer.from("1")],
      ["a", null],
      ["b", new Uint8Array()],
    ];
    const text = kind.text("", [aKafkaRecord({ headers: twice })], null);
    expect(text).toContain('"headers":[{"b":[49]},{"a":null},{"b":[]}]');
  });

  test("TM-55, M-814: names that objects have of themselves, and names that are numbers, are names like any", () => {
    const odd: KafkaRecord["headers"] = ["constructor", "7", "__proto__"].map(
      (name) => [name, Buffer.from("a")] as const,
    );
    const unpacked = unpack(kind.pack("", [aKafkaRecord({ headers: odd })], null));
    expect(JSON.stringify(unpacked)).toContain('"headers":[{"constructor":[97]},{"7":[97]},{"__proto__":[97]}]');
  });

  test("M-112: schemas of the attributes that were read follow the headers", () => {
    const schema: KafkaRecord["schema"] = {
      key: { dataFormat: "JSON", schemaId: "1", json: "{}" },
      value: { dataFormat: "AVRO", schemaId: "2", json: "{}" },
      fault: null,
    };
    expect(kind.text("", [aKafkaRecord({ schema })], null)).toContain(
      '"headers":[],"keySchemaMetadata":{"dataFormat":"JSON","schemaId":"1"},' +
        '"valueSchemaMetadata":{"dataFormat":"AVRO","schemaId":"2"}}',
    );
    const valueAlone = aKafkaRecord({ schema: { ...schema, key: null } });
    expect(kind.text("", [valueAlone], null)).not.toContain("keySchemaMetadata");
  });
});

describe("what documents say of Kafka", () => {
  test("M-421: an entry a partition, offsets as texts, times with a fraction only where there is one", () => {
    const records = [
      aKafkaRecord({ partition: 1, offset: 2n ** 63n - 2n, timestamp: 1_000 }),
      aKafkaRecord({ partition: 1, offset: 2n ** 63n - 1n, timestamp: 2_580 }),
      aKafkaRecord({ partition: 0, offset: 4, timestamp: 3_000 }),
    ];
    expect(JSON.stringify(kind.batchInfo("", records))).toBe(
      '{"name":"KafkaBatchInfo","members":{"batchSize":3,' +
        '"eventSourceArn":"arn:aws:kafka:us-east-1:000000000000:cluster/shop/751d2973-1",' +
        `"bootstrapServers":"b-1:9092,b-2:9092","payloadSize":${Buffer.byteLength(kind.text("", records, null))},` +
        '"recordsInfo":{"mytopic-1":{"firstRecordOffset":"9223372036854775806","lastRecordOffset":"9223372036854775807",' +
        '"firstRecordTimestamp":"1970-01-01T00:00:01Z","lastRecordTimestamp":"1970-01-01T00:00:02.580Z"},' +
        '"mytopic-0":{"firstRecordOffset":"4","lastRecordOffset":"4","firstRecordTimestamp":"1970-01-01T00:00:03Z",' +
        '"lastRecordTimestamp":"1970-01-01T00:00:03Z"}}}}',
    );
  });

  test("M-421: a self-managed source has no ARN to tell, and no producer's clock is too wild to be told", () => {
    const own = createKafkaKind({ ...context, flavour: "selfManaged", eventSourceArn: null });
    const records = [aKafkaRecord({ timestamp: Number.MAX_SAFE_INTEGER }), aKafkaRecord({ timestamp: -1 })];
    const { members } = own.batchInfo("", records);
    expect(Object.keys(members)).toEqual(["batchSize", "bootstrapServers", "payloadSize", "recordsInfo"]);
    expect(members["recordsInfo"]).toMatchObject({ "mytopic-0": { lastRecordTimestamp: "1969-12-31T23:59:59.999Z" } });
  });

  test("M-424: of a record alone, its offset and time", () => {
    const record = aKafkaRecord({ offset: 7 });
    expect(JSON.stringify(kind.recordInfo?.(record).batchInfo.members)).toBe(
      '{"batchSize":1,"eventSourceArn":"arn:aws:kafka:us-east-1:000000000000:cluster/shop/751d2973-1",' +
        `"bootstrapServers":"b-1:9092,b-2:9092","payloadSize":${Buffer.byteLength(kind.text("", [record], null))},` +
        '"recordInfo":{"offset":"7","timestamp":"2018-12-17T22:10:50.987Z"}}',
    );
  });
});
