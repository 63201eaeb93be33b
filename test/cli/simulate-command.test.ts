// `millrace simulate`: seed first, digest last, the same bytes each time; what is expected; JSON; the journal that explain reads.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { createProgress } from "../../src/cli/simulate/progress.ts";
import { folderWith } from "../config/folder.ts";
import { runCommand, startCommand } from "./run-command.ts";

const poison = {
  setup: {
    source: { type: "kinesis-stream", shards: 2 },
    functions: [{ name: "orders" }],
    destination: { type: "sqs" },
  },
  mapping: {
    EventSourceArn: "${source.arn}",
    FunctionName: "orders",
    StartingPosition: "TRIM_HORIZON",
    BatchSize: 10,
    MaximumBatchingWindowInSeconds: 1,
    MaximumRetryAttempts: 2,
    BisectBatchOnFunctionError: true,
    DestinationConfig: { OnFailure: { Destination: "${destination.arn}" } },
  },
  handler: {
    do: "throw",
    message: "no total",
    when: { data_field: "poison", equals: true },
    delay_s: { min: 0, max: 0.1 },
  },
  records: [
    { generate: { label: "r", count: 40, rate: 20, arrivals: "poisson", keys: { count: 8 } } },
    { label: "bad", partitionKey: "key-9", data: '{"poison":true}', at_s: 0.5 },
  ],
  expect: { given_up: { bad: "RetryAttemptsExhausted" }, batches: { count: { $gte: 4 } } },
};

const folder = (members: object = {}): string =>
  folderWith({ "poison.scenario.json": JSON.stringify({ ...poison, ...members }) });

test("the seed comes first, then the story, what was expected, and the digest last; exit 0", async () => {
  const { code, out, error } = await runCommand(folder(), [
    "simulate",
    "poison.scenario.json",
    "--seed",
    "7",
    "--report",
  ]);
  const lines = out.trimEnd().split("\n");
  expect(error).toBe("");
  expect(lines[0]).toMatch(/^millrace \d+\.\d+\.\d+ simulate poison {2}seed 7$/);
  expect(out).toMatch(/^ {4}\+0\.000 s mapping {2}[0-9a-f]{8} kinesis:scenario-source -> orders Creating -> Enabled$/m);
  expect(out).toMatch(/^ {4}\+0\.500 s put {6}bad \(key key-9\) -> shard \d, \.\.\.\d{6}/m);
  expect(out).toMatch(/^ {4}\+\d\.\d{3} s gave-up .*RetryAttemptsExhausted -> sqs:scenario-destination/m);
  expect(out).toMatch(/^run {6}41 records, \d+ invocations, 1 given up in [\d.]+ s of simulated time$/m);
  expect(out).toMatch(/^ {2}window +\d+ +\d+ +\d+ %/m);
  expect(lines.at(-2)).toBe("expect   ✓ given_up, batches");
  expect(lines.at(-1)).toMatch(/^digest {3}sha256:[0-9a-f]{64}$/);
  expect(code).toBe(0);
});

test("instants are shown in UTC, in the story and by explain, whatever the machine's own time is", async () => {
  const { DestinationConfig: _, ...mapping } = poison.mapping;
  const windows = { mapping: { ...mapping, TumblingWindowInSeconds: 30 }, handler: { do: "return" }, expect: {} };
  const cwd = folder({ ...windows, records: [{ label: "r1", partitionKey: "k", data: "{}" }] });
  const words = ["simulate", "poison.scenario.json", "--journal", "run.jsonl"];
  const here = await runCommand(cwd, words, { TZ: "UTC" });
  const there = await runCommand(cwd, words, { TZ: "Pacific/Auckland" });
  expect(here.out).toMatch(/^digest/m);
  expect(there).toEqual(here);
  const explained = await runCommand(cwd, ["explain", "r1", "--journal", "run.jsonl"], { TZ: "Pacific/Auckland" });
  expect(explained.out).toMatch(/^ {2}arrived {3}14:14:00\.137/m);
});

