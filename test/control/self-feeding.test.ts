// Who feeds its own source: how a call from inside a function is known, and how often it is said.

import { describe, expect, test } from "vitest";
import { createSelfFeedingWatch } from "../../src/control/self-feeding.ts";
import { writtenTables } from "../../src/control/dynamodb/written-tables.ts";
import { accessKeyOf, appIdOf, callingFunctionOf } from "../../src/ports/calling-function.ts";
import type { TableOperation } from "../../src/ports/item-tables.ts";
import type { Fact } from "../../src/ports/journal.ts";
import { handClock, streamArn } from "./doubles/house.ts";

const signed = (key: string): string =>
  `AWS4-HMAC-SHA256 Credential=${key}/20261129/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0`;

describe("a call from inside a function", () => {
  test.each([
    { headers: { authorization: signed(accessKeyOf("orders-process_2")) }, name: "orders-process_2" },
    { headers: { authorization: signed("any"), "user-agent": "aws-sdk-js/3 ua/2.1 app/millrace-f" }, name: "f" },
    { headers: { "user-agent": "Boto3/1 app/millrace-a-b md/x" }, name: "a-b" },
    { headers: { authorization: signed("AKIAIOSFODNN7EXAMPLE") }, name: null },
    { headers: { authorization: signed("millrace") }, name: null },
    { headers: { "user-agent": "my-app/millrace-f" }, name: null },
    { headers: {}, name: null },
  ])("$headers comes from $name", ({ headers, name }) => {
    expect(callingFunctionOf(headers)).toBe(name);
  });

  test("a name that is too long for an application id has none, and is known by its credentials", () => {
    expect(appIdOf("x".repeat(41))).toHaveLength(50);
    expect(appIdOf("x".repeat(42))).toBe(null);
    expect(callingFunctionOf({ authorization: signed(accessKeyOf("x".repeat(64))) })).toBe("x".repeat(64));
  });
});

describe("the watch", () => {
  const tableStream = "arn:aws:dynamodb:us-east-1:123456789012:table/items/stream/2026-11-29T12:00:00.123";
  const view = (uuid: string, more: object = {}) => ({
    uuid,
    state: "Enabled",
    eventSourceArn: streamArn,
    functionName: "f",
    hasFilter: false,
    ...more,
  });

  function aWatch(views: readonly ReturnType<typeof view>[]) {
    const clock = handClock();
    const said: Fact[] = [];
    const journal = { append: (_mapping: string | null, _lane: string, fact: Fact) => void said.push(fact) };
    return { clock, said, watch: createSelfFeedingWatch({ views: () => views, journal, clock }) };
  }

  test("it says so once a minute a mapping, with what came meanwhile", () => {
    const { watch, clock, said } = aWatch([view("m")]);
    for (let second = 0; second < 60; second += 1) {
      watch.fed("f", { service: "kinesis", name: "orders" }, 2);
      clock.advance(1_000);
    }
    expect(said).toMatchObject([{ kind: "self-feeding", functionName: "f", source: streamArn, recordCount: 2 }]);
    watch.fed("f", { service: "kinesis", name: "orders" }, 2);
    expect(said.slice(1)).toMatchObject([{ recordCount: 120 }]);
  });

  test("of all mappings it says those of this function on this source that may poll: streams, consumers, tables and queues", () => {
    const { watch, said } = aWatch([
      view("stream"),
      view("consumer", { eventSourceArn: `${streamArn}/consumer/c:1`, hasFilter: true }),
      view("off", { state: "Disabled" }),
      view("other", { functionName: "g" }),
      view("table", { eventSourceArn: tableStream }),
      view("longer", { eventSourceArn: `${streamArn}-more` }),
      view("queue", { eventSourceArn: "arn:aws:sqs:us-east-1:123456789012:jobs" }),
    ]);
    watch.fed("f", { service: "kinesis", name: "orders" }, 1);
    expect(said.map((fact) => fact.kind === "self-feeding" && fact.hasFilter)).toEqual([false, true]);
    watch.fed("f", { service: "dynamodb", name: "items" }, 3);
    expect(said.slice(2)).toMatchObject([{ source: tableStream, recordCount: 3 }]);
    watch.fed("f", { service: "dynamodb", name: "orders" }, 3);
    expect(said).toHaveLength(3);
    watch.fed("f", { service: "sqs", name: "jobs" }, 4);
    expect(said.slice(3)).toMatchObject([{ recordCount: 4 }]);
  });
});

test.each<readonly [TableOperation, object, Readonly<Record<string, number>>]>([
  ["PutItem", { TableName: "a" }, { a: 1 }],
  ["UpdateItem", { TableName: "arn:aws:dynamodb:us-east-1:123456789012:table/a" }, { a: 1 }],
  ["BatchWriteItem", { RequestItems: { a: [{}, {}], b: [{}] } }, { a: 2, b: 1 }],
  [
    "TransactWriteItems",
    { TransactItems: [{ Put: { TableName: "a" } }, { Delete: { TableName: "a" } }, {}] },
    { a: 2 },
  ],
  ["TransactWriteItems", { TransactItems: [{ ConditionCheck: { TableName: "a" } }, null] }, {}],
  ["GetItem", { TableName: "a" }, {}],
])("%s of %j writes to %j", (operation, body, expected) => {
  expect(Object.fromEntries(writtenTables(operation, Buffer.from(JSON.stringify(body))))).toEqual(expected);
});
