// How many deliveries a consumer of a broker is handed without settling.

import { expect, test } from "vitest";
import { prefetchOf } from "../../src/core/prefetch.ts";

test("R-205: twice the batch size, a hundred at least, and never more than AMQP can say", () => {
  const sizes = [1, 10, 50, 51, 100, 1_000, 10_000, 40_000];
  expect(sizes.map((batchSize) => prefetchOf({ batchSize, consumerCount: 1, onFailure: "hold" }))).toEqual([
    100, 100, 100, 102, 200, 2_000, 20_000, 65_535,
  ]);
});

test("R-205, R-811: where a failure gives back all that is held, no more than the next batch is", () => {
  const sizes = [1, 10, 100, 40_000];
  expect(sizes.map((batchSize) => prefetchOf({ batchSize, consumerCount: 1, onFailure: "requeue" }))).toEqual([
    2, 20, 200, 65_535,
  ]);
});

test("R-202, R-205: where a mapping has several consumers, none of them holds what another one could be called with", () => {
  const sizes = [1, 10, 100, 40_000];
  expect(sizes.map((batchSize) => prefetchOf({ batchSize, consumerCount: 5, onFailure: "hold" }))).toEqual([
    2, 20, 200, 65_535,
  ]);
});
