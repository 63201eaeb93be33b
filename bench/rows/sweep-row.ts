// The row "load sweep": a load plan of twelve settings under virtual time, with the figures of each, as `millrace load` makes its report.
// Each round has a process of its own, started before the time is taken.

import type { LoadPlan } from "../../src/load/plan/plan.ts";
import { startChild } from "../child.ts";
import type { Figure, RowResult } from "../results.ts";
import type { SweepAnswer } from "../simulator/simulate-answer.ts";
import { spreadOf } from "../spread.ts";

const SETTINGS = 12;
const MB = 1_048_576;
const GOAL_S = 60;
const PER_SECOND = 10_000;

export async function measureSweep(world: { readonly isQuick: boolean; readonly rounds: number }): Promise<RowResult> {
  const recordCount = world.isQuick ? 50_000 : 1_000_000;
  const answers: SweepAnswer[] = [];
  for (let round = 0; round < world.rounds; round += 1) answers.push(await oneRound(planOf(recordCount)));
  const name = `${SETTINGS} settings, ${recordCount.toLocaleString("en")} records each`;
  return {
    row: "load sweep",
    measures: `${name}: a Kinesis stream of 8 shards, 10,000 records a second of 1,000 bytes and 1,000 keys, batches of 10 to 10,000 with windows of 0, 1 and 5 s, a function of 40 ms; through the mapping API and the production runtime, to the figures of the report`,
    leavesOut: "starting the process, the report's page; the function is a model and reads no record",
    figures: [
      {
        ...figure(
          name,
          "s",
          answers.map(({ seconds }) => seconds),
        ),
        goal: world.isQuick ? null : { bound: GOAL_S, kind: "most" },
      },
      figure(
        "processor time of all its threads",
        "s",
        answers.map(({ cpuSeconds }) => cpuSeconds),
      ),
      figure(
        "a record and setting",
        "µs",
        answers.map(({ seconds, recordCount: all }) => (seconds * 1e6) / all),
      ),
      figure(
        "memory at most",
        "MB",
        answers.map(({ mostBytes }) => mostBytes / MB),
      ),
    ],
  };
}

async function oneRound(plan: LoadPlan): Promise<SweepAnswer> {
  const child = startChild(new URL("../simulator/simulating.ts", import.meta.url));
  try {
    return await child.ask<SweepAnswer>("sweep", plan);
  } finally {
    await child.end();
  }
}

const figure = (name: string, unit: string, values: readonly number[]): Figure => ({
  name,
  unit,
  spread: spreadOf(values),
  digits: unit === "MB" ? 0 : 2,
  goal: null,
  isMoreBetter: false,
});

const planOf = (recordCount: number): LoadPlan => ({
  name: "sweep",
  run: "simulated",
  seed: 1,
  repetitions: 1,
  waitMs: 60_000,
  source: { kind: "kinesis", text: "kinesis:orders", stream: "orders", shards: 8 },
  mapping: {},
  function: {
    name: "process",
    timeoutMs: 3_000,
    memoryMb: 128,
    reservedConcurrency: null,
    does: {
      kind: "model",
      took: { kind: "fixed", ms: 40 },
      perRecordMs: 0,
      coldStartMs: 0,
      errorShare: 0,
      throttleShare: 0,
      onPoison: "throw",
    },
  },
  send: {
    phases: [{ kind: "rate", perSecond: PER_SECOND, forMs: (recordCount / PER_SECOND) * 1_000 }],
    arrivals: "even",
    isPerShard: false,
    keys: { count: 1_000, prefix: "k", distribution: "uniform", hotShare: null },
    size: { kind: "fixed", bytes: 1_000 },
    poisonShare: 0,
    data: { n: "${n}" },
  },
  sweep: [
    { member: "BatchSize", values: [10, 100, 1_000, 10_000] },
    { member: "MaximumBatchingWindowInSeconds", values: [0, 1, 5] },
  ],
  expect: [],
  prices: { perMillionRequests: 0.2, perGbSecond: 0.0000166667, memoryMb: 128, note: "" },
});
