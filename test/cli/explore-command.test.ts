// `millrace simulate --seeds`: progress, the same answer with any number of threads, and the first failing seed as the smallest story
// that fails like it, saved as a file that fails again.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { progressLine } from "../../src/cli/explore/explore-progress.ts";
import { parseSeeds } from "../../src/cli/explore/explore-options.ts";
import { exploreSeeds } from "../../src/wiring/explore-seeds.ts";
import { folderWith } from "../config/folder.ts";
import { runCommand } from "./run-command.ts";

/** Holds without faults; delivery is at least once, so that some faults make it fail. */
const onceEach = {
  setup: { source: { type: "kinesis-stream", shards: 2 }, functions: [{ name: "orders" }] },
  mapping: {
    EventSourceArn: "${source.arn}",
    FunctionName: "orders",
    StartingPosition: "TRIM_HORIZON",
    BatchSize: 10,
    BisectBatchOnFunctionError: true,
  },
  records: [{ generate: { label: "r", count: 24, rate: 4, keys: { count: 6 } } }],
  steps: [
    { do: "create-mapping" },
    { do: "wait-state", state: "Enabled" },
    { do: "send", records: ["r"] },
    { do: "wait-drained", within_s: 900 },
  ],
  expect: {
    invocations: {
      mode: "deliveries",
      deliveries: Object.fromEntries(Array.from({ length: 24 }, (_, index) => [`r${index + 1}`, 1])),
    },
  },
};

const folder = (): string => folderWith({ "once.json": JSON.stringify(onceEach) });

const lastLines = (text: string): readonly string[] => text.trimEnd().split("\n");

describe("exploring drawn stories", () => {
  test("says what it explores, how many hold, and a digest of all of them; exit 0", async () => {
    const { code, out } = await runCommand(folder(), ["simulate", "--seeds", "1..60", "--threads", "1"]);
    const lines = lastLines(out);
    expect(lines[0]).toMatch(/^millrace \d+\.\d+\.\d+ simulate drawn stories {2}seeds 1\.\.60 {2}faults: all kinds$/);
    expect(lines[1]).toBe("  60 of 60   0 failed");
    expect(lines[2]).toMatch(/^digest {2}sha256:[0-9a-f]{64}$/);
    expect(code).toBe(0);
  });

  test("the answer is the same with one thread and with three", async () => {
    const setup = { file: null, kinds: null, isOfLaws: false };
    const options = { from: 1, to: 120, setup, signal: new AbortController().signal, onProgress: () => undefined };
    const alone = await exploreSeeds({ ...options, threadCount: 1 });
    expect(await exploreSeeds({ ...options, threadCount: 3 })).toEqual(alone);
    expect(alone).toMatchObject({ failedSeed: null, doneCount: 120, isWhole: true });
  });

  test("one seed is told whole, with its faults, and the same twice", async () => {
    const first = await runCommand(folder(), ["simulate", "--seeds", "7"]);
    expect(first.out).toMatch(/^ {4}\+0\.000 s {2}put {6}r1 \(key k2\)/m);
    expect(first.out).toMatch(/^ +\+\d+\.\d{3} s {2}FAULT 1 /m);
    expect(lastLines(first.out).at(-2)).toBe("seed 7 holds");
    expect((await runCommand(folder(), ["simulate", "--seeds", "7"])).out).toBe(first.out);
    expect(first.code).toBe(0);
  });

  test("--faults limits what is drawn, and names a kind that there is not", async () => {
    const { out } = await runCommand(folder(), ["simulate", "--seeds", "7", "--faults", "slow-read,outage", "--json"]);
    const lines = lastLines(out).map((line): { readonly kind?: string } => JSON.parse(line));
    expect(lines.filter(({ kind }) => kind === "called").length).toBeGreaterThan(0);
    const { faults } = JSON.parse(lastLines(out).at(-1) ?? "");
    expect(new Set(faults.map(({ kind }: { kind: string }) => kind))).toEqual(new Set(["slow-read", "outage"]));
    const wrong = await runCommand(folder(), ["simulate", "--seeds", "7", "--faults", "meteor"]);
    expect(wrong.error).toContain("there is no fault `meteor`");
    expect(wrong.code).toBe(2);
  });

  test.each([
    [["--seeds", "1..5", "--seed", "3"], "--seed is for one run, and --seeds explores many"],
    [["--seeds", "1..5", "--journal", "out"], "--journal is for one run"],
    [["once.json", "--faults", "crash"], "--faults goes with --seeds: millrace simulate once.json --seeds 1..1000"],
    [["once.json", "--threads", "2"], "--threads goes with --seeds"],
    [[], "simulate needs a scenario file, or seeds to draw stories from"],
  ])("what would have no effect is refused: %j", async (words, text) => {
    const { code, error } = await runCommand(folder(), ["simulate", ...words]);
    expect(error.replaceAll(/\s+/g, " ")).toContain(text);
    expect(code).toBe(2);
  });

  test("an exploration that is ended says what was done until then", async () => {
    const stop = new AbortController();
    const setup = { file: null, kinds: null, isOfLaws: false };
    const onProgress = (): void => stop.abort();
    const explored = await exploreSeeds({ from: 1, to: 5_000, setup, threadCount: 2, signal: stop.signal, onProgress });
    expect(explored.isWhole).toBe(false);
    expect(explored.doneCount).toBeLessThan(5_000);
  });
});

