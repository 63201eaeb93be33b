// What a chart shows, and where it lies on the plot: scales, ticks, stacks. Pure; chart.tsx draws it.
//
// C1  What is plotted may be moved (a zero on a log axis lies at its floor); what is read out and in the table never is.

import type { ColourName } from "./colours.ts";

export interface ChartAxis {
  /** With its unit: `run time, s`. */
  readonly name: string;
  /** A value with its unit, for the readout and the table. */
  readonly show: (value: number) => string;
  /** For the axis, whose name has the unit; default: as `show`. */
  readonly tick?: (value: number) => string;
  /** `tail`: percentiles from 0, each further nine as wide as the one before. Default: linear. */
  readonly scale?: "linear" | "log" | "tail";
  /** Instead of chosen ones. */
  readonly ticks?: readonly number[];
  /** Ticks at seconds, minutes and hours; the values are seconds. */
  readonly isTime?: boolean;
  /** The plot reaches at least so far. */
  readonly from?: number;
  readonly to?: number;
}

/** Told apart without colour, too. */
export type Texture = "solid" | "rising" | "falling" | "dots" | "grid" | "level" | "upright" | "sparse";

export interface ChartSeries {
  readonly name: string;
  readonly colour: ColourName;
  /** One for each x; null: none. */
  readonly values: readonly (number | null)[];
  readonly dash?: "solid" | "dashed" | "dotted";
  /** Of bars. */
  readonly texture?: Texture;
  /** CSS pixels; default 1.75. */
  readonly width?: number;
}

export interface ChartMark {
  readonly axis: "x" | "y";
  readonly at: number;
  readonly text: string;
}

type Scale = NonNullable<ChartAxis["scale"]>;

/** Where a value lies. `floor`: the least that a log scale shows. */
export function plotAt(scale: Scale, value: number, floor: number): number {
  if (scale === "log") return Math.log10(Math.max(value, floor));
  if (scale === "tail") return Math.log10(1 / (1 - Math.min(value, 99.9999) / 100));
  return value;
}

/** The decade below the least positive value; 1 where there is none. */
export function logFloor(values: Iterable<number | null>): number {
  let least = Infinity;
  for (const value of values) if (value !== null && value > 0 && value < least) least = value;
  return least === Infinity ? 1 : 10 ** Math.floor(Math.log10(least) + 1e-9);
}

/** The sums of each series and all below it, in the order of the series; null counts as none. */
export function stacked(series: readonly (readonly (number | null)[])[]): readonly (readonly number[])[] {
  const sums = new Array<number>(series[0]?.length ?? 0).fill(0);
  return series.map((values) => {
    values.forEach((value, index) => {
      sums[index] = (sums[index] ?? 0) + (value ?? 0);
    });
    return [...sums];
  });
}

const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400];

/** Values of an axis that reaches from `from` to `to`, at most `most` of them, at round places. */
export function ticksOf(axis: ChartAxis, from: number, to: number, most: number): readonly number[] {
  const scale = axis.scale ?? "linear";
  if (axis.ticks !== undefined) return thinned(axis.ticks, most);
  if (scale === "tail") return [0, 50, 90, 99, 99.9, 99.99];
  if (scale === "log") return thinned(decades(from, to), most);
  const least = (to - from) / Math.max(1, most);
  if (!(least > 0)) return [from];
  const step = axis.isTime === true ? timeStep(least) : roundStep(least);
  const first = Math.ceil(from / step - 1e-9);
  const count = Math.floor(to / step + 1e-9) - first;
  return Array.from({ length: count + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

const timeStep = (least: number): number =>
  TIME_STEPS.find((step) => step >= least) ?? Math.ceil(least / 86_400) * 86_400;

function roundStep(least: number): number {
  const decade = 10 ** Math.floor(Math.log10(least));
  return decade * ([1, 2, 5, 10].find((each) => each * decade >= least * 0.999_999) ?? 10);
}

function decades(from: number, to: number): readonly number[] {
  const first = Math.ceil(Math.log10(from) - 1e-9);
  const last = Math.floor(Math.log10(to) + 1e-9);
  return Array.from({ length: Math.max(1, last - first + 1) }, (_, index) =>
    Number((10 ** (first + index)).toPrecision(6)),
  );
}

/** Every so many, so that at most `most` are left; the first always. */
export function thinned<T>(values: readonly T[], most: number): readonly T[] {
  const every = Math.ceil(values.length / Math.max(1, most));
  return every <= 1 ? values : values.filter((_, index) => index % every === 0);
}
