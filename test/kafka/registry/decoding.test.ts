// Records as the common client of Node's producers serialises them, and bytes put together by hand where it cannot, through the decoder.

import { SchemaRegistry, SchemaType } from "@kafkajs/confluent-schema-registry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRegistryDecoder } from "../../../workers/kafka/registry/registry-decoder.ts";
import { startTestRegistry, type TestRegistry, type TestSchema } from "./test-registry.ts";

let registry: TestRegistry;
let producer: SchemaRegistry;

beforeAll(async () => {
  registry = await startTestRegistry();
  producer = new SchemaRegistry({ host: registry.url });
});

afterAll(() => registry[Symbol.asyncDispose]());

const order = {
  type: "record" as const,
  name: "Order",
  namespace: "shop",
  fields: [
    { name: "id", type: "long" },
    { name: "customer_name", type: "string" },
    { name: "note", type: ["null", "string"], default: null },
  ],
};

function decoderOf(attributes: readonly ("KEY" | "VALUE")[], format: "JSON" | "SOURCE" = "JSON") {
  const none = { caFile: null, basicAuthSecretArn: null, clientSecretArn: null, caSecretArn: null };
  return createRegistryDecoder({ url: registry.url, ...none, format, attributes }, async () => null);
}

/** The value's JSON, where the value alone is looked at. */
async function jsonOf(value: Uint8Array): Promise<string | null> {
  const answer = await decoderOf(["VALUE"]).decode({ key: null, value });
  if ("problem" in answer) throw new Error(answer.problem.detail);
  if (answer.schema.fault !== null) return answer.schema.fault;
  expect(Buffer.from(answer.value ?? []).toString()).toBe(answer.schema.value?.json);
  return answer.schema.value?.json ?? null;
}

/** Prefix, number of the schema, data. */
function prefixed(schemaId: number, ...data: readonly (Uint8Array | readonly number[])[]): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeInt32BE(schemaId, 1);
  return Buffer.concat([prefix, ...data.map((part) => Buffer.from(part))]);
}

const add = (subject: string, schemaType: string, schema: string | object, more: Partial<TestSchema> = {}): number =>
  registry.add({ subject, schemaType, schema: typeof schema === "string" ? schema : JSON.stringify(schema), ...more });

