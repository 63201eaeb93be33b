// Which records of a live run pass the mapping's filter, as their sender judges them.

import { expect, test } from "vitest";
import type { PlannedSource } from "../../src/load/plan/plan.ts";
import { changeFilter, filterPatternsOf, recordFilter } from "../../src/wiring/load/live-filter.ts";

const kafka: PlannedSource = {
  kind: "kafka",
  text: "kafka:shop/orders",
  cluster: "shop",
  topic: "orders",
  partitions: 2,
};
const rabbitMq: PlannedSource = { kind: "rabbitmq", text: "rabbitmq:shop/orders", broker: "shop", queue: "orders" };

const record = (n: number) => {
  const data = JSON.stringify({ n });
  return { n, atMs: 0, key: `k${n}`, groupId: null, isPoison: false, bytes: data.length, data };
};

test.each([
  [{ value: { n: [2] } }, [false, true]],
  [{ key: ["k1"] }, [true, false]],
  [{ partition: [1], topic: ["orders"] }, [false, true]],
  [{ offset: [7], value: { n: [1, 2] } }, [true, false]],
])("a topic's records by %j", (pattern, passing) => {
  const passes = recordFilter(kafka, [JSON.stringify(pattern)]);
  const judged = [
    passes?.(record(1), { unit: "orders-0", id: "7" }),
    passes?.(record(2), { unit: "orders-1", id: "8" }),
  ];
  expect(judged).toEqual(passing);
});

test("a broker's messages by any one of several filters (F-2)", () => {
  const passes = recordFilter(rabbitMq, ['{"data":{"n":[1]}}', '{"data":{"n":[3]}}']);
  expect([1, 2, 3].map((n) => passes?.(record(n), { unit: "", id: "" }))).toEqual([true, false, true]);
});

test("what only the source knows cannot be asked for", () => {
  expect(() => recordFilter(kafka, ['{"timestamp":[5]}'])).toThrow('a filter on "timestamp"');
  expect(() => recordFilter(rabbitMq, ['{"redelivered":[true]}'])).toThrow('a filter on "redelivered"');
});

test("a table's changes by what its stream says of them (F-68)", () => {
  const passes = changeFilter(['{"eventName":["INSERT"],"dynamodb":{"NewImage":{"n":{"N":["5"]}}}}']);
  const change = (eventName: string, n: string) => ({ eventName, dynamodb: { NewImage: { n: { N: n } } } });
  expect([change("INSERT", "5"), change("MODIFY", "5"), change("INSERT", "6")].map((each) => passes?.(each))).toEqual([
    true,
    false,
    false,
  ]);
});

test("a mapping without filters has no patterns, and nothing is judged", () => {
  expect(filterPatternsOf({ FilterCriteria: null })).toEqual([]);
  expect([recordFilter(kafka, []), changeFilter([])]).toEqual([null, null]);
  expect(filterPatternsOf({ FilterCriteria: { Filters: [{ Pattern: "{}" }] } })).toEqual(["{}"]);
});
