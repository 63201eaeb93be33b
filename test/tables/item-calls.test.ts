// Calls on tables and items where Millrace adds to its engine, or keeps it from taking what would have no effect.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConditionalCheckFailedException, CreateTableCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Engine, openEngine } from "../../src/tables/dynalite-engine.ts";
import { leftOut } from "../../src/tables/left-out.ts";
import { call, openTables, openTablesAside, ordersTable, serveTables } from "./served-tables.ts";

const TableName = "orders";

test("ReturnValuesOnConditionCheckFailure: the item as it was, with the refusal", async () => {
  const { db } = await serveTables();
  await db.send(new CreateTableCommand(ordersTable() as never));
  const Item = { id: { S: "a" }, n: { N: "1" } };
  await db.send(new PutItemCommand({ TableName, Item }));
  const failing = {
    TableName,
    Item: { id: { S: "a" } },
    ConditionExpression: "attribute_not_exists(id)",
  };
  const refused = (more: object) =>
    db
      .send(new PutItemCommand({ ...failing, ...more }))
      .catch((error: unknown) => error as ConditionalCheckFailedException);
  expect(await refused({ ReturnValuesOnConditionCheckFailure: "ALL_OLD" })).toMatchObject({
    name: "ConditionalCheckFailedException",
    Item,
  });
  expect(Reflect.get(Object(await refused({})), "Item")).toBeUndefined();
  expect(await refused({ ReturnValuesOnConditionCheckFailure: "SOME" })).toMatchObject({ name: "ValidationException" });
});

