// How long records took from when the plan had them arrive: what a loader that came late did not send in time counts, too.

import type { LoadRun, Percentiles } from "../../../load/report.ts";
import { type ChartSeries, logFloor } from "../../parts/chart-data.ts";
import { Chart } from "../../parts/chart.tsx";
import { secondsOfMs, shownMs, shownNumber } from "../../parts/format.ts";
import { Section } from "../section.tsx";
import { runTime } from "../run-time.ts";

export function LatencySection({ run }: { readonly run: LoadRun }) {
  const { latency, loader } = run;
  const { toStart, toDone, fromSendToStart } = latency;
  const rows: readonly (readonly [string, Percentiles])[] = [
    ["to start", toStart],
    ["to done", toDone],
    ["to start, from the actual send", fromSendToStart],
  ];
  return (
    <Section
      title="Latency"
      note={`From each record's planned arrival to the start of its first call, and to the end of the call that ended it.${
        latency.sampled === null ? "" : ` Of a sample: ${latency.sampled}.`
      }`}
    >
      <div class="scrolls" tabIndex={0} role="region" aria-label="Latency percentiles">
        <table class="wide">
          <thead>
            <tr>
              <th scope="col">
                <span class="spoken">measured</span>
              </th>
              {["p50", "p90", "p95", "p99", "p99.9", "max", "mean", "records"].map((name) => (
                <th scope="col" class="number" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, { count, p50, p90, p95, p99, p999, max, mean }]) => (
              <tr key={name} class={loader.isLimit ? "soft" : undefined}>
                <th scope="row">{name}</th>
                {[p50, p90, p95, p99, p999, max, mean].map((value, index) => (
                  <td class="number" key={index}>
                    {count === 0 ? "–" : shownMs(value)}
                  </td>
                ))}
                <td class="number">{shownNumber(count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="charts">
        <PercentileChart run={run} />
        <OverTimeChart run={run} />
      </div>
    </Section>
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
