// The address of the dashboard's page.

import { expect, test } from "vitest";
import { hashOf, routeFromHash, routeTo } from "../../src/page/dashboard/route.ts";

test("an address shows the same picture again, whatever is filtered by", () => {
  const route = { view: "batches", params: { reason: "caught up", lane: "shard 0 & 1", at: "1795349071207" } } as const;
  expect(routeFromHash(hashOf(route))).toEqual(route);
});

test.for(["", "#", "#nowhere", "#/mappings"])("%j shows the mappings", (hash) => {
  expect(routeFromHash(hash).view).toBe("mappings");
});

test("another view keeps the instant that is looked at, and nothing of the view that is left", () => {
  const from = routeFromHash("#batches?reason=window&at=5");
  expect(hashOf(routeTo(from, "failing"))).toBe("#failing?at=5");
  expect(hashOf(routeTo(from, "find", { what: "a/b" }))).toBe("#find?at=5&what=a%2Fb");
});