test("a folder that is not there is told before the run", async () => {
  const { code, out, error } = await runCommand(folder(), [
    "simulate",
    "poison.scenario.json",
    "--journal",
    "none/run.jsonl",
  ]);
  expect(out).toBe("");
  expect(error).toMatch(/^error\[bad-argument\]: the folder of none\/run\.jsonl is not there\nhelp: mkdir -p none$/m);
  expect(code).toBe(2);
});

test("progress is redrawn on one line at most five times a second, and is gone at the end; without a terminal there is none", () => {
  let nowMs = 0;
  let written = "";
  const write = (text: string): void => void (written += text);
  const progress = createProgress({ errorColumns: 60, nowMs: () => nowMs }, write);
  for (let event = 0; event < 64 * 20; event += 1) {
    nowMs += 2;
    progress.look({ elapsedMs: event * 1_000, sentCount: event, callCount: 2 });
  }
  expect(written.split("\r").slice(1)).toHaveLength(7);
  expect(written.startsWith("\r\u001B[2K  +")).toBe(true);
  expect(written).toMatch(/\+\d+ s simulated, \d+ records/);
  progress.clear();
  expect(written.endsWith("\r\u001B[2K")).toBe(true);
  const none = createProgress({ errorColumns: null, nowMs: () => nowMs }, () => expect.unreachable());
  none.look({ elapsedMs: 0, sentCount: 0, callCount: 0 });
  none.clear();
});

test("what does not hold is told, each difference on its line; exit 1", async () => {
  const cwd = folder({ expect: { given_up: ["r1"], checkpoints: { 0: "r1" } } });
  const { code, out } = await runCommand(cwd, ["simulate", "poison.scenario.json"]);
  expect(out).toMatch(/^expect {3}3 differences$/m);
  expect(out).toContain("  ✗ given_up: r1 was not given up\n");
  expect(out).toContain("  ✗ given_up: bad was given up (RetryAttemptsExhausted), and is not expected\n");
  expect(out).toMatch(/^ {2}✗ checkpoints\.0: expected "r1", found "r\d+"$/m);
  expect(code).toBe(1);
});

/** All that a line of `--json` may be. */
const kinds = [
  "run",
  "step",
  "put",
  "result",
  "mapping-state",
  "settings",
  "unit-opened",
  "read",
  "batch-closed",
  "invoked",
  "decided",
  "gave-up",
  "reported",
  "checkpoint",
];

test("--json: a value a line, kinds from a closed list, the run first and the result last", async () => {
  const { code, out } = await runCommand(folder(), ["simulate", "poison.scenario.json", "--json", "--report"]);
  const values: { kind: string }[] = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(values[0]).toMatchObject({ kind: "run", scenario: "poison", seed: 1 });
  expect(values.at(-1)).toMatchObject({
    kind: "result",
    held: true,
    differences: [],
    recordCount: 41,
    isDigestGuaranteed: true,
    digest: expect.stringMatching(/^sha256:/),
    report: { rows: expect.arrayContaining([expect.objectContaining({ closedBy: "all", recordCount: 41 })]) },
  });
  expect([...new Set(values.map(({ kind }) => kind))].filter((kind) => !kinds.includes(kind))).toEqual([]);
  expect(code).toBe(0);
});

test("the same file and seed print the same bytes, also beside a busy thread and from another folder", async () => {
  const words = ["simulate", "poison.scenario.json", "--seed", "11", "--report"];
  const json = [...words, "--json"];
  const cwd = folder();
  const first = await runCommand(cwd, words);
  const firstJson = await runCommand(cwd, json);
  const busy = new Worker("for (let n = 0; ; n += 1) Math.sqrt(n);", { eval: true });
  onTestFinished(async () => void (await busy.terminate()));
  const other = folder();
  const [again, againJson] = await Promise.all([
    runCommand(other, words, { TZ: "Pacific/Auckland" }),
    runCommand(other, json, { TZ: "Pacific/Auckland" }),
  ]);
  expect(again).toEqual(first);
  expect(againJson).toEqual(firstJson);
  const seeds = await runCommand(cwd, ["simulate", "poison.scenario.json", "--seed", "12"]);
  expect(seeds.out.split("\n").at(-2)).not.toBe(first.out.split("\n").at(-2));
});

