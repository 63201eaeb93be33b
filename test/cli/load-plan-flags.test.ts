// The flags of `millrace load` that say what a plan's file may say: alone, before a file's members, and what is told of them.

import { Command } from "commander";
import { expect, test } from "vitest";
import { planFromFlags } from "../../src/cli/load/plan-flags.ts";
import { type PlanFlags, withPlanFlags } from "../../src/cli/load/plan-options.ts";
import { MillraceError } from "../../src/errors.ts";
import { folderWith } from "../config/folder.ts";

function flagsOf(words: readonly string[]): PlanFlags {
  const command = withPlanFlags(new Command().exitOverride());
  return command.parse(words, { from: "user" }).opts();
}
const planOf = (...words: readonly string[]) => planFromFlags(flagsOf(words), { file: null, cwd: "/" });

async function errorOf(words: readonly string[], file: string | null = null, cwd = "/"): Promise<string> {
  try {
    await planFromFlags(flagsOf(words), { file, cwd });
  } catch (error) {
    if (error instanceof MillraceError) return `${error.code}: ${error.message} | ${error.help}`;
    throw error;
  }
  return "no error";
}

test("a plan of flags alone", async () => {
  const words =
    "--source kinesis:orders --shards 4 --burst 5 --rate 200 --for 30s --ramp 0..500@10s --size 1000 --keys 8 --hot 50% " +
    "--poison 0.01 --took 10ms..90ms --error-rate 0.1 --set BatchSize=10 --live --seed 7 --runs 5 " +
    "--set FunctionResponseTypes=ReportBatchItemFailures --sweep ParallelizationFactor=1,2,10";
  const plan = await planOf(...words.split(" "));
  expect(plan).toMatchObject({
    run: "live",
    seed: 7,
    repetitions: 5,
    source: { kind: "kinesis", stream: "orders", shards: 4 },
    mapping: { BatchSize: 10, FunctionResponseTypes: ["ReportBatchItemFailures"] },
    function: { does: { took: { kind: "between", minMs: 10, maxMs: 90 }, errorShare: 0.1, onPoison: "report" } },
    send: {
      phases: [
        { kind: "burst", count: 5 },
        { kind: "rate", perSecond: 200, forMs: 30_000 },
        { kind: "ramp", from: 0, to: 500, forMs: 10_000 },
      ],
      keys: { count: 8, hotShare: 0.5 },
      size: { kind: "fixed", bytes: 1_000 },
      poisonShare: 0.01,
    },
    sweep: [{ member: "ParallelizationFactor", values: [1, 2, 10] }],
  });
});

test("the forms of --took, --size and --keys", async () => {
  const sent = ["--source", "kafka:shop/orders", "--burst", "1"];
  const percentiles = await planOf(...sent, "--took", "p50=40ms,p99=200ms", "--size", "100..200", "--keys", "none");
  expect(percentiles.function.does).toMatchObject({ took: { kind: "lognormal", p50Ms: 40, p99Ms: 200 } });
  expect(percentiles.send).toMatchObject({ size: { kind: "between", min: 100, max: 200 }, keys: null });
  const normal = await planOf(...sent, "--took", "mean=40ms,deviation=5ms");
  expect(normal.function.does).toMatchObject({ took: { kind: "normal", meanMs: 40, deviationMs: 5 } });
});

const file = `source: { name: "kinesis:orders", shards: 4 }
mapping: { BatchSize: 100, MaximumBatchingWindowInSeconds: 1 }
function: { name: mine, handler: work.process }
send: { phases: [{ rate: 50, for: 60s }], keys: { count: 8, hotShare: 0.5 } }
sweep: { ParallelizationFactor: [1, 2] }
`;

test("a flag comes before the file's member, and leaves its neighbours", async () => {
  const cwd = folderWith({ "a.plan.yaml": file, "work.ts": "export const process = () => null;" });
  const words = ["--set", "ParallelizationFactor=3", "--sweep", "BatchSize=10,20", "--keys", "9", "--took", "5ms"];
  expect(await planFromFlags(flagsOf(words), { file: "a.plan.yaml", cwd })).toMatchObject({
    source: { stream: "orders", shards: 4 },
    mapping: { MaximumBatchingWindowInSeconds: 1, ParallelizationFactor: 3 },
    sweep: [{ member: "BatchSize", values: [10, 20] }],
    send: { keys: { count: 9, hotShare: 0.5 }, phases: [{ perSecond: 50, forMs: 60_000 }] },
    function: { name: "mine", does: { kind: "model", took: { kind: "fixed", ms: 5 } } },
  });
  const other = await planFromFlags(flagsOf(["--source", "kinesis:others"]), { file: "a.plan.yaml", cwd });
  expect(other.source).toEqual({ kind: "kinesis", text: "kinesis:others", stream: "others", shards: 1 });
});

