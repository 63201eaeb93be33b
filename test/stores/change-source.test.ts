// Change streams of embedded collections: what is told of a change, from which place on, and what is lost.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ChangeRecord } from "../../src/kinds/documentdb/change-record.ts";
import type { CollectionOperation, CollectionPlace } from "../../src/ports/collections.ts";
import type { Read, Reader, Start } from "../../src/ports/source.ts";
import { createCollections } from "../../src/stores/document-collections.ts";
import { createEmbeddedChangeSource, type EmbeddedChangeOptions } from "../../src/stores/embedded-change-source.ts";
import { openStoreAside, type StoreAside } from "./aside.ts";

const place: CollectionPlace = { cluster: "docs", database: "shop", collection: "orders" };
const never = new AbortController().signal;
const room = { records: 1_000, bytes: 100_000_000 };

let store: StoreAside;
beforeEach(async () => {
  store = await openStoreAside();
});
afterEach(() => store.close());

const collections = () => createCollections(store.client);
const apply = (operations: readonly CollectionOperation[], where: Partial<CollectionPlace> = {}) =>
  collections().apply({ ...place, ...where }, operations);
const insert = (...documents: string[]) => apply(documents.map((document) => ({ op: "insert", document })));
const source = (more: Partial<EmbeddedChangeOptions> = {}) =>
  createEmbeddedChangeSource({
    client: store.client,
    clusterName: "docs",
    database: "shop",
    collection: "orders",
    fullDocument: "Default",
    ...more,
  });
const open = (after: string | null = null, more: Partial<EmbeddedChangeOptions> = {}) =>
  source(more).open("changes", after, { firstOrdinal: 0 });
async function resolved(start: Start): Promise<string | null> {
  const answer = await source().resolve("changes", start);
  if (answer.kind !== "resolved") throw new Error(answer.problem.detail);
  return answer.after;
}
function recordsIn(read: Read<ChangeRecord>): readonly ChangeRecord[] {
  if (read.kind !== "records") throw new Error(`the read says ${JSON.stringify(read)}`);
  return read.records;
}
const next = async (reader: Reader<ChangeRecord>) => recordsIn(await reader.read(room, never));
const events = async (reader: Reader<ChangeRecord>) =>
  (await next(reader)).map(({ eventText }) => JSON.parse(eventText) as Record<string, unknown>);
const operations = async (reader: Reader<ChangeRecord>) =>
  (await events(reader)).map(({ operationType }) => operationType);

