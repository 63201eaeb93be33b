// A load plan's file: what it says in each notation, what stands where nothing is said, and where something is wrong.

import { join } from "node:path";
import { expect, test } from "vitest";
import { errorForm } from "../../src/cli/error-report.ts";
import { ConfigErrors } from "../../src/config/config-errors.ts";
import { MillraceError } from "../../src/errors.ts";
import type { LoadPlan } from "../../src/load/plan/plan.ts";
import type { LoadPlanFile } from "../../src/index.ts";
import { loadPlanFile } from "../../src/wiring/load/plan-file.ts";
import { mappingBodyOf } from "../../src/wiring/load/plan-mapping.ts";
import { folderWith } from "../config/folder.ts";

const home = { account: "000000000000", region: "us-east-1" };

async function planIn(name: string, text: string, others: Readonly<Record<string, string>> = {}): Promise<LoadPlan> {
  const cwd = folderWith({ [name]: text, ...others });
  return loadPlanFile(name, { cwd });
}

async function errorsIn(name: string, text: string): Promise<readonly string[]> {
  try {
    await planIn(name, text);
  } catch (error) {
    if (error instanceof ConfigErrors) return error.errors.map((each) => errorForm(each));
    if (error instanceof MillraceError) return [errorForm(error)];
    throw error;
  }
  return [];
}

const whole = {
  source: { kind: "kinesis", text: "kinesis:orders", stream: "orders", shards: 4 },
  mapping: { BatchSize: 100 },
  send: {
    phases: [
      { kind: "rate", perSecond: 50, forMs: 60_000 },
      { kind: "ramp", from: 0, to: 500, forMs: 1_500 },
      { kind: "burst", count: 1_000 },
    ],
    size: { kind: "fixed", bytes: 1_000 },
  },
};

test("YAML, JSON and a module say the same plan", async () => {
  const yaml = `
source: { name: "kinesis:orders", shards: 4 }
mapping: { BatchSize: 100 }
send:
  phases: [{ rate: 50, for: 60s }, { ramp: { from: 0, to: 500 }, for: 1.5s }, { burst: 1000 }]
  size: 1000
`;
  const value = {
    source: { name: "kinesis:orders", shards: 4 },
    mapping: { BatchSize: 100 },
    send: {
      phases: [{ rate: 50, for: "60s" }, { ramp: { from: 0, to: 500 }, for: "1.5s" }, { burst: 1000 }],
      size: 1000,
    },
  };
  const json = `// with comments\n${JSON.stringify(value)}`;
  const plans = [
    await planIn("a.plan.yaml", yaml),
    await planIn("a.plan.json", json),
    await planIn(
      "a.plan.ts",
      `const plan: object = ${JSON.stringify(value)};\nexport default { ...plan, seed: undefined };`,
    ),
  ];
  for (const plan of plans) expect(plan).toMatchObject({ name: "a", ...whole });
  expect(plans[1]).toEqual(plans[0]);
  expect(plans[2]).toEqual(plans[0]);
});

test("what is not said has its default", async () => {
  expect(await planIn("small.yaml", "source: sqs:work\nsend: { phases: [{ burst: 1 }] }")).toEqual({
    name: "small",
    run: "simulated",
    seed: 1,
    repetitions: 1,
    waitMs: 60_000,
    source: { kind: "sqs", text: "sqs:work", queue: "work", isFifo: false, visibilityMs: 30_000, deadLetters: null },
    mapping: {},
    function: {
      name: "load",
      timeoutMs: 3_000,
      memoryMb: 128,
      reservedConcurrency: null,
      does: {
        kind: "model",
        took: { kind: "fixed", ms: 50 },
        perRecordMs: 0,
        coldStartMs: 0,
        errorShare: 0,
        throttleShare: 0,
        onPoison: "throw",
      },
    },
    send: {
      phases: [{ kind: "burst", count: 1 }],
      arrivals: "even",
      isPerShard: false,
      keys: null,
      size: null,
      poisonShare: 0,
      data: { n: "${n}" },
    },
    sweep: [],
    expect: [],
    prices: {
      perMillionRequests: 0.2,
      perGbSecond: 0.0000166667,
      memoryMb: 128,
      note: "AWS's list prices for us-east-1, x86, as of November 2026",
    },
  });
});

test("a handler's path is relative to the plan's folder", async () => {
  const text = "source: sqs:work\nfunction: { handler: handlers/work.process }\nsend: { phases: [{ burst: 1 }] }";
  const cwd = folderWith({ "plans/w.yaml": text, "plans/handlers/work.ts": "export const process = () => null;" });
  const { does } = (await loadPlanFile("plans/w.yaml", { cwd })).function;
  expect(does).toEqual({
    kind: "file",
    file: join(cwd, "plans", "handlers", "work.ts"),
    exportName: "process",
    environment: {},
    isBundled: true,
  });
});

