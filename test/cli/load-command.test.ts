// `millrace load` as a user calls it, under virtual time, where every figure is known: the summary, the files that it writes and reads,
// what decides its exit code, and what it refuses.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { aFolder } from "../live/support/live-server.ts";
import { runCommand } from "./run-command.ts";

// A record every 100 ms on one shard, 2 s long: with size 5 a batch each half second, from 0.4 s on.
const plan = ["load", "--source", "kinesis:orders", "--rate", "10", "--for", "2s", "--took", "40ms", "--keys", "1"];
const five = [...plan, "--set", "BatchSize=5", "--set", "MaximumBatchingWindowInSeconds=10"];

test("the summary of a run whose figures are known", async () => {
  const folder = aFolder();
  const { code, out, error } = await runCommand(folder, [...five, "--size", "100", "--expect", "toDone.max < 1s"]);
  expect([code, error]).toEqual([0, ""]);
  expect(out).toBe(
    [
      "millrace load  load  virtual time                                          00:01",
      "  send      10 records/s   20 of 20 sent, 100 B each, 1 key",
      "  loader    virtual time: it has no ceiling",
      "  mapping   load  1 shard × factor 1  size 5  window 10 s",
      "  batches   4, mean 5 of 5 records   size ██████████ 100 %",
      "  left      0 records   iterator age p99 0.04 s",
      "  running   mean 0.08, most 1 of 1   failed 0   retried 0   throttled 0",
      "            p50     p90     p99     max",
      "  to start  0.20 s  0.40 s  0.40 s  0.40 s    from each record's planned send",
      "  to done   0.24 s  0.44 s  0.44 s  0.44 s",
      "  found     too few batches to say what limits them: 4, and 100 are needed",
      "  expect    ✓ toDone.max < 1s   0.44 s",
      "report  millrace-load.html",
      "",
    ].join("\n"),
  );
});

test("a threshold that does not hold ends with 1, and says what was found", async () => {
  const { code, out } = await runCommand(aFolder(), [
    ...five,
    "--no-report",
    "--quiet",
    "--expect",
    "toDone.max < 400ms",
  ]);
  expect(code).toBe(1);
  expect(out).toBe("expect  ✗ toDone.max < 400ms   0 of 1 runs\n");
});

test("a report is written where it is wanted, and not where it is not", async () => {
  const folder = aFolder();
  await runCommand(folder, [...five, "--report", "five.html"]);
  expect(readFileSync(join(folder, "five.html"), "utf8")).toContain("<!doctype html>");
  await runCommand(folder, [...five, "--no-report"]);
  expect(existsSync(join(folder, "millrace-load.html"))).toBe(false);
});

test("--json is the figures alone, and the same as --save keeps; --compare reads them back", async () => {
  const folder = aFolder();
  const { out } = await runCommand(folder, [...five, "--json", "--no-report", "--save", "before.json"]);
  expect(readFileSync(join(folder, "before.json"), "utf8")).toBe(out);
  expect(JSON.parse(out)).toMatchObject({ format: 1, runs: [{ counts: { sent: 20, done: 20, firstBatches: 4 } }] });
  const { code } = await runCommand(folder, [...plan, "--compare", "before.json", "--report", "both.html"]);
  expect(code).toBe(0);
  expect(readFileSync(join(folder, "both.html"), "utf8")).toContain('"name":"before.json"');
});

test("the same plan and seed print the same bytes", async () => {
  const [one, other] = await Promise.all(
    [aFolder(), aFolder()].map((folder) =>
      runCommand(folder, [...five, "--poisson", "--seed", "7", "--json", "--no-report"]),
    ),
  );
  expect(one?.out).toBe(other?.out);
});

test("a sweep is a line a run, then a table with a row a run", async () => {
  const words = [...plan, "--sweep", "BatchSize=1,5", "--set", "MaximumBatchingWindowInSeconds=10", "--no-report"];
  const { out } = await runCommand(aFolder(), words);
  const lines = out.split("\n");
  expect(lines[0]).toMatch(/^1 of 2 {2}BatchSize=1: mean 1 records, size 100 %, done p99 0\.04 s, 20 invocations/);
  expect(lines[1]).toMatch(/^2 of 2 {2}BatchSize=5: mean 5 records, size 100 %, done p99 0\.44 s, 4 invocations/);
  expect(lines[2]).toMatch(/^setting +records a batch +closed by +start p50/);
  expect(lines[3]).toMatch(/^BatchSize=1 +1 {2}size/);
});

