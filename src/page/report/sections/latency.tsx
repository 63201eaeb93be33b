// How long records took from when the plan had them arrive: what a loader that came late did not send in time counts, too.

import type { LoadRun, Percentiles } from "../../../load/report.ts";
import { type ChartSeries, logFloor } from "../../parts/chart-data.ts";
import { Chart } from "../../parts/chart.tsx";
import { secondsOfMs, shownMs, shownNumber } from "../../parts/format.ts";
import { useIsNarrow } from "../../parts/theme.ts";
import { Section } from "../section.tsx";
import { runTime } from "../run-time.ts";

export function LatencySection({ run }: { readonly run: LoadRun }) {
  const { latency } = run;
  return (
    <Section
      title="Latency"
      note={`From each record's planned arrival to the start of its first call, and to the end of the call that ended it.${
        latency.sampled === null ? "" : ` Of a sample: ${latency.sampled}.`
      }`}
    >
      <PercentileTable run={run} />
      <div class="charts">
        <PercentileChart run={run} />
        <OverTimeChart run={run} />
      </div>
    </Section>
  );
}

const RANKS = [
  { name: "p50", of: ({ p50 }: Percentiles) => p50 },
  { name: "p90", of: ({ p90 }: Percentiles) => p90 },
  { name: "p95", of: ({ p95 }: Percentiles) => p95 },
  { name: "p99", of: ({ p99 }: Percentiles) => p99 },
  { name: "p99.9", of: ({ p999 }: Percentiles) => p999 },
  { name: "max", of: ({ max }: Percentiles) => max },
  { name: "mean", of: ({ mean }: Percentiles) => mean },
] as const;

/** A row a measure; on a narrow page a column each, so that nothing lies beyond its edge. */
function PercentileTable({ run: { latency, loader } }: { readonly run: LoadRun }) {
  const isNarrow = useIsNarrow();
  const measures = [
    { name: "to start", found: latency.toStart },
    { name: "to done", found: latency.toDone },
    { name: "to start, from the actual send", found: latency.fromSendToStart },
  ];
  const shown = (found: Percentiles, of: (found: Percentiles) => number): string =>
    found.count === 0 ? "–" : shownMs(of(found));
  const byMeasure = measures.map(({ name, found }) => [
    name,
    ...RANKS.map(({ of }) => shown(found, of)),
    shownNumber(found.count),
  ]);
  const heads = ["", ...RANKS.map(({ name }) => name), "records"];
  const lines = [heads, ...byMeasure];
  const [head = [], ...rows] = isNarrow ? heads.map((_, place) => lines.map((line) => line[place] ?? "")) : lines;
  return (
    <table class="percentiles">
      <caption class="spoken">Latency by percentile</caption>
      <thead>
        <tr>
          {head.map((name, place) =>
            place === 0 ? (
              <td key={name} />
            ) : (
              <th scope="col" class="number" key={name}>
                {name}
              </th>
            ),
          )}
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, ...cells]) => (
          <tr key={name} class={loader.isLimit ? "soft" : undefined}>
            <th scope="row">{name}</th>
            {cells.map((cell, place) => (
              <td class="number" key={place}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const MS_LOG = { name: "s (log)", show: shownMs, tick: secondsOfMs, scale: "log" } as const;

function PercentileChart({ run: { latency, loader } }: { readonly run: LoadRun }) {
  const { toStart, toDone, fromSendToStart } = latency;
  const longest = [toStart, toDone, fromSendToStart].reduce((left, right) =>
    right.curve.length > left.curve.length ? right : left,
  );
  const places = longest.curve.map(({ percentile }) => percentile);
  const valuesOf = ({ curve }: Percentiles): readonly (number | null)[] => {
    const known = new Map(curve.map(({ percentile, ms }) => [percentile, ms]));
    return places.map((percentile) => known.get(percentile) ?? null);
  };
  // A curve that begins at nothing would leave the plot to what nobody waits for: a decade below the median's is where it begins.
  const lowest = logFloor([toStart.p50, fromSendToStart.p50]) / 10;
  const series: readonly ChartSeries[] = [
    { name: "to start", colour: "accent", values: valuesOf(toStart) },
    { name: "to done", colour: "done", width: 2.5, values: valuesOf(toDone) },
    { name: "to start, from the actual send", colour: "accent", dash: "dashed", values: valuesOf(fromSendToStart) },
  ];
  return (
    <Chart
      title="By percentile"
      note="Where the dashed line lies lower, the loader sent late, and waiting was hidden from it."
      isGreyed={loader.isLimit}
      x={{
        name: "percentile (log tail)",
        values: places,
        scale: "tail",
        show: (value) => `p${shownNumber(value, 3)}`,
        tick: (value) => shownNumber(value, 2),
      }}
      y={{ ...MS_LOG, from: lowest }}
      series={series}
      empty="No record was started."
    />
  );
}

function OverTimeChart({ run }: { readonly run: LoadRun }) {
  const { seconds, loader } = run;
  return (
    <Chart
      title="To start, over time"
      note={`Of the records that arrived by plan in each ${run.binSeconds === 1 ? "second" : `${run.binSeconds} seconds`}.`}
      isGreyed={loader.isLimit}
      x={runTime(run)}
      y={{ ...MS_LOG, scale: "linear", name: "s" }}
      series={[
        { name: "p50", colour: "accent", values: seconds.map(({ toStartP50Ms }) => toStartP50Ms) },
        {
          name: "p99",
          colour: "throttled",
          dash: "dotted",
          width: 2.25,
          values: seconds.map(({ toStartP99Ms }) => toStartP99Ms),
        },
      ]}
    />
  );
}