describe("what a change tells", () => {
  test("TX-01, X-107: an insert, member for member; an _id is made where there is none, and comes first", async () => {
    store.clock.moveBy(1_676_588_775_500 - store.clock.nowMs());
    expect(await insert('{"anyField":"sampleValue"}')).toMatchObject({ changedCount: 1, unchangedCount: 0 });
    const [record] = await next(open());
    const id = /"\$oid":"([0-9a-f]{24})"/.exec(record?.eventText ?? "")?.[1] ?? "";
    expect(id.slice(0, 8)).toBe("63eeb6e7");
    expect(record?.eventText).toBe(
      `{"_id":{"_data":"0163eeb6e70000000101"},"clusterTime":{"$timestamp":{"t":1676588775,"i":1}},` +
        `"documentKey":{"_id":{"$oid":"${id}"}},"fullDocument":{"_id":{"$oid":"${id}"},"anyField":"sampleValue"},` +
        `"ns":{"db":"shop","coll":"orders"},"operationType":"insert"}`,
    );
    expect(record).toMatchObject({ ordinal: 0, arrivedAtMs: 1_676_588_775_000, position: "0163eeb6e70000000101" });
    expect(record?.sizeBytes).toBe(Buffer.byteLength(`{"event":${record?.eventText}}`));
  });

  test("TX-14, X-102: types of canonical and relaxed texts, with all digits, and members in their order", async () => {
    await insert(
      '{"n":9007199254740993,"_id":1,"l":{"$numberLong":"9223372036854775807"},"i":{"$numberInt":"7"},"d":{"$numberDouble":"1.5"},' +
        '"nan":{"$numberDouble":"NaN"},"at":{"$date":{"$numberLong":"1500"}},"old":{"$date":{"$numberLong":"-1"}},' +
        '"dec":{"$numberDecimal":"1.10"},"9":1,"1":2,"b":{"$binary":{"base64":"AQI=","subType":"00"}},"z":null,"a":[1,{"$oid":"63EEB6E7d418cd98afb1c1d7"}]}',
    );
    const [record] = await next(open());
    expect(record?.eventText).toContain(
      '"fullDocument":{"_id":1,"n":9007199254740993,"l":9223372036854775807,"i":7,"d":1.5,"nan":{"$numberDouble":"NaN"},' +
        '"at":{"$date":"1970-01-01T00:00:01.500Z"},"old":{"$date":{"$numberLong":"-1"}},"dec":{"$numberDecimal":"1.10"},"9":1,"1":2,' +
        '"b":{"$binary":{"base64":"AQI=","subType":"00"}},"z":null,"a":[1,{"$oid":"63eeb6e7d418cd98afb1c1d7"}]}',
    );
  });

  test("TX-02, X-105: an update tells its fields; UpdateLookup has the document as it is now, or null", async () => {
    await insert('{"_id":1,"a":{"b":1},"list":[1,2],"gone":true}');
    await apply([
      {
        op: "update",
        document: '{"_id":1,"$set":{"a.b":9007199254740993,"new.x":1,"new.y":2,"list.1":"two"},"$unset":{"gone":""}}',
      },
      { op: "update", document: '{"_id":1,"$set":{"later":true}}' },
    ]);
    const [, update] = await events(open());
    expect(update).not.toHaveProperty("fullDocument");
    expect(update).toMatchObject({ operationType: "update", documentKey: { _id: 1 } });
    const [, record] = await next(open());
    expect(record?.eventText).toContain(
      '"updateDescription":{"updatedFields":{"a.b":9007199254740993,"new":{"x":1,"y":2},"list.1":"two"},"removedFields":["gone"]}',
    );
    const lookedUp = await events(open(null, { fullDocument: "UpdateLookup" }));
    expect(lookedUp[1]?.["fullDocument"]).toEqual({
      _id: 1,
      a: { b: 9007199254740992 },
      list: [1, "two"],
      new: { x: 1, y: 2 },
      later: true,
    });
    await apply([{ op: "delete", document: '{"_id":1}' }]);
    const after = await events(open(null, { fullDocument: "UpdateLookup" }));
    expect(after.map((event) => event["fullDocument"])).toEqual([lookedUp[0]?.["fullDocument"], null, null, undefined]);
    expect(after[3]).toEqual({
      _id: expect.anything(),
      clusterTime: expect.anything(),
      documentKey: { _id: 1 },
      ns: { db: "shop", coll: "orders" },
      operationType: "delete",
    });
  });

  test("what changes nothing is no change", async () => {
    await insert('{"_id":1,"a":1}');
    const answer = await apply([
      { op: "update", document: '{"_id":1,"$set":{"a":1},"$unset":{"b":""}}' },
      { op: "update", document: '{"_id":2,"$set":{"a":1}}' },
      { op: "replace", document: '{"_id":2}' },
      { op: "delete", document: '{"_id":2}' },
    ]);
    expect(answer).toEqual({ changedCount: 0, unchangedCount: 4, lastId: null, positions: [], refusal: null });
    expect(await operations(open())).toEqual(["insert"]);
  });

  test.each([
    ["insert", "{", "no JSON"],
    ["insert", "[1]", "A document is a JSON object."],
    ["insert", '{"_id":1}', "There is a document with the _id 1"],
    ["insert", '{"_id":[1]}', "anything but a list"],
    ["insert", '{"$set":{"a":1}}', "$set and $unset are for updates"],
    ["insert", '{"at":{"$date":"soon"}}', "$date has a date"],
    ["replace", '{"a":1}', "Its _id is missing"],
    ["update", '{"_id":1,"a":1}', "An update has _id, $set and $unset, not a."],
    ["update", '{"_id":1}', "An update needs fields"],
    ["update", '{"_id":1,"$set":{"_id":2}}', "never changes"],
    ["update", '{"_id":1,"$set":{"a":1,"a.b":2}}', "may overlap"],
    ["update", '{"_id":1,"$set":{"n.b":2}}', "There is no place for n.b: n is no document."],
    ["delete", '{"_id":1,"a":1}', "told by its _id alone"],
    ["insert", '{"_id":2,"n":{"$numberInt":"2147483648"}}', "an integer of 32 bits"],
    ["insert", '{"_id":2,"n":{"$numberLong":"9223372036854775808"}}', "an integer of 64 bits"],
  ] as const)("%s of %s is refused, and what came before it is done", async (op, document, text) => {
    await insert('{"_id":1,"n":5}');
    const answer = await apply([
      { op: "insert", document: '{"_id":"before"}' },
      { op, document },
      { op: "insert", document: '{"_id":"behind"}' },
    ]);
    expect(answer.refusal).toEqual({ index: 1, text: expect.stringContaining(text) });
    expect(answer.changedCount).toBe(1);
    expect(await collections().look(place, 10)).toEqual(['{"_id":1,"n":5}', '{"_id":"before"}']);
  });
});

