// O1 to O4: a write is in the table if and only if its change is in the stream, whatever befalls the stream's store.

import { describe, expect, test } from "vitest";
import type { Clock } from "../../src/ports/clock.ts";
import type { Streams, StreamsProblem } from "../../src/ports/streams.ts";
import { call, changesOf, openTables, openTablesAside, ordersTable, type TablesAside } from "./served-tables.ts";

const away: StreamsProblem = {
  kind: "problem",
  problem: {
    code: "unreachable",
    text: "PROBLEM: Connection error.",
    detail: "Redis at 127.0.0.1:1 cannot be reached",
  },
};

interface Weather {
  /** What becomes of the appends to come, one each; none left: all is well. */
  readonly appends: ("fails" | "fails but is done")[];
  isAway: boolean;
  appendCount: number;
}

function stormy(weather: Weather): (real: Streams) => Streams {
  return (real) => ({
    ...real,
    describe: (name) => (weather.isAway ? Promise.resolve(away) : real.describe(name)),
    async append(name, records) {
      weather.appendCount += 1;
      const fate = weather.isAway ? "fails" : weather.appends.shift();
      if (fate === "fails") return away;
      const answer = await real.append(name, records);
      return fate === undefined ? answer : away;
    },
  });
}

async function withOrders(): Promise<TablesAside & { readonly weather: Weather }> {
  const weather: Weather = { appends: [], isAway: false, appendCount: 0 };
  const aside = await openTablesAside({ streams: stormy(weather) });
  await call(aside.tables, "CreateTable", ordersTable());
  return { ...aside, weather };
}

const add = (aside: TablesAside, by = "1") =>
  call(aside.tables, "UpdateItem", {
    TableName: "orders",
    Key: { id: { S: "a" } },
    UpdateExpression: "ADD n :by",
    ExpressionAttributeValues: { ":by": { N: by } },
  });

const itemOf = async (aside: TablesAside): Promise<unknown> =>
  (await call(aside.tables, "GetItem", { TableName: "orders", Key: { id: { S: "a" } } })).body["Item"];

const told = async (aside: TablesAside) => (await changesOf(aside)).map(({ dynamodb }) => dynamodb.NewImage?.["n"]);

describe("O4: while a stream's store is away", () => {
  test.each([
    ["UpdateItem", { Key: { id: { S: "a" } } }],
    ["PutItem", { Item: { id: { S: "a" } } }],
    ["BatchWriteItem", { RequestItems: { orders: [{ PutRequest: { Item: { id: { S: "a" } } } }] } }],
    ["TransactWriteItems", { TransactItems: [{ Put: { TableName: "orders", Item: { id: { S: "a" } } } }] }],
  ] as const)("%s is refused before anything is done", async (operation, request) => {
    const aside = await withOrders();
    aside.weather.isAway = true;
    const { status, body } = await call(aside.tables, operation, { TableName: "orders", ...request });
    expect([status, body["__type"]]).toEqual([500, "com.amazonaws.dynamodb.v20120810#InternalServerError"]);
    expect(body["message"]).toMatch(/^Nothing was written: .*Redis at 127\.0\.0\.1:1/);
    expect(await itemOf(aside)).toBeUndefined();
    aside.weather.isAway = false;
    expect(await told(aside)).toEqual([]);
    expect((await add(aside)).status).toBe(200);
  });

  test("a table without a stream is written, and items are read", async () => {
    const aside = await withOrders();
    await call(aside.tables, "CreateTable", { ...ordersTable(null), TableName: "quiet" });
    aside.weather.isAway = true;
    expect((await call(aside.tables, "PutItem", { TableName: "quiet", Item: { id: { S: "a" } } })).status).toBe(200);
    expect((await call(aside.tables, "Scan", { TableName: "orders" })).body["Items"]).toEqual([]);
  });

  test.each([
    ["UpdateTable", { StreamSpecification: { StreamEnabled: false } }],
    ["DeleteTable", {}],
  ] as const)("%s of a table with a stream is refused, and all stays as it is", async (operation, more) => {
    const aside = await withOrders();
    await add(aside);
    aside.weather.isAway = true;
    expect((await call(aside.tables, operation, { TableName: "orders", ...more })).status).toBe(500);
    aside.weather.isAway = false;
    await add(aside);
    expect(await told(aside)).toEqual([{ N: "1" }, { N: "2" }]);
    expect((await call(aside.tables, operation, { TableName: "orders", ...more })).status).toBe(200);
  });

  test("no table with a stream is made", async () => {
    const weather: Weather = { appends: [], isAway: false, appendCount: 0 };
    const aside = await openTablesAside({
      streams: (real) => ({ ...stormy(weather)(real), create: () => Promise.resolve(away) }),
    });
    expect((await call(aside.tables, "CreateTable", ordersTable())).status).toBe(500);
    expect((await call(aside.tables, "ListTables", {})).body["TableNames"]).toEqual([]);
    expect(await aside.tables.streams()).toEqual([]);
  });
});

