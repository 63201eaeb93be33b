import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileFilters } from "../../src/core/filter/compile-filters.ts";
import { createPassingFilter } from "../../src/core/filter/passing-filter.ts";
import type { AmqpProperties, HeaderValue } from "../../src/kinds/rabbitmq/basic-properties.ts";
import { javaDateText } from "../../src/kinds/rabbitmq/java-date.ts";
import { createRabbitMqKind } from "../../src/kinds/rabbitmq/rabbitmq-kind.ts";
import { type RabbitMqRecord, rabbitMqRecord } from "../../src/kinds/rabbitmq/rabbitmq-record.ts";
import { storedRabbitMqMessage, storedRabbitMqText } from "../../src/kinds/rabbitmq/stored-message.ts";
import { unpack } from "../../src/kinds/unpackers.ts";

const context = {
  eventSourceArn: "arn:aws:mq:us-east-1:000000000000:broker:shop:b-1",
  queueName: 'pizza"Queue',
  virtualHost: "/",
};
const kind = createRabbitMqKind(context);

function aRecord(
  properties: AmqpProperties,
  body: Uint8Array,
  more: { readonly ordinal?: number; readonly isRedelivered?: boolean } = {},
): RabbitMqRecord {
  const { ordinal = 0, isRedelivered = false } = more;
  return rabbitMqRecord({
    ordinal,
    tag: ordinal + 1,
    epoch: "e",
    isRedelivered,
    properties,
    body,
    deliveredAtMs: 1_000,
  });
}

const aText = fc.string({ unit: "binary", maxLength: 20 });
const { header: aHeader } = fc.letrec<{ header: HeaderValue }>((tie) => ({
  header: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    aText,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 20 }),
    fc.nat().map((value) => ({ "!": "timestamp", value })),
    fc.array(tie("header"), { maxLength: 3 }),
    fc.dictionary(aText, tie("header"), { maxKeys: 3 }),
  ),
}));
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const someProperties: fc.Arbitrary<AmqpProperties> = fc.record({
  contentType: some(aText),
  headers: some(fc.dictionary(aText, aHeader, { maxKeys: 4 })),
  deliveryMode: some(fc.constantFrom(1, 2)),
  priority: some(fc.nat(255)),
  expiration: some(fc.nat().map(String)),
  timestamp: some(fc.nat()),
  messageId: some(aText),
});
const someRecords = fc
  .array(fc.tuple(someProperties, fc.uint8Array({ maxLength: 60 }), fc.boolean()), { minLength: 1, maxLength: 4 })
  .map((all) =>
    all.map(([properties, body, isRedelivered], ordinal) => aRecord(properties, body, { ordinal, isRedelivered })),
  );

test("B-11, R-121: the sizes add up to the event's bytes, and the function gets what its text says", () => {
  fc.assert(
    fc.property(someRecords, (records) => {
      const text = kind.text("0", records, null);
      const sizes = records.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      expect(Buffer.byteLength(text)).toBe(kind.envelopeBytes + sizes + records.length - 1);
      expect(unpack(kind.pack("0", records, null))).toEqual(JSON.parse(text));
    }),
  );
});

test("R-122, R-124, R-128: an event by the guide's own sample", () => {
  const record = aRecord(
    {
      contentType: "text/plain",
      headers: { header1: "value1", numberInHeader: 10 },
      deliveryMode: 1,
      priority: 34,
      expiration: "60000",
      timestamp: 2_021,
      userId: "AIDA",
    },
    Buffer.from('{"timeout":0}'),
  );
  expect(JSON.parse(kind.text("0", [record], null))).toEqual({
    eventSource: "aws:rmq",
    eventSourceArn: context.eventSourceArn,
    rmqMessagesByQueue: {
      'pizza"Queue::/': [
        {
          basicProperties: {
            contentType: "text/plain",
            contentEncoding: null,
            headers: { header1: { bytes: [118, 97, 108, 117, 101, 49] }, numberInHeader: 10 },
            deliveryMode: 1,
            priority: 34,
            correlationId: null,
            replyTo: null,
            expiration: "60000",
            messageId: null,
            timestamp: "Jan 1, 1970, 12:33:41 AM",
            type: null,
            userId: "AIDA",
            appId: null,
            clusterId: null,
            bodySize: 13,
          },
          redelivered: false,
          data: "eyJ0aW1lb3V0IjowfQ==",
        },
      ],
    },
  });
});

describe("properties", () => {
  test("R-122: an empty table of headers is null, like none", () => {
    const shown = [{}, { headers: {} }].map((properties) => aRecord(properties, Buffer.from("")).propertiesText);
    expect(shown[0]).toBe(shown[1]);
    expect(shown[0]).toContain('"headers":null');
  });

  test("R-123: midnight, noon and the hours beside them", () => {
    const at = (iso: string): string => javaDateText(Date.parse(iso) / 1_000);
    expect(at("2026-12-31T00:00:00Z")).toBe("Dec 31, 2026, 12:00:00 AM");
    expect(at("2026-02-03T12:05:09Z")).toBe("Feb 3, 2026, 12:05:09 PM");
    expect(at("2026-02-03T13:59:59Z")).toBe("Feb 3, 2026, 1:59:59 PM");
    expect(at("2026-02-03T11:59:59Z")).toBe("Feb 3, 2026, 11:59:59 AM");
  });

  test("R-406: its own time to live runs from its delivery; text that is no number is none", () => {
    const expiry = (expiration: string) => aRecord({ expiration }, Buffer.from("")).expiresAtMs;
    expect(expiry("5000")).toBe(6_000);
    expect(expiry("soon")).toBeUndefined();
  });
});

test("F-65, F-72, F-75: patterns look into data, as JSON or as text, and one that cannot be asked is left out", () => {
  const passes = (pattern: string, body: Uint8Array): boolean => {
    const compiled = compileFilters([pattern], "mq", { limit: 5 });
    return compiled.kind === "filters" && createPassingFilter(compiled).passes(kind.filterView(aRecord({}, body)));
  };
  const json = Buffer.from('{"a":1}');
  expect(passes('{"data":{"a":[1]}}', json)).toBe(true);
  expect(passes('{"data":{"a":[2]}}', json)).toBe(false);
  expect(passes('{"data":["plain"]}', Buffer.from("plain"))).toBe(true);
  expect(passes('{"data":["other"]}', Buffer.from("plain"))).toBe(false);
  expect(passes('{"data":{"a":[1]}}', Buffer.from([0xff, 0xfe]))).toBe(true);
  expect(passes('{"redelivered":[true]}', json)).toBe(false);
});

test("a message that the embedded store keeps comes back as it was", () => {
  fc.assert(
    fc.property(
      fc.record({ contentType: aText, headers: fc.dictionary(aText, fc.oneof(aText, fc.integer(), fc.boolean())) }),
      fc.uint8Array(),
      (properties, body) => {
        const stored = storedRabbitMqMessage(storedRabbitMqText({ properties, body }));
        expect(stored.properties).toEqual(properties);
        expect([...stored.body]).toEqual([...body]);
      },
    ),
  );
});
