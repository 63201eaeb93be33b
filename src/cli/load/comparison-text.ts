// The figures of this run beside those of an earlier one that was kept: each setting that both have, and whether what differs is more than
// the runs of a setting differ among themselves.

import { comparison, type ComparedFigure } from "../../load/compare/comparison.ts";
import { type Difference, type Setting, settingsOf } from "../../load/compare/spread.ts";
import type { ComparedReport } from "../../load/compared-report.ts";
import { metricNamed, type MetricUnit } from "../../load/expect/metrics.ts";
import type { LoadReport } from "../../load/report.ts";
import { shownCount, shownPercent, shownSeconds } from "../../load/words.ts";
import { type Cell, inColumns, right, type Row, span } from "../live/cells.ts";
import type { Look, Tone } from "../live/look.ts";

const named = [
  "toStart.p99",
  "toDone.p99",
  "iteratorAge.p99",
  "queueAge.p99",
  "batches.fill",
  "invocations",
  "retries",
  "gaveUp",
  "concurrency.mean",
  "cost.perMillionRecords",
] as const;

const shown: Readonly<Record<MetricUnit, (value: number) => string>> = {
  ms: shownSeconds,
  share: shownPercent,
  count: shownCount,
  bytes: (value) => `${shownCount(value)} B`,
  usd: (value) => `${value.toFixed(4)} USD`,
  perSecond: (value) => `${shownCount(value)}/s`,
};

/** Settings are told apart by what the sweep has set; where each report has one alone, those two are compared. */
export function comparisonRows(
  report: LoadReport,
  { name, report: before }: ComparedReport,
  look: Look,
): readonly Row[] {
  const [now, then] = [settingsOf(report), settingsOf(before)];
  const pairs = now.flatMap((setting) => {
    const same = then.find((each) => each.name === setting.name);
    const other = same ?? (now.length === 1 && then.length === 1 ? then[0] : undefined);
    return other === undefined ? [] : [{ setting, other }];
  });
  if (pairs.length === 0) return [[span(`compare ${name} has no setting of this run's`, "quiet")]];
  return pairs.flatMap(({ setting, other }) => settingRows(setting, other, name, look));
}

function settingRows(setting: Setting, other: Setting, name: string, look: Look): readonly Row[] {
  const metrics = named.map(metricNamed).filter((metric) => metric !== null);
  const head: readonly Cell[] = [
    span(setting.name, "quiet"),
    { ...span(name, "quiet"), isRight: true },
    { ...span("this run", "quiet"), isRight: true },
    span("", "quiet"),
  ];
  const rows = comparison(other, setting, metrics).map((figure) => figureCells(figure, look));
  return inColumns([head, ...rows]);
}

function figureCells({ metric, base, other, difference }: ComparedFigure, look: Look): readonly Cell[] {
  const value = (spread: ComparedFigure["base"]): string =>
    spread === null ? look.signs.none : shown[metric.unit](spread.median);
  return [span(metric.name), right(value(base)), right(value(other)), span(difference ?? "", toneOf(difference))];
}

function toneOf(difference: Difference | null): Tone {
  if (difference === "better") return "good";
  return difference === "worse" ? "bad" : "quiet";
}
