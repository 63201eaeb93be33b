// What a report file is made of: a report, and those of earlier runs that it is compared with.

import type { LoadReport } from "./report.ts";

export interface ComparedReport {
  /** What it is shown by: its file's name. */
  readonly name: string;
  readonly report: LoadReport;
}

export interface Reports {
  readonly report: LoadReport;
  readonly compared: readonly ComparedReport[];
}
