// What a bench run found, as data: printed by its row, written by `--json`, compared with the stored baseline. A figure has a goal
// where the project has set itself one; missing it is said and never fails the run.

import { existsSync, readFileSync } from "node:fs";
import { figure, type Spread, spreadText } from "./spread.ts";

export interface Figure {
  /** Stable: the baseline finds it by this. */
  readonly name: string;
  readonly unit: string;
  readonly spread: Spread;
  readonly digits: number;
  /** `least`: the goal is a lower bound. */
  readonly goal: { readonly bound: number; readonly kind: "least" | "most" } | null;
  /** True: of two runs on one machine, more is better. Null: it says what it says. */
  readonly isMoreBetter: boolean | null;
}

export interface RowResult {
  readonly row: string;
  readonly measures: string;
  readonly leavesOut: string;
  readonly figures: readonly Figure[];
}

export interface BenchReport {
  readonly machine: Readonly<Record<string, string | number>>;
  readonly isQuick: boolean;
  readonly rows: readonly RowResult[];
}

/** How far a median may be from the baseline's before it is pointed at: runs on a shared machine differ by this. */
const NOTED_CHANGE = 0.2;

export function rowText(result: RowResult, baseline: BenchReport | null): string {
  const lines = [`\n${result.row}`, `  measures    ${result.measures}`, `  leaves out  ${result.leavesOut}`];
  const width = Math.max(0, ...result.figures.map(({ name }) => name.length));
  for (const each of result.figures) {
    const text = `${spreadText(each.spread, each.digits)} ${each.unit}`;
    lines.push(
      `  ${each.name.padEnd(width)}  ${text.padEnd(34)}${goalText(each)}${changeText(each, result.row, baseline)}`,
    );
  }
  return lines.join("\n");
}

function goalText({ goal, spread, digits }: Figure): string {
  if (goal === null) return "";
  const isMet = goal.kind === "least" ? spread.median >= goal.bound : spread.median <= goal.bound;
  const word = goal.kind === "least" ? "at least" : "at most";
  return `  goal ${word} ${figure(goal.bound, digits)}: ${isMet ? "met" : "MISSED"}`;
}

function changeText(now: Figure, row: string, baseline: BenchReport | null): string {
  const before = baseline?.rows.find((each) => each.row === row)?.figures.find(({ name }) => name === now.name);
  if (before === undefined || before.spread.median === 0) return "";
  const change = now.spread.median / before.spread.median - 1;
  if (!Number.isFinite(change) || Math.abs(change) < NOTED_CHANGE) return "";
  const isWorse = now.isMoreBetter === null ? null : now.isMoreBetter ? change < 0 : change > 0;
  const word = isWorse === null ? "" : isWorse ? ", worse" : ", better";
  return `  [${change > 0 ? "+" : ""}${Math.round(change * 100)} % against the baseline${word}]`;
}

/** Null where none is stored. */
export function readBaseline(path: string): BenchReport | null {
  if (!existsSync(path)) return null;
  // Written by `--baseline` of this program.
  return JSON.parse(readFileSync(path, "utf8")) as BenchReport;
}
