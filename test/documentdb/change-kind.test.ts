import { BSON } from "mongodb";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changeEventText } from "../../src/kinds/documentdb/change-event.ts";
import { createChangeKind } from "../../src/kinds/documentdb/change-kind.ts";
import { type ChangeRecord, changeRecord } from "../../src/kinds/documentdb/change-record.ts";
import { unpack } from "../../src/kinds/unpackers.ts";

const eventSourceArn = "arn:aws:rds:us-east-1:000000000000:cluster:shop";
const kind = createChangeKind({ eventSourceArn });
const stripped = { isKeepingServerFields: false };

const aRecord = (eventText: string, ordinal = 0): ChangeRecord =>
  changeRecord({ ordinal, arrivedAtMs: 1_000, position: String(ordinal), eventText });

const id = new BSON.ObjectId("63eeb6e7d418cd98afb1c1d7");
const anInsert = {
  _id: { _data: "0163eeb6e7000000090100000009000041e1" },
  operationType: "insert",
  clusterTime: new BSON.Timestamp({ t: 1_676_588_775, i: 9 }),
  wallTime: new Date(1_676_588_775_120),
  fullDocument: { _id: id, anyField: "sampleValue" },
  ns: { db: "test_database", coll: "test_collection" },
  documentKey: { _id: id },
};

describe("the event of a change stream (X-101 to X-107)", () => {
  test("TX-01: an insert is as AWS's sample has it, member by member", () => {
    expect(kind.text("changes", [aRecord(changeEventText(anInsert, stripped))], null)).toBe(
      `{"eventSourceArn":"${eventSourceArn}","events":[{"event":{` +
        '"_id":{"_data":"0163eeb6e7000000090100000009000041e1"},' +
        '"clusterTime":{"$timestamp":{"t":1676588775,"i":9}},' +
        '"documentKey":{"_id":{"$oid":"63eeb6e7d418cd98afb1c1d7"}},' +
        '"fullDocument":{"_id":{"$oid":"63eeb6e7d418cd98afb1c1d7"},"anyField":"sampleValue"},' +
        '"ns":{"db":"test_database","coll":"test_collection"},' +
        '"operationType":"insert"}}],"eventSource":"aws:docdb"}',
    );
  });

  test("TX-18: what MongoDB adds is not in it, but with the setting it is (X-106)", () => {
    const change = {
      ...anInsert,
      operationType: "update",
      collectionUUID: new BSON.UUID("6f1c0f6a-97a5-4d1d-b0bb-9d8f0f1d0f6b"),
      lsid: { id: 1 },
      txnNumber: BSON.Long.fromNumber(3),
      updateDescription: {
        updatedFields: { "b.0": 1, a: 2 },
        removedFields: ["c"],
        truncatedArrays: [],
        disambiguatedPaths: {},
      },
    };
    const bare: unknown = JSON.parse(changeEventText(change, stripped));
    expect(Object.keys(bare ?? {})).toEqual([
      "_id",
      "clusterTime",
      "documentKey",
      "fullDocument",
      "ns",
      "operationType",
      "updateDescription",
    ]);
    expect(bare).toHaveProperty("updateDescription", { updatedFields: { "b.0": 1, a: 2 }, removedFields: ["c"] });
    const kept: unknown = JSON.parse(changeEventText(change, { isKeepingServerFields: true }));
    expect(kept).toMatchObject({
      txnNumber: 3,
      wallTime: { $date: "2023-02-16T23:06:15.120Z" },
      updateDescription: { truncatedArrays: [], disambiguatedPaths: {} },
    });
  });

  test("TX-03: a delete has its key alone", () => {
    const { fullDocument: _gone, ...rest } = anInsert;
    const text = changeEventText({ ...rest, operationType: "delete" }, stripped);
    expect(Object.keys(JSON.parse(text))).toEqual(["_id", "clusterTime", "documentKey", "ns", "operationType"]);
  });

  test("TX-02: a document that was gone at its lookup is null", () => {
    expect(changeEventText({ ...anInsert, fullDocument: null }, stripped)).toContain('"fullDocument":null');
  });

  test("TX-14: 64-bit integers have all their digits", () => {
    const change = { ...anInsert, fullDocument: { n: BSON.Long.fromString("9007199254740993") } };
    expect(changeEventText(change, stripped)).toContain('"fullDocument":{"n":9007199254740993}');
  });

  test("is as long as the sizes say, and comes out of a packed batch the same", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1, maxLength: 5 }), (texts) => {
        const records = texts.map((text, index) =>
          aRecord(changeEventText({ ...anInsert, fullDocument: { text } }, stripped), index),
        );
        const text = kind.text("changes", records, null);
        const sizes = records.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
        expect(Buffer.byteLength(text)).toBe(kind.envelopeBytes + sizes + records.length - 1);
        expect(unpack(kind.pack("changes", records, null))).toEqual(JSON.parse(text));
      }),
    );
  });

  test("has neither filters nor documents: asking for one is a fault of ours", () => {
    expect(() => kind.filterView(aRecord("{}"))).toThrow("no filters");
    expect(() => kind.batchInfo("changes", [])).toThrow("no destination");
  });
});