test("--report tells lengths of time by the clock that is never set, and invocations in the order in which they began", async () => {
  const { DestinationConfig: _, ...mapping } = poison.mapping;
  const cwd = folder({
    mapping,
    records: [{ generate: { label: "r", count: 20, rate: 1 } }],
    handler: { do: "return", delay_s: 1 },
    steps: [
      { do: "create-mapping" },
      { do: "wait-state", state: "Enabled" },
      { do: "send", records: ["r"], background: true },
      { do: "wait", seconds: 8 },
      { do: "set-clock", by_s: -3_600 },
      { do: "wait-drained" },
    ],
    expect: {},
  });
  const { out } = await runCommand(cwd, ["simulate", "poison.scenario.json", "--report", "--json"]);
  const { report }: { report: { rows: { toStartMs: { p50: number }; toDoneMs: { p50: number; max: number } }[] } } =
    JSON.parse(out.trim().split("\n").at(-1) ?? "");
  expect(report.rows.length).toBeGreaterThan(0);
  for (const { toStartMs, toDoneMs } of report.rows) {
    expect(toStartMs.p50).toBeGreaterThanOrEqual(0);
    expect(toDoneMs.p50).toBeGreaterThanOrEqual(1_000);
    expect(toDoneMs.max).toBeLessThan(10_000);
  }
});

test("--journal: where several records have a key, the command that is offered names the journal, too", async () => {
  const records = ["r1", "r2"].map((label) => ({ label, partitionKey: "k", data: "{}" }));
  const cwd = folder({ records, handler: { do: "return" }, expect: {} });
  await runCommand(cwd, ["simulate", "poison.scenario.json", "--journal", "run.jsonl"]);
  const { code, error } = await runCommand(cwd, ["explain", "k", "--journal", "run.jsonl"]);
  expect(error).toMatch(/2 records have the key `k`.*\nhelp: .*explain \d+ --journal run\.jsonl\n$/);
  expect(code).toBe(2);
});

test("--journal: explain tells a record's story from it by its label, without server or state directory", async () => {
  const cwd = folder();
  const simulated = await runCommand(cwd, ["simulate", "poison.scenario.json", "--journal", "run.jsonl"]);
  expect(simulated.code).toBe(0);
  const { code, out } = await runCommand(cwd, ["explain", "bad", "--journal", "run.jsonl"]);
  expect(out).toMatch(/^record …\d{6} +key key-9 +kinesis:scenario-source, shard \d +GIVEN UP$/m);
  expect(out).toMatch(/■ given up/);
  expect(out).toMatch(/explain \w+ --journal run\.jsonl/);
  expect(code).toBe(0);
  const byKey = await runCommand(cwd, ["explain", "key-9", "--journal", "run.jsonl"]);
  expect(byKey.out).toBe(out);
  expect(existsSync(join(cwd, ".millrace"))).toBe(false);
  expect(JSON.parse(readFileSync(join(cwd, "run.jsonl"), "utf8").split("\n")[0] ?? "")).toMatchObject({
    format: "millrace-journal",
    version: 1,
    scenario: "poison",
    seed: 1,
  });
});

// What it draws may change with the version, and so ids and the digest: the story may not.
test("the example's scenario runs its real handler and holds, as the README shows", async () => {
  const root = join(import.meta.dirname, "..", "..");
  const { code, out } = await runCommand(root, ["simulate", "examples/orders/poison.scenario.json"]);
  expect(out).toMatch(
    /TypeError: Cannot read properties of undefined \(reading 'total'\) at handlers\/orders\.ts:12:33$/m,
  );
  const shown = readFileSync(join(root, "README.md"), "utf8").split("\n");
  const begin = shown.findIndex((line) => line.startsWith("millrace 0.1.0 simulate poison"));
  const lines = shown.slice(begin, shown.indexOf("```", begin)).filter((line) => !/…| request /.test(line));
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) expect(out.split("\n")).toContain(line);
  expect(code).toBe(0);
});

