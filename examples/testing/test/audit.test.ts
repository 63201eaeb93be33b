import type { DynamoDBStreamEvent } from "aws-lambda";
import { millrace } from "millrace/testing";
import { expect, test } from "vitest";

const handler = { file: new URL("../handlers/audit.ts", import.meta.url) };

test("each change of an item is told once, with its images", async () => {
  await using app = await millrace({ startsAt: "2026-01-01T12:00:00Z" });
  const orders = app.table("orders", { key: "id" });
  await app.function("audit", handler);
  await app.mapping({ source: "orders", FunctionName: "audit", BatchSize: 2 });

  orders.put({ id: "a", total: 1 });
  orders.put({ id: "a", total: 1 }); // changes nothing
  orders.update({ id: "a", total: 2 });
  orders.delete({ id: "a" });
  await app.drained();

  const records = app.invocations<DynamoDBStreamEvent>().flatMap(({ event }) => event.Records);
  expect(records.map(({ eventName }) => eventName)).toEqual(["INSERT", "MODIFY", "REMOVE"]);
  expect(records[1]?.dynamodb).toMatchObject({ OldImage: { total: { N: "1" } }, NewImage: { total: { N: "2" } } });
});

test("what a handler's file writes has the world's time, and is the same each time", async () => {
  const run = async () => {
    await using app = await millrace({ startsAt: "2026-01-01T12:00:00Z" });
    const orders = app.table("orders", { key: "id" });
    await app.function("audit", handler);
    await app.mapping({ source: "orders", FunctionName: "audit" });
    orders.put({ id: "a" });
    await app.drained();
    const lines = app.journal().flatMap((entry) => (entry.kind === "log" ? [entry.text] : []));
    return { text: lines.join(""), digest: app.digest() };
  };
  const first = await run();
  expect(first.text).toContain("2026-01-01T12:00:01.5");
  expect(first.text).toContain("INSERT a");
  expect(await run()).toEqual(first);
});