describe("TM-58: Avro", () => {
  test("M-112, M-113: JSON is the plain data, SOURCE the bytes without their prefix", async () => {
    const { id } = await producer.register(order);
    const value = await producer.encode(id, { id: 7, customer_name: "Ünal", note: "thanks" });
    const key = Buffer.from("k");
    const json = '{"id":7,"customer_name":"Ünal","note":"thanks"}';
    const schema = { key: null, value: { dataFormat: "AVRO", schemaId: String(id), json }, fault: null };
    expect(await decoderOf(["VALUE"]).decode({ key, value })).toEqual({ key, value: Buffer.from(json), schema });
    expect(await decoderOf(["VALUE"], "SOURCE").decode({ key, value })).toEqual({
      key,
      value: value.subarray(5),
      schema,
    });
  });

  test("key and value, the key with a schema that is one word", async () => {
    const keyId = add("orders-key", "AVRO", '"string"');
    const { id } = await producer.register(order);
    const key = prefixed(keyId, [6], Buffer.from("abc"));
    const value = await producer.encode(id, { id: 1, customer_name: "x", note: null });
    const answer = await decoderOf(["KEY", "VALUE"]).decode({ key, value });
    expect(answer).toMatchObject({
      key: Buffer.from('"abc"'),
      schema: { key: { dataFormat: "AVRO", schemaId: String(keyId), json: '"abc"' }, value: { schemaId: String(id) } },
    });
  });

  test("a 64-bit integer has all its digits, a default of one does no harm", async () => {
    const id = add("long", "AVRO", {
      type: "record",
      name: "L",
      fields: [{ name: "n", type: "long", default: 5 }],
    });
    // 2^53 + 1 and the least, in Avro's zigzag.
    const varint = (value: bigint): number[] => {
      const bytes: number[] = [];
      let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
      for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
      return [...bytes, Number(rest)];
    };
    expect(await jsonOf(prefixed(id, varint(9007199254740993n)))).toBe('{"n":9007199254740993}');
    expect(await jsonOf(prefixed(id, varint(-9223372036854775808n)))).toBe('{"n":-9223372036854775808}');
  });

  test("every type, unions that are ambiguous, and names of JavaScript's own", async () => {
    const schema = {
      type: "record" as const,
      name: "All",
      namespace: "every",
      fields: [
        { name: "b", type: "bytes" },
        { name: "f", type: { type: "fixed", name: "Two", size: 2 } },
        { name: "float", type: "float" },
        { name: "double", type: "double" },
        { name: "flag", type: "boolean" },
        { name: "colour", type: { type: "enum", name: "Colour", symbols: ["RED", "BLUE"] } },
        { name: "list", type: { type: "array", items: ["null", "int", "double"] } },
        { name: "map", type: { type: "map", values: "int" } },
        { name: "constructor", type: "string" },
        { name: "when", type: { type: "long", logicalType: "timestamp-millis" } },
        { name: "inner", type: { type: "record", name: "Inner", fields: [{ name: "x", type: "int" }] } },
        { name: "again", type: "Inner" },
      ],
    };
    const { default: avsc } = await import("avsc");
    const type = avsc.Type.forSchema(schema as never, { wrapUnions: true });
    const data = type.toBuffer({
      b: Buffer.from([0, 255]),
      f: Buffer.from([1, 65]),
      float: Math.fround(0.1),
      double: Number.NaN,
      flag: true,
      colour: "BLUE",
      list: [null, { int: 1 }, { double: 1.5 }],
      map: { one: 1 },
      constructor: "c",
      when: 1_700_000_000_000,
      inner: { x: 1 },
      again: { x: -2 },
    });
    const id = add("every", "AVRO", schema);
    expect(await jsonOf(prefixed(id, data))).toBe(
      String.raw`{"b":"\u0000ÿ","f":"\u0001A","float":0.1,"double":"NaN","flag":true,"colour":"BLUE","list":[null,1,1.5],"map":{"one":1},"constructor":"c","when":1700000000000,"inner":{"x":1},"again":{"x":-2}}`,
    );
  });

  test("a schema that refers to others, and they to others", async () => {
    add("city", "AVRO", { type: "record", name: "City", namespace: "geo", fields: [{ name: "name", type: "string" }] });
    add(
      "address",
      "AVRO",
      { type: "record", name: "Address", namespace: "geo", fields: [{ name: "city", type: "geo.City" }] },
      { references: [{ name: "geo.City", subject: "city", version: 1 }] },
    );
    const id = add(
      "person",
      "AVRO",
      {
        type: "record",
        name: "Person",
        fields: [
          { name: "home", type: "geo.Address" },
          { name: "born", type: "geo.City" },
        ],
      },
      {
        references: [
          { name: "geo.City", subject: "city", version: 1 },
          { name: "geo.Address", subject: "address", version: 1 },
        ],
      },
    );
    const text = (word: string) => [word.length * 2, ...Buffer.from(word)];
    expect(await jsonOf(prefixed(id, text("Rome"), text("Pisa")))).toBe(
      '{"home":{"city":{"name":"Rome"}},"born":{"name":"Pisa"}}',
    );
  });

  test("TM-59, M-414: bytes too few, too many, and of another form", async () => {
    const { id } = await producer.register(order);
    const value = await producer.encode(id, { id: 7, customer_name: "abc", note: null });
    expect(await jsonOf(value.subarray(0, -2))).toBe("DESERIALIZATION_ERROR");
    expect(await jsonOf(Buffer.concat([value, Buffer.from([1])]))).toBe("DESERIALIZATION_ERROR");
    expect(await jsonOf(Buffer.from('{"id":7}'))).toBe("DESERIALIZATION_ERROR");
    expect(await jsonOf(Buffer.from([0, 0, 1]))).toBe("DESERIALIZATION_ERROR");
    expect(await jsonOf(Buffer.alloc(0))).toBe("DESERIALIZATION_ERROR");
  });
});

