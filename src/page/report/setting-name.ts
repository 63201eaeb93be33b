// A setting of a sweep as tables and choosers name it: `size 100, window 1 s`. All else spells AWS's names.

import type { LoadRun } from "../../load/report.ts";

const SHORT: Readonly<Record<string, { readonly name: string; readonly unit?: string }>> = {
  BatchSize: { name: "size" },
  MaximumBatchingWindowInSeconds: { name: "window", unit: "s" },
  MaximumRetryAttempts: { name: "retries" },
  MaximumRecordAgeInSeconds: { name: "age", unit: "s" },
  BisectBatchOnFunctionError: { name: "bisect" },
  ParallelizationFactor: { name: "factor" },
};

/** For an axis: `window, s`. */
export function memberName(member: string): string {
  const { name, unit } = SHORT[member] ?? { name: member };
  return unit === undefined ? name : `${name}, ${unit}`;
}

/** The run's own name where no sweep has set anything. */
export function settingName({ name, swept }: Pick<LoadRun, "name" | "swept">): string {
  const words = Object.entries(swept).map(([member, value]) => {
    const { name: short, unit } = SHORT[member] ?? { name: member };
    return `${short} ${value}${unit === undefined ? "" : ` ${unit}`}`;
  });
  return words.length === 0 ? name : words.join(", ");
}

/** With its repetition, where a setting has several. */
export function runName(run: LoadRun, runs: readonly LoadRun[]): string {
  const isRepeated = runs.some(({ name, repetition }) => name === run.name && repetition > 1);
  return isRepeated ? `${settingName(run)}, run ${run.repetition}` : settingName(run);
}
