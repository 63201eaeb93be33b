// How many invocations ran at once, under what is allowed, and how each lane spent the run.

import type { LoadRun } from "../../../load/report.ts";
import type { ChartSeries } from "../../parts/chart-data.ts";
import { Chart, Swatch } from "../../parts/chart.tsx";
import { shortNumber, shownNumber, shownShare } from "../../parts/format.ts";
import { textureStyle } from "../../parts/textures.ts";
import { Facts, Section } from "../section.tsx";
import { runTime } from "../run-time.ts";

/** An allowed line that lies further above would press the curve flat. */
const FAR_ABOVE = 6;

export function ConcurrencySection({ run }: { readonly run: LoadRun }) {
  const { allowedConcurrency: allowed, concurrency, seconds } = run;
  const isNear = allowed !== null && allowed <= Math.max(1, concurrency.most) * FAR_ABOVE;
  const note =
    allowed === null ? "Nothing limits it." : isNear ? "" : `${shownNumber(allowed)} are allowed: far above the plot.`;
  return (
    <Section title="Concurrency" note="Invocations that run at once.">
      <Facts
        facts={[
          {
            name: "most",
            value: shownNumber(concurrency.most),
            beside: allowed === null ? "not limited" : `of ${shownNumber(allowed)} allowed`,
          },
          { name: "mean", value: shownNumber(concurrency.mean, 2) },
        ]}
      />
      <div class="charts">
        <Chart
          title="Running, at each second's end"
          isWide
          height={150}
          {...(note === "" ? {} : { note })}
          x={runTime(run)}
          y={{ name: "invocations", show: (value) => shownNumber(value, 2), tick: shortNumber }}
          marks={isNear ? [{ axis: "y", at: allowed, text: `${shownNumber(allowed)} allowed` }] : []}
          series={[{ name: "running", colour: "accent", values: seconds.map(({ running }) => running) }]}
        />
        <LaneBars run={run} />
      </div>
    </Section>
  );
}

const STATES = [
  { name: "running", colour: "done", texture: "solid" },
  { name: "held", colour: "gave-up", texture: "rising" },
  { name: "assembling", colour: "window", texture: "dots" },
  { name: "idle", colour: "caught-up", texture: "sparse" },
] as const satisfies readonly Omit<ChartSeries, "values">[];

function LaneBars({ run: { lanes } }: { readonly run: LoadRun }) {
  if (lanes.length === 0) return null;
  return (
    <figure class="lanes" aria-labelledby="lanes-title">
      <figcaption>
        <h3 id="lanes-title">Lanes</h3>
        <p class="soft small">
          Share of the run's time{lanes.length >= 50 ? "; the busiest 50" : ""}. Held: waits for a failing batch.
        </p>
      </figcaption>
      <div class="scrolls" tabIndex={0} role="region" aria-label="Lanes">
        <table>
          <thead>
            <tr>
              <th scope="col">lane</th>
              <td class="bar" aria-hidden="true" />
              {STATES.map((state) => (
                <th scope="col" class="number" key={state.name}>
                  <Swatch series={{ ...state, values: [] }} isBar />
                  {state.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {lanes.map((lane) => (
              <tr key={lane.lane}>
                <th scope="row">{lane.lane}</th>
                <td class="bar" aria-hidden="true">
                  <span>
                    {STATES.map(({ name, colour, texture }) => (
                      <i key={name} style={{ flexGrow: lane[name], background: textureStyle(colour, texture) }} />
                    ))}
                  </span>
                </td>
                {STATES.map(({ name }) => (
                  <td class="number" key={name}>
                    {shownShare(lane[name])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
