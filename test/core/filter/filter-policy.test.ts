// Filter policies of subscriptions: what is refused, in SNS's words.

import { expect, test } from "vitest";
import { compileFilterPolicy, type FilterScope } from "../../../src/core/filter/filter-policy.ts";

const values = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `v${index}`);
const tooComplex = { kind: "invalid", reason: "Filter policy is too complex" };

test.each<[what: string, scope: FilterScope, policy: unknown, isTaken: boolean]>([
  ["150 values", "MessageAttributes", { a: values(150) }, true],
  ["151 values", "MessageAttributes", { a: values(151) }, false],
  ["10 times 15", "MessageAttributes", { a: values(10), b: values(15) }, true],
  ["10 times 16", "MessageAttributes", { a: values(10), b: values(16) }, false],
  ["37 values, twice for each of two levels", "MessageBody", { a: { b: values(37) }, c: { d: ["x"] } }, true],
  ["38 values, twice for each of two levels", "MessageBody", { a: { b: values(38) }, c: { d: ["x"] } }, false],
  ["alternatives, which add up", "MessageAttributes", { $or: [{ a: values(75) }, { b: values(75) }] }, true],
  ["one alternative more", "MessageAttributes", { $or: [{ a: values(75) }, { b: values(76) }] }, false],
])("a policy has at most 150 combinations: %s", (_what, scope, policy, isTaken) => {
  const answer = compileFilterPolicy(JSON.stringify(policy), scope);
  expect(answer).toMatchObject(isTaken ? { kind: "policy" } : tooComplex);
});

test.each([
  ['{"a":"b"}', '"a" must be an object or an array'],
  ['{"a":null}', '"a" must be an object or an array'],
  ['{"a":{"b":1}}', '"a.b" must be an object or an array'],
])("a member that names no values is refused by its path: %s", (text, reason) => {
  expect(compileFilterPolicy(text, "MessageAttributes")).toEqual({ kind: "invalid", reason });
  expect(compileFilterPolicy(text, "MessageBody")).toEqual({ kind: "invalid", reason });
});
