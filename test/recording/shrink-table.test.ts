import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Item } from "../../src/kinds/dynamodb/attribute-value.ts";
import { conditionFor } from "../../src/cli/replay/script-condition.ts";
import { parseScenario, readScenario } from "../../src/wiring/scenario-file.ts";
import { simulateScenario } from "../../src/wiring/simulate-scenario.ts";
import { simulate } from "../../src/testing/simulate.ts";
import { type ChangeRecord, recordedTableRun, type TableChange } from "./recorded-world.ts";
import { aFolder } from "../live/support/live-server.ts";
import { shrunk } from "./shrunk.ts";

const keyOf = (id: string): Item => ({ id: { S: id } });
const itemOf = (id: string, total: number): Item => ({ ...keyOf(id), total: { N: String(total) } });

function inserted(id: string, total: number): TableChange {
  return {
    eventName: "INSERT",
    keys: keyOf(id),
    newImage: itemOf(id, total),
    oldImage: null,
    viewType: "NEW_AND_OLD_IMAGES",
  };
}

function modified(id: string, from: number, to: number): TableChange {
  return { ...inserted(id, to), eventName: "MODIFY", oldImage: itemOf(id, from) };
}

function removed(id: string, total: number): TableChange {
  return { ...inserted(id, total), eventName: "REMOVE", newImage: null, oldImage: itemOf(id, total) };
}

const inserts = Array.from({ length: 20 }, (_, index) => inserted(`o${index + 1}`, index + 1));
const isItem = (...ids: readonly string[]) => {
  const texts = ids.map((id) => JSON.stringify({ S: id }));
  return ({ dynamodb }: ChangeRecord): boolean => texts.includes(JSON.stringify(dynamodb.Keys["id"]));
};

