// The figures by which runs are held against each other: the heat map colours by any of them, the comparison has a line for each. Named as
// expectations name them.

import type { LoadRun } from "../../load/report.ts";
import { shownMs, shownNumber, shownShare, shownUsd } from "../parts/format.ts";

export interface Figure {
  readonly name: string;
  readonly label: string;
  /** Null: the run has none. */
  readonly of: (run: LoadRun) => number | null;
  readonly show: (value: number) => string;
  /** Null: neither way is better as such. */
  readonly better: "less" | "more" | null;
}

const ms = (name: string, label: string, of: Figure["of"]): Figure => ({
  name,
  label,
  of,
  show: shownMs,
  better: "less",
});
const count = (name: string, label: string, of: Figure["of"], digits = 0): Figure => ({
  name,
  label,
  of,
  show: (value) => shownNumber(value, digits),
  better: "less",
});
const usd = (name: string, label: string, of: Figure["of"]): Figure => ({
  name,
  label,
  of,
  show: shownUsd,
  better: "less",
});
const some = (percentiles: { readonly count: number }, value: number): number | null =>
  percentiles.count === 0 ? null : value;

export const FIGURES: readonly Figure[] = [
  ms("toDone.p99", "to done, p99", ({ latency: { toDone } }) => some(toDone, toDone.p99)),
  ms("toDone.p50", "to done, p50", ({ latency: { toDone } }) => some(toDone, toDone.p50)),
  ms("toStart.p99", "to start, p99", ({ latency: { toStart } }) => some(toStart, toStart.p99)),
  ms("toStart.p50", "to start, p50", ({ latency: { toStart } }) => some(toStart, toStart.p50)),
  ms("iteratorAge.p99", "iterator or queue age, p99", ({ failures: { iteratorAge } }) =>
    some(iteratorAge, iteratorAge.p99),
  ),
  usd("cost.perMillionRecords", "cost of a million records", ({ cost }) => cost.perMillionRecordsUsd),
  usd("cost.perHour", "cost of an hour", ({ cost }) => cost.perHourUsd),
  count("invocations", "invocations", ({ counts }) => counts.invocations),
  {
    name: "batches.fill",
    label: "batch fill, mean",
    of: ({ batches, batchSize }) => batches.meanRecords / batchSize,
    show: shownShare,
    better: "more",
  },
  { ...count("batches.mean", "records a batch, mean", ({ batches }) => batches.meanRecords, 1), better: null },
  { ...count("concurrency.mean", "running, mean", ({ concurrency }) => concurrency.mean, 2), better: null },
  { ...count("concurrency.most", "running, most", ({ concurrency }) => concurrency.most), better: null },
  count("invocationsPerRecord", "deliveries a record", ({ failures }) => failures.invocationsPerRecord, 4),
  count("retries", "retries", ({ counts }) => counts.retries),
  count("throttles", "throttles", ({ counts }) => counts.throttles),
  count("gaveUp", "given up", ({ counts }) => counts.gaveUp),
  ms("totalMs", "until all had ended", ({ totalMs }) => totalMs),
];

export const figureNamed = (name: string): Figure | undefined => FIGURES.find((figure) => figure.name === name);
