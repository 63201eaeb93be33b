// Thresholds: `iteratorAge.p99 < 2s`. What may be expected is a closed list (metrics.ts), so that a slip of the pen is an error and not a
// threshold that never fails.

import { assertNever } from "../../core/assert-never.ts";
import { likelyName } from "../../core/likely-name.ts";
import { MillraceError } from "../../errors.ts";
import type { Expectation, LoadRun } from "../report.ts";
import { isOfFamily, metricNamed, metrics, type MetricUnit } from "./metrics.ts";

export const operators = ["<", "<=", ">", ">=", "=="] as const;

export interface Threshold {
  /** As it was given. */
  readonly text: string;
  readonly metric: string;
  readonly operator: (typeof operators)[number];
  /** In the metric's own unit: ms, a share, a count, bytes, USD. */
  readonly limit: number;
  /** As it was written, `2s` is `s`; "" where there was none. */
  readonly unit: string;
}

/** What a written unit is in the metric's own. */
const unitsOf: Readonly<Record<MetricUnit, Readonly<Record<string, number>>>> = {
  ms: { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 },
  share: { "": 1, "%": 0.01 },
  count: { "": 1 },
  bytes: { "": 1, B: 1, KB: 1_000, MB: 1_000_000 },
  usd: { "": 1, USD: 1 },
  perSecond: { "": 1, "/s": 1 },
};

/**
 * `METRIC OPERATOR VALUE`, spaces as one likes. Times need a unit (`ms`, `s`, `min`, `h`), shares may be `%` or 0 to 1. Throws
 * `bad-argument` where it is none, or the metric is not known, with the one that may have been meant.
 */
export function parseExpectation(text: string): Threshold {
  const [, name, operator, number, unit = ""] =
    /^\s*([\w.]+)\s*(<=|>=|==|<|>)\s*\$?((?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d*\.?\d+)(?:e[+-]?\d+)?)\s*([a-zA-Z%/]*)\s*$/.exec(
      text,
    ) ?? [];
  const known = operators.find((each) => each === operator);
  if (name === undefined || known === undefined || number === undefined) throw noExpectation(text);
  const metric = metricNamed(name);
  if (metric === null) throw unknownMetric(name, text);
  const factor = unitsOf[metric.unit][unit];
  if (factor === undefined) throw wrongUnit(text, metric.unit, unit);
  const limit = Number(number.replaceAll(",", "")) * factor;
  return { text: text.trim(), metric: name, operator: known, limit: tidy(limit), unit };
}

/** Float errors of a conversion must not decide: 0.07 of a percent is 0.0007. */
const tidy = (value: number): number => Number(value.toPrecision(12));

function noExpectation(text: string): MillraceError {
  return new MillraceError(
    "bad-argument",
    `\`${text}\` is no expectation: it takes a figure, ${operators.join(" ")} and a value`,
    {
      help: "--expect 'iteratorAge.p99 < 2s'",
    },
  );
}

function unknownMetric(name: string, text: string): MillraceError {
  const names = metrics.map((metric) => metric.name);
  const likely = likelyName(name, names) ?? likelyName(`${name}.p99`, names);
  const instead = likely === null ? "iteratorAge.p99 < 2s" : text.trim().replace(name, likely);
  return new MillraceError("bad-argument", `\`${name}\` is no figure of a run; there are ${shortList(names)}`, {
    help: `--expect '${instead}'`,
  });
}

/** Percentiles together: `toStart.p50|p90|…`. */
function shortList(names: readonly string[]): string {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const [group = "", ...rest] = name.split(".");
    groups.set(group, [...(groups.get(group) ?? []), ...rest]);
  }
  return [...groups].map(([group, rest]) => (rest.length === 0 ? group : `${group}.${rest.join("|")}`)).join(", ");
}

function wrongUnit(text: string, kind: MetricUnit, unit: string): MillraceError {
  const units = Object.keys(unitsOf[kind]).filter((each) => each !== "");
  const isNeeded = unitsOf[kind][""] === undefined;
  const wanted = units.length === 0 ? "a plain number" : `${units.join(", ")}${isNeeded ? "" : " or a plain number"}`;
  const given = unit === "" ? "a value without a unit" : `\`${unit}\``;
  const [least = ""] = units;
  const instead = text.trim().replace(/(\d)\s*[a-zA-Z%/]*$/, `$1${isNeeded ? (units[1] ?? least) : ""}`);
  return new MillraceError("bad-argument", `\`${text.trim()}\`: ${given} where ${wanted} belongs`, {
    help: `--expect '${instead}'`,
  });
}

/** Throws `bad-argument` where no run of such a source can have the figure, with the one that takes its place. */
export function refuseForeignFigure({ text, metric }: Threshold, family: LoadRun["family"]): void {
  const found = metricNamed(metric);
  if (found === null || isOfFamily(found, family)) return;
  const [name = "", rank = ""] = metric.split(".");
  const likely = name === "queueAge" ? "iteratorAge" : "queueAge";
  throw new MillraceError("bad-argument", `\`${metric}\` is no figure of ${familyWords[family]}: it has ${likely}`, {
    help: `--expect '${text.replace(metric, `${likely}.${rank}`)}'`,
  });
}

const familyWords = {
  stream: "a stream",
  queue: "a queue",
  broker: "a broker's queue",
  topic: "a topic",
  changes: "a change stream",
} as const satisfies Record<LoadRun["family"], string>;

/**
 * Of each run, in order, whether it holds; of all together where it holds for each. A value that a run does not have does not meet it, and
 * nothing is met by a run whose loader was the limit: its figures are the loader's.
 */
export function expectation(threshold: Threshold, runs: readonly LoadRun[]): Expectation {
  const results = runs.map((run) => resultOf(threshold, run));
  return { text: threshold.text, results, isMet: results.length > 0 && results.every(({ isMet }) => isMet) };
}

function resultOf(threshold: Threshold, run: LoadRun): Expectation["results"][number] {
  const metric = metricNamed(threshold.metric);
  const found = metric?.of(run) ?? null;
  if (metric === null || found === null) return { value: null, shown: `no value: ${metric?.why ?? ""}`, isMet: false };
  const factor = unitsOf[metric.unit][threshold.unit] ?? 1;
  const value = tidy(found / factor);
  const shown = shownIn(value, threshold.unit);
  if (run.loader.isLimit) return { value, shown: `${shown}, but the loader was the limit`, isMet: false };
  return { value, shown, isMet: holds(found, threshold) };
}

function holds(value: number, { operator, limit }: Threshold): boolean {
  switch (operator) {
    case "<":
      return value < limit;
    case "<=":
      return value <= limit;
    case ">":
      return value > limit;
    case ">=":
      return value >= limit;
    case "==":
      return value === limit;
    default:
      return assertNever(operator);
  }
}

/** `0.06 s`, `93.4 %`, `1,204`. */
function shownIn(value: number, unit: string): string {
  const size = Math.abs(value);
  const digits = size === 0 || Number.isInteger(value) ? 0 : size < 0.01 ? 6 : size < 10 ? 2 : size < 100 ? 1 : 0;
  const shown = value.toLocaleString("en-US", { maximumFractionDigits: digits });
  return unit === "" ? shown : unit === "/s" ? `${shown}/s` : `${shown} ${unit}`;
}
