// The law of tables and streams: whatever is written, by whichever calls and however many at once, folding the stream gives the table.

import { describe, expect, test } from "vitest";
import fc from "fast-check";
import type { TableOperation } from "../../src/ports/item-tables.ts";
import type { TableService } from "../../src/tables/table-service.ts";
import { call, changesOf, openTables, openTablesAside, type ToldChange } from "./served-tables.ts";

const TableName = "things";

const table = {
  TableName,
  AttributeDefinitions: [
    { AttributeName: "p", AttributeType: "S" },
    { AttributeName: "s", AttributeType: "N" },
    { AttributeName: "g", AttributeType: "S" },
  ],
  KeySchema: [
    { AttributeName: "p", KeyType: "HASH" },
    { AttributeName: "s", KeyType: "RANGE" },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: "byG",
      KeySchema: [{ AttributeName: "g", KeyType: "HASH" }],
      Projection: { ProjectionType: "ALL" },
    },
  ],
  BillingMode: "PAY_PER_REQUEST",
  StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
};

interface Written {
  readonly operation: TableOperation;
  readonly request: object;
}

const keys = fc.record({
  p: fc.constantFrom("a", "b", "é/~", "").map((text) => ({ S: text === "" ? " " : text })),
  s: fc.constantFrom("0", "-1.5", "1e3", "12345678901234567890123456789012345678").map((N) => ({ N })),
});
const value = fc.oneof(
  fc.constantFrom({ S: "x" }, { N: "1" }, { N: "1.0" }, { BOOL: true }, { NULL: true }),
  fc.constantFrom<object>({ SS: ["a", "b"] }, { SS: ["b", "a"] }, { L: [{ M: { q: { B: "AQI=" } } }] }, { S: "" }),
);
const rest = fc.record({ v: value, w: value, g: fc.constantFrom({ S: "one" }, { S: "two" }) }, { requiredKeys: [] });
const item = fc.tuple(keys, rest).map(([key, more]) => ({ ...key, ...more }));

const update = keys.chain((Key) =>
  fc.constantFrom(
    { Key, UpdateExpression: "ADD n :n", ExpressionAttributeValues: { ":n": { N: "1" } } },
    { Key, UpdateExpression: "SET v = :v", ExpressionAttributeValues: { ":v": { S: "set" } } },
    { Key, UpdateExpression: "REMOVE v, g" },
    {
      Key,
      UpdateExpression: "SET l = list_append(if_not_exists(l, :none), :one)",
      ExpressionAttributeValues: { ":none": { L: [] }, ":one": { L: [{ N: "1" }] } },
    },
  ),
);
const part = fc.oneof(
  item.map((Item) => ({ Put: { TableName, Item } })),
  keys.map((Key) => ({ Delete: { TableName, Key } })),
  update.map((each) => ({ Update: { TableName, ...each } })),
  keys.map((Key) => ({ ConditionCheck: { TableName, Key, ConditionExpression: "attribute_not_exists(v)" } })),
);
const written: fc.Arbitrary<Written> = fc.oneof(
  item.map((Item) => ({ operation: "PutItem" as const, request: { TableName, Item } })),
  item.map((Item) => ({
    operation: "PutItem" as const,
    request: { TableName, Item, ConditionExpression: "attribute_exists(p)" },
  })),
  keys.map((Key) => ({ operation: "DeleteItem" as const, request: { TableName, Key } })),
  update.map((each) => ({ operation: "UpdateItem" as const, request: { TableName, ...each } })),
  fc
    .array(
      fc.oneof(
        item.map((Item) => ({ PutRequest: { Item } })),
        keys.map((Key) => ({ DeleteRequest: { Key } })),
      ),
      { minLength: 1, maxLength: 5 },
    )
    .map((requests) => ({
      operation: "BatchWriteItem" as const,
      request: { RequestItems: { [TableName]: requests } },
    })),
  fc.array(part, { minLength: 1, maxLength: 4 }).map((TransactItems) => ({
    operation: "TransactWriteItems" as const,
    request: { TransactItems },
  })),
);

type Item = Readonly<Record<string, unknown>>;

function folded(changes: readonly ToldChange[]): ReadonlyMap<string, Item> {
  const items = new Map<string, Item>();
  for (const { eventName, dynamodb } of changes) {
    const key = JSON.stringify(dynamodb.Keys);
    expect(items.get(key)).toEqual(dynamodb.OldImage);
    expect({ eventName, isSame: false }).toEqual({
      eventName: dynamodb.OldImage === undefined ? "INSERT" : dynamodb.NewImage === undefined ? "REMOVE" : "MODIFY",
      isSame: JSON.stringify(dynamodb.OldImage) === JSON.stringify(dynamodb.NewImage),
    });
    if (dynamodb.NewImage === undefined) items.delete(key);
    else items.set(key, dynamodb.NewImage);
  }
  return items;
}

async function allOf(tables: TableService, more: object = {}): Promise<readonly Item[]> {
  const { body } = await call(tables, "Scan", { TableName, ...more });
  return body["Items"] as readonly Item[];
}

const sorted = (items: Iterable<Item>): readonly Item[] =>
  [...items].toSorted((one, other) =>
    JSON.stringify([one["p"], one["s"]]) < JSON.stringify([other["p"], other["s"]]) ? -1 : 1,
  );

describe("O1, O2, D-7", () => {
  test("folding the stream gives the table and its index, also after a restart", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(written, { minLength: 1, maxLength: 8 }), { maxLength: 6 }),
        async (rounds) => {
          const aside = await openTablesAside();
          await call(aside.tables, "CreateTable", table);
          for (const round of rounds) {
            const answers = await Promise.all(
              round.map(({ operation, request }) => call(aside.tables, operation, request)),
            );
            expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
          }
          await aside.tables.close();
          const again = await openTables(aside.folder, aside.streams);
          const changes = await changesOf({ ...aside, tables: again }, TableName);
          const items = folded(changes);
          expect(sorted(await allOf(again))).toEqual(sorted(items.values()));
          const indexed = [...items.values()].filter(({ g }) => g !== undefined);
          expect(sorted(await allOf(again, { IndexName: "byG" }))).toEqual(sorted(indexed));
          await again.close();
        },
      ),
      { numRuns: 40 },
    );
  });
});
