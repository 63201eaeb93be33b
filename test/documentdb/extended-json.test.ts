import { BSON } from "mongodb";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { extendedJson } from "../../src/kinds/documentdb/extended-json.ts";

const aText = fc.string({ unit: "binary", maxLength: 12 });
const someBytes = fc.uint8Array({ maxLength: 24 });
const aLong = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const aDate = fc.date({ noInvalidDate: true });
const aTimestamp = fc.tuple(fc.nat(0xffffffff), fc.nat(0xffffffff)).map(([t, i]) => new BSON.Timestamp({ t, i }));
const aName = aText.filter((name) => !name.startsWith("$") && name !== "__proto__" && !name.includes("\0"));

/** Values that the client's parser gives back as they were. */
const valuesWith = (...more: readonly fc.Arbitrary<unknown>[]) =>
  fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      aText,
      fc.boolean(),
      fc.constant(null),
      fc.integer(),
      aLong.map((value) => BSON.Long.fromBigInt(value)),
      // The client's relaxed writer loses the sign of -0; ours is below.
      fc.double().map((value) => new BSON.Double(value === 0 ? 0 : value)),
      aDate,
      aTimestamp,
      fc.constant(null).map(() => new BSON.ObjectId()),
      fc.tuple(someBytes, fc.constantFrom(0, 2, 3, 5, 6, 128)).map(([bytes, type]) => new BSON.Binary(bytes, type)),
      fc.uuid({ version: 4 }).map((text) => new BSON.UUID(text)),
      fc.tuple(fc.integer(), fc.nat(300)).map(([n, e]) => BSON.Decimal128.fromString(`${n}E-${e}`)),
      fc.tuple(aName, fc.constantFrom("", "i", "imsx")).map(([text, options]) => new BSON.BSONRegExp(text, options)),
      ...more,
      aText.map((text) => new BSON.Code(text)),
      // The client cannot read a reference to a collection without a name.
      aName.map((text) => new BSON.DBRef(`c${text}`, new BSON.ObjectId(), "db")),
      fc.constantFrom(new BSON.MinKey(), new BSON.MaxKey()),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(aName, tie("value"), { maxKeys: 4 }),
    ),
  }));
const { value: aValue } = valuesWith(aText.map((text) => new BSON.BSONSymbol(text)));
const { value: aPromotedValue } = valuesWith();

describe("Extended JSON (X-102, X-103)", () => {
  test("is what the client's parser reads the same value from", () => {
    fc.assert(
      fc.property(fc.dictionary(aName, aValue, { maxKeys: 5 }), (document) => {
        const parsed: unknown = BSON.EJSON.parse(extendedJson(document), { relaxed: true });
        const expected: unknown = BSON.EJSON.parse(BSON.EJSON.stringify(document, { relaxed: true }), {
          relaxed: true,
        });
        expect(parsed).toEqual(expected);
      }),
    );
  });

  test.each([
    ["its own classes", { promoteValues: false }, aValue],
    ["values of the language, as a stream reads them", { useBigInt64: true }, aPromotedValue],
  ])("is the same, read from bytes as %s", (_what, how, values) => {
    fc.assert(
      fc.property(fc.dictionary(aName, values, { maxKeys: 5 }), (document) => {
        const read = BSON.deserialize(BSON.serialize(document), { ...how, bsonRegExp: true });
        expect(extendedJson(read)).toBe(extendedJson(document));
      }),
    );
  });

  test("has all digits of every 64-bit integer, as a class or as a bigint", () => {
    fc.assert(
      fc.property(aLong, (value) => {
        expect(extendedJson(BSON.Long.fromBigInt(value))).toBe(String(value));
        expect(extendedJson(value)).toBe(String(value));
      }),
    );
    expect(extendedJson({ n: BSON.Long.fromString("9007199254740993") })).toBe('{"n":9007199254740993}');
  });

  test("has dates as the client writes them (X-104), of all years", () => {
    fc.assert(
      fc.property(aDate, (date) => {
        expect(extendedJson(date)).toBe(BSON.EJSON.stringify(date, { relaxed: true }));
      }),
    );
    expect(extendedJson(new Date(120))).toBe('{"$date":"1970-01-01T00:00:00.120Z"}');
    expect(extendedJson(new Date(1_000))).toBe('{"$date":"1970-01-01T00:00:01Z"}');
    expect(extendedJson(new Date(-1))).toBe('{"$date":{"$numberLong":"-1"}}');
  });

  test.each([
    [Number.NaN, '{"$numberDouble":"NaN"}'],
    [new BSON.Double(Number.POSITIVE_INFINITY), '{"$numberDouble":"Infinity"}'],
    [Number.NEGATIVE_INFINITY, '{"$numberDouble":"-Infinity"}'],
    [new BSON.Double(-0), "-0.0"],
    [new BSON.Double(1.5), "1.5"],
    [new BSON.Int32(7), "7"],
    [undefined, '{"$undefined":true}'],
    [new BSON.MinKey(), '{"$minKey":1}'],
    [new BSON.BSONSymbol("a"), '{"$symbol":"a"}'],
    [new BSON.Code("f()", { n: BSON.Long.MAX_VALUE }), '{"$code":"f()","$scope":{"n":9223372036854775807}}'],
    [
      new BSON.DBRef("c", new BSON.ObjectId("63eeb6e7d418cd98afb1c1d7"), "d", { n: BSON.Long.MAX_VALUE }),
      '{"$ref":"c","$id":{"$oid":"63eeb6e7d418cd98afb1c1d7"},"$db":"d","n":9223372036854775807}',
    ],
    [/a"b/im, '{"$regularExpression":{"pattern":"a\\"b","options":"im"}}'],
    [new Uint8Array([1, 2]), '{"$binary":{"base64":"AQI=","subType":"00"}}'],
    [new BSON.Binary(new Uint8Array([3, 0, 1]), 9), '{"$binary":{"base64":"AwAB","subType":"09"}}'],
    [{ _bsontype: "Long" }, '{"_bsontype":"Long"}'],
    [{ toExtendedJSON: "x", _bsontype: "Long" }, '{"toExtendedJSON":"x","_bsontype":"Long"}'],
    [
      new Map<string, unknown>([
        ["2", 1],
        ["1", 2],
      ]),
      '{"2":1,"1":2}',
    ],
  ])("writes %o", (value, text) => {
    expect(extendedJson(value)).toBe(text);
  });

  test("keeps a name that the language gives a meaning, and goes as deep as a document does", () => {
    const named = BSON.deserialize(BSON.serialize(JSON.parse('{"__proto__":{"a":1},"constructor":2}')));
    expect(extendedJson(named)).toBe('{"__proto__":{"a":1},"constructor":2}');
    let deep: unknown = 1;
    for (let depth = 0; depth < 500; depth += 1) deep = depth % 2 === 0 ? { d: deep } : [deep];
    expect(JSON.parse(extendedJson(deep))).toEqual(deep);
  });
});
