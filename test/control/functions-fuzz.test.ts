// Thousands of malformed calls of the function API over the wire: each gets a 4xx in AWS's form or is taken, never a 5xx, and a refused
// call changes nothing. Seeds are printed by fast-check with a failure.

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  createAliasShape,
  createFunctionShape,
  publishLayerShape,
  publishVersionShape,
  updateAliasShape,
  updateCodeShape,
  updateConfigurationShape,
} from "../../src/control/functions/function-shapes.ts";
import { aServedHouse, type Served } from "./doubles/served.ts";

const anyJson = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1.5,
    1e300,
    901,
    2 ** 31,
    "",
    "x",
    [],
    {},
    [null],
    [[]],
    { a: 1 },
    "\u0000",
    "\ud800",
  ),
  fc.constantFrom<unknown>("AAAA", "A", "nodejs24.x", "$LATEST", "1", "live", "x".repeat(300), { Variables: { A: 1 } }),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: "grapheme", maxLength: 20 }),
);

const valid = {
  FunctionName: "made",
  Runtime: "nodejs24.x",
  Handler: "index.handler",
  Role: "arn:aws:iam::123456789012:role/any",
  Code: { ZipFile: "AAAA" },
  ZipFile: "AAAA",
  Name: "live",
  FunctionVersion: "$LATEST",
  LayerName: "shared",
  Content: { ZipFile: "AAAA" },
};

const FUNCTIONS = "/2015-03-31/functions";
const calls = [
  { method: "POST", path: FUNCTIONS, shape: createFunctionShape },
  { method: "PUT", path: `${FUNCTIONS}/made/code`, shape: updateCodeShape },
  { method: "PUT", path: `${FUNCTIONS}/made/configuration`, shape: updateConfigurationShape },
  { method: "POST", path: `${FUNCTIONS}/made/versions`, shape: publishVersionShape },
  { method: "POST", path: `${FUNCTIONS}/made/aliases`, shape: createAliasShape },
  { method: "PUT", path: `${FUNCTIONS}/made/aliases/live`, shape: updateAliasShape },
  { method: "POST", path: "/2018-10-31/layers/shared/versions", shape: publishLayerShape },
] as const;

async function shown({ functionApi }: Served): Promise<string> {
  const answers = await Promise.all([
    functionApi.call("ListFunctions", { FunctionVersion: "ALL" }, ""),
    functionApi.call("ListAliases", { FunctionName: "made" }, ""),
  ]);
  return JSON.stringify(answers);
}

async function expectAwsForm(house: Served, method: string, path: string, body: unknown): Promise<number> {
  const before = await shown(house);
  const answer = await fetch(house.url + path, {
    method,
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  expect(answer.status, `${method} ${path} ${JSON.stringify(body)} ${text}`).toBeLessThan(500);
  if (answer.status < 400) return answer.status;
  expect(answer.headers.get("x-amzn-errortype")).toMatch(/^[A-Za-z]+$/);
  expect(text).toMatch(/[mM]essage/);
  expect(await shown(house)).toBe(before);
  return answer.status;
}

test("bodies of every operation, with members of any type, absent or unknown", { timeout: 120_000 }, async () => {
  const house = await aServedHouse();
  const statuses = new Set<number>();
  await house.functionApi.call("CreateFunction", valid, "");
  const call = fc.constantFrom(...calls).chain(({ method, path, shape }) =>
    fc
      .tuple(
        fc.dictionary(fc.constantFrom(...Object.keys(shape.members)), anyJson, { minKeys: 1, maxKeys: 3 }),
        fc.subarray(Object.keys(valid)),
      )
      .map(([changes, kept]) => ({
        method,
        path,
        body: { ...Object.fromEntries(Object.entries(valid).filter(([name]) => kept.includes(name))), ...changes },
      })),
  );
  await fc.assert(
    fc.asyncProperty(call, async ({ method, path, body }) => {
      statuses.add(await expectAwsForm(house, method, path, body));
    }),
    { numRuns: 800 },
  );
  expect([...statuses].some((status) => status < 300)).toBe(true);
  expect(statuses).toContain(400);
});

test("names, qualifiers, markers and numbers of anything", { timeout: 120_000 }, async () => {
  const house = await aServedHouse();
  await house.functionApi.call("CreateFunction", valid, "");
  const label = fc.oneof(
    fc.constantFrom("made", "made:1", "a:b:c", "..", "%", "arn:aws:lambda"),
    fc.string({ minLength: 1, maxLength: 90 }),
  );
  const ends = ["", "/configuration", "/versions", "/aliases", "/policy", "/aliases/x"];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("GET", "DELETE"),
      label,
      fc.constantFrom(...ends),
      fc.constantFrom("Qualifier", "Marker", "MaxItems", "FunctionVersion"),
      fc.string({ maxLength: 150 }),
      async (method, name, end, query, value) => {
        fc.pre(!(method === "DELETE" && end === ""));
        const asked = `${query}=${encodeURIComponent(value.toWellFormed())}`;
        await expectAwsForm(
          house,
          method,
          `${FUNCTIONS}/${encodeURIComponent(name.toWellFormed())}${end}?${asked}`,
          undefined,
        );
      },
    ),
    { numRuns: 400 },
  );
  expect(await shown(house)).toContain("function:made");
});