test("--handler runs another handler; what it writes is in the story, and --allow-io says what is not guaranteed", async () => {
  const code = `export const process = async (event) => { console.log("records", event.Records.length, Date.now()); };
export const asks = async () => { await (await import("node:fs/promises")).readFile(import.meta.filename); };`;
  const cwd = folderWith({ "poison.scenario.json": JSON.stringify({ ...poison, expect: {} }), "mine.mjs": code });
  const words = ["simulate", "poison.scenario.json", "--handler"];
  const mine = await runCommand(cwd, [...words, "mine.process"]);
  expect(mine.out).toMatch(/^ +\+\d+\.\d{3} s log {6}orders [0-9a-f]{8} records \d+ \d{13}$/m);
  expect(mine.out).toMatch(/, 0 given up in /);
  expect((await runCommand(cwd, [...words, "mine.process"])).out).toBe(mine.out);
  const refused = await runCommand(cwd, [...words, "mine.asks"]);
  expect(refused.out).toMatch(/^handler {2}orders: refused/m);
  const allowed = await runCommand(cwd, [...words, "mine.asks", "--allow-io"]);
  expect(allowed.out).toMatch(/, 0 given up in /);
  expect(allowed.out).toMatch(/^digest {3}not guaranteed: .*readFile/m);
  const missing = await runCommand(cwd, [...words, "mine.proces"]);
  expect(missing.error).toMatch(/^error\[handler-not-found\]/);
  expect(missing.code).toBe(2);
});

test("what is no journal is told; exit 2", async () => {
  const { code, error } = await runCommand(folder(), ["explain", "bad", "--journal", "poison.scenario.json"]);
  expect(error).toMatch(/^error\[bad-argument\]: .*poison\.scenario\.json is no journal of this version/);
  expect(code).toBe(2);
});

test("a flaw of the file: its place and its path; exit 2, and nothing has run", async () => {
  const { code, out, error } = await runCommand(folder({ steps: [{ do: "sned" }] }), [
    "simulate",
    "poison.scenario.json",
  ]);
  expect(out).toBe("");
  expect(error).toMatch(
    /^error\[scenario-invalid\]: there is no step `sned`\n {2}--> poison\.scenario\.json:1:\d+ {2}steps\[0\]\.do\n/,
  );
  expect(error).toMatch(/^help: .*"do": "send"$/m);
  expect(code).toBe(2);
  const none = await runCommand(folder(), ["simulate", "none.json"]);
  expect(none.error).toMatch(/^error\[scenario-not-found\]: there is no file none\.json\n/);
  expect(none.code).toBe(2);
});

test("YAML is read as well, and the file's own seed is taken", async () => {
  const cwd = folderWith({
    "small.yaml":
      "seed: 42\nrecords:\n  - label: r1\n    partitionKey: k\n    data: '{}'\nexpect:\n  checkpoints: { '0': r1 }\n",
  });
  const { code, out } = await runCommand(cwd, ["simulate", "small.yaml"]);
  expect(out).toMatch(/simulate small {2}seed 42\n/);
  expect(code).toBe(0);
});

test("Ctrl-C ends a long run: exit 130, and no story of half of it", async () => {
  const cwd = folder({
    handler: { do: "throw", message: "no" },
    steps: [{ do: "create-mapping" }, { do: "send", records: ["r"] }, { do: "wait", seconds: 31_536_000 }],
    mapping: { ...poison.mapping, MaximumRetryAttempts: -1 },
  });
  const running = startCommand(cwd, ["simulate", "poison.scenario.json"]);
  await running.line(/seed 1/);
  running.signal("SIGINT");
  const { code, out, error } = await running.ended;
  expect(error).toBe("interrupted: what the file expects was not looked at\n");
  expect(out.trimEnd().split("\n")).toHaveLength(1);
  expect(code).toBe(130);
});
