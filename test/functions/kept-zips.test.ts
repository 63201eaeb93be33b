// What is on disk of functions that were made from zips, and when others hear of them.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { expect, test } from "vitest";
import type { KeptZip } from "../../src/ports/function-store.ts";
import { aCall, aSettings, type House, never, openHouse, valueOf } from "./function-house.ts";

const answering = (value: number): Uint8Array =>
  zipSync({ "index.js": strToU8(`exports.handler = async () => ${value};`) });

const recordOf = (zip: KeptZip) => ({
  settings: aSettings(),
  source: { kind: "zip", handler: "index.handler", ...zip, layers: [] } as const,
  description: "",
  revisionId: "any",
  lastModifiedAtMs: 0,
  lastVersion: 0,
  published: [],
  aliases: [],
});

const put = ({ registry }: House, bytes: Uint8Array): Promise<string> =>
  registry.store.turn("orders", async (turn) => ({
    answer: "done",
    change: { kind: "put", record: recordOf(await turn.keepZip(bytes)), also: [] },
  }));

/** Files and folders, by their paths under `functions`. */
async function filesOf({ stateDir }: House): Promise<readonly string[]> {
  return await readdir(join(stateDir, "functions"), { recursive: true });
}

async function zipsOf(house: House): Promise<readonly string[]> {
  const files = await filesOf(house);
  return files.filter((path) => /^orders\/zips\/(?:[^/]+\.zip(?:\.draft)?|run-[^/]+\.draft)$/.test(path));
}

test("a zip that is refused leaves nothing on disk, and the function as it was", async () => {
  await using house = await openHouse();
  await expect(put(house, strToU8("no zip"))).rejects.toMatchObject({ code: "bad-argument" });
  expect(await zipsOf(house)).toEqual([]);
  await put(house, answering(1));
  const before = await zipsOf(house);
  expect(before).toHaveLength(1);
  await expect(put(house, answering(2).slice(0, -10))).rejects.toMatchObject({ code: "bad-argument" });
  expect(await zipsOf(house)).toEqual(before);
  expect(valueOf(await house.invoker.invoke(aCall({}), never))).toBe(1);
});

test("a new function whose zip is refused halfway through leaves nothing on disk, not even a folder", async () => {
  await using house = await openHouse();
  const slip = zipSync({ "index.js": strToU8("exports.handler = async () => 1;"), "../evil": strToU8("evil") });
  await expect(put(house, slip)).rejects.toMatchObject({ code: "bad-argument" });
  expect(await filesOf(house)).toEqual([]);
});

test("a turn that keeps a zip and then changes nothing leaves nothing on disk", async () => {
  await using house = await openHouse();
  await house.registry.store.turn("orders", async (turn) => {
    await turn.keepZip(answering(1));
    return { answer: "refused", change: { kind: "none" } };
  });
  expect(await zipsOf(house)).toEqual([]);
});

test("a function that was removed leaves no zip", async () => {
  await using house = await openHouse();
  await put(house, answering(1));
  await house.registry.remove("orders");
  expect(await zipsOf(house)).toEqual([]);
  await put(house, answering(2));
  expect(valueOf(await house.invoker.invoke(aCall({}), never))).toBe(2);
});

test("who finds a new function can call it at once", async () => {
  await using house = await openHouse();
  const made = put(house, answering(1));
  while (house.registry.get("orders") === null) await new Promise((resolve) => void setImmediate(resolve));
  expect(valueOf(await house.invoker.invoke(aCall({}), never))).toBe(1);
  await made;
});