test("what a flag sweeps is no more set by the file, and the other way round", async () => {
  const set = `source: { name: "kinesis:orders", shards: 4 }
function: { reservedConcurrency: 2 }
send: { phases: [{ burst: 1 }] }
sweep: { BatchSize: [1, 2] }
`;
  const cwd = folderWith({
    "set.yaml": set,
    "swept.yaml": set.replace(", shards: 4", "").replace("BatchSize", "shards"),
  });
  const swept = ["--sweep", "shards=1,2", "--sweep", "reservedConcurrency=1,3"];
  expect(await planFromFlags(flagsOf(swept), { file: "set.yaml", cwd })).toMatchObject({
    source: { shards: 1 },
    function: { reservedConcurrency: null },
    sweep: [
      { member: "BatchSize", values: [1, 2] },
      { member: "shards", values: [1, 2] },
      { member: "reservedConcurrency", values: [1, 3] },
    ],
  });
  expect(await planFromFlags(flagsOf(["--shards", "3"]), { file: "swept.yaml", cwd })).toMatchObject({
    source: { shards: 3 },
    sweep: [],
  });
});

test("what is wrong with a flag is told of the flag", async () => {
  const burst = ["--burst", "1"];
  expect(await errorOf([])).toMatch(/^bad-argument: which source\?.*\| millrace load --source/);
  expect(await errorOf(["--source", "kinesis:a"])).toMatch(/^bad-argument: what is to be sent\?/);
  expect(await errorOf(["--source", "kinesys:a", ...burst])).toBe(
    "bad-argument: --source: `kinesys:a` is of no kind of source | kinesis:a",
  );
  expect(await errorOf(["--source", "sqs:a", ...burst, "--keys", "3"])).toMatch(
    /--keys: records of sqs:a have no keys/,
  );
  expect(await errorOf(["--source", "kinesis:a", ...burst, "--for", "3s"])).toMatch(/--for is how long --rate lasts/);
  expect(await errorOf(["--source", "kinesis:a", ...burst, "--took", "40"])).toMatch(/--took: `took` is the text `40`/);
  expect(await errorOf(["--source", "kinesis:a", ...burst, "--set", "BatchSise=4"])).toMatch(
    /--set BatchSise: `BatchSise` is no member of `mapping` \| BatchSize: 4/,
  );
  expect(await errorOf(["--source", "kinesis:a", ...burst, "--simulated", "--live"])).toMatch(
    /either --simulated or --live/,
  );
});

test("a flag's flaw is told of it beside a file, too", async () => {
  const cwd = folderWith({ "a.plan.yaml": file, "work.ts": "export const process = () => null;" });
  expect(await errorOf(["--groups", "3"], "a.plan.yaml", cwd)).toMatch(
    /^bad-argument: --groups: only messages of a FIFO/,
  );
});

test.each([
  ["a member set twice", "--set BatchSize=1 --set BatchSize=2", "--set BatchSize is there twice"],
  ["a member swept twice", "--sweep BatchSize=1,2 --sweep BatchSize=3", "--sweep BatchSize is there twice"],
  ["a model's time beside a handler", "--took 40ms --handler own.handle", "`handler` cannot stand beside `took` in"],
  ["a time without its unit", "--took 40", 'took: "40ms"'],
  ["a hot key without keys", "--source sqs:a --hot 0.5", "leave out what is said of keys: --keys, --hot"],
  ["a short table's name", "--source dynamodb:t", "a table's name has 3 to 255"],
])("%s is refused", async (_, words, said) => {
  const source = words.includes("--source") ? [] : ["--source", "kinesis:a"];
  expect(await errorOf([...source, "--burst", "1", ...words.split(" ")])).toContain(said);
});
