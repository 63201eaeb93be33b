// The figures by which runs are held against each other, as the page names and writes them: the closed list that expectations take.

import { type Metric, type MetricUnit, metrics } from "../../load/expect/metrics.ts";
import type { LoadRun } from "../../load/report.ts";
import { shownBytes, shownMs, shownNumber, shownShare, shownUsd } from "../parts/format.ts";

export interface Figure extends Metric {
  readonly label: string;
  readonly show: (value: number) => string;
}

const SHOWN: Readonly<Record<MetricUnit, (value: number) => string>> = {
  ms: shownMs,
  share: shownShare,
  count: (value) => shownNumber(value, Math.abs(value) < 10 ? 3 : 1),
  bytes: shownBytes,
  usd: shownUsd,
  perSecond: (value) => `${shownNumber(value, 1)}/s`,
};

/** Of a name or of what stands before its point. */
const LABELS: Readonly<Record<string, string>> = {
  toStart: "to start",
  toDone: "to done",
  fromSendToStart: "to start, from the actual send",
  iteratorAge: "iterator age",
  queueAge: "queue age",
  "batches.count": "batches",
  "batches.mean": "records a batch, mean",
  "batches.median": "records a batch, median",
  "batches.fill": "batch fill, mean",
  "batches.largest": "largest event",
  invocationsPerRecord: "deliveries a record",
  "took.median": "took, median",
  failed: "failed invocations",
  gaveUp: "given up",
  deadLetters: "dead letters",
  donePerSecond: "done a second",
  "concurrency.mean": "running, mean",
  "concurrency.most": "running, most",
  duration: "until all had ended",
  "cost.total": "cost of the run",
  "cost.perHour": "cost of an hour",
  "cost.perMillionRecords": "cost of a million records",
};

function labelOf(name: string): string {
  const [group = "", rank] = name.split(".");
  return LABELS[name] ?? (rank === undefined ? name : `${LABELS[group] ?? group}, ${rank.replace("p999", "p99.9")}`);
}

const figures: readonly Figure[] = metrics.map((metric) => ({
  ...metric,
  label: labelOf(metric.name),
  show: SHOWN[metric.unit],
}));

const named = new Map(figures.map((figure) => [figure.name, figure]));

/** What a comparison shows, the most telling first. */
const MAIN = [
  "toDone.p99",
  "toDone.p50",
  "toStart.p99",
  "toStart.p50",
  "iteratorAge.p99",
  "queueAge.p99",
  "cost.perMillionRecords",
  "cost.perHour",
  "donePerSecond",
  "invocations",
  "batches.fill",
  "batches.mean",
  "concurrency.mean",
  "concurrency.most",
  "invocationsPerRecord",
  "retries",
  "throttles",
  "gaveUp",
  "duration",
];

const hasValue = (runs: readonly LoadRun[]) => (figure: Figure) => runs.some((run) => figure.of(run) !== null);

/** Those that one of the runs has. */
export const mainFigures = (runs: readonly LoadRun[]): readonly Figure[] =>
  MAIN.flatMap((name) => named.get(name) ?? []).filter(hasValue(runs));

/** The same, and after them all others. */
export const allFigures = (runs: readonly LoadRun[]): readonly Figure[] => [
  ...mainFigures(runs),
  ...figures.filter(({ name }) => !MAIN.includes(name)).filter(hasValue(runs)),
];
