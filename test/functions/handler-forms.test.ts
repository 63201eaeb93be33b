import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { MillraceError } from "../../src/errors.ts";
import { aCall, aSettings, type House, never, openHouse, valueOf } from "./function-house.ts";

async function answerOf(
  files: Readonly<Record<string, string>>,
  handler: string,
  options: { readonly isBundled?: boolean; readonly runtime?: string } = {},
) {
  await using house = await openHouse();
  await house.write(files);
  await house.define(handler, { runtime: options.runtime ?? "nodejs24.x" }, options.isBundled ?? true);
  return await house.invoker.invoke(aCall({ n: 1 }), never);
}

test("a TypeScript handler may use enums, parameter properties, type imports and imports without extensions", async () => {
  const files = {
    "orders.ts": `
      import type { Order } from "./order";
      import { Price, State } from "./lib/price";
      export const handler = async (event: Order) => ({ total: new Price(event.n).total, state: State[State.Open] });`,
    "order.ts": "export interface Order { n: number }",
    "lib/price.ts": `
      export enum State { Open, Closed }
      export class Price { constructor(private readonly n: number) {} get total() { return this.n + 1; } }`,
  };
  expect(valueOf(await answerOf(files, "orders.handler"))).toEqual({ total: 2, state: "Open" });
});

test("a CommonJS handler may require its own files, packages and Node's modules", async () => {
  const files = {
    "orders.cjs": `
      const { join } = require("path");
      const add = require("./add");
      const packed = require("packed");
      exports.handler = async (event) => [join("a", "b"), add(event.n), packed.name];`,
    "add.js": "module.exports = (n) => n + 1;",
    "node_modules/packed/package.json": '{ "name": "packed", "main": "main.js" }',
    "node_modules/packed/main.js": `const fs = require("fs"); exports.name = typeof fs.readFileSync;`,
  };
  expect(valueOf(await answerOf(files, "orders.handler"))).toEqual(["a/b", 2, "function"]);
});

test("an ES module handler may await at its top level", async () => {
  const files = { "src/orders.mjs": "const n = await Promise.resolve(5); export const handler = async () => n;" };
  expect(valueOf(await answerOf(files, "src/orders.handler"))).toBe(5);
});

test("a handler finds the files beside its own source, also from a module beneath it", async () => {
  const files = {
    "orders.ts": `
      import { readFileSync } from "node:fs";
      import { beneath } from "./lib/beneath";
      export const handler = async () => [readFileSync(new URL("./a.txt", import.meta.url), "utf8"), beneath];`,
    "a.txt": "a",
    "lib/beneath.ts": `
      import { readFileSync } from "node:fs";
      import { join } from "node:path";
      export const beneath = readFileSync(join(__dirname, "b.txt"), "utf8");`,
    "lib/b.txt": "b",
  };
  expect(valueOf(await answerOf(files, "orders.handler"))).toEqual(["a", "b"]);
});

test("a handler may be a member of an export, as on AWS", async () => {
  const files = { "orders.ts": "export const api = { handler: async () => 7 };" };
  expect(valueOf(await answerOf(files, "orders.api.handler"))).toBe(7);
});

test("bundle: false loads the user's own file", async () => {
  const files = { "orders.mjs": "export const handler = async () => import.meta.url;" };
  const answer = await answerOf(files, "orders.handler", { isBundled: false });
  expect(valueOf(answer)).toMatch(/^file:.*app\/orders\.mjs$/);
});

test("an undefined answer is null, and the answer of a value that has no JSON is an empty body (E-36)", async () => {
  expect(await answerOf({ "orders.ts": "export const handler = async () => {};" }, "orders.handler")).toMatchObject({
    json: "null",
  });
  const noJson = { "orders.ts": "export const handler = async () => () => 1;" };
  expect(await answerOf(noJson, "orders.handler")).toMatchObject({ json: "" });
});

test("callback style answers up to nodejs22.x", async () => {
  const callback = { "orders.ts": "export const handler = (event, _context, callback) => callback(null, event.n);" };
  expect(valueOf(await answerOf(callback, "orders.handler", { runtime: "nodejs22.x" }))).toBe(1);
  const later = {
    "orders.ts": "export const handler = (_event, { succeed }) => void setTimeout(() => succeed(2), 1);",
  };
  expect(valueOf(await answerOf(later, "orders.handler", { runtime: "nodejs22.x" }))).toBe(2);
  const failing = { "orders.ts": `export const handler = (_event, _context, callback) => callback("no");` };
  expect(await answerOf(failing, "orders.handler", { runtime: "nodejs22.x" })).toMatchObject({
    kind: "functionError",
    errorType: "string",
    message: "no",
  });
});