describe("what would have no effect is refused, and nothing is done", () => {
  const cases = leftOut.flatMap(({ operations, path, taken }) =>
    operations.map((operation) => ({ operation, path, taken, name: `${path.join(".")} of ${operation}` })),
  );
  const requests: Readonly<Record<string, object>> = {
    CreateTable: ordersTable(),
    UpdateTable: { TableName, StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" } },
    PutItem: { TableName, Item: { id: { S: "a" } } },
    UpdateItem: { TableName, Key: { id: { S: "a" } } },
    DeleteItem: { TableName, Key: { id: { S: "a" } } },
    BatchWriteItem: { RequestItems: { orders: [{ PutRequest: { Item: { id: { S: "a" } } } }] } },
    TransactWriteItems: { TransactItems: [{ Put: { TableName, Item: { id: { S: "a" } } } }] },
  };

  test.each(cases)("$name", async ({ operation, path, taken }) => {
    const { tables } = await openTablesAside();
    if (operation !== "CreateTable") await call(tables, "CreateTable", ordersTable(null));
    const [member, inner] = path;
    const given = (value: unknown) => ({
      ...requests[operation],
      [member]: inner === undefined ? value : [{ [inner]: value }],
    });
    const { status, body } = await call(tables, operation, given({ some: "value" }));
    expect([status, body["message"]]).toEqual([
      400,
      expect.stringContaining(`Millrace does not carry out ${path.join(".")} of ${operation}: `),
    ]);
    const asIfNotThere = taken === null ? requests[operation] : given(JSON.parse(taken));
    expect((await call(tables, operation, asIfNotThere)).status).toBe(200);
  });
});

test("a table may be named by its ARN", async () => {
  const { tables } = await openTablesAside();
  const { body } = await call(tables, "CreateTable", ordersTable());
  const arn = (body["TableDescription"] as { readonly TableArn: string }).TableArn;
  await call(tables, "PutItem", { TableName: arn, Item: { id: { S: "a" } } });
  await call(tables, "BatchWriteItem", { RequestItems: { [arn]: [{ PutRequest: { Item: { id: { S: "b" } } } }] } });
  await call(tables, "TransactWriteItems", { TransactItems: [{ Put: { TableName: arn, Item: { id: { S: "c" } } } }] });
  expect((await call(tables, "Scan", { TableName: arn })).body["Count"]).toBe(3);
});

test("a table's id is a UUID, the same in every answer and after a restart", async () => {
  const { folder, streams, tables } = await openTablesAside();
  const idIn = (body: object, member: string): unknown => Object(Reflect.get(body, member)).TableId;
  const described = async (service: typeof tables) =>
    idIn((await call(service, "DescribeTable", { TableName })).body, "Table");
  const created = idIn((await call(tables, "CreateTable", ordersTable(null))).body, "TableDescription");
  expect(created).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(await described(tables)).toBe(created);
  const updated = await call(tables, "UpdateTable", {
    TableName,
    StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" },
  });
  expect(idIn(updated.body, "TableDescription")).toBe(created);
  await tables.close();
  const again = await openTables(folder, streams);
  onTestFinished(() => again.close());
  expect(await described(again)).toBe(created);
});

test("a table with an id that is no UUID, as earlier versions made them, has one from the next start on", async () => {
  const folder = await mkdtemp(join(tmpdir(), "millrace-tables-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const place = { folder, region: "us-east-1", accountId: "000000000000" };
  const idOf = async (engine: Engine): Promise<unknown> => (await engine.table(TableName))?.["TableId"];
  const before = await openEngine({ ...place, tableId: () => "01234567-89ab-4cde-8f01-23456789" });
  await before.act("CreateTable", before.checked("CreateTable", ordersTable(null)), { write: async () => undefined });
  expect(await idOf(before)).toBe("01234567-89ab-4cde-8f01-23456789");
  await before.close();
  const id = "01234567-89ab-4cde-8f01-23456789abcd";
  for (const tableId of [() => id, () => "another"]) {
    const after = await openEngine({ ...place, tableId });
    expect(await idOf(after)).toBe(id);
    await after.close();
  }
});

test("an attribute called __proto__ is refused, and a text of it is none", async () => {
  const { tables } = await openTablesAside();
  await call(tables, "CreateTable", ordersTable());
  const put = async (text: string): Promise<unknown> =>
    (await tables.call("PutItem", Buffer.from(`{"TableName":"orders","Item":${text}}`))).status;
  expect(await put('{"id":{"S":"a"},"m":{"M":{"__proto__":{"S":"x"}}}}')).toBe(400);
  expect(await put('{"id":{"S":"a"},"m":{"S":"__proto__"}}')).toBe(200);
});

test("an item's size is counted in bytes, not in characters", async () => {
  const { tables } = await openTablesAside();
  await call(tables, "CreateTable", ordersTable());
  const put = (text: string) => call(tables, "PutItem", { TableName, Item: { id: { S: "a" }, t: { S: text } } });
  const room = 409_600 - 2 - 1 - 1;
  expect((await put("é".repeat(room / 2))).status).toBe(200);
  const puts = ["b", "c"].map((id) => ({
    PutRequest: { Item: { id: { S: id }, t: { S: "é".repeat(id === "b" ? 1 : 204_800) } } },
  }));
  expect((await call(tables, "BatchWriteItem", { RequestItems: { orders: puts } })).status).toBe(400);
  expect((await call(tables, "Scan", { TableName, Select: "COUNT" })).body["Count"]).toBe(1);
  expect(await put(`${"é".repeat(room / 2)}x`)).toMatchObject({
    status: 400,
    body: { message: "Item size has exceeded the maximum allowed size" },
  });
});

describe("a table's stream switch", () => {
  const on = { StreamEnabled: true, StreamViewType: "NEW_IMAGE" };
  test.each([
    [true, on, "Table already has an enabled stream: TableName: orders"],
    [false, { StreamEnabled: false }, "Table has no enabled stream to disable: TableName: orders"],
    [false, { StreamEnabled: true }, "StreamViewType is required"],
    [true, { StreamEnabled: false, StreamViewType: "NEW_IMAGE" }, "StreamViewType cannot be specified"],
    [false, { StreamEnabled: true, StreamViewType: "ALL" }, "Member must satisfy enum value set"],
    [false, {}, "Member must not be null"],
  ])("with a stream %s, %j is refused", async (isOn, StreamSpecification, text) => {
    const { tables } = await openTablesAside();
    await call(tables, "CreateTable", ordersTable(isOn ? "NEW_IMAGE" : null));
    const { body } = await call(tables, "UpdateTable", { TableName, StreamSpecification });
    expect([body["__type"], body["message"]]).toEqual([
      "com.amazon.coral.validate#ValidationException",
      expect.stringContaining(text),
    ]);
  });

  test("is changed beside the billing, or neither is", async () => {
    const { tables } = await openTablesAside();
    await call(tables, "CreateTable", ordersTable(null));
    const request = {
      TableName,
      StreamSpecification: on,
      BillingMode: "PROVISIONED",
      ProvisionedThroughput: { ReadCapacityUnits: 2, WriteCapacityUnits: 3 },
    };
    expect((await call(tables, "UpdateTable", request)).status).toBe(200);
    const changed = { StreamSpecification: on, ProvisionedThroughput: { ReadCapacityUnits: 2, WriteCapacityUnits: 3 } };
    const described = async () => (await call(tables, "DescribeTable", { TableName })).body["Table"];
    expect(await described()).toMatchObject(changed);
    const units = { ReadCapacityUnits: 5, WriteCapacityUnits: 5 };
    expect((await call(tables, "UpdateTable", { ...request, ProvisionedThroughput: units })).status).toBe(400);
    expect(await described()).toMatchObject(changed);
  });

  test("of a table that is not there: ResourceNotFoundException", async () => {
    const { tables } = await openTablesAside();
    const { body } = await call(tables, "UpdateTable", { TableName, StreamSpecification: on });
    expect(body["__type"]).toMatch(/#ResourceNotFoundException$/);
  });
});

test("a table is there once: its name is in use until it is deleted", async () => {
  const { tables } = await openTablesAside();
  await call(tables, "CreateTable", ordersTable());
  await call(tables, "PutItem", { TableName, Item: { id: { S: "old" } } });
  expect((await call(tables, "CreateTable", ordersTable())).body).toEqual({
    __type: "com.amazonaws.dynamodb.v20120810#ResourceInUseException",
    message: "Table already exists: orders",
  });
  await call(tables, "DeleteTable", { TableName });
  expect((await call(tables, "CreateTable", ordersTable())).status).toBe(200);
  expect((await call(tables, "Scan", { TableName })).body["Items"]).toEqual([]);
});

test("writes and the table's deletion at once leave nothing for a table of the same name", async () => {
  const { tables } = await openTablesAside();
  await call(tables, "CreateTable", ordersTable());
  const put = (id: number) => call(tables, "PutItem", { TableName, Item: { id: { S: `${id}` } } });
  const before = Array.from({ length: 30 }, (_, index) => put(index));
  const deleted = call(tables, "DeleteTable", { TableName });
  const after = Array.from({ length: 30 }, (_, index) => put(30 + index));
  const answers = await Promise.all([...before, ...after]);
  expect((await deleted).status).toBe(200);
  const names = answers.map(({ status, body }) =>
    status === 200 ? "done" : String(body["__type"]).replace(/^.*#/, ""),
  );
  expect(names.filter((name) => name !== "done" && name !== "ResourceNotFoundException")).toEqual([]);
  await call(tables, "CreateTable", ordersTable());
  expect((await call(tables, "Scan", { TableName })).body["Count"]).toBe(0);
});

test("tables, items, indexes and billing are there after a restart", async () => {
  const { tables, folder, streams } = await openTablesAside();
  await call(tables, "CreateTable", ordersTable());
  await call(tables, "PutItem", { TableName, Item: { id: { S: "a" } } });
  const before = await call(tables, "DescribeTable", { TableName });
  expect(before.body["Table"]).toMatchObject({ TableStatus: "ACTIVE", DeletionProtectionEnabled: false });
  await tables.close();
  const again = await openTables(folder, streams);
  expect(await call(again, "DescribeTable", { TableName })).toEqual(before);
  expect((await call(again, "Scan", { TableName })).body["Items"]).toEqual([{ id: { S: "a" } }]);
  await again.close();
});

test.each(["", "[]", "5", "{", "\u0000"])(
  "a body that is no JSON object is a SerializationException: %j",
  async (text) => {
    const { tables } = await openTablesAside();
    const { status, body } = await tables.call("PutItem", Buffer.from(text));
    expect([status, JSON.parse(body)]).toMatchObject([
      400,
      { __type: "com.amazon.coral.service#SerializationException" },
    ]);
  },
);