test("a handler that is not there is told with the likely one", async () => {
  const text = "source: sqs:work\nfunction: { handler: work.process }\nsend: { phases: [{ burst: 1 }] }\n";
  const cwd = folderWith({ "w.yaml": text, "works.ts": "export const process = () => null;" });
  await expect(loadPlanFile("w.yaml", { cwd })).rejects.toMatchObject({
    code: "handler-not-found",
    help: "handler: works.process",
    place: { line: 2, column: 22 },
  });
});

test.each([
  [
    "kinesis:orders",
    { EventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/orders", StartingPosition: "TRIM_HORIZON" },
  ],
  ["sqs:work.fifo", { EventSourceArn: "arn:aws:sqs:us-east-1:000000000000:work.fifo" }],
  ["rabbitmq:shop/work", { EventSourceArn: "arn:aws:mq:us-east-1:000000000000:broker:shop:b-1", Queues: ["work"] }],
  [
    "kafka:127.0.0.1:9092/orders",
    { SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["127.0.0.1:9092"] } }, Topics: ["orders"] },
  ],
  [
    "documentdb:docs/shop/orders",
    {
      EventSourceArn: "arn:aws:rds:us-east-1:000000000000:cluster:docs",
      DocumentDBEventSourceConfig: { DatabaseName: "shop", CollectionName: "orders" },
    },
  ],
])("%s: the mapping's own members", async (source, members) => {
  const plan = await planIn("p.json", JSON.stringify({ source, send: { phases: [{ burst: 1 }] } }));
  expect(mappingBodyOf(plan, home)).toMatchObject({ FunctionName: "load", ...members });
});

test("patterns and destinations may be short, as in a configuration", async () => {
  const mapping = {
    FilterCriteria: { Filters: [{ Pattern: { data: { n: [1] } } }] },
    DestinationConfig: { OnFailure: { Destination: "sqs:failed" } },
  };
  const plan = await planIn(
    "p.json",
    JSON.stringify({ source: "kinesis:a", mapping, send: { phases: [{ burst: 1 }] } }),
  );
  expect(mappingBodyOf(plan, home)).toMatchObject({
    FilterCriteria: { Filters: [{ Pattern: '{"data":{"n":[1]}}' }] },
    DestinationConfig: { OnFailure: { Destination: "arn:aws:sqs:us-east-1:000000000000:failed" } },
  });
});

test("a misspelt member is told with its place, the likely name and the line that was meant", async () => {
  const text = "source: sqs:work\nmapping:\n  MaximumBatchingWindow: 1\nsend: { phases: [{ burst: 1 }] }\n";
  expect(await errorsIn("a.yaml", text)).toEqual([
    `error[plan-unknown-key]: \`MaximumBatchingWindow\` is no member of \`mapping\`
  --> a.yaml:3:3
 3 |   MaximumBatchingWindow: 1
   |   ^^^^^^^^^^^^^^^^^^^^^ perhaps MaximumBatchingWindowInSeconds
help: MaximumBatchingWindowInSeconds: 1    # whole seconds, 0 to 300
`,
  ]);
});

test("a time without a unit", async () => {
  const text = "source: sqs:work\nsend:\n  phases:\n    - { rate: 50, for: 60 }\n";
  expect(await errorsIn("a.yaml", text)).toEqual([
    expect.stringContaining("error[plan-invalid]: `for` is 60, and has to be a time with its unit"),
  ]);
});

test("a file that is not there, one of no known ending, one with broken syntax", async () => {
  await expect(loadPlanFile("none.yaml", { cwd: folderWith({}) })).rejects.toMatchObject({ code: "plan-not-found" });
  expect(await errorsIn("plan.txt", "")).toEqual([expect.stringContaining("plan.txt has none of the endings")]);
  expect(await errorsIn("a.json", '{"source": }')).toEqual([expect.stringContaining("error[plan-syntax]")]);
});

const send = { phases: [{ burst: 1 }] };

