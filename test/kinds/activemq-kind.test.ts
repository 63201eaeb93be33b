import {
  assert,
  property,
  record as aRecordOf,
  uint8Array,
  array,
  boolean,
  constantFrom,
  dictionary,
  nat,
  option,
  string,
} from "fast-check";
import { expect, test } from "vitest";
import { createActiveMqKind } from "../../src/kinds/activemq/activemq-kind.ts";
import { activeMqRecord } from "../../src/kinds/activemq/activemq-record.ts";
import { storedActiveMqMessage, storedActiveMqText } from "../../src/kinds/activemq/stored-message.ts";
import { unpack } from "../../src/kinds/unpackers.ts";

const eventSourceArn = "arn:aws:mq:us-east-1:000000000000:broker:shop:b-1";
const kind = createActiveMqKind({ eventSourceArn, eventSource: "aws:mq" });

const messages = aRecordOf({
  messageId: string({ unit: "grapheme" }),
  messageType: constantFrom("jms/text-message" as const, "jms/bytes-message" as const),
  isPersistent: boolean(),
  replyTo: option(string({ unit: "grapheme" })),
  type: option(string()),
  expiresAtMs: nat(),
  priority: nat(9),
  correlationId: option(string()),
  physicalName: string({ unit: "grapheme" }),
  sentAtMs: nat(),
  brokerInAtMs: nat(),
  brokerOutAtMs: nat(),
  properties: dictionary(string(), string({ unit: "grapheme" })),
  body: uint8Array({ maxLength: 40 }),
});

const deliveries = aRecordOf({
  message: messages,
  refusal: constantFrom(null),
  ordinal: nat(),
  tag: nat(),
  expiration: constantFrom("number" as const, "string" as const),
  isRedelivered: boolean(),
  deliveredAtMs: nat(),
});

test("B-11, R-101: the sizes are the event's own, and what is packed is the event", () => {
  const sources = constantFrom("aws:mq" as const, "aws:amq" as const);
  assert(
    property(array(deliveries, { minLength: 1, maxLength: 5 }), sources, (given, eventSource) => {
      const kind = createActiveMqKind({ eventSourceArn, eventSource });
      const records = given.map(activeMqRecord);
      const text = kind.text("0", records, null);
      const sizes = records.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      expect(kind.envelopeBytes + sizes + records.length - 1).toBe(Buffer.byteLength(text));
      expect(unpack(kind.pack("0", records, null))).toEqual(JSON.parse(text));
    }),
  );
});

test("R-101, R-105: the event is in the form of AWS's that is asked for", () => {
  const given = { ...usual, message: { ...usual.message, expiresAtMs: 1_700_000_000_000 } };
  const event = (eventSource: "aws:mq" | "aws:amq", expiration: "number" | "string") => {
    const asked = createActiveMqKind({ eventSourceArn, eventSource });
    return JSON.parse(asked.text("0", [activeMqRecord({ ...given, expiration })], null));
  };
  expect(event("aws:mq", "number")).toMatchObject({
    eventSource: "aws:mq",
    messages: [{ expiration: 1_700_000_000_000 }],
  });
  expect(event("aws:amq", "string")).toMatchObject({
    eventSource: "aws:amq",
    messages: [{ expiration: "1700000000000" }],
  });
});

test("R-404: from the second attempt on a message is said to be redelivered, and is never longer for it", () => {
  assert(
    property(deliveries, (given) => {
      const record = activeMqRecord(given);
      const again = kind.text("0", [record], null, 2);
      expect(JSON.parse(again).messages[0].redelivered).toBe(true);
      expect(Buffer.byteLength(again)).toBeLessThanOrEqual(kind.envelopeBytes + record.sizeBytes);
    }),
  );
});

test("F-65, F-72: a filter sees the text of the body as data, and no text where the bytes are none", () => {
  const of = (body: Uint8Array) => kind.filterView(activeMqRecord({ ...usual, message: { ...usual.message, body } }));
  expect(of(Buffer.from('{"a":1}'))).toMatchObject({ dataMember: "data", dataText: '{"a":1}' });
  expect(of(Buffer.from([255, 254])).dataText).toBe(null);
  expect(of(Buffer.from("x")).metadata).toMatchObject({ messageID: "ID:1", properties: { n: "1" } });
  expect(of(Buffer.from("x")).metadata).not.toHaveProperty("data");
});

test("R-406: a message with an expiration has it as its record's own; 0 is never", () => {
  expect(activeMqRecord(usual).expiresAtMs).toBeUndefined();
  expect(activeMqRecord({ ...usual, message: { ...usual.message, expiresAtMs: 5 } }).expiresAtMs).toBe(5);
});

test("R-206: what the store keeps of an embedded message comes back whole", () => {
  assert(
    property(messages, (message) => {
      const stored = { messageId: "abc", body: storedActiveMqText(message), sentAtMs: 7 };
      expect(storedActiveMqMessage(stored, { queueName: "q", deliveredAtMs: 9 })).toEqual({
        ...message,
        body: Buffer.from(message.body),
        properties: { ...message.properties },
        messageId: "ID:abc",
        physicalName: "q",
        sentAtMs: 7,
        brokerInAtMs: 7,
        brokerOutAtMs: 9,
      });
    }),
  );
});

const usual = {
  message: {
    messageId: "ID:1",
    messageType: "jms/text-message",
    isPersistent: true,
    replyTo: null,
    type: null,
    expiresAtMs: 0,
    priority: 4,
    correlationId: null,
    physicalName: "q",
    sentAtMs: 1,
    brokerInAtMs: 1,
    brokerOutAtMs: 2,
    properties: { n: "1" },
    body: Buffer.from("x"),
  },
  refusal: null,
  ordinal: 0,
  tag: 0,
  expiration: "number",
  isRedelivered: false,
  deliveredAtMs: 2,
} as const;
