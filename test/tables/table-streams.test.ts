// What streams are told of writes: images by view type, sizes, and nothing of writes that change nothing.

import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, test } from "vitest";
import type { Streams, StreamsProblem } from "../../src/ports/streams.ts";
import { createHandClock } from "../stores/aside.ts";
import { call, changesOf, openTables, openTablesAside, ordersTable, serveTables } from "./served-tables.ts";

describe("images by view type", () => {
  test.each([
    ["KEYS_ONLY", [], 4],
    ["NEW_IMAGE", ["NewImage"], 11],
    ["OLD_IMAGE", ["OldImage"], 11],
    ["NEW_AND_OLD_IMAGES", ["NewImage", "OldImage"], 18],
  ])("D-2: %s", async (viewType, images, sizeBytes) => {
    const aside = await openTablesAside();
    await call(aside.tables, "CreateTable", ordersTable(viewType));
    for (const n of ["1", "2"]) {
      await call(aside.tables, "PutItem", { TableName: "orders", Item: { id: { S: "ab" }, n: { N: n } } });
    }
    await call(aside.tables, "DeleteItem", { TableName: "orders", Key: { id: { S: "ab" } } });
    const told = await changesOf(aside);
    expect(told.map(({ eventName }) => eventName)).toEqual(["INSERT", "MODIFY", "REMOVE"]);
    const shown = told.map(({ dynamodb: { Keys: _keys, SizeBytes: _size, StreamViewType: _type, ...rest } }) => rest);
    const both = { NewImage: { id: { S: "ab" }, n: { N: "2" } }, OldImage: { id: { S: "ab" }, n: { N: "1" } } };
    const of = (name: string, value: unknown) => (images.includes(name) ? { [name]: value } : {});
    expect(shown).toEqual([
      of("NewImage", both.OldImage),
      { ...of("NewImage", both.NewImage), ...of("OldImage", both.OldImage) },
      of("OldImage", both.NewImage),
    ]);
    expect(told[1]?.dynamodb).toMatchObject({
      Keys: { id: { S: "ab" } },
      SizeBytes: sizeBytes,
      StreamViewType: viewType,
    });
    expect(told.every(({ eventID }) => /^[0-9a-f]{32}$/.test(eventID))).toBe(true);
    expect(new Set(told.map(({ eventID }) => eventID)).size).toBe(3);
  });
});

test("D-7: a write that changes nothing makes no record, by whichever call", async () => {
  const house = await serveTables();
  await house.db.send(new CreateTableCommand(ordersTable() as never));
  const Item = { id: { S: "a" }, tags: { SS: ["x", "y"] }, n: { N: "1" }, m: { M: { p: { L: [{ BOOL: true }] } } } };
  const same = { ...Item, tags: { SS: ["y", "x"] }, n: { N: "1.0" } };
  const TableName = "orders";
  const Key = { id: { S: "a" } };
  await house.db.send(new PutItemCommand({ TableName, Item }));
  await house.db.send(new PutItemCommand({ TableName, Item: same }));
  await house.db.send(
    new UpdateItemCommand({
      TableName,
      Key,
      UpdateExpression: "SET n = :n",
      ExpressionAttributeValues: { ":n": { N: "1" } },
    }),
  );
  await house.db.send(new BatchWriteItemCommand({ RequestItems: { orders: [{ PutRequest: { Item: same } }] } }));
  await house.db.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName, Item: same } }] }));
  await house.db.send(new DeleteItemCommand({ TableName, Key: { id: { S: "nobody" } } }));
  const told = await changesOf(house);
  expect(told.map(({ eventName }) => eventName)).toEqual(["INSERT"]);
});

test("an UpdateItem of an item that is not there inserts its key alone", async () => {
  const aside = await openTablesAside();
  await call(aside.tables, "CreateTable", ordersTable());
  await call(aside.tables, "UpdateItem", { TableName: "orders", Key: { id: { S: "a" } } });
  expect(await changesOf(aside)).toMatchObject([{ eventName: "INSERT", dynamodb: { NewImage: { id: { S: "a" } } } }]);
});

test("a table without a stream tells nobody, and one that is switched on tells what comes then", async () => {
  const aside = await openTablesAside();
  await call(aside.tables, "CreateTable", ordersTable(null));
  const put = (n: string) =>
    call(aside.tables, "PutItem", { TableName: "orders", Item: { id: { S: "a" }, n: { N: n } } });
  await put("1");
  const StreamSpecification = { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" };
  const switched = await call(aside.tables, "UpdateTable", { TableName: "orders", StreamSpecification });
  expect(switched).toMatchObject({ status: 200, body: { TableDescription: { StreamSpecification } } });
  await put("2");
  expect(await changesOf(aside)).toMatchObject([{ eventName: "MODIFY", dynamodb: { OldImage: { n: { N: "1" } } } }]);
});

describe("M1: a closed stream", () => {
  test("goes a day after it was closed, with its records", async () => {
    const clock = createHandClock();
    const { tables, streams } = await openTablesAside({ clock });
    await call(tables, "CreateTable", ordersTable());
    await call(tables, "DeleteTable", { TableName: "orders" });
    const [closed] = await tables.streams();
    clock.moveBy(86_399_999);
    expect(await tables.streams()).toHaveLength(1);
    clock.moveBy(1);
    expect(await tables.streams()).toEqual([]);
    expect(await streams.describe(closed?.name ?? "")).toEqual({ kind: "missing" });
  });

  test("of a deleted table is not the one of a table made anew", async () => {
    const { tables } = await openTablesAside();
    await call(tables, "CreateTable", ordersTable());
    await call(tables, "DeleteTable", { TableName: "orders" });
    const { body } = await call(tables, "CreateTable", ordersTable(null));
    expect(Object.keys(Object(body["TableDescription"]))).not.toContain("LatestStreamArn");
    expect(await tables.streams()).toHaveLength(1);
  });
});

test("M2: a stream that was left open when it was closed is closed by the next start", async () => {
  const away: StreamsProblem = { kind: "problem", problem: { code: "unreachable", text: "PROBLEM", detail: "away" } };
  let real: Streams | null = null;
  const aside = await openTablesAside({
    streams: (store) => {
      real = store;
      return { ...store, reshard: () => Promise.resolve(away) };
    },
  });
  await call(aside.tables, "CreateTable", ordersTable());
  const off = { TableName: "orders", StreamSpecification: { StreamEnabled: false } };
  expect((await call(aside.tables, "UpdateTable", off)).status).toBe(200);
  await aside.tables.close();
  const again = await openTables(aside.folder, real ?? aside.streams);
  const [closed] = await again.streams();
  expect(await aside.streams.describe(closed?.name ?? "")).toMatchObject({
    stream: { shards: [{ endingSequenceNumber: expect.any(String) }] },
  });
  await again.close();
});
