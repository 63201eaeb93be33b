// A sweep's settings as a grid, by any one figure: a cell a setting, the best one marked, and all that are as good within the spread.

import type { Metric } from "../expect/metrics.ts";
import type { LoadReport } from "../report.ts";
import { bestOf, type Setting, settingsOf, type Spread, spreadOf } from "./spread.ts";

export interface SweepCell {
  readonly setting: Setting;
  /** Null: none of its runs has the figure. */
  readonly spread: Spread | null;
  /** The best of all, or not to be told from it. */
  readonly isBest: boolean;
}

export interface SweepGrid {
  readonly metric: Metric;
  /** The last member of the sweep across; all others together down, in their order. */
  readonly across: { readonly member: string; readonly values: readonly string[] };
  readonly rows: readonly {
    /** `BatchSize=10`; "" where one member is swept. */
    readonly name: string;
    /** One for each value across; null: it was not run, as after an interruption. */
    readonly cells: readonly (SweepCell | null)[];
  }[];
}

/** Null: nothing was swept. */
export function sweepGrid(report: LoadReport, metric: Metric): SweepGrid | null {
  const last = report.swept.at(-1);
  if (last === undefined) return null;
  const settings = settingsOf(report);
  const best = bestOf(settings, metric);
  const down = report.swept.slice(0, -1).map(({ member }) => member);
  const rowName = ({ swept }: Setting): string => down.map((member) => `${member}=${String(swept[member])}`).join(" ");
  const rows = [...Map.groupBy(settings, rowName)].map(([name, ofRow]) => ({
    name,
    cells: last.values.map((value) => {
      const setting = ofRow.find(({ swept }) => swept[last.member] === value);
      return setting === undefined ? null : { setting, spread: spreadOf(setting, metric), isBest: best.has(setting) };
    }),
  }));
  return { metric, across: { member: last.member, values: last.values.map(String) }, rows };
}
