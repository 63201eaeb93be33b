// What is shown, as the address holds it: `#run=3&figure=toDone.p99`. An address that fits no run shows the first.

import type { LoadReport } from "../../load/report.ts";

export interface Shown {
  /** Index into the report's runs. */
  readonly run: number;
  /** Name of the figure that the heat map colours by; "" for the first. */
  readonly figure: string;
}

export function shownOf(hash: string, { runs }: LoadReport): Shown {
  const words = new URLSearchParams(hash.replace(/^#/, ""));
  const run = Number(words.get("run") ?? 1) - 1;
  return { run: Number.isInteger(run) && run >= 0 && run < runs.length ? run : 0, figure: words.get("figure") ?? "" };
}

export function addressOf({ run, figure }: Shown): string {
  const words = new URLSearchParams({ run: String(run + 1), ...(figure === "" ? {} : { figure }) });
  return `#${words}`;
}
