// What a scenario's steps do to the world: each seen by what the function is called with, when, and where the checkpoint ends.

import { describe, expect, test } from "vitest";
import type { Entry } from "../../src/ports/journal.ts";
import type { Scenario } from "../../src/sim/scenario.ts";
import { withGeneratedRecords } from "../../src/sim/scenario-records.ts";
import { parseScenario } from "../../src/wiring/scenario-file.ts";
import { type SimulatedRun, simulateScenario } from "../../src/wiring/simulate-scenario.ts";

const started = [{ do: "create-mapping" }, { do: "wait-state", state: "Enabled" }];
const drained = { do: "wait-drained", within_s: 86_400 };
const three = ["r1", "r2", "r3"].map((label) => ({ label, partitionKey: label, data: label }));

const scenarioOf = (members: object): Scenario =>
  parseScenario(JSON.stringify({ records: three, ...members }), { shownFile: "s.json", folder: null });

const made = (members: object): Scenario => withGeneratedRecords(scenarioOf(members), 1);

const ran = (members: object, seed = 1): Promise<SimulatedRun> => simulateScenario(scenarioOf(members), { seed });

const startsOf = ({ transcript, startedAtMs }: SimulatedRun): readonly number[] =>
  transcript.invocations.map(({ start_ms }) => (start_ms - startedAtMs) / 1_000);

const kindsOf = (entries: readonly Entry[], kind: Entry["kind"]): number =>
  entries.filter((entry) => entry.kind === kind).length;

const each = { mode: "union", records: ["r1", "r2", "r3"] };