test("E-1: from nodejs24.x on a handler with a callback parameter is refused at its init", async () => {
  const files = { "orders.ts": "export const handler = async (_event, _context, callback) => callback(null, 1);" };
  expect(await answerOf(files, "orders.handler")).toMatchObject({
    kind: "functionError",
    reason: "initFailed",
    errorType: "Runtime.CallbackHandlerDeprecated",
  });
});

test("E-1: code that throws while it loads fails every invocation in a new thread, with its own error", async () => {
  const files = { "orders.ts": `throw new RangeError("no table"); export const handler = async () => 1;` };
  expect(await answerOf(files, "orders.handler")).toMatchObject({
    kind: "functionError",
    reason: "initFailed",
    errorType: "RangeError",
    message: "no table",
    trace: expect.arrayContaining([expect.stringContaining("app/orders.ts:1:")]),
  });
});

test("E-1: code that exits while it loads is reported as an exit", async () => {
  const files = { "orders.ts": "process.exit(4); export const handler = async () => 1;" };
  expect(await answerOf(files, "orders.handler")).toMatchObject({
    errorType: "Runtime.ExitError",
    message: expect.stringContaining("exit status 4"),
  });
});

test("E-1: a missing package is an import error of every invocation, not of the start", async () => {
  const files = { "orders.ts": `import { x } from "not-installed"; export const handler = async () => x;` };
  expect(await answerOf(files, "orders.handler")).toMatchObject({
    reason: "initFailed",
    errorType: "Runtime.ImportModuleError",
    message: expect.stringMatching(/^Error: Cannot find module 'not-installed'\n {4}at orders\.ts:1:19/),
  });
});

test("E-1: a text that is no program is a syntax error of every invocation", async () => {
  const bundled = await answerOf({ "orders.ts": "export const handler = async ( => 1;" }, "orders.handler");
  expect(bundled).toMatchObject({ reason: "initFailed", errorType: "Runtime.UserCodeSyntaxError" });
  const own = await answerOf({ "orders.mjs": "export const = 1;" }, "orders.handler", { isBundled: false });
  expect(own).toMatchObject({ reason: "initFailed", errorType: "Runtime.UserCodeSyntaxError" });
});

test("E-1: an export that only the running code could have is looked for when it loads", async () => {
  const answer = await answerOf({ "orders.cjs": "exports.other = async () => 1;" }, "orders.handler");
  expect(answer).toMatchObject({
    errorType: "Runtime.HandlerNotFound",
    message: "orders.handler is undefined or not exported",
  });
  const notCallable = await answerOf({ "orders.ts": "export const handler = 1;" }, "orders.handler");
  expect(notCallable).toMatchObject({
    errorType: "Runtime.HandlerNotFound",
    message: "orders.handler is not a function",
  });
});

async function refusalOf(house: House, handler: string): Promise<MillraceError> {
  return await house.define(handler).then(
    () => expect.fail("it was defined"),
    (error: MillraceError) => error,
  );
}

test("a wrong file or export is refused where it is defined, with the likely spelling", async () => {
  await using house = await openHouse();
  await house.write({
    "handlers/orders.ts": "export const process = async () => 1; export const audit = async () => 2;",
  });
  expect(await refusalOf(house, "handlers/order.process")).toMatchObject({
    code: "handler-not-found",
    message: "function `orders`: no file handlers/order.ts",
    help: "Handler: handlers/orders.process",
  });
  expect(await refusalOf(house, "handlers/orders.proces")).toMatchObject({
    code: "handler-not-found",
    help: "Handler: handlers/orders.process",
  });
  expect(await refusalOf(house, "handlers/orders.somethingElse")).toMatchObject({
    help: "orders.ts exports `audit`, `process`",
  });
  expect(await refusalOf(house, "../outside.handler")).toMatchObject({ code: "handler-not-found" });
  expect(await refusalOf(house, "orders")).toMatchObject({
    code: "handler-not-found",
    help: "Handler: orders.handler",
  });
  expect(house.registry.list()).toEqual([]);
});

test("old outputs are removed, the newest three stay", async () => {
  await using house = await openHouse();
  for (const n of [1, 2, 3, 4, 5]) {
    await house.write({ "orders.ts": `export const handler = async () => ${n};` });
    await house.define("orders.handler");
  }
  expect(await readdir(join(house.stateDir, "functions", "orders"))).toHaveLength(3);
  expect(valueOf(await house.invoker.invoke(aCall({}), never))).toBe(5);
});

test("a name that leads out of the state directory is refused", async () => {
  await using house = await openHouse();
  await house.write({ "orders.ts": "export const handler = async () => 1;" });
  const definition = {
    settings: aSettings({ name: "../../outside" }),
    source: {
      kind: "file",
      root: house.root,
      file: join(house.root, "orders.ts"),
      exportName: "handler",
      isBundled: true,
    },
  } as const;
  await expect(house.registry.define(definition)).rejects.toMatchObject({ code: "bad-argument" });
});
