// The report in its order: verdict, run, batches, latency, lag, concurrency, failures, cost, sweep, comparison, method. One run of a sweep is
// shown at a time; the address holds which one.

import { useEffect, useState } from "preact/hooks";
import type { Reports } from "../../load/compared-report.ts";
import { addressOf, type Shown, shownOf } from "./address.ts";
import { ComparisonSection } from "./sections/comparison.tsx";
import { BatchesSection } from "./sections/batches.tsx";
import { ConcurrencySection } from "./sections/concurrency.tsx";
import { CostSection } from "./sections/cost.tsx";
import { FailuresSection } from "./sections/failures.tsx";
import { LagSection } from "./sections/lag.tsx";
import { LatencySection } from "./sections/latency.tsx";
import { MethodSection } from "./sections/method.tsx";
import { RunSection } from "./sections/run.tsx";
import { SweepSection } from "./sections/sweep.tsx";
import { LoaderBanner, VerdictSection } from "./sections/verdict.tsx";
import { RunChooser } from "./run-chooser.tsx";

export function Report({ report, compared }: Reports) {
  const [shown, setShown] = useState<Shown>(() => shownOf(location.hash, report));
  useEffect(() => {
    const follow = (): void => setShown(shownOf(location.hash, report));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  const show = (next: Partial<Shown>): void => {
    history.replaceState(null, "", addressOf({ ...shown, ...next }));
    setShown({ ...shown, ...next });
  };
  const run = report.runs[shown.run];
  if (run === undefined) return <main class="report">This report holds no run.</main>;
  const isSweep = report.runs.length > 1;
  return (
    <main class="report">
      <header class="title">
        <h1>
          {run.source} <span class="soft">→</span> {run.functionName}
        </h1>
        <p class="soft">
          Load report, {run.mode}
          {report.runs.length > 1 && `, ${report.runs.length} runs`} · millrace {report.version}
        </p>
      </header>
      {isSweep && <RunChooser runs={report.runs} chosen={shown.run} choose={(index) => show({ run: index })} />}
      <LoaderBanner run={run} />
      <VerdictSection {...{ report, run }} index={shown.run} />
      <RunSection run={run} />
      <BatchesSection run={run} />
      <LatencySection run={run} />
      <LagSection run={run} />
      <ConcurrencySection run={run} />
      <FailuresSection run={run} />
      <CostSection {...{ run }} prices={report.prices} />
      {report.swept.length > 0 && <SweepSection {...{ report, shown, show }} />}
      <ComparisonSection {...{ report, compared }} />
      <MethodSection {...{ report, run }} />
    </main>
  );
}
