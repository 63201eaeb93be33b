import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Row, TableChange, Tables } from "../../src/ports/tables.ts";
import { createFunctionRegistry } from "../../src/functions/function-registry.ts";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import { createSystemRandom } from "../../src/platform/system-random.ts";
import { aCall, aSettings, functionArn, never, openHouse, valueOf } from "./function-house.ts";

const GATED = (answer: string) => `
  import { existsSync, watch } from "node:fs";
  import { dirname } from "node:path";
  export const handler = async (event) => {
    console.log("begun");
    if (event.gate !== undefined && !existsSync(event.gate)) await new Promise((resolve) => {
      const watcher = watch(dirname(event.gate), () => { if (existsSync(event.gate)) { watcher.close(); resolve(); } });
    });
    return "${answer}";
  };`;

test("a changed file is used at the next invocation, the running one ends on the old code and its thread ends", async () => {
  await using house = await openHouse({ isWatching: true });
  await house.write({ "orders.ts": GATED("old") });
  await house.define("orders.handler");
  const gate = join(house.stateDir, "open");
  const begun = house.nextLog("begun");
  const running = house.invoker.invoke(aCall({ gate }), never);
  await begun;
  const deployed = house.nextDeployed();
  await house.write({ "orders.ts": GATED("new") });
  await deployed;
  expect(valueOf(await house.invoker.invoke(aCall({}), never))).toBe("new");
  expect(house.invoker.threadCount()).toBe(2);
  await writeFile(gate, "");
  expect(valueOf(await running)).toBe("old");
  await expect.poll(() => house.invoker.threadCount()).toBe(1);
});

test("a change of an imported file makes a new version, one of a file that is not imported does not", async () => {
  await using house = await openHouse({ isWatching: true });
  await house.write({
    "orders.ts": `export { handler } from "./lib/handler";`,
    "lib/handler.ts": "export const handler = async () => 1;",
  });
  const first = await house.define("orders.handler");
  const deployed = house.nextDeployed();
  await house.write({
    "lib/other.ts": "export const x = 1;",
    "lib/handler.ts": "export const handler = async () => 2;",
  });
  expect((await deployed).code.codeSha256).not.toBe(first.code.codeSha256);
  expect(valueOf(await house.invoker.invoke(aCall({}), never))).toBe(2);
});

test("E-1: broken code fails each invocation until it is mended", async () => {
  await using house = await openHouse({ isWatching: true });
  await house.write({ "orders.ts": "export const handler = async () => 1;" });
  await house.define("orders.handler");
  const broken = house.nextDeployed();
  await house.write({ "orders.ts": `import { x } from "./lib/x"; export const handler = async () => x;` });
  expect((await broken).code.buildError).toMatchObject({ errorType: "Runtime.ImportModuleError" });
  expect(await house.invoker.invoke(aCall({}), never)).toMatchObject({ reason: "initFailed" });
  const mended = house.nextDeployed();
  await house.write({
    "x.ts": "export const x = 3;",
    "orders.ts": `import { x } from "./x"; export const handler = async () => x;`,
  });
  expect((await mended).code.buildError).toBeNull();
  expect(valueOf(await house.invoker.invoke(aCall({}), never))).toBe(3);
});

test("E-1: an export that goes away is an init error, and a file that goes away an import error", async () => {
  await using house = await openHouse({ isWatching: true });
  await house.write({ "orders.ts": "export const handler = async () => 1;" });
  await house.define("orders.handler");
  const renamed = house.nextDeployed();
  await house.write({ "orders.ts": "export const handle = async () => 1;" });
  expect((await renamed).code.buildError).toEqual({
    errorType: "Runtime.HandlerNotFound",
    message: "orders.handler is undefined or not exported",
  });
  const gone = house.nextDeployed();
  await rm(join(house.root, "orders.ts"));
  expect((await gone).code.buildError).toMatchObject({ errorType: "Runtime.ImportModuleError" });
});

