// A chart: heading, legend with what lies under the cursor, the plot, and its table. By keyboard the plot is a slider: arrows, Page Up and
// Down, Home and End move the cursor, and what lies there is read out. A chart that lives is given new values and keeps its plot.

import uPlot from "uplot";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import "uplot/dist/uPlot.min.css";
import "./chart.css";
import { ChartTable } from "./chart-table.tsx";
import { dataOf, optionsOf, type Plotted } from "./chart-plot.ts";
import { textureStyle } from "./textures.ts";
import { cssColour, onColours } from "./theme.ts";
import type { ChartSeries } from "./chart-data.ts";

export interface ChartProps extends Plotted {
  readonly title: string;
  /** What one should know to read it; below the title. */
  readonly note?: string;
  /** Names of the places on x, where they are no plain values: `0 to 5 %`. */
  readonly places?: readonly string[];
  /** CSS pixels of the plot; default 200. */
  readonly height?: number;
  /** What a series comes to as a whole, by name; shown while the cursor is nowhere. */
  readonly totals?: Readonly<Record<string, string>>;
  /** Drawn pale: not to be relied on. */
  readonly isGreyed?: boolean;
  /** Across the whole row of charts. */
  readonly isWide?: boolean;
  /** Shown instead of the plot where there are no values. */
  readonly empty?: string;
}

export function Chart(props: ChartProps) {
  const {
    title,
    note,
    x,
    y,
    series,
    isBars,
    height = 200,
    totals = {},
    isGreyed,
    isWide,
    empty = "Nothing to draw.",
  } = props;
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef<Plotted>(props);
  latest.current = props;
  const [index, setIndex] = useState<number | null>(null);
  const isEmpty = x.values.length === 0 || series.length === 0;
  // What uPlot fixes when it is made; anything else may change.
  const shape = [isEmpty, height, isBars, ...series.map(({ name, dash, width }) => `${name}/${dash}/${width}`)].join(
    "|",
  );

  useEffect(() => {
    const element = box.current;
    if (element === null || isEmpty) return undefined;
    const now = (): Plotted => latest.current;
    const size = () => ({ width: Math.max(160, Math.floor(element.clientWidth)), height });
    const made = new uPlot(optionsOf(now, size(), setIndex), dataOf(now()), element);
    plot.current = made;
    const watch = new ResizeObserver(() => {
      if (element.clientWidth > 0 && size().width !== made.width) made.setSize(size());
    });
    watch.observe(element);
    const ended = onColours(() => made.redraw(false, true));
    return () => {
      watch.disconnect();
      ended();
      made.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => {
    plot.current?.setData(dataOf(latest.current));
  }, [x.values, x.to, y.to, ...series.map(({ values }) => values)]);

  const last = x.values.length - 1;
  const at = index === null ? null : Math.min(index, last);
  const moveTo = (place: number): void => {
    const value = plot.current?.data[0][place];
    if (value === undefined) return;
    plot.current?.setCursor({ left: plot.current.valToPos(value, "x"), top: 10 });
    setIndex(place);
  };

  return (
    <figure
      class={`chart${isGreyed === true ? " is-greyed" : ""}${isWide === true ? " is-wide" : ""}`}
      aria-labelledby={id}
    >
      <figcaption>
        <h3 id={id}>{title}</h3>
        {note !== undefined && <p class="soft small">{note}</p>}
      </figcaption>
      {isEmpty ? (
        <p class="soft small">{empty}</p>
      ) : (
        <>
          <Legend
            {...{ series, isBars: isBars === true, totals, at, y }}
            where={at === null ? "" : placeName(props, at)}
          />
          <p class="axis-name small soft" aria-hidden="true">
            {y.name}
          </p>
          <div
            class="plot"
            ref={box}
            tabIndex={0}
            role="slider"
            aria-label={`${title}: ${x.name}`}
            aria-valuemin={0}
            aria-valuemax={last}
            aria-valuenow={at ?? 0}
            aria-valuetext={spoken(props, at ?? 0)}
            onKeyDown={(event) => {
              const next = nextPlace(event.key, at, last);
              if (next === null) return;
              event.preventDefault();
              moveTo(next);
            }}
          />
          <p class="axis-name is-x small soft" aria-hidden="true">
            {x.name}
          </p>
          <ChartTable {...props} />
        </>
      )}
    </figure>
  );
}

function nextPlace(key: string, at: number | null, last: number): number | null {
  const page = Math.max(1, Math.round(last / 10));
  const steps: Readonly<Record<string, number>> = {
    ArrowRight: 1,
    ArrowUp: 1,
    ArrowLeft: -1,
    ArrowDown: -1,
    PageUp: page,
    PageDown: -page,
  };
  if (key === "Home") return 0;
  if (key === "End") return last;
  const step = steps[key];
  return step === undefined ? null : at === null ? 0 : Math.max(0, Math.min(last, at + step));
}

const placeName = ({ x, places }: ChartProps, at: number): string => places?.[at] ?? x.show(x.values[at] ?? 0);

function spoken(props: ChartProps, at: number): string {
  const values = props.series.map(({ name, values }) => {
    const value = values[at] ?? null;
    return `${name} ${value === null ? "none" : props.y.show(value)}`;
  });
  return `${placeName(props, at)}: ${values.join(", ")}`;
}

interface LegendProps {
  readonly series: readonly ChartSeries[];
  readonly isBars: boolean;
  readonly totals: Readonly<Record<string, string>>;
  readonly at: number | null;
  readonly where: string;
  readonly y: Plotted["y"];
}

function Legend({ series, isBars, totals, at, where, y }: LegendProps) {
  const figure = ({ name, values }: ChartSeries): string => {
    if (at === null) return totals[name] ?? "";
    const value = values[at] ?? null;
    return value === null ? "–" : y.show(value);
  };
  return (
    <div class="legend small">
      <ul>
        {series.map((each) => (
          <li key={each.name}>
            <Swatch series={each} isBar={isBars} />
            {each.name} <b>{figure(each)}</b>
          </li>
        ))}
      </ul>
      <span class="where soft">{where}</span>
    </div>
  );
}

const DASHES = { solid: "none", dashed: "5 3", dotted: "1.5 2.5" } as const;

export function Swatch({ series, isBar }: { readonly series: ChartSeries; readonly isBar: boolean }) {
  if (isBar)
    return (
      <i
        class="swatch"
        aria-hidden="true"
        style={{
          background: textureStyle(series.colour, series.texture ?? "solid"),
          outline: `1px solid ${cssColour(series.colour)}`,
          outlineOffset: "-1px",
        }}
      />
    );
  return (
    <svg class="swatch is-line" viewBox="0 0 20 10" aria-hidden="true">
      <line
        x1="0"
        x2="20"
        y1="5"
        y2="5"
        style={{ stroke: cssColour(series.colour) }}
        stroke-width={series.width ?? 1.75}
        stroke-dasharray={DASHES[series.dash ?? "solid"]}
      />
    </svg>
  );
}
