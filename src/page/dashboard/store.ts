// What the page keeps of the frames it was given: the newest frame, the rows of batches, and points of time for the charts. Pure: each fold
// gives a new picture, the one before stays as it was.
//
// S1  Bounded however long the page is open: 2,000 batches, 15 minutes of seconds and 24 hours of minutes a mapping that is there, and of all.
// S2  A row that comes again replaces the one of its id; a frame that is not the next one is refused, so that nothing is missed unseen.

import type { BatchRow, Frame, SecondPoint } from "../../dashboard/frame.ts";

export const MOST_BATCHES = 2_000;
const MOST_SECONDS = 15 * 60;
const MOST_MINUTES = 24 * 60;

/** The points of one mapping, or of all together; oldest first. */
export interface Series {
  readonly seconds: readonly SecondPoint[];
  /** Each stands for a minute: `second` is its first one. Sums of counts, means by batches, the highest p99, age and running. */
  readonly minutes: readonly SecondPoint[];
}

export interface Picture {
  /** Null: none has come yet. */
  readonly frame: Frame | null;
  /** Oldest first. */
  readonly batches: readonly BatchRow[];
  /** By a mapping's UUID; of all together under `""`. */
  readonly series: ReadonlyMap<string, Series>;
}

export const emptyPicture: Picture = { frame: null, batches: [], series: new Map() };

/** The points of a mapping, or of all (`null`). */
export const seriesOf = (picture: Picture, mapping: string | null): Series =>
  picture.series.get(mapping ?? "") ?? { seconds: [], minutes: [] };

/** The picture after one more frame; null: a frame before this one is missing, and a whole one has to be asked for. */
export function pictureAfter(picture: Picture, frame: Frame): Picture | null {
  if (frame.isWhole) {
    const kept = frame.origin.kind === "file" ? new Map<string, Series>() : minutesOnly(picture.series);
    return { frame, batches: frame.batches.slice(-MOST_BATCHES), series: seriesAfter(kept, frame) };
  }
  if (picture.frame === null || frame.number !== picture.frame.number + 1) return null;
  return { frame, batches: batchesAfter(picture.batches, frame.batches), series: seriesAfter(picture.series, frame) };
}

const minutesOnly = (series: Picture["series"]): Picture["series"] =>
  new Map([...series].map(([key, { minutes }]) => [key, { seconds: [], minutes }]));

function batchesAfter(kept: readonly BatchRow[], come: readonly BatchRow[]): readonly BatchRow[] {
  if (come.length === 0) return kept;
  const rows = [...kept];
  for (const row of come) {
    const at = placeOf(rows, row.id);
    rows.splice(at, rows[at]?.id === row.id ? 1 : 0, row);
  }
  return rows.length > MOST_BATCHES ? rows.slice(-MOST_BATCHES) : rows;
}

/** The first row whose id is not lower. */
function placeOf(rows: readonly BatchRow[], id: number): number {
  let from = 0;
  let to = rows.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((rows[middle]?.id ?? 0) < id) from = middle + 1;
    else to = middle;
  }
  return from;
}

function seriesAfter(kept: Picture["series"], { seconds, mappings }: Frame): Picture["series"] {
  const isThere = new Set(["", ...mappings.map(({ uuid }) => uuid)]);
  const isGone = [...kept.keys()].some((key) => !isThere.has(key));
  if (seconds.length === 0 && !isGone) return kept;
  const come = Map.groupBy(seconds, ({ mapping }) => mapping ?? "");
  const series = new Map<string, Series>();
  for (const key of isThere) {
    const had = kept.get(key);
    const points = come.get(key);
    if (points !== undefined) series.set(key, pointsAfter(had ?? { seconds: [], minutes: [] }, points));
    else if (had !== undefined) series.set(key, had);
  }
  return series;
}

function pointsAfter({ seconds, minutes }: Series, come: readonly SecondPoint[]): Series {
  const first = come[0]?.second ?? 0;
  const all = [...before(seconds, first), ...come];
  const newest = all.at(-1)?.second ?? 0;
  const firstMinute = minuteStart(first);
  const touched = Map.groupBy(since(all, firstMinute), ({ second }) => minuteStart(second));
  const made = [...touched].map(([start, points]) => minuteOf(start, points));
  return {
    seconds: since(all, newest - MOST_SECONDS + 1),
    minutes: since([...before(minutes, firstMinute), ...made], newest - MOST_MINUTES * 60 + 1),
  };
}

/** Looked for from the end: what comes is new. */
function placeIn(points: readonly SecondPoint[], second: number): number {
  let at = points.length;
  while (at > 0 && (points[at - 1]?.second ?? 0) >= second) at--;
  return at;
}

const before = (points: readonly SecondPoint[], second: number): readonly SecondPoint[] =>
  points.slice(0, placeIn(points, second));

function since(points: readonly SecondPoint[], second: number): readonly SecondPoint[] {
  if ((points[0]?.second ?? second) >= second) return points;
  const at = points.findIndex((point) => point.second >= second);
  return at < 0 ? [] : points.slice(at);
}

const minuteStart = (second: number): number => second - (second % 60);

function minuteOf(second: number, points: readonly SecondPoint[]): SecondPoint {
  const sumOf = (countOf: (point: SecondPoint) => number): number =>
    points.reduce((sum, point) => sum + countOf(point), 0);
  const highestOf = (valueOf: (point: SecondPoint) => number | null): number | null =>
    points.reduce<number | null>((highest, point) => {
      const value = valueOf(point);
      return value === null || (highest !== null && highest >= value) ? highest : value;
    }, null);
  const meanOf = (valueOf: (point: SecondPoint) => number | null): number | null => {
    const counting = points.filter((point) => valueOf(point) !== null);
    const weight = counting.reduce((sum, { batches }) => sum + Math.max(1, batches), 0);
    const total = counting.reduce((sum, point) => sum + (valueOf(point) ?? 0) * Math.max(1, point.batches), 0);
    return weight === 0 ? null : total / weight;
  };
  return {
    second,
    mapping: points[0]?.mapping ?? null,
    records: sumOf(({ records }) => records),
    batches: sumOf(({ batches }) => batches),
    invocations: sumOf(({ invocations }) => invocations),
    failed: sumOf(({ failed }) => failed),
    fill: meanOf(({ fill }) => fill),
    tookP50Ms: meanOf(({ tookP50Ms }) => tookP50Ms),
    tookP99Ms: highestOf(({ tookP99Ms }) => tookP99Ms),
    iteratorAgeMs: highestOf(({ iteratorAgeMs }) => iteratorAgeMs),
    running: highestOf(({ running }) => running) ?? 0,
  };
}
