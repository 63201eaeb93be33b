// uPlot's part of a chart: its options, the moved values that it is given, and what is drawn over them (bars in stacks, marks).

import type uPlot from "uplot";
import { type ChartAxis, type ChartMark, type ChartSeries, logFloor, plotAt, stacked, ticksOf } from "./chart-data.ts";
import { fillOf } from "./textures.ts";
import { colourOf } from "./theme.ts";

export interface Plotted {
  readonly x: ChartAxis & { readonly values: readonly number[] };
  readonly y: ChartAxis;
  readonly series: readonly ChartSeries[];
  /** Bars, each series upon the one before. */
  readonly isBars?: boolean;
  readonly marks?: readonly ChartMark[];
}

const DASHES = { solid: [], dashed: [7, 4], dotted: [2, 3] } as const;
const FONT = '11px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

/** The values as they lie on the plot; of bars the tops of the stacks. */
export function dataOf(plotted: Plotted): uPlot.AlignedData {
  const { x, y, series } = plotted;
  const ys = plotted.isBars === true ? stacked(series.map(({ values }) => values)) : series.map(({ values }) => values);
  const xFloor = floorOf(x, x.values);
  const yFloor = floorOf(y, flat(ys));
  return [
    x.values.map((value) => plotAt(x.scale ?? "linear", value, xFloor)),
    ...ys.map((values) => values.map((value) => (value === null ? null : plotAt(y.scale ?? "linear", value, yFloor)))),
  ];
}

function* flat(lists: readonly (readonly (number | null)[])[]): Generator<number | null> {
  for (const list of lists) yield* list;
}

const floorOf = (axis: ChartAxis, values: Iterable<number | null>): number =>
  axis.scale === "log" ? (axis.from ?? logFloor(values)) : 0;

/** `now` gives what is to be drawn at that time: a chart that lives is given new values. */
export function optionsOf(
  now: () => Plotted,
  size: { readonly width: number; readonly height: number },
  onCursor: (index: number | null) => void,
): uPlot.Options {
  const { series } = now();
  return {
    ...size,
    padding: [10, 18, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { show: now().isBars !== true, size: 7 } },
    scales: {
      x: { time: false, range: (_, from, to) => xRange(now(), from, to) },
      y: { range: (_, from, to) => yRange(now(), from, to) },
    },
    axes: [axisOf(() => now().x, "x"), axisOf(() => now().y, "y")],
    series: [
      {},
      ...series.map((each, index) => ({
        stroke: () => colourOf(now().series[index]?.colour ?? each.colour),
        width: each.width ?? 1.75,
        dash: [...DASHES[each.dash ?? "solid"]],
        // A value without neighbours makes no line: a dot tells of it.
        points: { show: now().isBars !== true, size: 4, filter: lonelyPoints },
        ...(now().isBars === true ? { paths: () => null } : {}),
      })),
    ],
    hooks: {
      draw: [
        (plot) => {
          if (now().isBars === true) drawBars(plot, now());
          drawMarks(plot, now());
        },
      ],
      setCursor: [({ cursor }) => onCursor(cursor.idx ?? null)],
    },
  };
}

function lonelyPoints({ data }: uPlot, series: number): number[] {
  const values = data[series] ?? [];
  return Array.from(values.keys()).filter(
    (index) => isDrawn(values[index]) && !isDrawn(values[index - 1]) && !isDrawn(values[index + 1]),
  );
}

const isDrawn = (value: number | null | undefined): boolean => value !== null && value !== undefined;

function xRange({ x, isBars }: Plotted, from: number | null, to: number | null): [number, number] {
  const scale = x.scale ?? "linear";
  const half = isBars === true ? barWidth(x.values) / 2 : 0;
  const least = x.from === undefined ? (from ?? 0) - half : plotAt(scale, x.from, x.from);
  const most = x.to === undefined ? (to ?? 1) + half : plotAt(scale, x.to, x.to);
  return most > least ? [least, most] : [least - 0.5, least + 0.5];
}

function yRange({ y, marks = [], isBars }: Plotted, from: number | null, to: number | null): [number, number] {
  const scale = y.scale ?? "linear";
  const at = (value: number): number => plotAt(scale, value, Number.MIN_VALUE);
  const marked = marks.filter(({ axis }) => axis === "y").map((mark) => at(mark.at));
  const highest = Math.max(to ?? at(1), ...marked, ...(y.to === undefined ? [] : [at(y.to)]));
  if (scale === "linear") {
    const lowest = Math.min(y.from ?? 0, from ?? 0);
    return [lowest, highest > lowest ? highest + (highest - lowest) * 0.06 : lowest + 1];
  }
  // A bar of one must be seen above the floor.
  const floor =
    isBars === true ? Math.min(from ?? 0, -0.3) : y.from === undefined ? Math.floor((from ?? 0) + 1e-9) : at(y.from);
  return [floor, Math.max(highest + 0.08, floor + 1)];
}

