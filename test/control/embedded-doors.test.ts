// The local calls on embedded topics and collections, against a server over a real store.

import { describe, expect, test } from "vitest";
import { usualDocumentDb } from "../../src/control/change-reading.ts";
import { usualKafka } from "../../src/control/group-reading.ts";
import { aServedHouse } from "./doubles/served.ts";

const mskArn = "arn:aws:kafka:us-east-1:123456789012:cluster/shop/11111111-2222-3333-4444-555555555555-1";
const docsArn = "arn:aws:rds:us-east-1:123456789012:cluster:docs";

async function aHouse() {
  const { url } = await aServedHouse([], {
    clusters: {
      sources: [],
      kafkaClusters: [
        usualKafka(mskArn, null),
        usualKafka("kafka://127.0.0.1:9092", null),
        usualKafka("kafka://far:9092", ["far:19092"]),
      ],
      documentDbs: [usualDocumentDb(docsArn), { ...usualDocumentDb(`${docsArn}-far`), url: "mongodb://far:27017" }],
    },
  });
  const answered = async (answer: Response) => {
    const text = await answer.text();
    return [answer.status, JSON.parse(text) as Record<string, unknown>] as const;
  };
  const at = (...path: string[]) => `${url}/_millrace/${path.map(encodeURIComponent).join("/")}`;
  return {
    textAt: async (path: readonly string[]) => (await fetch(at(...path))).text(),
    get: async (path: readonly string[], query = "") => answered(await fetch(at(...path) + query)),
    post: async (path: readonly string[], body: unknown = {}) =>
      answered(
        await fetch(at(...path), { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) }),
      ),
  };
}

describe("records for a topic of an embedded cluster", () => {
  test("are put in order, by partition or key, and are read as they were given; the first makes the topic", async () => {
    const { get, post } = await aHouse();
    const records = [
      {
        key: "a",
        value: "one",
        partition: 2,
        timestamp: 5,
        headers: [
          { name: "h", value: "x" },
          { name: "h", data: "/w==" },
        ],
      },
      { keyData: "/wA=", value: null, partition: 2, timestamp: 6 },
      { valueData: "AAE=", partition: 2, timestamp: 7, headers: [{ name: "none", value: null }] },
    ];
    const [status, sent] = await post(["kafka", "shop", "orders"], { records, partitions: 3 });
    expect([status, sent]).toEqual([200, { places: [0, 1, 2].map((offset) => ({ partition: 2, offset })) }]);
    const [, seen] = await get(["kafka", mskArn, "orders"], "?partition=2");
    expect(seen["records"]).toEqual([
      {
        partition: 2,
        offset: 0,
        timestamp: 5,
        key: "a",
        value: "one",
        headers: [
          { name: "h", value: "x" },
          { name: "h", data: "/w==" },
        ],
      },
      { partition: 2, offset: 1, timestamp: 6, keyData: "/wA=", value: null, headers: [] },
      {
        partition: 2,
        offset: 2,
        timestamp: 7,
        key: null,
        value: "\u0000\u0001",
        headers: [{ name: "none", value: null }],
      },
    ]);
    expect((await get(["kafka", "shop", "orders"], "?partition=2&offset=1&max=1"))[1]["records"]).toMatchObject([
      { offset: 1 },
    ]);
    await post(["kafka", "127.0.0.1:9092", "self"], { records: [{ value: "x" }] });
    expect((await get(["kafka"]))[1]).toMatchObject({
      topics: [
        { cluster: "127.0.0.1:9092", topic: "self", partitions: [{ partition: 0, firstOffset: 0, nextOffset: 1 }] },
        { cluster: "shop", topic: "orders", partitions: [{}, {}, { partition: 2, nextOffset: 3 }] },
      ],
    });
  });

  test("trim lets them go, delete the topic", async () => {
    const { get, post } = await aHouse();
    await post(["kafka", "shop", "orders"], { records: [{ value: "x" }] });
    expect((await post(["kafka", "shop", "orders", "trim"]))[0]).toBe(200);
    expect((await get(["kafka", "shop", "orders"]))[1]).toEqual({
      partitions: [{ partition: 0, firstOffset: 1, nextOffset: 1 }],
      records: [],
    });
    expect((await post(["kafka", "shop", "orders", "delete"]))[0]).toBe(200);
    expect(await get(["kafka", "shop", "orders"])).toMatchObject([
      404,
      { message: expect.stringContaining("no topic orders") },
    ]);
    expect((await post(["kafka", "shop", "orders", "delete"]))[0]).toBe(404);
  });

  test.each([
    [["far:9092", "orders"], { records: [] }, 409, "Cluster far:9092 is at far:19092: send its records there."],
    [["none", "orders"], { records: [] }, 404, "There is no cluster none"],
    [["shop", "no name"], { records: [] }, 400, "no topic's name"],
    [["shop", "orders"], { records: [{ value: "x", partition: 1 }] }, 400, "no partition 1: it has 1"],
    [["shop", "orders"], { records: [{}] }, 400, "The body is"],
    [["shop", "orders"], { records: [{ value: "x", valueData: "AA==" }] }, 400, "The body is"],
    [["shop", "orders"], { records: [{ value: "x", headers: [{ name: "h" }] }] }, 400, "The body is"],
    [["shop", "orders"], { records: [{ value: "x", colour: "red" }] }, 400, "The body is"],
    [["shop", "orders"], { records: [{ value: "x", timestamp: -1 }] }, 400, "The body is"],
    [["shop", "orders"], { partitions: 2 }, 400, "The body is"],
  ])("%j of %j is refused", async (place, body, status, text) => {
    const { post } = await aHouse();
    expect(await post(["kafka", ...place], body)).toMatchObject([status, { message: expect.stringContaining(text) }]);
  });

  test("what is refused makes no topic, and no partition", async () => {
    const { get, post } = await aHouse();
    const records = [{ value: "x", partition: 4 }];
    expect((await post(["kafka", "shop", "fresh"], { records }))[0]).toBe(400);
    expect((await get(["kafka", "shop", "fresh"]))[0]).toBe(404);
    await post(["kafka", "shop", "orders"], { records: [{ value: "x" }] });
    expect((await post(["kafka", "shop", "orders"], { records, partitions: 3 }))[0]).toBe(400);
    expect((await get(["kafka", "shop", "orders"]))[1]["partitions"]).toHaveLength(1);
    expect((await post(["kafka", "shop", "orders"], { records, partitions: 5 }))[0]).toBe(200);
  });

  test("partitions only become more", async () => {
    const { post } = await aHouse();
    await post(["kafka", "shop", "orders"], { records: [], partitions: 3 });
    const fewer = await post(["kafka", "shop", "orders"], { records: [], partitions: 2 });
    expect(fewer).toMatchObject([409, { message: expect.stringContaining("more than 2 partitions") }]);
  });
});

