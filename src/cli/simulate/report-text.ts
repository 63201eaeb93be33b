// The report of a simulated run as a table: a row a limit that closed batches, and one for all.

import type { Percentiles, RunReport } from "../../sim/run-report.ts";
import { counted, shownNumber } from "../shown-forms.ts";

const GAP = "  ";

export function reportText({ rows, invocationCount, deliveryCount }: RunReport): string {
  if (rows.length === 0) return "report   no batch was closed\n";
  const batches = [
    ["closed by", "batches", "records", "fill p50", "p90", "max", "event p50", "p90", "max"],
    ...rows.map((row) => [
      row.closedBy,
      shownNumber(row.batchCount),
      shownNumber(row.recordCount),
      ...[row.fillPercent.p50, row.fillPercent.p90, row.fillPercent.max].map((value) => `${value.toFixed(0)} %`),
      ...[row.eventBytes.p50, row.eventBytes.p90, row.eventBytes.max].map((value) => `${shownNumber(value)} B`),
    ]),
  ];
  const latency = [
    ["closed by", "records", "to start p50", "p90", "p99", "max", "to done p50", "p90", "p99", "max"],
    ...rows.map((row) => [
      row.closedBy,
      shownNumber(row.toDoneMs.count),
      ...timesOf(row.toStartMs),
      ...timesOf(row.toDoneMs),
    ]),
  ];
  return [
    `report   first batches, by the limit that closed them; ${counted(invocationCount, "invocation")}, ${counted(deliveryCount, "delivery")}`,
    ...table(batches),
    "",
    "         each record, from its arrival to its first invocation's start and to its last one's end",
    ...table(latency),
    "",
  ].join("\n");
}

const timesOf = ({ p50, p90, p99, max }: Percentiles): readonly string[] => [p50, p90, p99, max].map(shownTime);

const shownTime = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(2)} s`);

/** The first column to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(GAP)}`.trimEnd(),
  );
}
