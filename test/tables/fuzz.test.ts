// Whatever a client sends, it is answered, never by a fault of ours, and the tables go on.

import fc from "fast-check";
import { expect, test } from "vitest";
import { type TableOperation, tableOperations } from "../../src/ports/item-tables.ts";
import { call, openTablesAside, ordersTable } from "./served-tables.ts";

const TableName = "orders";
const Key = { id: { S: "a" } };
const names = { ExpressionAttributeNames: { "#n": "n" }, ExpressionAttributeValues: { ":v": { N: "1" } } };

const requests: Readonly<Record<TableOperation, object>> = {
  CreateTable: { ...ordersTable(), TableName: "other" },
  UpdateTable: {
    TableName,
    BillingMode: "PROVISIONED",
    ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
  },
  DescribeTable: { TableName },
  ListTables: { Limit: 5, ExclusiveStartTableName: "abc" },
  DeleteTable: { TableName: "other" },
  PutItem: {
    TableName,
    Item: { ...Key, l: { L: [{ S: "x" }, { M: { a: { NS: ["1", "2"] } } }] } },
    ReturnValues: "ALL_OLD",
  },
  UpdateItem: {
    TableName,
    Key,
    UpdateExpression: "SET #n = if_not_exists(#n, :v) + :v",
    ReturnValues: "ALL_NEW",
    ...names,
  },
  DeleteItem: { TableName, Key, ConditionExpression: "#n = :v", ...names },
  GetItem: { TableName, Key, ProjectionExpression: "#n.a[0]", ExpressionAttributeNames: { "#n": "n" } },
  BatchWriteItem: {
    RequestItems: { orders: [{ PutRequest: { Item: Key } }, { DeleteRequest: { Key: { id: { S: "b" } } } }] },
  },
  BatchGetItem: { RequestItems: { orders: { Keys: [Key], ConsistentRead: true } } },
  TransactWriteItems: {
    ClientRequestToken: "t",
    TransactItems: [
      { Put: { TableName, Item: Key } },
      { Update: { TableName, Key: { id: { S: "c" } }, UpdateExpression: "ADD #n :v", ...names } },
    ],
  },
  TransactGetItems: { TransactItems: [{ Get: { TableName, Key } }] },
  Query: { TableName, KeyConditionExpression: "id = :v", ExpressionAttributeValues: { ":v": { S: "a" } }, Limit: 3 },
  Scan: { TableName, FilterExpression: "size(#n) > :v", Segment: 0, TotalSegments: 2, ...names },
};

const junk = fc.oneof(
  fc.constantFrom<unknown>(null, 0, -1, 1e308, "", " ", "__proto__", "SET", [], [[]], {}, { S: 1 }, { N: "x" }, true),
  fc.string(),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Puts `value` in the place of the part that `steps` lead to; a step is taken modulo the members that there are. */
function spoiled(whole: unknown, steps: readonly number[], value: unknown): unknown {
  const [step, ...rest] = steps;
  if (typeof whole !== "object" || whole === null || step === undefined) return value;
  const at = Object.keys(whole);
  const name = at[step % Math.max(1, at.length)];
  if (name === undefined) return value;
  const changed = spoiled(Reflect.get(whole, name), rest, value);
  if (Array.isArray(whole)) return whole.map((each: unknown, index) => (String(index) === name ? changed : each));
  return { ...whole, [name]: changed };
}

test("a request that is spoiled in one place is answered as DynamoDB answers it", async () => {
  const { tables } = await openTablesAside();
  await call(tables, "CreateTable", ordersTable());
  const spoiledRequest = fc
    .tuple(fc.constantFrom(...tableOperations), fc.array(fc.nat(50), { minLength: 1, maxLength: 5 }), junk)
    .map(([operation, steps, value]) => ({ operation, request: spoiled(requests[operation], steps, value) }));
  await fc.assert(
    fc.asyncProperty(spoiledRequest, async ({ operation, request }) => {
      const { status, body } = await call(tables, operation, request);
      expect([status, body["message"] ?? body["Message"]]).toEqual([
        status === 200 ? 200 : 400,
        body["message"] ?? body["Message"],
      ]);
      await call(tables, "CreateTable", ordersTable());
    }),
    { numRuns: 1_500 },
  );
});
