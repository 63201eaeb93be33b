// The row "simulator": whole scenarios as `millrace simulate` runs them, from the members of a file to the digest. Each run has a process
// of its own, started before the time is taken.

import { startChild } from "../child.ts";
import type { Figure, RowResult } from "../results.ts";
import type { SimulateAnswer } from "../simulator/simulate-answer.ts";
import { spreadOf } from "../spread.ts";

const SHARDS = 64;
const WEEK_S = 7 * 86_400;
const MB = 1_048_576;

export async function measureSimulator(world: {
  readonly isQuick: boolean;
  readonly rounds: number;
}): Promise<RowResult> {
  const recordCount = world.isQuick ? 100_000 : 1_000_000;
  const many = await rounds(world.rounds, manyRecords(recordCount));
  const week = await rounds(world.rounds, blockedWeek);
  const name = `${recordCount.toLocaleString("en")} records over ${SHARDS} shards`;
  const goal = (bound: number): Figure["goal"] => (world.isQuick ? null : { bound, kind: "most" });
  return {
    row: "simulator",
    measures: `scenarios through the mapping API, the production runtime and the journal of the simulated world: ${name}, 100 bytes each, batches of 100; and a shard that one record blocks for a week of retries while 100 wait behind it`,
    leavesOut: "starting the process; handlers are scripts",
    figures: [
      {
        ...least(
          `${name}`,
          "s",
          many.map(({ seconds }) => seconds),
        ),
        goal: goal(5),
      },
      most(
        "records a second",
        "",
        many.map(({ seconds }) => recordCount / seconds),
      ),
      most(
        `memory, ${name}`,
        "MB",
        many.map(({ mostBytes }) => mostBytes / MB),
        false,
      ),
      {
        ...least(
          "a blocked week",
          "s",
          week.map(({ seconds }) => seconds),
        ),
        goal: goal(1),
      },
      most(
        "a blocked week, virtual time to real",
        "",
        week.map((each) => each.simulatedSeconds / each.seconds),
      ),
      most(
        "a blocked week, invocations",
        "",
        week.map(({ callCount }) => callCount),
        null,
      ),
    ],
  };
}

async function rounds(count: number, scenario: object): Promise<readonly SimulateAnswer[]> {
  const answers: SimulateAnswer[] = [];
  for (let round = 0; round < count; round += 1) {
    const child = startChild(new URL("../simulator/simulating.ts", import.meta.url));
    try {
      answers.push(await child.ask<SimulateAnswer>("simulate", scenario));
    } finally {
      await child.end();
    }
  }
  return answers;
}

const mapping = {
  FunctionName: "${function.name}",
  EventSourceArn: "${source.arn}",
  StartingPosition: "TRIM_HORIZON",
};

const manyRecords = (count: number): object => ({
  setup: { source: { type: "kinesis-stream", shards: SHARDS }, functions: [{ name: "function" }] },
  mapping,
  records: [{ generate: { label: "r", count, keys: { count: 997 }, size: 100 } }],
  steps: [
    { do: "create-mapping" },
    { do: "wait-state", state: "Enabled" },
    { do: "send", records: ["r"] },
    { do: "wait-drained", within_s: 3_600 },
  ],
});

/** The record's age is over after a week: then it is given up, and what waits goes on. */
const blockedWeek: object = {
  setup: {
    source: { type: "kinesis-stream", shards: 1 },
    functions: [{ name: "function" }],
    destination: { type: "sqs" },
  },
  mapping: {
    ...mapping,
    BatchSize: 1,
    MaximumRecordAgeInSeconds: WEEK_S,
    DestinationConfig: { OnFailure: { Destination: "${destination.arn}" } },
  },
  handler: { do: "throw", message: "no", when: { data_field: "poison", equals: true } },
  records: [
    { label: "bad", partitionKey: "a", data: '{"poison":true}' },
    { generate: { label: "r", count: 100, start_s: WEEK_S - 60, rate: 10 } },
  ],
  steps: [
    { do: "create-mapping" },
    { do: "wait-state", state: "Enabled" },
    { do: "send", records: ["bad", "r"] },
    { do: "wait-drained", within_s: 3_600 },
  ],
  expect: { given_up: { bad: "RecordAgeExceeded" } },
};

function most(name: string, unit: string, values: readonly number[], isMoreBetter: boolean | null = true): Figure {
  return { name, unit, spread: spreadOf(values), digits: 0, goal: null, isMoreBetter };
}

function least(name: string, unit: string, values: readonly number[]): Figure {
  return { name, unit, spread: spreadOf(values), digits: 2, goal: null, isMoreBetter: false };
}