describe("TM-58: JSON Schema", () => {
  const schema = { type: "object", properties: { id: { type: "integer" } }, required: ["id"] };

  test("M-113: the record's own text, digit for digit", async () => {
    const { id } = await producer.register(
      { type: SchemaType.JSON, schema: JSON.stringify(schema) },
      { subject: "json-orders" },
    );
    expect(await jsonOf(await producer.encode(id, { id: 1, more: "é" }))).toBe('{"id":1,"more":"é"}');
    const text = '{ "id": 9007199254740993, "price": 1.10 }';
    expect(await jsonOf(prefixed(id, Buffer.from(text)))).toBe(text);
  });

  test("M-414: what does not fit, and what is no JSON or no UTF-8", async () => {
    const id = add("json-orders", "JSON", schema);
    for (const text of ['{"id":"one"}', "{}", "[1]", "{", "nothing"]) {
      expect(await jsonOf(prefixed(id, Buffer.from(text)))).toBe("DESERIALIZATION_ERROR");
    }
    expect(await jsonOf(prefixed(id, Buffer.from('{"id":1,"x":"'), [0xff], Buffer.from('"}')))).toBe(
      "DESERIALIZATION_ERROR",
    );
  });

  test.each([
    ["draft 6", "http://json-schema.org/draft-06/schema#", { exclusiveMinimum: 0 }],
    ["draft 7", "http://json-schema.org/draft-07/schema#", { if: { minimum: 5 }, else: { minimum: 1 } }],
    ["2019-09", "https://json-schema.org/draft/2019-09/schema", { exclusiveMinimum: 0 }],
    ["2020-12", "https://json-schema.org/draft/2020-12/schema", { exclusiveMinimum: 0 }],
  ])("%s, with keywords that serialisers put in", async (name, dialect, its) => {
    const id = add(name, "JSON", { $schema: dialect, title: name, javaType: "shop.Order", "connect.index": 0, ...its });
    expect(await jsonOf(prefixed(id, Buffer.from("3")))).toBe("3");
    expect(await jsonOf(prefixed(id, Buffer.from("-1")))).toBe("DESERIALIZATION_ERROR");
  });

  test("a schema that refers to another, by its name and by its address", async () => {
    add("item", "JSON", { type: "object", required: ["sku"] });
    const references = [{ name: "item.json", subject: "item", version: 1 }];
    const items = { type: "array", items: { $ref: "item.json" } };
    const ids = [
      add("items", "JSON", items, { references }),
      add("items-by-address", "JSON", { $id: "https://shop.example/items.json", ...items }, { references }),
    ];
    for (const id of ids) {
      expect(await jsonOf(prefixed(id, Buffer.from('[{"sku":1}]')))).toBe('[{"sku":1}]');
      expect(await jsonOf(prefixed(id, Buffer.from("[{}]")))).toBe("DESERIALIZATION_ERROR");
    }
  });
});

