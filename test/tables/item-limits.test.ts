// What an item may not be, whichever call would make it so.

import { describe, expect, test } from "vitest";
import { call, openTablesAside } from "./served-tables.ts";

const TableName = "orders";

async function tables() {
  const { tables: opened } = await openTablesAside();
  const index = (IndexName: string, sortKey: string) => ({
    IndexName,
    KeySchema: [
      { AttributeName: "shop", KeyType: "HASH" },
      { AttributeName: sortKey, KeyType: "RANGE" },
    ],
    Projection: { ProjectionType: "ALL" },
  });
  const { status } = await call(opened, "CreateTable", {
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "id", AttributeType: "S" },
      { AttributeName: "shop", AttributeType: "S" },
      { AttributeName: "at", AttributeType: "B" },
    ],
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    GlobalSecondaryIndexes: [index("by-shop", "at")],
  });
  expect(status).toBe(200);
  const refused = async (operation: Parameters<typeof call>[1], request: object): Promise<string> => {
    const { status: told, body } = await call(opened, operation, request);
    return told === 200 ? "taken" : String(body["message"]);
  };
  const put = (attributes: object) => refused("PutItem", { TableName, Item: { id: { S: "a" }, ...attributes } });
  const set = (to: string, values: object) =>
    refused("UpdateItem", {
      TableName,
      Key: { id: { S: "a" } },
      UpdateExpression: `SET ${to}`,
      ExpressionAttributeValues: values,
    });
  const items = async () => (await call(opened, "Scan", { TableName })).body["Items"];
  return { opened, put, set, refused, items };
}

describe("limits of DynamoDB that hold for an item however it is written", () => {
  test("an empty text or binary as a key of an index", async () => {
    const { put, set, items } = await tables();
    const text = /cannot contain an empty string value\. IndexName: by-shop, IndexKey: shop$/;
    expect(await put({ shop: { S: "" } })).toMatch(text);
    expect(await put({ at: { B: "" } })).toMatch(/empty binary value\. IndexName: by-shop, IndexKey: at$/);
    expect(await set("shop = :empty", { ":empty": { S: "" } })).toMatch(text);
    expect(await items()).toEqual([]);
    expect(await put({ other: { S: "" } })).toBe("taken");
  });

  test("a key of an index that is too long: 2,048 bytes to share by, 1,024 to sort by", async () => {
    const { put } = await tables();
    expect(await put({ shop: { S: "é".repeat(1_024) }, at: { B: Buffer.alloc(1_024).toString("base64") } })).toBe(
      "taken",
    );
    expect(await put({ shop: { S: `${"é".repeat(1_024)}x` } })).toMatch(/hashkey .* limit of2048 bytes$/);
    expect(await put({ at: { B: Buffer.alloc(1_025).toString("base64") } })).toMatch(/range keys .* 1024 bytes$/);
  });

  test("32 levels of lists and maps, and no more", async () => {
    const { put } = await tables();
    const nested = (levels: number): object =>
      levels === 0 ? { S: "x" } : levels % 2 === 0 ? { L: [nested(levels - 1)] } : { M: { m: nested(levels - 1) } };
    expect(await put({ deep: nested(32) })).toBe("taken");
    expect(await put({ deep: nested(33) })).toMatch(/^Nesting Levels have exceeded supported limits/);
  });

  test("a sum with more than 38 digits, or too large", async () => {
    const { put, set, items } = await tables();
    const large = `9${"0".repeat(37)}`;
    expect(await put({ n: { N: large } })).toBe("taken");
    expect(await set("n = n + :part", { ":part": { N: "0.1" } })).toMatch(/more than 38 significant digits/);
    expect(await set("n = :most + :most", { ":most": { N: "9e125" } })).toMatch(/^Number overflow\./);
    expect(await set("n = :least - :less", { ":least": { N: "1.1e-130" }, ":less": { N: "1e-130" } })).toMatch(
      /^Number underflow\./,
    );
    expect(await items()).toEqual([{ id: { S: "a" }, n: { N: large } }]);
    expect(await set("n = n + :one", { ":one": { N: "1" } })).toBe("taken");
  });

  test("in a batch nothing is written, and a transaction is cancelled with its reason", async () => {
    const { refused, items, opened } = await tables();
    const [good, bad] = [{ id: { S: "good" } }, { id: { S: "bad" }, shop: { S: "" } }];
    const puts = [good, bad].map((Item) => ({ PutRequest: { Item } }));
    expect(await refused("BatchWriteItem", { RequestItems: { orders: puts } })).toMatch(/empty string value/);
    const parts = [good, bad].map((Item) => ({ Put: { TableName, Item } }));
    const { body } = await call(opened, "TransactWriteItems", { TransactItems: parts });
    expect(body["CancellationReasons"]).toMatchObject([{ Code: "None" }, { Code: "ValidationError" }]);
    expect(await items()).toEqual([]);
  });
});
