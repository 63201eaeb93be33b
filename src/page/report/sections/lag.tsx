// What waits, how old it is, and whether what ends keeps up with what is sent.

import type { LoadRun } from "../../../load/report.ts";
import { Chart } from "../../parts/chart.tsx";
import { secondsOfMs, shortNumber, shownMs, shownNumber } from "../../parts/format.ts";
import { Facts, Section } from "../section.tsx";
import { binNote, runTime } from "../run-time.ts";

export function LagSection({ run }: { readonly run: LoadRun }) {
  const { seconds, binSeconds, failures, family } = run;
  const ageName = family === "queue" || family === "broker" ? "oldest message at a call" : "iterator age";
  const x = runTime(run);
  const oldest = seconds.reduce((most, { oldestMs }) => Math.max(most, oldestMs), 0);
  const waiting = seconds.reduce((most, each) => Math.max(most, each.waiting), 0);
  const { count, p50, p99, max } = failures.iteratorAge;
  return (
    <Section title="Lag" note="Records that were sent and have not ended.">
      <Facts
        facts={[
          { name: "most waiting", value: shownNumber(waiting), beside: "at a second's end" },
          { name: "oldest", value: shownMs(oldest) },
          {
            name: ageName,
            value: count === 0 ? "–" : shownMs(p99),
            beside: count === 0 ? "" : `p99; p50 ${shownMs(p50)}, max ${shownMs(max)}`,
          },
        ]}
      />
      <div class="charts">
        <Chart
          title="Age"
          {...binNote(run)}
          x={x}
          y={{ name: "s (log)", show: shownMs, tick: secondsOfMs, scale: "log" }}
          series={[
            { name: "oldest that waits", colour: "accent", values: seconds.map(({ oldestMs }) => oldestMs) },
            {
              name: ageName,
              colour: "failed",
              dash: "dotted",
              width: 2.25,
              values: seconds.map(({ iteratorAgeMs }) => iteratorAgeMs),
            },
          ]}
        />
        <Chart
          title="Records a second"
          {...binNote(run)}
          x={x}
          y={{ name: "records/s", show: (value) => shownNumber(value, 1), tick: shortNumber }}
          series={[
            {
              name: "planned",
              colour: "soft",
              dash: "dashed",
              values: seconds.map(({ planned }) => planned / binSeconds),
            },
            { name: "sent", colour: "accent", values: seconds.map(({ sent }) => sent / binSeconds) },
            {
              name: "done",
              colour: "done",
              dash: "dotted",
              width: 2.5,
              values: seconds.map(({ done }) => done / binSeconds),
            },
          ]}
        />
      </div>
    </Section>
  );
}