describe("steps", () => {
  test("set-clock back: retries keep the time that they had left", async () => {
    const run = await ran({
      handler: { do: "throw", message: "no", times: 2 },
      steps: [
        ...started,
        { do: "send", records: ["r1"] },
        { do: "wait", seconds: 0.1 },
        { do: "set-clock", by_s: -3_600 },
        drained,
      ],
      expect: { invocations: { mode: "deliveries", deliveries: { r1: 3 } } },
    });
    expect(run.differences).toEqual([]);
    expect(run.elapsedMs).toBeLessThan(2_000);
  });

  test("set-clock on: a record is too old at once (E-13)", async () => {
    const run = await ran({
      setup: { source: { type: "kinesis-stream" }, functions: [{ name: "function" }] },
      mapping: {
        EventSourceArn: "${source.arn}",
        FunctionName: "function",
        StartingPosition: "TRIM_HORIZON",
        MaximumRecordAgeInSeconds: 60,
      },
      handler: { do: "throw", message: "no" },
      steps: [
        ...started,
        { do: "send", records: ["r1"] },
        { do: "wait", seconds: 1 },
        { do: "set-clock", by_s: 120 },
        drained,
      ],
      expect: { given_up: { r1: "RecordAgeExceeded" } },
    });
    expect(run.differences).toEqual([]);
    expect(run.elapsedMs).toBeLessThan(10_000);
  });

  test("split-shard and merge-shards: all is delivered, children after their parents (P-8)", async () => {
    const run = await ran({
      steps: [
        ...started,
        { do: "send", records: ["r1"] },
        { do: "split-shard", shard: "0" },
        { do: "send", records: ["r2"] },
        { do: "merge-shards", shards: ["1", "2"] },
        { do: "send", records: ["r3"] },
        drained,
      ],
      expect: { invocations: each, checkpoints: { 0: "r1", 3: "r3" } },
    });
    expect(run.differences).toEqual([]);
  });

  test("a shard that is not open is named with those that are", async () => {
    const run = await ran({ steps: [...started, { do: "split-shard", shard: "7" }] });
    expect(run.differences).toEqual(["there is no open shard 7; open are shardId-000000000000"]);
  });

  test("outage: nothing is read while it lasts, and nothing is lost", async () => {
    const run = await ran({
      steps: [...started, { do: "outage", seconds: 60 }, { do: "send", records: ["r1", "r2", "r3"] }, { ...drained }],
      expect: { invocations: each },
    });
    expect(run.differences).toEqual([]);
    expect(startsOf(run)[0]).toBeGreaterThanOrEqual(60);
    expect(kindsOf(run.entries, "source-problem")).toBeGreaterThan(0);
  });

  test("throttle: calls wait and use no attempt up (E-4)", async () => {
    const run = await ran({
      steps: [...started, { do: "throttle", seconds: 30 }, { do: "send", records: ["r1", "r2", "r3"] }, drained],
      expect: { invocations: each },
    });
    expect(run.differences).toEqual([]);
    expect(startsOf(run)[0]).toBeGreaterThanOrEqual(30);
  });

  test("deploy: the next attempt runs the new handler", async () => {
    const run = await ran({
      handler: { do: "throw", message: "no" },
      steps: [
        ...started,
        { do: "send", records: ["r1", "r2", "r3"] },
        { do: "wait", seconds: 10 },
        { do: "deploy", handler: { do: "return" } },
        drained,
      ],
      expect: { given_up: [], checkpoints: { 0: "r3" } },
    });
    expect(run.differences).toEqual([]);
  });

  test("crash: what was being called comes again, as delivery is at least once (P-12)", async () => {
    const run = await ran({
      handler: { do: "return", delay_s: 2 },
      steps: [
        ...started,
        { do: "send", records: ["r1"] },
        { do: "wait", seconds: 1 },
        { do: "crash", down_s: 30 },
        drained,
      ],
      expect: { checkpoints: { 0: "r1" } },
    });
    expect(run.differences).toEqual([]);
    expect(startsOf(run).at(-1)).toBeGreaterThanOrEqual(31);
  });

  test("restart: what runs may end, so that nothing comes twice (H-6)", async () => {
    const run = await ran({
      handler: { do: "return", delay_s: 2 },
      steps: [
        ...started,
        { do: "send", records: ["r1"] },
        { do: "wait", seconds: 1 },
        { do: "restart", down_s: 30 },
        { do: "send", records: ["r2", "r3"] },
        drained,
      ],
      expect: { invocations: each },
    });
    expect(run.differences).toEqual([]);
    expect(startsOf(run).at(-1)).toBeGreaterThanOrEqual(32);
  });

  test("disable, enable and update-mapping", async () => {
    const run = await ran({
      steps: [
        ...started,
        { do: "disable" },
        { do: "wait-state", state: "Disabled" },
        { do: "send", records: ["r1", "r2", "r3"] },
        { do: "wait", seconds: 100 },
        { do: "update-mapping", set: { BatchSize: 1 } },
        { do: "enable" },
        drained,
      ],
      expect: {
        states: [{ after: "disable", state: "Disabled" }],
        invocations: { mode: "sequence", list: [{ records: ["r1"] }, { records: ["r2"] }, { records: ["r3"] }] },
        responses: { enable: { status: 202 } },
      },
    });
    expect(run.differences).toEqual([]);
    expect(startsOf(run)[0]).toBeGreaterThanOrEqual(100);
  });

  test("at_s: a step is taken at its instant, and one that is past is told", async () => {
    const run = await ran({
      steps: [...started, { do: "send", records: ["r1"], at_s: 30 }, drained, { do: "wait", seconds: 1, at_s: 20 }],
    });
    expect(startsOf(run)).toEqual([30]);
    expect(run.differences).toEqual(["wait at_s 20: it is 30.002 s already"]);
  });
});

