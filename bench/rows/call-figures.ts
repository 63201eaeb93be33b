// The figures of a cell in which a mapping runs beside loops: its rate and theirs, what it reaches of each, and processor time.

import type { Figure } from "../results.ts";
import type { RunAnswer } from "../road/run.ts";
import { spreadOf } from "../spread.ts";

const GOAL = 0.9;

export interface CallCell<Other extends string> {
  readonly name: string;
  /** In the plural. */
  readonly unit: string;
  readonly count: number;
  readonly batchSize: number;
  readonly rounds: readonly Readonly<Record<Other | "whole", RunAnswer>>[];
  readonly others: readonly {
    readonly contestant: Other;
    readonly label: string;
    /** The batch size from which on the goal is set. */
    readonly goalFrom: number;
  }[];
}

export function callFigures<Other extends string>(cell: CallCell<Other>): readonly Figure[] {
  const { name, unit, count, rounds, others, batchSize } = cell;
  const rate = (contestant: Other | "whole") =>
    spreadOf(rounds.map((round) => (count / round[contestant].wallMs) * 1_000));
  const ratio = (other: Other) => spreadOf(rounds.map((round) => round[other].wallMs / round.whole.wallMs));
  const cpuUs = (contestant: Other | "whole") =>
    spreadOf(rounds.map((round) => (round[contestant].cpuMs * 1_000) / count));
  const plain = { unit: `${unit}/s`, digits: 0, goal: null, isMoreBetter: true } as const;
  const times = { unit: "times", digits: 2, isMoreBetter: true } as const;
  const cpu = { unit: "µs", digits: 2, goal: null, isMoreBetter: false } as const;
  return [
    { ...plain, name: `${name}: Millrace`, spread: rate("whole") },
    ...others.map(({ contestant, label }) => ({ ...plain, name: `${name}: ${label}`, spread: rate(contestant) })),
    ...others.map(({ contestant, label, goalFrom }) => ({
      ...times,
      name: `${name}: of ${label}`,
      spread: ratio(contestant),
      goal: batchSize >= goalFrom ? ({ bound: GOAL, kind: "least" } as const) : null,
    })),
    { ...cpu, name: `${name}: CPU each, Millrace`, spread: cpuUs("whole") },
    ...others.map(({ contestant, label }) => ({
      ...cpu,
      name: `${name}: CPU each, ${label}`,
      spread: cpuUs(contestant),
    })),
  ];
}
