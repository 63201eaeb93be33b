// Transactions: all or nothing, reasons in order, and one effect for one token.

import {
  CreateTableCommand,
  GetItemCommand,
  PutItemCommand,
  type TransactionCanceledException,
  TransactGetItemsCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, test } from "vitest";
import { createHandClock } from "../stores/aside.ts";
import {
  call,
  changesOf,
  openTables,
  openTablesAside,
  ordersTable,
  type ServedTables,
  serveTables,
} from "./served-tables.ts";

const TableName = "orders";
const put = (id: string, more: object = {}) => ({ Put: { TableName, Item: { id: { S: id } }, ...more } });
const absent = { ConditionExpression: "attribute_not_exists(id)" };

async function withOrders(...ids: readonly string[]): Promise<ServedTables> {
  const house = await serveTables();
  await house.db.send(new CreateTableCommand(ordersTable() as never));
  for (const id of ids) await house.db.send(new PutItemCommand({ TableName, Item: { id: { S: id }, n: { N: "1" } } }));
  return house;
}

const transact = (house: ServedTables, ...TransactItems: TransactWriteItem[]) =>
  house.db.send(new TransactWriteItemsCommand({ TransactItems }));

const has = async (house: ServedTables, id: string): Promise<boolean> =>
  (await house.db.send(new GetItemCommand({ TableName, Key: { id: { S: id } } }))).Item !== undefined;

test("parts of all kinds are carried out together, and each tells the stream", async () => {
  const house = await withOrders("a", "b", "c");
  await transact(
    house,
    put("new"),
    {
      Update: {
        TableName,
        Key: { id: { S: "a" } },
        UpdateExpression: "ADD n :one",
        ExpressionAttributeValues: { ":one": { N: "1" } },
      },
    },
    { Delete: { TableName, Key: { id: { S: "b" } } } },
    { ConditionCheck: { TableName, Key: { id: { S: "c" } }, ConditionExpression: "attribute_exists(id)" } },
  );
  const told = (await changesOf(house)).slice(3);
  expect(told.map(({ eventName, dynamodb }) => [eventName, dynamodb.Keys["id"]])).toEqual([
    ["INSERT", { S: "new" }],
    ["MODIFY", { S: "a" }],
    ["REMOVE", { S: "b" }],
  ]);
});

test("one part that fails cancels all, with the reasons in the order of the parts", async () => {
  const house = await withOrders("there");
  const failed = await transact(
    house,
    put("new"),
    put("there", { ...absent, ReturnValuesOnConditionCheckFailure: "ALL_OLD" }),
    { ConditionCheck: { TableName, Key: { id: { S: "x" } }, ConditionExpression: "attribute_exists(id)" } },
    {
      Update: {
        TableName,
        Key: { id: { S: "y" } },
        UpdateExpression: "SET a = b",
      },
    },
  ).catch((error: unknown) => error as TransactionCanceledException);
  expect(failed).toMatchObject({
    name: "TransactionCanceledException",
    message:
      "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ConditionalCheckFailed, ValidationError]",
    CancellationReasons: [
      { Code: "None" },
      {
        Code: "ConditionalCheckFailed",
        Message: "The conditional request failed",
        Item: { id: { S: "there" }, n: { N: "1" } },
      },
      { Code: "ConditionalCheckFailed" },
      { Code: "ValidationError" },
    ],
  });
  expect(await has(house, "new")).toBe(false);
  expect(await changesOf(house)).toHaveLength(1);
});