describe("the end of a stream", () => {
  test("TX-11, X-405: drop, then invalidate; behind it the stream goes on with the collection that is made again", async () => {
    await insert('{"_id":1}');
    const reader = open();
    expect(await operations(reader)).toEqual(["insert"]);
    const waiting = next(reader);
    await apply([{ op: "drop" }]);
    const told = await waiting;
    expect(told.map(({ eventText }) => JSON.parse(eventText))).toEqual([
      {
        _id: expect.anything(),
        clusterTime: expect.anything(),
        ns: { db: "shop", coll: "orders" },
        operationType: "drop",
      },
      { _id: expect.anything(), clusterTime: expect.anything(), operationType: "invalidate" },
    ]);
    await insert('{"_id":1}');
    expect(await operations(reader)).toEqual(["insert"]);
    const [drop, invalidate] = told;
    expect(await operations(open(drop?.position))).toEqual(["invalidate", "insert"]);
    expect(await operations(open(invalidate?.position))).toEqual(["insert"]);
    expect((drop?.position ?? "") < (invalidate?.position ?? "")).toBe(true);
  });

  test("TX-12: a database's stream goes on behind a collection's drop, and ends with the database", async () => {
    await insert('{"_id":1}');
    await apply([{ op: "insert", document: '{"_id":2}' }], { collection: "others" });
    await apply([{ op: "drop" }]);
    await apply([{ op: "insert", document: '{"_id":3}' }], { database: "elsewhere" });
    const reader = open(null, { collection: null });
    expect(await operations(reader)).toEqual(["insert", "insert", "drop"]);
    const waiting = operations(reader);
    await apply([{ op: "dropDatabase" }]);
    expect(await waiting).toEqual(["drop", "dropDatabase", "invalidate"]);
    expect(await collections().list()).toEqual([
      { cluster: "docs", database: "elsewhere", collection: "orders", documentCount: 1 },
    ]);
  });
});

describe("places", () => {
  test("X-501: oldest, now, and a second's first change, included (TX-13)", async () => {
    const atMs = store.clock.nowMs();
    for (const id of [1, 2, 3]) {
      await insert(`{"_id":${id}}`);
      store.clock.moveBy(1_000);
    }
    const keys = async (start: Start) =>
      (await events(open(await resolved(start)))).map(({ documentKey }) => Reflect.get(Object(documentKey), "_id"));
    expect(await keys({ kind: "trimHorizon" })).toEqual([1, 2, 3]);
    expect(await keys({ kind: "atTimestamp", atMs: atMs + 1_000 })).toEqual([2, 3]);
    expect(await keys({ kind: "latest" })).toEqual([]);
  });

  test("TX-07: LATEST is a place: what comes before the first read is read, after a restart, too", async () => {
    const untouched = await resolved({ kind: "latest" });
    await insert('{"_id":1}');
    const latest = await resolved({ kind: "latest" });
    await insert('{"_id":2}');
    store = await store.reopen();
    expect(await operations(open(untouched))).toEqual(["insert", "insert"]);
    expect(await operations(open(latest))).toEqual(["insert"]);
  });

  test("H1: times rise with every change, even under a clock that is set back", async () => {
    await insert('{"_id":1}');
    store.clock.moveBy(-5_000);
    await insert('{"_id":2}', '{"_id":3}');
    const positions = (await next(open())).map(({ position }) => position);
    expect(positions).toEqual(positions.toSorted());
    expect(new Set(positions).size).toBe(3);
  });

  test("limits: as many changes as there is room for, one may be over the bytes", async () => {
    await insert('{"_id":1}', '{"_id":2}', '{"_id":3}');
    const reader = open();
    expect(recordsIn(await reader.read({ records: 2, bytes: 1_000 }, never))).toHaveLength(2);
    expect(await reader.read({ records: 2, bytes: 1 }, never)).toMatchObject({
      records: [{ ordinal: 2 }],
      isCaughtUp: true,
    });
  });

  test("S4: an aborted read says nothing; the next one has what came", async () => {
    const reader = open();
    await reader.read(room, never);
    const abort = new AbortController();
    const waiting = reader.read(room, abort.signal);
    abort.abort();
    expect(await waiting).toMatchObject({ records: [] });
    await insert('{"_id":1}');
    expect(await operations(reader)).toEqual(["insert"]);
  });
});