test("where a setting of a sweep is refused, it is named, and what others have found is not lost", async () => {
  const folder = aFolder();
  const words = ["load", "--source", "sqs:work", "--burst", "20", "--took", "40ms", "--sweep", "BatchSize=5,100"];
  const { code, out, error } = await runCommand(folder, [...words, "--save", "kept.json", "--no-report"]);
  expect(code).toBe(2);
  expect(error).toContain("error[bad-argument]: BatchSize=100: the plan's mapping is refused: ");
  expect(out).toContain("1 of 2  BatchSize=5: mean 3.3 records");
  expect(JSON.parse(readFileSync(join(folder, "kept.json"), "utf8"))).toMatchObject({
    runs: [{ name: "BatchSize=5", counts: { done: 20 } }],
  });
  const first = await runCommand(folder, [...words.slice(0, -1), "BatchSize=100,5", "--save", "none.json"]);
  expect([first.code, first.out, existsSync(join(folder, "none.json"))]).toEqual([2, "", false]);
});

test.for([
  ["a file of another kind to compare with", ["--compare", "other.json"], "other.json is no saved load report"],
  ["a file to compare with that is not there", ["--compare", "gone.json"], "cannot read gone.json"],
  [
    "a report into a folder that is not there",
    ["--report", "no/such/report.html"],
    "the folder of no/such/report.html is not there",
  ],
  ["a report over a folder", ["--report", "folder"], "folder is a folder"],
  [
    "an expectation of no figure",
    ["--expect", "iteratorAge.p98 < 2s"],
    "--expect: `iteratorAge.p98` is no figure of a run",
  ],
  ["a server for a simulated run", ["--endpoint", "http://127.0.0.1:1"], "--endpoint is for live runs"],
  ["a mapping without its server", ["--live", "--mapping", "5e1f"], "--mapping is of a running server"],
  [
    "a setting of a mapping that is driven as it is",
    ["--live", "--endpoint", "http://127.0.0.1:1", "--mapping", "5e1f"],
    "--mapping drives a mapping as it is, and the plan sets its BatchSize",
  ],
  ["one file for two things", ["--save", "one", "--report", "one"], "--save and --report are one file, one"],
  ["an address that is none", ["--live", "--endpoint", "localhost"], "localhost is no address of a server"],
] as const)("%s is refused before anything runs", async ([, words, told]) => {
  const folder = aFolder();
  writeFileSync(join(folder, "other.json"), "{}");
  mkdirSync(join(folder, "folder"));
  const { code, out, error } = await runCommand(folder, [...five, ...words]);
  expect([code, out]).toEqual([2, ""]);
  expect(error).toContain(`error[bad-argument]: ${told}`);
});

test("a server that is not there is bad surroundings", async () => {
  const { code, error } = await runCommand(aFolder(), [
    ...five,
    "--live",
    "--endpoint",
    "http://127.0.0.1:1",
    "--plain",
  ]);
  expect(code).toBe(3);
  expect(error).toContain("error[server-unreachable]");
});

test("a mapping that AWS refuses is told in AWS's words", async () => {
  const { code, error } = await runCommand(aFolder(), [...plan, "--set", "BatchSize=10001"]);
  expect(code).toBe(2);
  expect(error).toContain("BatchSize");
});

test("help has the flags in groups", async () => {
  const { out } = await runCommand(aFolder(), ["load", "--help"]);
  expect(out).toContain("What is sent:");
  expect(out).toContain("What comes of it:");
});

test("what the user's own handler threw is told, once for all runs", async () => {
  const folder = aFolder();
  writeFileSync(join(folder, "own.mjs"), 'export const handle = async () => { throw new TypeError("no total"); };\n');
  const words = ["load", "--source", "kinesis:a", "--burst", "2", "--handler", "own.handle", "--no-report"];
  const { out } = await runCommand(folder, [...words, "--set", "MaximumRetryAttempts=0", "--runs", "2"]);
  expect(out.match(/^note .*$/gm)).toEqual(["note    load: the first call that failed: TypeError: no total"]);
});