describe("exploring a scenario file", () => {
  test("the first failing seed is shrunk, told with its fault and its rule, and saved as a file that fails again: P-12", async () => {
    const dir = folder();
    const { code, out } = await runCommand(dir, [
      "simulate",
      "once.json",
      "--seeds",
      "1..400",
      "--faults",
      "crash",
      "--threads",
      "2",
    ]);
    expect(code).toBe(1);
    const [, seed] = /^seed (\d+) failed: expect\.invocations: r\d+ was delivered 2 times, not 1$/m.exec(out) ?? [];
    expect(out).toMatch(/^shrunk from 24 records and \d+ faults to 1 and 1 in \d+ runs$/m);
    expect(out).toMatch(/^ +\+\d+\.\d{3} s {2}FAULT 1 {2}process \d+ ends in mid-step, at call \d+ of its ports$/m);
    expect(out).toMatch(/^ +\+\d+\.\d{3} s {2}invoke .*: r\d+ → cut off in \d+ ms$/m);
    expect(out).toMatch(/^ +\+\d+\.\d{3} s {2}invoke .* r\d+ again$/m);
    expect(out).toMatch(/^why {5}delivery is at least once: such a crash repeats the batch on AWS too \(P-12\)$/m);
    const saved = `sim/once-invocations-${seed}.json`;
    expect(out).toContain(`saved   ${saved}; again: millrace simulate ${saved}\n`);
    expect(lastLines(out).at(-1)).toMatch(/^digest {2}sha256:[0-9a-f]{64}$/);
    const file = JSON.parse(readFileSync(join(dir, saved), "utf8"));
    expect(file.records).toHaveLength(1);
    expect(file.faults).toHaveLength(1);
    const again = await runCommand(dir, ["simulate", saved]);
    expect(again.code).toBe(1);
    expect(again.out).toMatch(/invocations: r\d+ was delivered 2 times, not 1/);
  });

  test("with no fault it holds, and nothing is saved", async () => {
    const dir = folder();
    const { code, out } = await runCommand(dir, ["simulate", "once.json", "--seeds", "1..50", "--faults", "none"]);
    expect(out).toContain("  50 of 50   0 failed\n");
    expect(code).toBe(0);
    expect(existsSync(join(dir, "sim"))).toBe(false);
  });

  test("held against the laws alone, the same seeds hold: no law says that a record comes once", async () => {
    const words = ["simulate", "once.json", "--seeds", "1..50", "--laws-only", "--json"];
    const { code, out } = await runCommand(folder(), words);
    expect(JSON.parse(out)).toMatchObject({ from: 1, to: 50, doneCount: 50, failedSeed: null, isWhole: true });
    expect(code).toBe(0);
  });
});

describe("a file that holds a story", () => {
  const story = (over_s: number): string =>
    JSON.stringify({ seed: 3, story: { over_s, records: [{ key: "a" }, { key: "b", at_s: 1 }] } });

  test("is told and holds: exit 0", async () => {
    const { code, out } = await runCommand(folderWith({ "story.json": story(60) }), ["simulate", "story.json"]);
    expect(out).toMatch(/^millrace .* simulate story\.json {2}seed 3 {2}faults: none$/m);
    expect(out).toMatch(/^ {4}\+1\.000 s {2}put {6}r2 \(key b\)/m);
    expect(out).toContain("\nseed 3 holds\n");
    expect(code).toBe(0);
  });

  test("that ends before its last record has, is marked and ends with 1", async () => {
    const { code, out } = await runCommand(folderWith({ "story.json": story(1) }), ["simulate", "story.json"]);
    expect(out).toMatch(/^ {4}\+1\.\d{3} s {2}over .*[✗X]$/m);
    expect(out).toContain("seed 3 failed: nothing lost: ");
    expect(code).toBe(1);
  });
});

test("progress has a bar, the count, the rate, what is left and what failed", () => {
  const at = { count: 10_000, done: 5_712, passedMs: 3_000, isUnicode: true };
  expect(progressLine(at)).toBe("  ██████████████░░░░░░░░░░░  5,712 of 10,000   1,904/s   2.3 s left   0 failed");
  expect(progressLine({ ...at, count: 500_000 })).toContain("   4 min left   0 failed");
  expect(progressLine({ ...at, count: 50_000_000 })).toContain("   7 h left   0 failed");
});

test("seeds are a span, or one", () => {
  expect(parseSeeds("1..10000")).toEqual({ from: 1, to: 10_000 });
  expect(parseSeeds("7")).toEqual({ from: 7, to: 7 });
  for (const wrong of ["7..1", "a..b", "1..", "-1..4", "1...4", "1..99999999999"])
    expect(() => parseSeeds(wrong)).toThrow("1..10000");
});