describe("handlers", () => {
  test("throw with a share: of many calls about so many fail, the same ones for the same seed", async () => {
    const members = {
      handler: { do: "throw", message: "no", share: 0.3 },
      records: [{ generate: { label: "r", count: 400, every_ms: 1_000 } }],
    };
    const run = await ran(members, 5);
    const failed = run.entries.filter((entry) => entry.kind === "decided" && entry.outcome === "threw").length;
    expect(failed / run.calls.length).toBeGreaterThan(0.2);
    expect(failed / run.calls.length).toBeLessThan(0.4);
    expect((await ran(members, 5)).digest).toBe(run.digest);
    expect((await ran(members, 6)).digest).not.toBe(run.digest);
  });

  test("throttle with a share uses no attempt up; from_s and until_s bound what fails", async () => {
    const run = await ran({
      handler: { do: "throw", message: "no", from_s: 0, until_s: 5, throttle: 0.5 },
      expect: { given_up: [] },
    });
    expect(run.differences).toEqual([]);
    const decided = run.entries.flatMap((entry) => (entry.kind === "decided" ? [entry] : []));
    expect(decided.some(({ outcome }) => outcome === "throttled")).toBe(true);
    expect(decided.at(-1)).toMatchObject({ outcome: "ok" });
    expect(run.elapsedMs).toBeGreaterThanOrEqual(5_000);
  });

  test("time-out runs into the function's limit (E-1)", async () => {
    const run = await ran({
      setup: { source: { type: "kinesis-stream" }, functions: [{ name: "function", timeout_s: 7 }] },
      mapping: { EventSourceArn: "${source.arn}", FunctionName: "function", StartingPosition: "TRIM_HORIZON" },
      handler: { do: "time-out", times: 1 },
    });
    const [first] = run.entries.flatMap((entry) => (entry.kind === "decided" ? [entry] : []));
    expect(first).toMatchObject({ outcome: "timed out", tookMs: 7_000 });
  });

  test("delays, a delay a record, and a cold start where no environment is free", async () => {
    const run = await ran({
      handler: { do: "return", delay_s: { min: 1, max: 2 }, delay_per_record_s: 0.1, cold_start_s: 0.5 },
      steps: [...started, { do: "send", records: ["r1"] }, drained, { do: "send", records: ["r2", "r3"] }, drained],
    });
    const [first = 0, second = 0] = run.transcript.invocations.map(({ start_ms, end_ms }) => end_ms - start_ms);
    expect(first).toBeGreaterThanOrEqual(1_600);
    expect(first).toBeLessThanOrEqual(2_602);
    expect(second).toBeGreaterThanOrEqual(1_200);
    expect(second).toBeLessThanOrEqual(2_202);
  });
});