describe("ClientRequestToken", () => {
  const increment = (by: string) => ({
    ClientRequestToken: "token",
    TransactItems: [
      {
        Update: {
          TableName,
          Key: { id: { S: "a" } },
          UpdateExpression: "ADD n :by",
          ExpressionAttributeValues: { ":by": { N: by } },
        },
      },
    ],
  });

  test("the same call has its effect once, also when both come at once", async () => {
    const aside = await openTablesAside();
    const { tables } = aside;
    await call(tables, "CreateTable", ordersTable());
    const answers = await Promise.all([1, 2, 3].map(() => call(tables, "TransactWriteItems", increment("5"))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await changesOf(aside)).toHaveLength(1);
  });

  test("another call under the same token is refused, until ten minutes are over", async () => {
    const clock = createHandClock();
    const { tables } = await openTablesAside({ clock });
    await call(tables, "CreateTable", ordersTable());
    await call(tables, "TransactWriteItems", increment("5"));
    clock.moveBy(599_999);
    expect((await call(tables, "TransactWriteItems", increment("6"))).body["__type"]).toMatch(
      /#IdempotentParameterMismatchException$/,
    );
    clock.moveBy(1);
    expect((await call(tables, "TransactWriteItems", increment("6"))).status).toBe(200);
    const { body } = await call(tables, "GetItem", { TableName, Key: { id: { S: "a" } } });
    expect(body["Item"]).toEqual({ id: { S: "a" }, n: { N: "11" } });
  });

  test("a token is known after a restart", async () => {
    const { tables, folder, streams } = await openTablesAside();
    await call(tables, "CreateTable", ordersTable());
    await call(tables, "TransactWriteItems", increment("5"));
    await tables.close();
    const again = await openTables(folder, streams);
    expect((await call(again, "TransactWriteItems", increment("5"))).status).toBe(200);
    const { body } = await call(again, "GetItem", { TableName, Key: { id: { S: "a" } } });
    await again.close();
    expect(body["Item"]).toMatchObject({ n: { N: "5" } });
  });

  test("a call that was cancelled may be sent again under its token", async () => {
    const { tables } = await openTablesAside();
    await call(tables, "CreateTable", ordersTable());
    const request = {
      ClientRequestToken: "again",
      TransactItems: [
        put("b"),
        { ConditionCheck: { TableName, Key: { id: { S: "a" } }, ConditionExpression: "attribute_exists(id)" } },
      ],
    };
    expect((await call(tables, "TransactWriteItems", request)).status).toBe(400);
    await call(tables, "PutItem", put("a").Put);
    expect((await call(tables, "TransactWriteItems", request)).status).toBe(200);
  });
});

describe("refusals", () => {
  test.each([
    ["two on one item", [put("a"), put("a")], "multiple operations on one item"],
    ["none", [], "length greater than or equal to 1"],
    ["101", Array.from({ length: 101 }, (_, index) => put(`${index}`)), "length less than or equal to 100"],
    ["two kinds in one", [{ ...put("a"), Delete: { TableName, Key: { id: { S: "b" } } } }], "can only contain one of"],
    ["no kind", [{}], "can only contain one of"],
    ["a key of another type", [{ Put: { TableName, Item: { id: { N: "1" } } } }], "Type mismatch|schema"],
    ["a member left out", [{ Put: { TableName } }], "item"],
  ])("%s", async (_name, TransactItems, text) => {
    const { tables } = await openTablesAside();
    await call(tables, "CreateTable", ordersTable());
    const { status, body } = await call(tables, "TransactWriteItems", { TransactItems });
    expect([status, body["__type"]]).toEqual([400, "com.amazon.coral.validate#ValidationException"]);
    expect(body["message"]).toMatch(new RegExp(text));
  });

  test("a table that is not there", async () => {
    const { tables } = await openTablesAside();
    const { body } = await call(tables, "TransactWriteItems", { TransactItems: [put("a")] });
    expect(body["__type"]).toMatch(/#ResourceNotFoundException$/);
  });
});

test("100 parts are one transaction, and no reader sees a part of it", async () => {
  const { tables } = await openTablesAside();
  await call(tables, "CreateTable", ordersTable(null));
  const parts = (n: number) =>
    Array.from({ length: 100 }, (_, index) => ({
      Put: { TableName, Item: { id: { S: `${index}` }, n: { N: `${n}` } } },
    }));
  await call(tables, "TransactWriteItems", { TransactItems: parts(0) });
  const gets = [0, 50, 99].map((index) => ({ Get: { TableName, Key: { id: { S: `${index}` } } } }));
  const [written, ...seen] = await Promise.all([
    call(tables, "TransactWriteItems", { TransactItems: parts(1) }),
    ...Array.from({ length: 20 }, () => call(tables, "TransactGetItems", { TransactItems: gets })),
  ]);
  expect(written.status).toBe(200);
  const values = seen.map(({ body }) =>
    (body["Responses"] as readonly { readonly Item: { readonly n: { readonly N: string } } }[]).map(
      ({ Item }) => Item.n.N,
    ),
  );
  expect(values.filter((each) => new Set(each).size > 1)).toEqual([]);
});

test("TransactGetItems answers in order, and nothing for what is not there", async () => {
  const house = await withOrders("a");
  const get = (id: string) => ({ Get: { TableName, Key: { id: { S: id } } } });
  const { Responses } = await house.db.send(new TransactGetItemsCommand({ TransactItems: [get("x"), get("a")] }));
  expect(Responses).toEqual([{}, { Item: { id: { S: "a" }, n: { N: "1" } } }]);
});