describe("what has left the log", () => {
  test("H1, H2: a change that went before an earlier one, as the clock was set back, is missed all the same", async () => {
    await insert('{"_id":1}');
    const [first] = await next(open());
    store.clock.moveBy(-86_400_000);
    await insert('{"_id":2}');
    store.clock.moveBy(7 * 86_400_000 + 3_600_000);
    store.service.sweep();
    store.clock.moveBy(2 * 86_400_000);
    store.service.sweep();
    expect(await open(first?.position).read(room, never)).toMatchObject({
      problem: { disablingReason: "CHANGE_STREAM_POSITION_LOST" },
    });
    expect(await operations(open(await resolved({ kind: "trimHorizon" })))).toEqual([]);
  });

  test("TX-08, X-504: a place of which changes are gone is lost for good; nothing from now is told", async () => {
    await insert('{"_id":1}');
    const early = await resolved({ kind: "latest" });
    await insert('{"_id":2}');
    store.clock.moveBy(8 * 86_400_000);
    store.service.sweep();
    await insert('{"_id":3}');
    expect(await open(early).read(room, never)).toMatchObject({
      kind: "problem",
      problem: {
        text: expect.stringContaining("PROBLEM: The position in the change stream is lost"),
        disablingReason: "CHANGE_STREAM_POSITION_LOST",
        isFinal: true,
      },
    });
    expect(await operations(open(await resolved({ kind: "trimHorizon" })))).toEqual(["insert"]);
    expect(await collections().look(place, 10)).toEqual(['{"_id":1}', '{"_id":2}', '{"_id":3}']);
  });

  test("TX-16: a quiet collection of a busy cluster keeps its place, whatever others have lost", async () => {
    const quiet = await resolved({ kind: "latest" });
    await apply([{ op: "insert", document: '{"_id":1}' }], { collection: "busy" });
    await collections().trim("docs");
    await insert('{"_id":1}');
    expect(await operations(open(quiet))).toEqual(["insert"]);
    expect(await open(quiet, { collection: null }).read(room, never)).toMatchObject({ kind: "problem" });
  });

  test("trimmed by hand, a stream that waits is told so", async () => {
    await insert('{"_id":1}');
    const reader = open();
    await collections().trim("docs");
    expect(await reader.read(room, never)).toMatchObject({ problem: { isFinal: true } });
    expect(await collections().trim("none")).toBe(false);
  });

  test("over the store's bound of bytes the oldest changes go", async () => {
    await store.close();
    store = await openStoreAside({ maxShardBytes: 2_000 });
    for (const id of [1, 2, 3, 4]) await insert(`{"_id":${id},"text":"${"x".repeat(900)}"}`);
    expect(await operations(open(await resolved({ kind: "trimHorizon" })))).toEqual(["insert", "insert"]);
  });

  test("a place of another kind of cluster is none", async () => {
    expect(await open("resume:1.1:{}").read(room, never)).toMatchObject({
      problem: { disablingReason: "CHANGE_STREAM_NOT_RESUMABLE", isFinal: true },
    });
  });
});
