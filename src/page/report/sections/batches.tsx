// How full batches were, how large, how many a second; by what closed them. First batches only: retries, halves and rests are apart.

import type { LoadRun } from "../../../load/report.ts";
import type { ChartSeries, Texture } from "../../parts/chart-data.ts";
import { Chart } from "../../parts/chart.tsx";
import { shortBytes, shortNumber, shownBytes, shownMs, shownNumber, shownShare } from "../../parts/format.ts";
import type { ColourName } from "../../parts/colours.ts";
import { binNote, runTime } from "../run-time.ts";
import { Facts, Section } from "../section.tsx";

type Reason = LoadRun["batches"]["reasons"][number];

/** A reason keeps its colour and texture, whatever its rank. */
const LOOKS: Readonly<Record<Reason["closedBy"], { readonly colour: ColourName; readonly texture: Texture }>> = {
  size: { colour: "size", texture: "solid" },
  window: { colour: "window", texture: "rising" },
  payload: { colour: "payload", texture: "grid" },
  "caught up": { colour: "caught-up", texture: "dots" },
  "tumbling edge": { colour: "tumbling-edge", texture: "falling" },
  "group end": { colour: "group-end", texture: "level" },
  "broker limit": { colour: "broker-limit", texture: "upright" },
  stop: { colour: "stop", texture: "sparse" },
};

export function BatchesSection({ run }: { readonly run: LoadRun }) {
  const { batches, batchSize, counts } = run;
  return (
    <Section title="Batches" note="First batches, by what closed them; retries, halves and rests are apart.">
      <Facts
        facts={[
          {
            name: "first batches",
            value: shownNumber(counts.firstBatches),
            beside: `of ${shownNumber(counts.invocations)} invocations`,
          },
          {
            name: "records, mean",
            value: shownNumber(batches.meanRecords, 1),
            beside: `of ${shownNumber(batchSize)}; median ${shownNumber(batches.medianRecords, 1)}`,
          },
          {
            name: "largest event",
            value: shownBytes(batches.largestBytes),
            beside: `of ${shownNumber(batches.eventLimitBytes)}`,
          },
          { name: "took, median", value: shownMs(batches.medianTookMs) },
          {
            name: "apart",
            value: shownNumber(counts.retries + counts.splits + counts.rests),
            beside: `${shownNumber(counts.retries)} retries, ${shownNumber(counts.splits)} splits, ${shownNumber(counts.rests)} rests`,
          },
        ]}
      />
      <div class="charts">
        <FillChart run={run} />
        <SizeChart run={run} />
        <RateChart run={run} />
      </div>
    </Section>
  );
}

/** The series of each reason, and what each comes to. */
function byReason(run: LoadRun, valuesOf: (reason: Reason) => readonly (number | null)[]) {
  const { reasons } = run.batches;
  const all = reasons.reduce((sum, { count }) => sum + count, 0);
  const series = reasons.map(
    (reason): ChartSeries => ({ name: reason.closedBy, ...LOOKS[reason.closedBy], values: valuesOf(reason) }),
  );
  const totals = Object.fromEntries(
    reasons.map(({ closedBy, count }) => [
      closedBy,
      `${shownShare(all === 0 ? 0 : count / all)}, ${shownNumber(count)}`,
    ]),
  );
  return { series, totals };
}

const BATCHES = { name: "batches", show: (value: number) => shownNumber(value, 2), tick: shortNumber };

function FillChart({ run }: { readonly run: LoadRun }) {
  const bins = Array.from({ length: 20 }, (_, index) => index * 5 + 2.5);
  return (
    <Chart
      title="How full"
      x={{
        name: `records, % of ${shownNumber(run.batchSize)}`,
        values: bins,
        from: 0,
        to: 100,
        ticks: [0, 20, 40, 60, 80, 100],
        show: (value) => `${shownNumber(value, 1)} %`,
        tick: (value) => shownNumber(value),
      }}
      places={bins.map((_, index) => `${index * 5} to ${index === 19 ? "100 %" : `under ${index * 5 + 5} %`}`)}
      y={BATCHES}
      isBars
      {...byReason(run, ({ fillBins }) => fillBins)}
    />
  );
}

function SizeChart({ run }: { readonly run: LoadRun }) {
  const { sizeBoundsBytes, eventLimitBytes, reasons } = run.batches;
  const used = sizeBoundsBytes.map((_, index) => reasons.some(({ sizeBins }) => (sizeBins[index] ?? 0) > 0));
  // Empty bins far below the smallest batch say nothing.
  const first = Math.max(0, Math.min(used.indexOf(true), sizeBoundsBytes.length - 8));
  const bounds = sizeBoundsBytes.slice(first);
  const limitAt = bounds.indexOf(eventLimitBytes) + 1;
  return (
    <Chart
      title="Size of the event"
      x={{
        name: "bytes, up to (log)",
        values: bounds.map((_, index) => index + 0.5),
        from: 0,
        to: bounds.length,
        ticks: bounds.map((_, index) => index + 1),
        show: (value) => shownBytes(bounds[Math.floor(value)] ?? 0),
        tick: (value) => shortBytes(bounds[value - 1] ?? 0),
      }}
      places={bounds.map((bound) => `up to ${shownBytes(bound)}`)}
      y={BATCHES}
      isBars
      marks={limitAt === 0 ? [] : [{ axis: "x", at: limitAt, text: shownBytes(eventLimitBytes) }]}
      {...byReason(run, ({ sizeBins }) => sizeBins.slice(first))}
    />
  );
}

function RateChart({ run }: { readonly run: LoadRun }) {
  const { seconds, binSeconds } = run;
  const x = runTime(run);
  return (
    <Chart
      title="How many a second"
      isWide
      height={150}
      {...binNote(run)}
      x={{ ...x, values: x.values.map((second) => second + binSeconds / 2), from: 0 }}
      places={x.values.map(x.show)}
      y={{ ...BATCHES, name: "batches/s" }}
      isBars
      {...byReason(run, ({ perSecond }) => seconds.map((_, index) => (perSecond[index] ?? 0) / binSeconds))}
    />
  );
}
