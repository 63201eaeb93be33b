import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseScenario, readScenario } from "../../src/wiring/scenario-file.ts";
import { simulateScenario } from "../../src/wiring/simulate-scenario.ts";
import { runCommand } from "../cli/run-command.ts";
import { aFolder } from "../live/support/live-server.ts";
import { poisonedBy, recordedRun } from "./recorded-world.ts";
import { shrunk } from "./shrunk.ts";

const texts = Array.from({ length: 40 }, (_, index) => `text ${index + 1}`);

describe("the fewest records and settings of a recording", () => {
  test("a record that is given up: alone, with the one setting that ends it, as a scenario that runs again", async () => {
    const recording = await recordedRun(texts, poisonedBy("text 7"));
    const { code, out, cwd } = await shrunk(recording, { shrink: "record r7 is given up" });
    expect(code).toBe(0);
    expect(out).toMatch(/^shrunk from 40 records and 3 settings to 1 and 1 in \d+ runs$/m);
    expect(out).toContain("saved   given-up-r7.json; again: millrace simulate given-up-r7.json");
    const scenario = readScenario(join(cwd, "given-up-r7.json"), cwd);
    expect(scenario.records.map(({ data }) => data)).toEqual(["text 7"]);
    expect(scenario.expect).toEqual({ given_up: ["r7"] });
    const run = await simulateScenario(scenario);
    expect(run.differences).toEqual([]);
    expect(out).toContain(run.digest.slice("sha256:".length, "sha256:".length + 8));
  });

  test("E-15: of several records that failed alone all are the poison, and those that are kept are named", async () => {
    const recording = await recordedRun(texts, poisonedBy("text 7", "text 8", "text 31"));
    const expecting = JSON.stringify({
      records: ["r7", "r8"].map((label) => ({ label, partitionKey: "k", data: label })),
      expect: { given_up: [] },
    });
    const one = await shrunk(recording, { shrink: "given-up r8" });
    expect(readScenario(join(one.cwd, "given-up-r8.json"), one.cwd)).toMatchObject({
      records: [{ label: "r8", data: "text 8" }],
      handler: { do: "throw", when: { equals: Buffer.from("text 8").toString("base64") } },
    });
    const any = { shrink: "expect.given_up", expect: "good.json" };
    const { code, cwd } = await shrunk(recording, any, { "good.json": expecting });
    expect(code).toBe(0);
    expect(readScenario(join(cwd, "expect-given-up.json"), cwd).records.length).toBe(1);
  });

  test("explain knows the label that the scenario and its messages use, and offers commands that name the recording", async () => {
    const recording = await recordedRun(texts, poisonedBy("text 7"));
    const cwd = aFolder();
    writeFileSync(join(cwd, "run.mrec"), recording);
    const byLabel = await runCommand(cwd, ["explain", "r7", "--journal", "run.mrec"]);
    expect(byLabel.out).toMatch(/^record .*GIVEN UP$/m);
    expect(byLabel.code).toBe(0);
    const none = await runCommand(cwd, ["explain", "r41", "--journal", "run.mrec"]);
    expect(none.error).toContain("nothing in the journal is called `r41`");
    expect(none.error).toMatch(/^help: .*explain f --journal run\.mrec$/m);
  });

  test("with the user's handler, as a test file of its own", async () => {
    const recording = await recordedRun(texts, poisonedBy("text 7"));
    const handler = `export const handler = (event) => {
      if (event.Records.some(({ kinesis }) => atob(kinesis.data) === "text 9")) throw new Error("no");
    };`;
    const flags = { shrink: "given-up r9", handler: "orders.mjs", out: "tests/nine.test.ts" };
    const { code, cwd } = await shrunk(recording, flags, { "orders.mjs": handler, "tests/other.test.ts": "" });
    expect(code).toBe(0);
    const text = readFileSync(join(cwd, "tests", "nine.test.ts"), "utf8");
    expect(text).toContain('import { simulate } from "millrace/testing";');
    // From the test's own folder, wherever it is run from.
    expect(text).toContain('"file":"../orders.mjs"');
    expect(text).toContain("simulate(scenario, { folder: import.meta.dirname })");
    expect(text).toContain('"data":"text 9"');
  });

  test("the user's handler has the time-out that is given, in the scenario as well", async () => {
    const recording = await recordedRun(texts.slice(0, 3), poisonedBy("text 2"));
    const handler = `export const handler = (event, context) => {
      const isPoison = event.Records.some(({ kinesis }) => atob(kinesis.data) === "text 2");
      if (isPoison && context.getRemainingTimeInMillis() > 4_000) throw new Error("no");
    };`;
    const flags = { shrink: "given-up r2", handler: "orders.mjs", timeout: 5_000 };
    const { code, cwd } = await shrunk(recording, flags, { "orders.mjs": handler });
    expect(code).toBe(0);
    const scenario = readScenario(join(cwd, "given-up-r2.json"), cwd);
    expect(scenario.setup.functions).toEqual([{ name: "function", timeout_s: 5 }]);
    expect(scenario.records.map(({ data }) => data)).toEqual(["text 2"]);
  });

  test("a handler is given no events that were not recorded", async () => {
    const recording = await recordedRun(texts, poisonedBy("text 7"), { isWithPayloads: false });
    const flags = { shrink: "given-up r7", handler: "orders.mjs" };
    const files = { "orders.mjs": "export const handler = () => undefined;" };
    await expect(shrunk(recording, flags, files)).rejects.toThrow("was recorded without payloads");
  });

  test("an expectation of a scenario file that does not hold", async () => {
    const recording = await recordedRun(texts, poisonedBy("text 7"));
    const expecting = JSON.stringify({
      records: [{ label: "r7", partitionKey: "k", data: "x" }],
      expect: { given_up: [] },
    });
    const flags = { shrink: "expect.given_up", expect: "good.json" };
    const { code, cwd } = await shrunk(recording, flags, { "good.json": expecting });
    expect(code).toBe(0);
    const { records } = readScenario(join(cwd, "expect-given-up.json"), cwd);
    expect(records.map(({ label }) => label)).toEqual(["r7"]);
  });

  test("what does not hold in the recording, or cannot be told from its calls, is no: exit 1", async () => {
    const recording = await recordedRun(texts, poisonedBy("text 7"));
    const good = await shrunk(recording, { shrink: "given-up r8" });
    expect(good).toMatchObject({ code: 1, out: expect.stringContaining("`given-up r8` does not hold") as string });
    const law = await shrunk(recording, { shrink: "nothing lost" });
    expect(law).toMatchObject({ code: 1, out: expect.stringContaining("does not hold") as string });
    const whole = await recordedRun(texts, poisonedBy("text 7"), { lane: { isBisecting: false } });
    const untold = await shrunk(whole, { shrink: "given-up r7" });
    expect(untold).toMatchObject({
      code: 1,
      out: expect.stringContaining("cannot tell, give --handler FILE") as string,
    });
  });

  test.each([
    [{ shrink: "nonsense" }, "`nonsense` is no predicate"],
    [{ shrink: "given-up r99" }, "no record called `r99`"],
    [{ shrink: "expect.given_up" }, "is of a scenario file, and none is named"],
    [{ shrink: "given-up r7", out: "story.txt" }, "neither a scenario (.json) nor a test"],
    [{ shrink: "given-up r7", set: ["BatchSize=5"] }, "--shrink and --set are two questions"],
    [{ out: "x.json" }, "--out is for --shrink"],
    [{ set: ["BatchSize=5"], out: "x.json" }, "--out is for --shrink"],
    [{ set: ["BatchSize=5"], full: true }, "--full is for what was recorded"],
    [{ set: ["BatchSize=5"], after: true }, "--after says where to stop"],
    [{ mapping: "f" }, "--mapping says which mapping"],
    [{ shrink: "given-up r7", timeout: 5_000 }, "--timeout is about a handler, and there is none"],
    [{ shrink: "given-up r7", expect: "good.json" }, "--expect names the file of an expectation"],
  ])("%j is refused", async (flags, text) => {
    const recording = await recordedRun(texts, poisonedBy("text 7"));
    await expect(shrunk(recording, flags)).rejects.toThrow(text);
  });
});

test("E-15: a script fails for one of several values, and a condition has one way to say which", async () => {
  const members = (when: object) =>
    JSON.stringify({
      source: "kinesis",
      setup: { source: { type: "kinesis-stream", shards: 1 } },
      mapping: { BatchSize: 3, MaximumRetryAttempts: 0, BisectBatchOnFunctionError: true },
      handler: { do: "throw", when },
      records: ["a", "b", "c"].map((label) => ({ label, partitionKey: "k", data: JSON.stringify({ id: label }) })),
      expect: { given_up: ["a", "c"] },
    });
  const told = (when: object) => parseScenario(members(when), { shownFile: "s.json", folder: aFolder() });
  expect((await simulateScenario(told({ data_field: "id", one_of: ["a", "c"] }))).differences).toEqual([]);
  expect(() => told({ data_field: "id", one_of: ["a"], equals: "c" })).toThrow("`one_of` stands beside `equals`");
  expect(() => told({ data_field: "id" })).toThrow("a condition says what the value equals");
});