test("two hundred new versions leave one thread", async () => {
  await using house = await openHouse();
  await house.write({ "orders.ts": "export const handler = async () => process.env.N;" });
  for (let tens = 0; tens < 20; tens += 1) {
    for (let n = 0; n < 10; n += 1) await house.define("orders.handler", { environment: { N: String(tens * 10 + n) } });
    expect(valueOf(await house.invoker.invoke(aCall({}), never))).toBe(String(tens * 10 + 9));
  }
  await expect.poll(() => house.invoker.threadCount()).toBe(1);
}, 60_000);

test("a new time limit or reservation keeps the warm thread", async () => {
  await using house = await openHouse();
  await house.write({ "orders.ts": "let n = 0; export const handler = async () => (n += 1);" });
  await house.define("orders.handler");
  expect(valueOf(await house.invoker.invoke(aCall({}), never))).toBe(1);
  await house.define("orders.handler", { timeoutMs: 4_000, reservedConcurrency: 2 });
  expect(valueOf(await house.invoker.invoke(aCall({}), never))).toBe(2);
});

test("a removed function is missing, its thread ends and its row of the permits is free again", async () => {
  await using house = await openHouse();
  await house.write({ "orders.ts": "export const handler = async () => 1;" });
  const first = await house.define("orders.handler");
  await house.invoker.invoke(aCall({}), never);
  expect(await house.registry.remove("orders")).toBe(true);
  expect(await house.registry.remove("orders")).toBe(false);
  expect(await house.invoker.invoke(aCall({}), never)).toMatchObject({ kind: "refused", reason: "functionMissing" });
  await expect.poll(() => house.invoker.threadCount()).toBe(0);
  for (let n = 0; n < 7; n += 1) await house.define("orders.handler", { name: `f${n}` });
  expect((await house.define("orders.handler", { name: "last" })).permitSlot).toBe(first.permitSlot);
  await expect(house.define("orders.handler", { name: "too-many" })).rejects.toMatchObject({ code: "bad-argument" });
  expect(await house.invoker.invoke(aCall({}, { functionArn: functionArn("last") }), never)).toMatchObject({
    kind: "returned",
  });
});

/** Tables in memory, as the store keeps them. */
function memoryTables(): Tables {
  const rows = new Map<string, string>();
  return {
    list: async () => [...rows].map(([key, value]): Row => ({ key, value })),
    get: async (_table, key) => rows.get(key) ?? null,
    change: async (changes: readonly TableChange[]) => {
      for (const change of changes) {
        if (change.kind === "put") rows.set(change.key, change.value);
        else rows.delete(change.key);
      }
    },
  };
}

test("functions come back after a restart, also one whose file has gone", async () => {
  await using house = await openHouse();
  await house.write({
    "orders.ts": "export const handler = async () => 1;",
    "audit.ts": "export const handler = async () => 2;",
  });
  const tables = memoryTables();
  const open = () =>
    createFunctionRegistry({
      stateDir: house.stateDir,
      clock: createSystemClock(),
      random: createSystemRandom(),
      readLayer: () => Promise.reject(new Error("there are no layers here")),
      tables,
      slotCount: 8,
      isWatching: false,
      onDeployed: () => {},
      onRemoved: () => {},
      onNote: () => {},
    });
  const source = (file: string) =>
    ({ kind: "file", root: house.root, file: join(house.root, file), exportName: "handler", isBundled: true }) as const;
  const before = open();
  await before.define({ settings: aSettings(), source: source("orders.ts") });
  await before.define({ settings: aSettings({ name: "audit" }), source: source("audit.ts") });
  await before.define({ settings: aSettings({ name: "gone" }), source: source("audit.ts") });
  await before.remove("gone");
  await before.close();
  await rm(join(house.root, "audit.ts"));
  const after = open();
  await after.restore();
  expect(after.list().map(({ settings, code }) => [settings.name, code.buildError?.errorType ?? null])).toEqual([
    ["orders", null],
    ["audit", "Runtime.ImportModuleError"],
  ]);
  await after.close();
});
