// The axis of a run's seconds, the same for every chart over time.

import type { LoadRun } from "../../load/report.ts";
import type { ChartAxis } from "../parts/chart-data.ts";
import { shownRunTime } from "../parts/format.ts";

export const runTime = ({ seconds }: LoadRun): ChartAxis & { readonly values: readonly number[] } => ({
  name: "run time, min:s",
  values: seconds.map(({ second }) => second),
  show: shownRunTime,
  isTime: true,
});

/** Of a long run a point stands for several seconds: the note that says so. */
export const binNote = ({ binSeconds }: LoadRun): { readonly note?: string } =>
  binSeconds === 1 ? {} : { note: `A point covers ${binSeconds} seconds.` };