test("a figure that the source cannot have is refused as the plan is read, of a flag and of a file", async () => {
  const folder = aFolder();
  const flags = ["load", "--source", "sqs:work", "--burst", "1", "--expect", "iteratorAge.p99 < 2s"];
  const byFlag = await runCommand(folder, flags);
  expect([byFlag.code, byFlag.out]).toEqual([2, ""]);
  expect(byFlag.error).toContain("--expect: `iteratorAge.p99` is no figure of a queue: it has queueAge");
  expect(byFlag.error).toContain("--expect 'queueAge.p99 < 2s'");
  const text = 'source: "kinesis:orders"\nsend: { phases: [{ burst: 1 }] }\nexpect:\n  - queueAge.max < 2s\n';
  writeFileSync(join(folder, "a.plan.yaml"), text);
  const byFile = await runCommand(folder, ["load", "a.plan.yaml"]);
  expect([byFile.code, byFile.out]).toEqual([2, ""]);
  expect(byFile.error).toContain("a.plan.yaml:4:5");
  expect(byFile.error).toContain("`queueAge.max` is no figure of a stream: it has iteratorAge");
});

test("the summary's word for an age is the one that --expect has", async () => {
  const words = ["load", "--source", "sqs:work", "--burst", "5", "--expect", "queueAge.p99 < 2s", "--no-report"];
  const { code, out } = await runCommand(aFolder(), words);
  expect(code).toBe(0);
  expect(out).toContain("   queue age p99 ");
});

test("what a call said first is in the figures and in the report", async () => {
  const folder = aFolder();
  writeFileSync(
    join(folder, "own.mjs"),
    'export const handle = async () => { throw new TypeError("no total\\nat all"); };\n',
  );
  const words = ["load", "--source", "kinesis:a", "--burst", "2", "--handler", "own.handle", "--report", "own.html"];
  const { out, error } = await runCommand(folder, [...words, "--set", "MaximumRetryAttempts=0", "--json"]);
  const firstError = { type: "TypeError", message: "no total" };
  expect(JSON.parse(out)).toMatchObject({ runs: [{ failures: { firstError } }] });
  expect(error).toContain("note    load: the first call that failed: TypeError: no total\n");
  expect(readFileSync(join(folder, "own.html"), "utf8")).toContain(JSON.stringify(firstError));
});

test("a run that stalls says what is left and why, and ends with 1", async () => {
  const words = ["load", "--source", "sqs:work.fifo", "--groups", "1", "--burst", "12", "--poison", "1", "--no-report"];
  const { code, out } = await runCommand(aFolder(), [...words, "--set", "BatchSize=10"]);
  expect(code).toBe(1);
  const text = out.replace(/\n {12}/g, " ");
  expect(text).toMatch(/ended +stalled: nothing has ended for 60 s, 12 records are left/);
  expect(text).toMatch(/found +12 records were left, and none ended any more: \d+ calls failed, the first with /);
  expect(text).toMatch(/no limit: its messages come back until they are done or expire, and their groups wait/);
  const limited = await runCommand(aFolder(), [
    "load",
    "--source",
    "kinesis:a",
    "--burst",
    "1",
    "--throttle-rate",
    "1",
    "--no-report",
    "--quiet",
  ]);
  expect(limited.code).toBe(1);
  expect(limited.out).toMatch(
    /^stalled as planned: 1 record was left, and none ended any more: \d+ calls were throttled\n$/,
  );
});

test("what cannot be a plan, or a handler, is told without its bytes", async () => {
  const folder = aFolder();
  writeFileSync(join(folder, "binary.yaml"), Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 0, 0xff, 0x1b]));
  const told = async (...words: readonly string[]) => {
    const { code, error } = await runCommand(folder, ["load", ...words]);
    return [code, error.trimEnd().split("\n")[0], error.includes("help:")];
  };
  const isFolder = "error[plan-not-found]: . is a folder, and a load plan is a file";
  expect(await told(".")).toEqual([2, isFolder, true]);
  const isBinary = "error[plan-syntax]: binary.yaml is no text, and a load plan is YAML, JSON or a module";
  expect(await told("binary.yaml")).toEqual([2, isBinary, true]);
  const flags = ["--source", "sqs:work", "--burst", "1", "--handler"];
  const noFile = "error[bad-argument]: --handler: no file nofile.ts, from the current folder";
  expect(await told(...flags, "./nofile.good")).toEqual([2, noFile, true]);
  const inFolder = "error[bad-argument]: --handler: no file nofile.ts, in sub, from the current folder";
  expect(await told(...flags, "sub/nofile.good")).toEqual([2, inFolder, true]);
});
