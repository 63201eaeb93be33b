// How the figures came about, and the plan as it was carried out: enough to run it again, and to doubt it.

import type { LoadReport, LoadRun } from "../../../load/report.ts";
import { useState } from "preact/hooks";
import { useIsPrinting } from "../../parts/theme.ts";
import { Section } from "../section.tsx";

export function MethodSection({ report, run }: { readonly report: LoadReport; readonly run: LoadRun }) {
  return (
    <Section title="Method">
      <dl class="method">
        <dt>Latency</dt>
        <dd>
          Counted from the instant at which the plan has a record arrive, not from when it was sent: a loader that comes
          late, or waits for an answer, cannot hide what a record would have waited (coordinated omission). Records that
          were open at the end are in no percentile. Percentiles are exact, by nearest rank, of all values
          {run.latency.sampled === null ? "" : `, of a sample (${run.latency.sampled})`}.
        </dd>
        <dt>Batches</dt>
        <dd>
          Fill, size, closing reason and findings count first batches. What follows a failure, its retries, halves and
          rests, is counted apart: it is no assembly.
        </dd>
        <dt>Iterator age</dt>
        <dd>
          As AWS's metric: at an attempt's end, since its batch's last record arrived. Of a queue: the age of a call's
          oldest message.
        </dd>
        <dt>{run.mode === "simulated" ? "Simulated" : "Live"}</dt>
        <dd>
          {run.mode === "simulated"
            ? `Under virtual time, seed ${run.seed}: the same plan, seed and version make the same report to the byte. It proves order and limits, not the speed of any machine.`
            : "On this machine, beside whatever else it did: times include the loader's, the server's and the function's own work. Several runs of a setting show their spread."}
        </dd>
        <dt>Differences</dt>
        <dd>A difference between settings is marked only where it is larger than the spread of their runs.</dd>
        <dt>Not AWS</dt>
        <dd>
          Batching follows AWS's documented rules; its timing on AWS is not promised. Costs are estimates by the prices
          above.
        </dd>
      </dl>
      <Plan plan={report.plan} />
    </Section>
  );
}

function Plan({ plan }: { readonly plan: LoadReport["plan"] }) {
  const [isOpen, setOpen] = useState(false);
  const isPrinting = useIsPrinting();
  return (
    <details open={isOpen || isPrinting} onToggle={(event) => !isPrinting && setOpen(event.currentTarget.open)}>
      <summary>The plan, defaults filled in</summary>
      <div class="scrolls" tabIndex={0} role="region" aria-label="Plan">
        <pre>{JSON.stringify(plan, null, 2)}</pre>
      </div>
    </details>
  );
}
