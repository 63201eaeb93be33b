// P-10: what a KPL aggregate is, and what is none.

import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseAggregate } from "../../src/kinds/kinesis/kpl-aggregate.ts";
import { hexHashKeyOf } from "../../src/stores/partitioner.ts";
import { aggregateOf, framed, type Inner, MAGIC, messageOf } from "./support/aggregate.ts";

const parse = (data: Uint8Array) => parseAggregate(data, hexHashKeyOf);
const MOST = 2n ** 128n - 1n;
const utf8 = (text: string): Uint8Array => Buffer.from(text, "utf8");
const md5 = (text: string): bigint => BigInt(`0x${createHash("md5").update(text, "utf8").digest("hex")}`);
const two: readonly Inner[] = [
  { key: "a", data: utf8("one") },
  { key: "b", data: utf8("two"), explicitHashKey: MOST.toString() },
];

const anInner: fc.Arbitrary<Inner> = fc
  .record({
    key: fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
    data: fc.uint8Array({ maxLength: 200 }),
    hashKey: fc.option(fc.bigInt({ min: 0n, max: MOST }), { nil: null }),
  })
  .map(({ key, data, hashKey }) => (hashKey === null ? { key, data } : { key, data, explicitHashKey: `${hashKey}` }));

test("P-10: whatever was put into an aggregate comes out of it, in order, with its key and hash key", () => {
  fc.assert(
    fc.property(fc.array(anInner, { minLength: 1, maxLength: 30 }), (records) => {
      const parsed = parse(aggregateOf(records));
      expect(
        parsed?.map(({ partitionKey, hashKey, data }) => [
          Buffer.from(partitionKey).toString("utf8"),
          hashKey,
          [...data],
        ]),
      ).toEqual(
        records.map(({ key, data, explicitHashKey }) => [
          key,
          explicitHashKey === undefined ? md5(key) : BigInt(explicitHashKey),
          [...data],
        ]),
      );
    }),
  );
});

test.each([
  ["nothing", Buffer.alloc(0)],
  ["plain data", Buffer.from("hello, and some more than twenty bytes")],
  ["the magic alone", MAGIC],
  ["the magic and twenty bytes", Buffer.concat([MAGIC, Buffer.alloc(20)])],
  ["a wrong sum", Buffer.concat([aggregateOf(two).subarray(0, -1), Buffer.from([0])])],
  ["a message that was cut", framed(messageOf(two).subarray(0, -3))],
  ["no message", framed(Buffer.from("ff".repeat(12), "hex"))],
  ["no records", framed(messageOf([]))],
  ["a key that is not in the table", framed(Buffer.from("1a0408051a00", "hex"))],
  ["a record without data", framed(Buffer.from("0a01611a020800", "hex"))],
  ["a hash key that is none", framed(messageOf([{ key: "a", data: utf8("x"), explicitHashKey: "ten" }]))],
  ["a hash key beyond the last", framed(messageOf([{ key: "a", data: utf8("x"), explicitHashKey: `${MOST + 1n}` }]))],
])("P-10: %s is no aggregate", (_name, data) => {
  expect(parse(data)).toBeNull();
});

test("P-10: no bytes make it throw, with the right sum or without", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      expect(parse(bytes)).toBeNull();
      expect(() => parse(framed(bytes))).not.toThrow();
    }),
    { numRuns: 2_000 },
  );
});
