// Tables that a configuration names, and what `dynamodb:TABLE` stands for.

import { describe, expect, test } from "vitest";
import { typedItem } from "../../src/cli/send-items.ts";
import { makeConfiguredTables, withLatestStream } from "../../src/wiring/configured-tables.ts";
import { folderWith, load } from "../config/folder.ts";
import { call, openTablesAside } from "./served-tables.ts";

const configured = (yaml: string) => load(folderWith({ "millrace.config.yaml": yaml }));

test("tables of the configuration are made once, and a stream is switched on where there is none", async () => {
  const { tables } = await openTablesAside();
  const told: string[] = [];
  const tell = (text: string): number => told.push(text);
  const before = await configured(
    "tables: { orders: { key: id }, points: { key: { name: p, type: N }, sortKey: at } }\n",
  );
  await makeConfiguredTables(before.tables, tables, tell);
  expect(await tables.streams()).toEqual([]);
  const { tables: after } = await configured("tables: { orders: { key: other, stream: KEYS_ONLY } }\n");
  await makeConfiguredTables(after, tables, tell);
  await makeConfiguredTables(after, tables, tell);
  expect(await tables.streams()).toMatchObject([{ table: "orders", viewType: "KEYS_ONLY", closedAtMs: null }]);
  expect((await call(tables, "DescribeTable", { TableName: "orders" })).body["Table"]).toMatchObject({
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
  });
  expect((await call(tables, "DescribeTable", { TableName: "points" })).body["Table"]).toMatchObject({
    AttributeDefinitions: [
      { AttributeName: "p", AttributeType: "N" },
      { AttributeName: "at", AttributeType: "S" },
    ],
    KeySchema: [
      { AttributeName: "p", KeyType: "HASH" },
      { AttributeName: "at", KeyType: "RANGE" },
    ],
  });
  const otherKey =
    "the table orders has the key id (S), not other (S) as configured, and keeps it: where its items may go, delete it (DeleteTable), " +
    "and the next start makes it as configured";
  expect(told).toEqual([otherKey, otherKey]);
});

test("a stream that shows something else than configured stays, which is told once a start; what to do about it works", async () => {
  const { tables } = await openTablesAside();
  const told: string[] = [];
  const start = async (stream: string): Promise<void> =>
    makeConfiguredTables((await configured(`tables: { orders: { key: id, ${stream} } }\n`)).tables, tables, (text) =>
      told.push(text),
    );
  await start("stream: KEYS_ONLY");
  await start("stream: KEYS_ONLY");
  await start("");
  expect(told).toEqual([]);
  await start("stream: NEW_IMAGE");
  expect(told).toEqual([
    "the stream of the table orders shows KEYS_ONLY, not NEW_IMAGE as configured, and stays: switch it off (UpdateTable, " +
      "StreamEnabled: false), and the next start makes one as configured",
  ]);
  await call(tables, "UpdateTable", { TableName: "orders", StreamSpecification: { StreamEnabled: false } });
  await start("stream: NEW_IMAGE");
  expect(told).toHaveLength(1);
  expect((await tables.streams()).filter(({ closedAtMs }) => closedAtMs === null)).toMatchObject([
    { viewType: "NEW_IMAGE" },
  ]);
});

test("a mapping on dynamodb:TABLE is one on the stream that the table has now", async () => {
  const { tables } = await openTablesAside();
  const config = await configured(`functions: { f: { url: "http://127.0.0.1:9" } }
tables: { orders: { key: id, stream: NEW_IMAGE } }
mappings:
  - { EventSourceArn: "dynamodb:orders", FunctionName: f, StartingPosition: LATEST }
  - { EventSourceArn: "dynamodb:nobody", FunctionName: f, StartingPosition: LATEST }
`);
  await makeConfiguredTables(config.tables, tables, () => undefined);
  const [orders, nobody] = await Promise.all(config.mappings.map((body) => withLatestStream(body, tables)));
  const [stream] = await tables.streams();
  expect(orders?.["EventSourceArn"]).toBe(
    `arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/${stream?.label}`,
  );
  expect(nobody).toBe(config.mappings[1]);
});

test.each([
  ["tables: { orders: { key: id, sortKey: id } }\n", "`sortKey` is the same attribute as `key`"],
  ["tables: { ab: { key: id } }\n", "ab"],
  ["tables: { orders: { key: id, stream: ALL } }\n", "stream"],
  ["tables: { orders: {} }\n", "key"],
  [
    'functions: { f: { url: "http://127.0.0.1:9" } }\nmappings: [{ EventSourceArn: "dynamodb:orders", FunctionName: f }]\n',
    "StartingPosition",
  ],
])("what is wrong with a table is said: %s", async (yaml, text) => {
  await expect(configured(yaml)).rejects.toThrow(text);
});

describe("items on the command line", () => {
  test.each([
    ['{"id":"1"}', { id: { S: "1" } }],
    ['{"id":{"S":"1"},"n":{"N":"5"}}', { id: { S: "1" }, n: { N: "5" } }],
    ['{"id":"1","m":{"S":"x"}}', { id: { S: "1" }, m: { M: { S: { S: "x" } } } }],
    [
      '{"a":1.5,"b":[true,null],"c":{"d":"e"}}',
      { a: { N: "1.5" }, b: { L: [{ BOOL: true }, { NULL: true }] }, c: { M: { d: { S: "e" } } } },
    ],
    ['{"l":{"L":[{"S":"a"}]}}', { l: { L: [{ S: "a" }] } }],
    ['{"l":{"L":["a"]}}', { l: { M: { L: { L: [{ S: "a" }] } } } }],
  ])("%s", (text, item) => {
    expect(typedItem(text)).toEqual(item);
  });

  test.each(["[]", "5", "{", '{"n":12345678901234567890}'])("%s is refused", (text) => {
    expect(() => typedItem(text)).toThrow(expect.objectContaining({ code: "bad-argument" }));
  });
});
