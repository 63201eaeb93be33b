// Points of metrics by the minute, as CloudWatch keeps those of Lambda. In memory: they begin with this process (M-1).
//
// C1  A series keeps its last MINUTES_KEPT minutes, and there are at most MOST_SERIES: one more is not kept, and is counted.

export interface Dimension {
  readonly name: string;
  readonly value: string;
}

/** What has been told of one minute, or of several. */
export interface Point {
  /** Epoch ms at which it begins. */
  readonly atMs: number;
  readonly sum: number;
  readonly least: number;
  readonly most: number;
  readonly sampleCount: number;
}

export interface Series {
  readonly name: string;
  /** Sorted by name. */
  readonly dimensions: readonly Dimension[];
  readonly unit: Unit;
}

export type Unit = "Count" | "Milliseconds";

export interface MetricStore {
  /** Adds one sample to the minute of `atMs`. */
  add(series: Series, atMs: number, value: number): void;
  /** Whether something was told of this minute. */
  has(series: Series, atMs: number): boolean;
  /** In order of name and dimensions. */
  list(): readonly Series[];
  /** Of exactly these dimensions; null: nothing was ever told of it. Periods begin at whole multiples of `periodMs`, those without samples are left out. */
  points(
    name: string,
    dimensions: readonly Dimension[],
    span: { readonly fromMs: number; readonly toMs: number; readonly periodMs: number },
  ): { readonly unit: Unit; readonly points: readonly Point[] } | null;
  /** Series that were not kept (C1). */
  refusedCount(): number;
}

export const MINUTE_MS = 60_000;
const MINUTES_KEPT = 1_440;
const MOST_SERIES = 10_000;

interface Kept {
  readonly series: Series;
  /** By the minute's number since the epoch, in order. */
  readonly minutes: Map<number, Point>;
}

export function createMetricStore(): MetricStore {
  const kept = new Map<string, Kept>();
  let refusedCount = 0;

  return {
    add(series, atMs, value) {
      const key = keyOf(series.name, series.dimensions);
      let found = kept.get(key);
      if (found === undefined) {
        if (kept.size >= MOST_SERIES) {
          refusedCount += 1;
          return;
        }
        found = { series, minutes: new Map() };
        kept.set(key, found);
      }
      const { minutes } = found;
      const minute = Math.floor(atMs / MINUTE_MS);
      const one = { atMs: minute * MINUTE_MS, sum: value, least: value, most: value, sampleCount: 1 };
      const before = minutes.get(minute);
      minutes.set(minute, before === undefined ? one : together(before, one));
      for (const [oldest] of minutes) {
        if (minutes.size <= MINUTES_KEPT) break;
        minutes.delete(oldest);
      }
    },
    has: ({ name, dimensions }, atMs) =>
      kept.get(keyOf(name, dimensions))?.minutes.has(Math.floor(atMs / MINUTE_MS)) === true,
    list: () => [...kept].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, { series }]) => series),
    points(name, dimensions, { fromMs, toMs, periodMs }) {
      const found = kept.get(keyOf(name, sorted(dimensions)));
      if (found === undefined) return null;
      const periods = new Map<number, Point>();
      const beginMs = Math.floor(fromMs / periodMs) * periodMs;
      for (const point of found.minutes.values()) {
        if (point.atMs < beginMs || point.atMs >= toMs) continue;
        const atMs = Math.floor(point.atMs / periodMs) * periodMs;
        const before = periods.get(atMs);
        periods.set(atMs, before === undefined ? { ...point, atMs } : together(before, point));
      }
      const points = [...periods.values()].toSorted((one, other) => one.atMs - other.atMs);
      return { unit: found.series.unit, points };
    },
    refusedCount: () => refusedCount,
  };
}

export const sorted = (dimensions: readonly Dimension[]): readonly Dimension[] =>
  dimensions.toSorted((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0));

const keyOf = (name: string, dimensions: readonly Dimension[]): string => JSON.stringify([name, dimensions]);

const together = (one: Point, other: Point): Point => ({
  atMs: one.atMs,
  sum: one.sum + other.sum,
  least: Math.min(one.least, other.least),
  most: Math.max(one.most, other.most),
  sampleCount: one.sampleCount + other.sampleCount,
});