describe("changes to documents of an embedded cluster", () => {
  test("are done in order, with all digits; documents are read as they are", async () => {
    const { get, post, textAt } = await aHouse();
    const body = `{"operations":[
      {"op":"insert","document":{"_id":1,"n":9007199254740993,"at":{"$date":{"$numberLong":"0"}}}},
      {"op":"update","document":{"_id":1,"$set":{"m":9007199254740995}}},
      {"op":"delete","document":{"_id":7}}]}`;
    expect(await post(["documentdb", "docs", "shop", "orders"], body)).toEqual([
      200,
      { changedCount: 2, unchangedCount: 1, lastId: "1", positions: expect.any(Array) },
    ]);
    expect(await textAt(["documentdb", docsArn, "shop", "orders"])).toBe(
      '{"documents":[{"_id":1,"n":9007199254740993,"at":{"$date":"1970-01-01T00:00:00Z"},"m":9007199254740995}]}',
    );
    await post(["documentdb", "docs", "shop", "people"], {
      operations: [1, 2, 3].map((_id) => ({ op: "insert", document: { _id } })),
    });
    expect((await get(["documentdb"]))[1]).toEqual({
      collections: [
        { cluster: "docs", database: "shop", collection: "orders", documentCount: 1 },
        { cluster: "docs", database: "shop", collection: "people", documentCount: 3 },
      ],
    });
    expect((await post(["documentdb", "docs", "trim"]))[0]).toBe(200);
    await post(["documentdb", "docs", "shop", "-"], { operations: [{ op: "dropDatabase" }] });
    expect((await get(["documentdb", "docs", "shop", "orders"]))[0]).toBe(404);
  });

  test("a refused one says which, and what was done before it", async () => {
    const { post } = await aHouse();
    const operations = [1, 1].map((_id) => ({ op: "insert", document: { _id } }));
    expect(await post(["documentdb", "docs", "shop", "orders"], { operations })).toEqual([
      409,
      {
        message: expect.stringMatching(/^Operation 2 of 2 is refused, those before it are done\. There is a document/),
        index: 1,
        changedCount: 1,
        unchangedCount: 0,
        positions: [expect.stringMatching(/^01[0-9a-f]{18}$/)],
        lastId: "1",
      },
    ]);
  });

  test.each([
    [["docs-far", "shop", "orders"], { operations: [] }, 409, "Cluster docs-far is at mongodb://far:27017"],
    [["none", "shop", "orders"], { operations: [] }, 404, "There is no cluster none"],
    [["docs", "system.x", "orders"], { operations: [] }, 400, "X-202"],
    [["docs", "sh.op", "orders"], { operations: [] }, 400, "no database's name"],
    [["docs", "sh/op", "orders"], { operations: [] }, 400, "no database's name"],
    [["docs", "shop", "orders"], { operations: [{ op: "upsert", document: {} }] }, 400, "The body is"],
    [["docs", "shop", "orders"], { operations: [{ op: "insert" }] }, 400, "The body is"],
    [["docs", "shop", "orders"], { operations: [{ op: "drop", document: {} }] }, 400, "The body is"],
    [["docs", "shop", "orders"], "{", 400, "The body is"],
    [["docs", "trim"], {}, 404, "Nothing has changed"],
  ])("%j of %j is refused", async (place, body, status, text) => {
    const { post } = await aHouse();
    const answer = await post(["documentdb", ...place], body);
    expect(answer).toMatchObject([status, { message: expect.stringContaining(text) }]);
  });
});