describe("the fewest records of a table's recording", () => {
  test("D-2, E-15: a change that is given up stands alone, with its very keys and images, and runs again", async () => {
    const { code, out, cwd } = await shrunk(await recordedTableRun(inserts, isItem("o7")), { shrink: "given-up r7" });
    expect(code).toBe(0);
    expect(out).toMatch(/^shrunk from 20 records and 3 settings to 1 and 1 in \d+ runs$/m);
    const scenario = readScenario(join(cwd, "given-up-r7.json"), cwd);
    expect(scenario).toMatchObject({
      source: "dynamodb",
      setup: { source: { type: "dynamodb-stream", key: "id", view: "NEW_AND_OLD_IMAGES" } },
      handler: { do: "throw", when: { path: "dynamodb.Keys.id.S", equals: "o7" } },
      expect: { given_up: ["r7"] },
    });
    const change = { eventName: "INSERT", Keys: keyOf("o7"), NewImage: itemOf("o7", 7) };
    expect(scenario.records).toEqual([{ label: "r7", change }]);
    const run = await simulateScenario(scenario);
    expect(run.differences).toEqual([]);
    expect(out).toContain(run.digest.slice("sha256:".length, "sha256:".length + 8));
  });

  test("D-3: a deletion of an item that was made and changed before is told from these by its own handler, as a test file", async () => {
    const changes = [inserted("a", 1), modified("a", 1, 2), removed("a", 2), ...inserts];
    const recording = await recordedTableRun(changes, ({ eventName }) => eventName === "REMOVE");
    const handler = (body: string) => `export const handler = (event) => {
      for (const { eventName, dynamodb } of event.Records)
        if (eventName === "REMOVE" && dynamodb.OldImage.total.N === "2" && dynamodb.StreamViewType === "NEW_AND_OLD_IMAGES") ${body}
    };`;
    const flags = { shrink: "given-up r3", handler: "orders.mjs", out: "three.test.ts" };
    const { code, cwd } = await shrunk(recording, flags, { "orders.mjs": handler('throw new Error("no");') });
    expect(code).toBe(0);
    const [, members = ""] =
      /const scenario = ([^]*);\n {2}const \{ differences/.exec(readFileSync(join(cwd, "three.test.ts"), "utf8")) ?? [];
    const scenario = JSON.parse(members);
    expect(scenario.records).toEqual([
      { label: "r3", change: { eventName: "REMOVE", Keys: keyOf("a"), OldImage: itemOf("a", 2) } },
    ]);
    expect((await simulate(scenario, { folder: cwd })).differences).toEqual([]);
    writeFileSync(join(cwd, "orders.mjs"), handler("continue;"));
    expect((await simulate(scenario, { folder: cwd })).differences).not.toEqual([]);
  });

  test("D-2: the view type is that of the records, and images that it leaves out stay out", async () => {
    const changes = inserts.map((change) => ({ ...change, viewType: "KEYS_ONLY" as const }));
    const { cwd } = await shrunk(await recordedTableRun(changes, isItem("o3")), { shrink: "given-up r3" });
    const { setup, records } = readScenario(join(cwd, "given-up-r3.json"), cwd);
    expect(setup.source).toMatchObject({ view: "KEYS_ONLY" });
    expect(records).toEqual([{ label: "r3", change: { eventName: "INSERT", Keys: keyOf("o3") } }]);
  });

  test("D-6: a deletion by time to live is said to stand without userIdentity, where it is kept", async () => {
    const changes = [{ ...removed("a", 1), isByTimeToLive: true }, ...inserts];
    const recording = await recordedTableRun(changes, isItem("a", "o3"));
    const note = "note    deletions by time to live stand as deletions by a client: without userIdentity";
    expect((await shrunk(recording, { shrink: "given-up r1" })).out).toContain(note);
    expect((await shrunk(recording, { shrink: "given-up r4" })).out).not.toContain("note ");
  });

  test("a recording without payloads has the keys, and a handler is given no events that were not recorded", async () => {
    const recording = await recordedTableRun(inserts, isItem("o7"), { isWithPayloads: false });
    const { code, cwd } = await shrunk(recording, { shrink: "given-up r7" });
    expect(code).toBe(0);
    const { records } = readScenario(join(cwd, "given-up-r7.json"), cwd);
    expect(records).toMatchObject([{ label: "r7", change: { Keys: keyOf("o7") } }]);
    const flags = { shrink: "given-up r7", handler: "orders.mjs" };
    const files = { "orders.mjs": "export const handler = () => undefined;" };
    await expect(shrunk(recording, flags, files)).rejects.toThrow("was recorded without payloads");
  });
});

describe("by what a script tells changes that fail from the others", () => {
  const record = (label: string, eventName: "INSERT" | "MODIFY" | "REMOVE", id: string, total?: number) => ({
    label,
    change: { eventName, Keys: keyOf(id), ...(total === undefined ? {} : { NewImage: itemOf(id, total) }) },
  });
  const records = [
    record("r1", "INSERT", "a", 1),
    record("r2", "MODIFY", "a", 2),
    record("r3", "INSERT", "b", 1),
    record("r4", "MODIFY", "b"),
  ];
  const conditionOf = (...labels: readonly string[]) =>
    conditionFor(
      records,
      records.filter(({ label }) => labels.includes(label)),
    );

  test("keys where they do, images where keys are shared, and else the number of the change", async () => {
    expect(conditionOf("r1", "r2")).toEqual({ path: "dynamodb.Keys.id.S", equals: "a" });
    expect(conditionOf("r1", "r2", "r3", "r4")).toEqual({ path: "dynamodb.Keys.id.S", one_of: ["a", "b"] });
    expect(conditionOf("r2")).toEqual({ path: "dynamodb.NewImage.total.N", equals: "2" });
    expect(conditionOf("r4")).toEqual({ path: "eventID", equals: "4".padStart(32, "0") });
    const scenario = {
      setup: { source: { type: "dynamodb-stream" } },
      mapping: { MaximumRetryAttempts: 0, BisectBatchOnFunctionError: true },
      handler: { do: "throw", when: conditionOf("r3", "r4") },
      records,
      expect: { given_up: ["r3", "r4"] },
    };
    const nth = { ...scenario, handler: { do: "throw", when: conditionOf("r4") }, expect: { given_up: ["r4"] } };
    for (const each of [scenario, nth]) {
      const told = parseScenario(JSON.stringify(each), { shownFile: "s.json", folder: aFolder() });
      expect((await simulateScenario(told)).differences).toEqual([]);
    }
  });
});
