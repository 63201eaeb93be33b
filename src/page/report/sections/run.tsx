// What was run, where and with which settings, and how far the loader was from its own ceiling.

import type { LoadRun } from "../../../load/report.ts";
import { counted, shownBytes, shownMs, shownNumber, shownShare } from "../../parts/format.ts";
import { type Fact, Facts, Section } from "../section.tsx";

const ENDED = {
  plan: "the plan was carried out",
  interrupted: "interrupted: what was measured until then",
  stalled: "stalled: records were left, and none ended any more",
} as const;

export function RunSection({ run }: { readonly run: LoadRun }) {
  const { counts, loader } = run;
  const changed = run.settings.filter(({ isChanged }) => isChanged).length;
  return (
    <Section title="Run" note={ENDED[run.endedBy]}>
      <Facts facts={[...placeFacts(run), ...recordFacts(run)]} />
      <Facts facts={loaderFacts(run)} />
      <ul class="settings small" aria-label="Settings">
        {run.settings.map(({ member, value, isChanged }) => (
          <li key={member} class={isChanged ? "is-changed" : "soft"}>
            {member} <b>{value}</b>
          </li>
        ))}
      </ul>
      <p class="soft small">
        {changed === 0
          ? "All settings are the defaults."
          : `${changed} in bold ${changed === 1 ? "is" : "are"} not the default.`}
        {run.topKeyShare !== null && ` The most frequent key is ${shownShare(run.topKeyShare)} of all records.`}
        {loader.refusedCount > 0 &&
          ` The source refused ${counted(loader.refusedCount, "record")}; they are in no other figure.`}
        {counts.open > 0 && ` ${counted(counts.open, "record")} had not ended when the run did.`}
      </p>
    </Section>
  );
}

const placeFacts = (run: LoadRun): readonly Fact[] => [
  { name: "source", value: run.source, beside: run.place },
  ...(run.seed === null
    ? []
    : [{ name: "seed", value: String(run.seed), beside: "the same one makes the same report" }]),
  ...(run.machine === null ? [] : [{ name: "machine", value: run.machine }]),
];

function recordFacts({ counts, loader, sendMs, totalMs }: LoadRun): readonly Fact[] {
  const perSecond = sendMs > 0 ? `${shownNumber((loader.sentCount / sendMs) * 1_000, 1)} records/s` : "at once";
  return [
    { name: "sent", value: shownNumber(counts.sent), beside: `in ${shownMs(sendMs)}, ${perSecond}` },
    { name: "size", value: shownBytes(loader.bytes), beside: sizeBeside(loader.bytes, loader.sentCount) },
    ...(counts.matched === null
      ? []
      : [{ name: "passed the filter", value: shownNumber(counts.matched), beside: `of ${shownNumber(counts.sent)}` }]),
    { name: "done", value: shownNumber(counts.done), beside: `all ended after ${shownMs(totalMs)}` },
    { name: "given up", value: shownNumber(counts.gaveUp), ...(counts.gaveUp > 0 ? { sign: "gave-up" as const } : {}) },
  ];
}

const sizeBeside = (bytes: number, count: number): string =>
  count === 0 ? "" : `${shownNumber(bytes / count)} B a record`;

function loaderFacts({ loader, mode }: LoadRun): readonly Fact[] {
  if (loader.ceilingPerSecond === null)
    return mode === "simulated" ? [{ name: "loader", value: "no limit", beside: "virtual time waits for it" }] : [];
  return [
    {
      name: "loader's own ceiling",
      value: `${shownNumber(loader.ceilingPerSecond)} records/s`,
      beside: "measured just before the run",
    },
    {
      name: "used at the busiest second",
      value: loader.ceilingShare === null ? "–" : shownShare(loader.ceilingShare),
      ...(loader.isLimit ? { sign: "gave-up" as const } : {}),
    },
    { name: "sent late, p99", value: shownMs(loader.lateP99Ms) },
  ];
}