test("O4: a write that meets the outage in its midst waits, and is told once", async () => {
  const aside = await withOrders();
  aside.weather.appends.push("fails", "fails");
  expect((await add(aside)).status).toBe(200);
  expect(aside.weather.appendCount).toBe(3);
  expect(await told(aside)).toEqual([{ N: "1" }]);
});

test("O4: a transaction that was kept and could not be told is not done again under its token", async () => {
  const wakes = new Set<() => void>();
  const clock: Clock = {
    nowMs: () => 1_789_654_321_123,
    monotonicMs: () => 0,
    wakeAt(_atMs, wake) {
      wakes.add(wake);
      return () => wakes.delete(wake);
    },
  };
  const weather: Weather = {
    appends: Array.from({ length: 50 }, () => "fails" as const),
    isAway: false,
    appendCount: 0,
  };
  const aside = { ...(await openTablesAside({ streams: stormy(weather), clock })), weather };
  await call(aside.tables, "CreateTable", ordersTable());
  const Update = {
    TableName: "orders",
    Key: { id: { S: "a" } },
    UpdateExpression: "ADD n :one",
    ExpressionAttributeValues: { ":one": { N: "1" } },
  };
  const transact = () =>
    call(aside.tables, "TransactWriteItems", { ClientRequestToken: "once", TransactItems: [{ Update }] });
  const first = transact();
  // The call's patience and the pause before the next try.
  await expect.poll(() => wakes.size).toBe(2);
  for (const wake of Array.from(wakes)) wake();
  expect(await first).toMatchObject({ status: 500, body: { message: expect.stringMatching(/^The write is done /) } });
  expect((await transact()).status).toBe(200);
  weather.appends.length = 0;
  await expect
    .poll(async () => {
      for (const wake of Array.from(wakes)) wake();
      return told(aside);
    })
    .toEqual([{ N: "1" }]);
});

test("O3: what was handed on with an end that nobody knows is not handed on again", async () => {
  const aside = await withOrders();
  await add(aside);
  aside.weather.appends.push("fails but is done");
  expect((await add(aside)).status).toBe(200);
  await add(aside);
  expect(await told(aside)).toEqual([{ N: "1" }, { N: "2" }, { N: "3" }]);
});

test.each(["fails", "fails but is done"] as const)(
  "O1: killed in the midst of a hand-over that %s, the next start hands on what is left, once and in order",
  async (fate) => {
    const aside = await withOrders();
    await add(aside);
    aside.weather.appends.push(fate, ...Array.from({ length: 50 }, () => "fails" as const));
    const unanswered = add(aside);
    await expect.poll(() => aside.weather.appendCount).toBeGreaterThan(1);
    await aside.tables.close();
    expect((await unanswered).status).toBe(500);
    aside.weather.appends.length = 0;
    const again = await openTables(aside.folder, aside.streams);
    const after = { ...aside, tables: again };
    expect((await add(after)).status).toBe(200);
    expect(await itemOf(after)).toMatchObject({ n: { N: "3" } });
    expect(await told(after)).toEqual([{ N: "1" }, { N: "2" }, { N: "3" }]);
    await again.close();
  },
);

test("a stream that its store has lost is made anew, and takes what comes", async () => {
  const aside = await withOrders();
  await add(aside);
  const [stream] = await aside.tables.streams();
  await aside.streams.delete(stream?.name ?? "");
  expect((await add(aside)).status).toBe(200);
  expect(await told(aside)).toEqual([{ N: "2" }]);
});

test("O2: many writers of one item are told in the order of their writes", async () => {
  const aside = await withOrders();
  const answers = await Promise.all(Array.from({ length: 100 }, () => add(aside)));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(await told(aside)).toEqual(Array.from({ length: 100 }, (_, index) => ({ N: `${index + 1}` })));
});

test("a BatchWriteItem that meets trouble on the way tells what is left to do", async () => {
  const weather: Weather = { appends: [], isAway: false, appendCount: 0 };
  const aside = await openTablesAside({
    streams: (real) => ({
      ...stormy(weather)(real),
      describe: (name) => (name.includes("/bad/") && weather.isAway ? Promise.resolve(away) : real.describe(name)),
      append: (name, records) => real.append(name, records),
    }),
  });
  await call(aside.tables, "CreateTable", ordersTable());
  await call(aside.tables, "CreateTable", { ...ordersTable(), TableName: "bad" });
  weather.isAway = true;
  const request = { PutRequest: { Item: { id: { S: "a" } } } };
  const { status, body } = await call(aside.tables, "BatchWriteItem", {
    RequestItems: { orders: [request], bad: [request] },
  });
  expect([status, body["UnprocessedItems"]]).toEqual([200, { bad: [request] }]);
});