test.each<readonly [string, Readonly<Record<string, unknown>>, string]>([
  [
    "shards of a queue",
    { source: { name: "sqs:a", shards: 2 }, send },
    "`shards` is of a Kinesis stream, and the source is a queue of SQS",
  ],
  ["a source of no kind", { source: "kinesys:a", send }, "`kinesys:a` is of no kind of source"],
  ["half a source", { source: "rabbitmq:a", send }, "`rabbitmq:a` names no source"],
  ["keys of a queue", { source: "sqs:a", send: { ...send, keys: {} } }, "records of sqs:a have no keys"],
  [
    "groups of a stream",
    { source: "kinesis:a", send: { ...send, groups: {} } },
    "only messages of a FIFO queue have groups",
  ],
  [
    "no keys of a stream",
    { source: "kinesis:a", send: { ...send, keys: "none" } },
    "each record of kinesis:a has a key",
  ],
  [
    "more records than may be, on all shards together",
    { source: { name: "kinesis:a", shards: 10 }, send: { phases: [{ burst: 1_000_001 }], perShard: true } },
    "they send over 10,000,000 records",
  ],
  [
    "more records than may be, on as many shards as a sweep has",
    { source: "kinesis:a", send: { phases: [{ burst: 1_000_001 }], perShard: true }, sweep: { shards: [1, 10] } },
    "they send over 10,000,000 records",
  ],
  [
    "a size that the last records of many shards do not keep",
    { source: { name: "kinesis:a", shards: 100 }, send: { phases: [{ burst: 9 }], perShard: true, size: 8 } },
    "the data alone takes 10 bytes",
  ],
  ["perShard of a queue", { source: "sqs:a", send: { ...send, perShard: true } }, "sqs:a has no shards or partitions"],
  [
    "a hot key with perShard",
    { source: "kinesis:a", send: { ...send, perShard: true, keys: { hotShare: 0.5 } } },
    "with `perShard` every shard gets as much",
  ],
  [
    "Zipf's law and a hot key",
    { source: "kinesis:a", send: { ...send, keys: { distribution: "zipf", hotShare: 0.5 } } },
    "by Zipf's law",
  ],
  [
    "a hot key of one",
    { source: "kinesis:a", send: { ...send, keys: { count: 1, hotShare: 0.5 } } },
    "one key has all records",
  ],
  ["a size under that of the data", { source: "sqs:a", send: { ...send, size: 6 } }, "the data alone takes 7 bytes"],
  [
    "the place of a key that is none",
    { source: "sqs:a", send: { ...send, data: { k: "${key}" } } },
    "that ${key} could stand for",
  ],
  [
    "a pause at the end",
    { source: "sqs:a", send: { phases: [{ burst: 1 }, { pause: "1s" }] } },
    "nothing is sent after the last pause",
  ],
  ["Poisson bursts", { source: "sqs:a", send: { ...send, arrivals: "poisson" } }, "only a rate or a ramp has arrivals"],
  [
    "too many records",
    { source: "sqs:a", send: { phases: [{ rate: 1_000_000, for: "11s" }] } },
    "they send over 10,000,000 records",
  ],
  [
    "reports that nobody reads",
    { source: "kinesis:a", send, function: { onPoison: "report" } },
    "needs a mapping that reads such answers",
  ],
  [
    "throttles by chance, live",
    { source: "kinesis:a", send, run: "live", function: { throttleShare: 0.1 } },
    "a live run throttles only",
  ],
  [
    "half a second of timeout",
    { source: "kinesis:a", send, function: { timeout: "500ms" } },
    "has to be whole seconds, 1 to 900",
  ],
  [
    "times upside down",
    { source: "kinesis:a", send, function: { took: { min: "2s", max: "1s" } } },
    "`min` is more than `max`",
  ],
  [
    "a sweep by nothing",
    { source: "kinesis:a", send, sweep: { BatchSise: [1] } },
    "`BatchSise` is nothing that a sweep can vary",
  ],
  [
    "a sweep of shards of a queue",
    { source: "sqs:a", send, sweep: { shards: [1] } },
    "`shards` is of a Kinesis stream",
  ],
  [
    "a sweep by an object",
    { source: "sqs:a", send, sweep: { ScalingConfig: [2] } },
    "`ScalingConfig` is no single value",
  ],
  [
    "a value that its member cannot have",
    { source: "kinesis:a", send, sweep: { BatchSize: [10, 20_000] } },
    "`20000` cannot be a value of BatchSize",
  ],
  ["a value twice", { source: "sqs:a", send, sweep: { BatchSize: [2, 2] } }, "`2` is there twice"],
  [
    "swept and set",
    { source: "sqs:a", send, mapping: { BatchSize: 3 }, sweep: { BatchSize: [2] } },
    "its value in `mapping` has no effect",
  ],
  [
    "a member that the source makes",
    { source: "sqs:a", send, mapping: { FunctionName: "x" } },
    "`FunctionName` is no member of `mapping`",
  ],
  ["an expectation of nothing", { source: "sqs:a", send, expect: ["iteratrAge.p99 < 2s"] }, "iteratrAge"],
])("refused: %s", async (_name, plan, what) => {
  expect(await errorsIn("p.json", JSON.stringify(plan))).toEqual([expect.stringContaining(what)]);
});

test("a plan in TypeScript has a type", () => {
  const plan = {
    source: { name: "kinesis:orders", shards: 4 },
    send: { phases: [{ burst: 1_000 }, ...[100, 500].map((rate) => ({ rate, for: "30s" }))] },
    // @ts-expect-error A misspelt member.
    sweeps: {},
  } satisfies LoadPlanFile;
  expect(plan.source.shards).toBe(4);
});
