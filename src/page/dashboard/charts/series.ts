// The charts over time, made of the points that the page keeps. Pure.

import type { SecondPoint } from "../../../dashboard/frame.ts";
import type { ChartAxis, ChartSeries } from "../../parts/chart-data.ts";
import { secondsOfMs, shortNumber, shownClock, shownMs, shownNumber, shownShare } from "../../parts/format.ts";

export const ranges = [
  { name: "15min", title: "15 minutes, by second", text: "a point a second, 15 minutes", stepSeconds: 1 },
  { name: "24h", title: "24 hours, by minute", text: "a point a minute, 24 hours", stepSeconds: 60 },
] as const;

export interface OverTime {
  readonly title: string;
  readonly x: ChartAxis & { readonly values: readonly number[] };
  readonly y: ChartAxis;
  readonly series: readonly ChartSeries[];
  readonly note?: string;
}

/** Seconds and minutes in which nothing came are none of theirs: a gap of more than so many steps is drawn as one. */
const GAP_STEPS = 3;

/** `stepSeconds`: how long each point stands for. */
export function chartsOf(given: readonly SecondPoint[], stepSeconds: number): readonly OverTime[] {
  const points = withGaps(given, stepSeconds);
  const x: OverTime["x"] = {
    name: "time",
    values: points.map(({ second }) => second),
    show: (second) => shownClock(second * 1_000, false),
    isTime: true,
  };
  const of = (valueOf: (point: SecondPoint) => number | null): readonly (number | null)[] =>
    points.map((point) => (point.isGap ? null : valueOf(point)));
  const rate = (countOf: (point: SecondPoint) => number): readonly (number | null)[] =>
    of((point) => countOf(point) / stepSeconds);
  const perSecond = (value: number): string => `${shownNumber(value, value < 10 ? 1 : 0)}/s`;
  const length = { show: shownMs, tick: secondsOfMs, from: 0 };
  return [
    {
      title: "Throughput",
      x,
      y: { name: "per second", show: perSecond, tick: shortNumber, from: 0 },
      series: [
        { name: "records", colour: "accent", values: rate(({ records }) => records), width: 2 },
        { name: "invocations", colour: "window", values: rate(({ invocations }) => invocations), dash: "dashed" },
        { name: "failed", colour: "gave-up", values: rate(({ failed }) => failed), dash: "dotted" },
      ],
    },
    {
      title: "Batch fill",
      note: "Mean share of BatchSize of the batches closed then.",
      x,
      y: { name: "share of BatchSize", show: shownShare, from: 0, to: 1 },
      series: [{ name: "fill", colour: "size", values: of(({ fill }) => fill) }],
    },
    {
      title: "Latency of calls",
      x,
      y: { name: "took, s", ...length },
      series: [
        { name: "p50", colour: "accent", values: of(({ tookP50Ms }) => tookP50Ms) },
        { name: "p99", colour: "payload", values: of(({ tookP99Ms }) => tookP99Ms), dash: "dashed" },
      ],
    },
    {
      title: "Iterator age",
      note: "Age of a batch's last record when its call ended.",
      x,
      y: { name: "age, s", ...length },
      series: [{ name: "age", colour: "broker-limit", values: of(({ iteratorAgeMs }) => iteratorAgeMs) }],
    },
    {
      title: "Concurrency",
      x,
      y: { name: "calls running", show: (value) => shownNumber(value), tick: shortNumber, from: 0 },
      series: [{ name: "running", colour: "group-end", values: of(({ running }) => running) }],
    },
  ];
}

type Placed = SecondPoint & { readonly isGap: boolean };

function withGaps(points: readonly SecondPoint[], stepSeconds: number): readonly Placed[] {
  return points.flatMap((point, index): readonly Placed[] => {
    const before = points[index - 1];
    const here = { ...point, isGap: false };
    if (before === undefined || point.second - before.second <= GAP_STEPS * stepSeconds) return [here];
    return [{ ...before, second: before.second + stepSeconds, isGap: true }, here];
  });
}