describe("TM-58: Protobuf", () => {
  const file = `
    syntax = "proto3";
    package shop;
    import "google/protobuf/timestamp.proto";
    import "google/protobuf/wrappers.proto";
    import "google/protobuf/struct.proto";
    enum Colour { NONE = 0; RED = 1; }
    message Order {
      int64 order_id = 1;
      string customer_name = 2;
      Colour colour = 3;
      repeated Line lines = 4;
      map<string, int32> counts = 5;
      map<int64, string> by_number = 6;
      bytes raw = 7;
      google.protobuf.Timestamp made_at = 8;
      google.protobuf.StringValue note = 9;
      google.protobuf.Struct extra = 10;
      float ratio = 11;
      uint64 big = 12;
      message Line { string sku = 1; message Tax { int32 rate = 1; } Tax tax = 2; }
    }
    message Other { bool flag = 1; }
  `;

  async function encoded(name: string, value: object): Promise<Buffer> {
    const { default: protobufjs } = await import("protobufjs");
    const root = protobufjs.parse(file, new protobufjs.Root(), { keepCase: true }).root;
    for (const known of ["timestamp", "wrappers", "struct"]) {
      root.addJSON(protobufjs.common.get(`google/protobuf/${known}.proto`)?.nested ?? {});
    }
    const type = root.lookupType(`shop.${name}`);
    return Buffer.from(type.encode(type.fromObject(value)).finish());
  }

  test("M-113: names as the schema has them, integers exact, JSON as Protobuf's own mapping", async () => {
    const id = add("proto", "PROTOBUF", file);
    const data = await encoded("Order", {
      order_id: "9007199254740993",
      customer_name: "Ünal",
      colour: "RED",
      lines: [{ sku: "a", tax: { rate: 19 } }, {}],
      counts: { one: 1 },
      by_number: { "9007199254740993": "x" },
      raw: Buffer.from([0, 255]),
      made_at: { seconds: 1_700_000_000, nanos: 120_000_000 },
      note: { value: "n" },
      extra: {
        fields: { a: { numberValue: 1.5 }, b: { listValue: { values: [{ stringValue: "s" }, { nullValue: 0 }] } } },
      },
      ratio: 0.1,
      big: "18446744073709551615",
    });
    expect(await jsonOf(prefixed(id, [0], data))).toBe(
      '{"order_id":"9007199254740993","customer_name":"Ünal","colour":"RED","lines":[{"sku":"a","tax":{"rate":19}},{}],' +
        '"counts":{"one":1},"by_number":{"9007199254740993":"x"},"raw":"AP8=","made_at":"2023-11-14T22:13:20.120Z","note":"n",' +
        '"extra":{"a":1.5,"b":["s",null]},"ratio":0.1,"big":"18446744073709551615"}',
    );
  });

  test("as the client writes it; SOURCE keeps the indexes of the message", async () => {
    const simple = 'syntax = "proto3"; package simple; message Simple { string full_name = 1; }';
    const { id } = await producer.register({ type: SchemaType.PROTOBUF, schema: simple }, { subject: "simple" });
    const value = await producer.encode(id, { fullName: "x" });
    // The client leaves out the indexes, which every other serialiser writes.
    const whole = prefixed(id, [0], value.subarray(5));
    expect(await jsonOf(whole)).toBe('{"full_name":"x"}');
    const answer = await decoderOf(["VALUE"], "SOURCE").decode({ key: null, value: whole });
    expect(answer).toMatchObject({ value: whole.subarray(5), schema: { value: { dataFormat: "PROTOBUF" } } });
  });

  test("M-614: another message of the file, one within another, and an empty one", async () => {
    const id = add("proto", "PROTOBUF", file);
    expect(await jsonOf(prefixed(id, [2, 2], await encoded("Other", { flag: true })))).toBe('{"flag":true}');
    expect(await jsonOf(prefixed(id, [4, 0, 0], await encoded("Order.Line", { sku: "s" })))).toBe('{"sku":"s"}');
    expect(await jsonOf(prefixed(id, [6, 0, 0, 0], await encoded("Order.Line.Tax", { rate: 7 })))).toBe('{"rate":7}');
    expect(await jsonOf(prefixed(id, [0]))).toBe("{}");
  });

  test("a file that imports another", async () => {
    add("money", "PROTOBUF", 'syntax = "proto3"; package shop; message Money { int32 cents = 1; }');
    const importing = 'syntax = "proto3"; package shop; import "money.proto"; message Price { Money amount = 1; }';
    const id = add("price", "PROTOBUF", importing, {
      references: [{ name: "money.proto", subject: "money", version: 1 }],
    });
    expect(await jsonOf(prefixed(id, [0], [10, 2, 8, 42]))).toBe('{"amount":{"cents":42}}');
  });

  test("M-414: bytes that do not fit, and a message that is not there", async () => {
    const id = add("proto", "PROTOBUF", file);
    expect(await jsonOf(prefixed(id, [0], [18, 200]))).toBe("DESERIALIZATION_ERROR");
    expect(await jsonOf(prefixed(id, [2, 18], [8, 1]))).toBe("DESERIALIZATION_ERROR");
    expect(await jsonOf(prefixed(id))).toBe("DESERIALIZATION_ERROR");
    expect(await jsonOf(prefixed(id, [200, 200, 200, 200, 200, 1]))).toBe("DESERIALIZATION_ERROR");
  });
});

describe("M-615: what is not looked at", () => {
  test("a key or value that is null has no metadata and no fault", async () => {
    const schema = { key: null, value: null, fault: null };
    expect(await decoderOf(["KEY", "VALUE"]).decode({ key: null, value: null })).toEqual({
      key: null,
      value: null,
      schema,
    });
  });

  test("TM-59, M-414: with a fault in one of them, both are as they came", async () => {
    const { id } = await producer.register(order);
    const value = await producer.encode(id, { id: 7, customer_name: "x", note: null });
    const key = prefixed(9_999, [1]);
    const answer = await decoderOf(["KEY", "VALUE"]).decode({ key, value });
    expect(answer).toMatchObject({ key, value, schema: { key: null, fault: "SCHEMA_NOT_FOUND" } });
  });
});