function axisOf(now: () => ChartAxis, side: "x" | "y"): uPlot.Axis {
  const at = (value: number): number => plotAt(now().scale ?? "linear", value, Number.MIN_VALUE);
  const back = (value: number): number =>
    now().scale === "log" ? 10 ** value : now().scale === "tail" ? 100 * (1 - 10 ** -value) : value;
  const label = (value: number): string => (now().tick ?? now().show)(value);
  const shown = new Map<number, number>();
  return {
    stroke: () => colourOf("soft"),
    font: FONT,
    gap: 4,
    grid: { stroke: () => colourOf("grid"), width: 1 },
    ticks: { show: false },
    border: side === "x" ? { show: true, stroke: () => colourOf("line"), width: 1 } : { show: false },
    size: side === "x" ? 24 : (_, values) => 12 + 6.4 * Math.max(2, ...(values ?? []).map((text) => text.length)),
    splits: (plot, _, from, to) => {
      const length = (side === "x" ? plot.bbox.width : plot.bbox.height) / devicePixelRatio;
      const ticks = ticksOf(now(), back(from), back(to), Math.max(2, Math.floor(length / (side === "x" ? 60 : 28))));
      shown.clear();
      for (const tick of ticks) shown.set(at(tick), tick);
      return [...shown.keys()].filter((place) => place >= from - 1e-9 && place <= to + 1e-9);
    },
    values: (_, places) => places.map((place) => label(shown.get(place) ?? back(place))),
    filter: (_, places) => places,
  };
}

const barWidth = (centres: readonly number[]): number => {
  const [first, second] = centres;
  return first === undefined || second === undefined ? 1 : second - first;
};

function drawBars(plot: uPlot, { x, series }: Plotted): void {
  const { ctx, bbox, data } = plot;
  const width = barWidth(x.values);
  const lowest = plot.valToPos(plot.scales["y"]?.min ?? 0, "y", true);
  const ratio = devicePixelRatio;
  const gap = (bbox.width / Math.max(1, x.values.length) > 8 * ratio ? 1 : 0) * ratio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  series.forEach((each, index) => {
    const fill = fillOf(ctx, each.colour, each.texture ?? "solid");
    ctx.fillStyle = fill;
    ctx.strokeStyle = colourOf(each.colour);
    ctx.lineWidth = ratio;
    x.values.forEach((centre, place) => {
      if ((each.values[place] ?? 0) <= 0) return;
      const left = Math.round(plot.valToPos(centre - width / 2, "x", true));
      const right = Math.round(plot.valToPos(centre + width / 2, "x", true)) - gap;
      const top = Math.round(plot.valToPos(data[index + 1]?.[place] ?? 0, "y", true));
      const below = isEmptyBelow(series, index, place) ? null : (data[index]?.[place] ?? null);
      const bottom = below === null ? lowest : Math.round(plot.valToPos(below, "y", true));
      ctx.fillRect(left, top, Math.max(ratio, right - left), Math.max(ratio, bottom - top));
      if (gap > 0 && each.texture !== undefined && each.texture !== "solid")
        ctx.strokeRect(left + ratio / 2, top + ratio / 2, right - left - ratio, Math.max(0, bottom - top - ratio));
    });
  });
  ctx.restore();
}

const isEmptyBelow = (series: readonly ChartSeries[], index: number, place: number): boolean =>
  series.slice(0, index).every(({ values }) => (values[place] ?? 0) <= 0);

function drawMarks(plot: uPlot, { x, y, marks = [] }: Plotted): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = colourOf("ink");
  ctx.fillStyle = colourOf("ink");
  ctx.lineWidth = ratio;
  ctx.font = FONT.replace("11px", `${11 * ratio}px`);
  for (const mark of marks) {
    const axis = mark.axis === "x" ? x : y;
    const place = plot.valToPos(plotAt(axis.scale ?? "linear", mark.at, Number.MIN_VALUE), mark.axis, true);
    const isX = mark.axis === "x";
    const [start, length] = isX ? [bbox.left, bbox.width] : [bbox.top, bbox.height];
    if (place < start - 1 || place > start + length + 1) continue;
    ctx.setLineDash([4 * ratio, 3 * ratio]);
    ctx.beginPath();
    if (isX) {
      ctx.moveTo(place, bbox.top);
      ctx.lineTo(place, bbox.top + bbox.height);
    } else {
      ctx.moveTo(bbox.left, place);
      ctx.lineTo(bbox.left + bbox.width, place);
    }
    ctx.stroke();
    const isLate = isX && place > bbox.left + bbox.width / 2;
    ctx.textAlign = isX ? (isLate ? "right" : "left") : "right";
    ctx.textBaseline = isX ? "top" : "bottom";
    const [textX, textY] = isX
      ? [place + (isLate ? -4 : 4) * ratio, bbox.top + 2 * ratio]
      : [bbox.left + bbox.width - 4 * ratio, place - 3 * ratio];
    halo(ctx, mark.text, textX, textY);
  }
  ctx.restore();
}

/** Readable over whatever lies below. */
function halo(ctx: CanvasRenderingContext2D, text: string, x: number, y: number): void {
  ctx.save();
  ctx.setLineDash([]);
  ctx.strokeStyle = colourOf("ground");
  ctx.lineWidth = 3 * devicePixelRatio;
  ctx.lineJoin = "round";
  ctx.strokeText(text, x, y);
  ctx.restore();
  ctx.fillText(text, x, y);
}