describe("generated records", () => {
  test.each([
    ["even", [0, 0.1, 0.2, 0.3, 0.4, 0.5]],
    ["burst", [0, 0, 0, 0.3, 0.3, 0.3]],
  ])("%s arrivals", (arrivals, times) => {
    const scenario = made({
      records: [
        { generate: { label: "r", count: 6, every_ms: 100, arrivals, ...(arrivals === "burst" ? { burst: 3 } : {}) } },
      ],
    });
    expect(scenario.records.map(({ at_s }) => at_s)).toEqual(times);
  });

  test("poisson arrivals come at the rate on average, in order", () => {
    const scenario = made({
      records: [{ generate: { label: "r", count: 2_000, rate: 100, arrivals: "poisson" } }],
    });
    const times = scenario.records.map(({ at_s = 0 }) => at_s);
    expect(times.at(-1)).toBeGreaterThan(17);
    expect(times.at(-1)).toBeLessThan(23);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test("keys, sizes, poison and templates", () => {
    const scenario = made({
      records: [
        {
          generate: {
            label: "r",
            count: 1_000,
            keys: { count: 10, prefix: "k", hot_share: 0.5 },
            size: { min: 100, max: 200 },
            poison_share: 0.1,
            data: { order: "${n}", name: "${label} of ${key}" },
          },
        },
      ],
    });
    const { records } = scenario;
    const hot = records.filter(({ partitionKey }) => partitionKey === "k1").length;
    expect(hot).toBeGreaterThan(430);
    expect(hot).toBeLessThan(570);
    const sizes = records.map(({ data = "" }) => data.length);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(200);
    const values = records.map(({ data = "" }) => JSON.parse(data));
    const poisoned = values.filter(({ poison }) => poison === true).length;
    expect(poisoned).toBeGreaterThan(60);
    expect(poisoned).toBeLessThan(140);
    expect(values[6]).toMatchObject({ order: 7, name: `r7 of ${records[6]?.partitionKey}` });
  });

  test("zipf: the first key comes most often", () => {
    const scenario = made({
      records: [{ generate: { label: "r", count: 2_000, keys: { count: 50, distribution: "zipf" } } }],
    });
    const count = (key: string): number => scenario.records.filter(({ partitionKey }) => partitionKey === key).length;
    expect(count("key-1")).toBeGreaterThan(count("key-10") * 4);
  });

  test("in the background records arrive while steps go on, and are waited for at the end", async () => {
    const run = await ran({
      records: [{ generate: { label: "r", count: 100, every_ms: 100 } }],
      steps: [
        ...started,
        { do: "send", records: ["r"], background: true },
        { do: "wait", seconds: 2 },
        { do: "outage", seconds: 3 },
        drained,
      ],
      expect: { checkpoints: { 0: "r100" }, batches: { count: { $gte: 20 } } },
    });
    expect(run.differences).toEqual([]);
  });

  test("of a table: new items, whose changes are delivered", async () => {
    const run = await ran({
      setup: { source: { type: "dynamodb-stream", key: "id" }, functions: [{ name: "function" }] },
      mapping: { EventSourceArn: "${source.arn}", FunctionName: "function", StartingPosition: "TRIM_HORIZON" },
      records: [{ generate: { label: "r", count: 20, rate: 10, data: { total: "${n}" } } }],
      expect: { invocations: { mode: "union", records: Array.from({ length: 20 }, (_, index) => `r${index + 1}`) } },
    });
    expect(run.differences).toEqual([]);
    expect(run.transcript.invocations[0]?.event).toMatchObject({
      Records: [{ eventName: "INSERT", dynamodb: { Keys: { id: { S: "r1" } }, NewImage: { total: { N: "1" } } } }],
    });
  });
});

const changes: Readonly<Record<string, readonly object[]>> = {
  crash: [{ do: "crash", down_s: 5 }],
  restart: [{ do: "restart", down_s: 5 }],
  outage: [{ do: "outage", seconds: 10 }],
  split: [{ do: "split-shard", shard: "0" }],
  merge: [{ do: "merge-shards", shards: ["0", "1"] }],
  "clock on": [{ do: "set-clock", by_s: 3_600 }],
  "clock back": [{ do: "set-clock", by_s: -3_600 }],
  throttle: [{ do: "throttle", seconds: 20 }],
  "disable and enable": [{ do: "disable" }, { do: "wait", seconds: 5 }, { do: "enable" }],
  several: [
    { do: "split-shard", shard: "0" },
    { do: "crash", down_s: 5 },
    { do: "wait", seconds: 7 },
    { do: "merge-shards", shards: ["2", "3"] },
    { do: "restart" },
    { do: "outage", seconds: 3 },
  ],
};

describe("in the midst of records that arrive and calls that fail every law holds", () => {
  test.for(Object.entries(changes))("%s", async ([, steps]) => {
    for (const seed of [1, 2, 3]) {
      const run = await ran(
        {
          setup: { source: { type: "kinesis-stream", shards: 2 }, functions: [{ name: "function" }] },
          mapping: {
            EventSourceArn: "${source.arn}",
            FunctionName: "function",
            StartingPosition: "TRIM_HORIZON",
            BatchSize: 5,
            MaximumBatchingWindowInSeconds: seed - 1,
          },
          handler: { do: "throw", message: "no", share: 0.2, delay_s: { min: 0, max: 2 } },
          records: [{ generate: { label: "r", count: 60, rate: 2, keys: { count: 8 } } }],
          steps: [
            ...started,
            { do: "send", records: ["r"], background: true },
            { do: "wait", seconds: 7.3 },
            ...steps,
            drained,
          ],
          expect: { checkers: true },
        },
        seed,
      );
      expect(run.differences).toEqual([]);
      expect(run.calls.length).toBeGreaterThan(10);
    }
  });
});
