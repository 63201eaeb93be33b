// Scenarios as a test runs them, and handlers' files in apps.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { KinesisStreamEvent } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { millrace, simulate } from "../../src/testing/index.ts";
import { folderWith } from "../config/folder.ts";

const scenario = {
  schema: 1,
  id: "two-records",
  title: "Two records go in one batch",
  source: "kinesis",
  setup: { source: { type: "kinesis-stream", shards: 1 }, functions: [{ name: "function" }] },
  mapping: { FunctionName: "${function.name}", EventSourceArn: "${source.arn}", StartingPosition: "TRIM_HORIZON" },
  handler: { do: "return", value: null },
  records: [
    { label: "r1", partitionKey: "a", data: "1" },
    { label: "r2", partitionKey: "a", data: "2" },
  ],
  steps: [
    { do: "create-mapping" },
    { do: "wait-state", state: "Enabled" },
    { do: "send", records: ["r1", "r2"] },
    { do: "wait-invocations", count: 1 },
  ],
  expect: { invocations: { mode: "sequence", list: [{ records: ["r1", "r2"] }] } },
};

describe("simulate", () => {
  it("runs the members of a scenario, and tells what is not as expected", async () => {
    const run = await simulate<KinesisStreamEvent>(scenario);
    expect(run.differences).toEqual([]);
    expect(run.invocations.map(({ event }) => event.Records.length)).toEqual([2]);
    const other = await simulate({
      ...scenario,
      expect: { invocations: { mode: "sequence", list: [{ records: ["r1"] }, { records: ["r2"] }] } },
    });
    expect(other.differences).not.toEqual([]);
    expect(other.digest).toBe(run.digest);
  });

  it("takes a handler of the test's in place of the scenario's", async () => {
    const seen: number[] = [];
    const run = await simulate<KinesisStreamEvent>(scenario, {
      handler: (event) => void seen.push(event.Records.length),
    });
    expect(seen).toEqual([2]);
    expect(run.differences).toEqual([]);
  });

  it("reads a scenario's file by its path and its address, and says where one is wrong", async () => {
    const file = join(folderWith({ "two.json": JSON.stringify(scenario) }), "two.json");
    expect((await simulate(file)).differences).toEqual([]);
    expect((await simulate(pathToFileURL(file))).digest).toBe((await simulate(file)).digest);
    await expect(simulate({ ...scenario, steps: [{ do: "dance" }] })).rejects.toThrow(/dance/);
  });
});

describe("a handler's file in an app", () => {
  it("runs in the world's time, with its own chance, the same each time", async () => {
    const code = `export const handler = async (event: { Records: unknown[] }) => {
         const before = Date.now();
         await new Promise((resolve) => setTimeout(resolve, 2_000));
         console.log(JSON.stringify({ waited: Date.now() - before, chance: Math.random(), color: process.env.COLOR }));
       };`;
    const file = join(folderWith({ "handler.ts": code }), "handler.ts");
    const run = async () => {
      await using app = await millrace();
      app.stream("orders");
      await app.function("process", { file, environment: { COLOR: "blue" } });
      await app.mapping({ source: "orders", FunctionName: "process" });
      app.put("orders", { partitionKey: "a", data: "1" });
      await app.drained();
      const log = app.journal().find((entry) => entry.kind === "log");
      return { text: log?.kind === "log" ? log.text : "", digest: app.digest() };
    };
    const first = await run();
    expect(JSON.parse(first.text.slice(first.text.indexOf("{")))).toMatchObject({ waited: 2_000, color: "blue" });
    expect(await run()).toEqual(first);
  });

  it("is named where there is none", async () => {
    await using app = await millrace();
    await expect(app.function("process", { file: "nowhere.ts" })).rejects.toThrow("nowhere.ts");
  });
});

it("handler files of members are named from the given folder, and what is wrong is told with its member", async () => {
  const folder = folderWith({ "h.mjs": `export const handler = () => { throw new Error("no"); };` });
  const scenario = {
    mapping: { MaximumRetryAttempts: 0 },
    handler: { file: "h.mjs" },
    records: [{ label: "r", partitionKey: "k", data: "d" }],
    expect: { given_up: ["r"] },
  };
  expect((await simulate(scenario, { folder })).differences).toEqual([]);
  await expect(simulate({ ...scenario, handler: { file: "g.mjs" }, seed: -1 }, { folder })).rejects.toThrow(
    "seed: `seed` is -1, below 0",
  );
  await expect(simulate({ ...scenario, handler: { file: "g.mjs" } }, { folder })).rejects.toThrow(
    "handler.file: there is no file `g.mjs`",
  );
});

it("a function that is given a handler and a file is refused: one of them would have no effect", async () => {
  await using app = await millrace();
  const both = { file: "h.mjs", handler: () => null };
  await expect(app.function("f", both)).rejects.toThrow("the function f has a handler and a file");
});
