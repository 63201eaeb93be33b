// First of all: what was expected and whether it holds, then what limits the run, costliest first.

import type { Expectation, Finding, LoadReport, LoadRun } from "../../../load/report.ts";
import { counted, shownNumber, shownShare } from "../../parts/format.ts";
import { Section } from "../section.tsx";

const MOST_FINDINGS = 5;

interface VerdictProps {
  readonly report: LoadReport;
  readonly run: LoadRun;
  readonly index: number;
}

export function VerdictSection({ report: { expectations, runs }, run, index }: VerdictProps) {
  const missed = expectations.filter(({ isMet }) => !isMet).length;
  return (
    <Section title="Verdict">
      {expectations.length > 0 && (
        <>
          <p class={`verdict ${missed === 0 ? "is-done" : "is-gave-up"}`}>
            {missed === 0
              ? `✓ ${expectations.length === 1 ? "The expectation holds" : `All ${expectations.length} expectations hold`}`
              : `■ ${missed} of ${counted(expectations.length, "expectation")} missed${runs.length > 1 ? " by a run" : ""}`}
          </p>
          <Expectations {...{ expectations, index }} runCount={runs.length} />
        </>
      )}
      <Findings findings={run.findings} />
    </Section>
  );
}

interface ExpectationsProps {
  readonly expectations: readonly Expectation[];
  readonly index: number;
  readonly runCount: number;
}

function Expectations({ expectations, index, runCount }: ExpectationsProps) {
  return (
    <ul class="expectations">
      {expectations.map(({ text, results }, place) => {
        const result = results[index];
        const isMet = result?.isMet === true;
        const missed = results.filter((each) => !each.isMet).length;
        return (
          <li key={place}>
            <span class={isMet ? "is-done" : "is-gave-up"}>
              {runCount > 1 ? (isMet ? "✓ holds in this run" : "■ missed in this run") : isMet ? "✓ holds" : "■ missed"}
            </span>
            <code>{text}</code>
            <b>{result?.shown ?? "–"}</b>
            {runCount > 1 && (
              <span class={missed === 0 ? "soft" : "is-gave-up"}>
                {missed === 0 ? `holds in all ${runCount} runs` : `missed in ${missed} of ${runCount} runs`}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function Findings({ findings }: { readonly findings: readonly Finding[] }) {
  return (
    <ol class="findings">
      {findings.slice(0, MOST_FINDINGS).map(({ name, text, rules }) => (
        <li key={name}>
          <p>{text}</p>
          <p class="small soft">
            <code>{name}</code>
            {rules.length > 0 && <> · by {rules.join(", ")}</>}
          </p>
        </li>
      ))}
    </ol>
  );
}

/** Above all else: the figures tell of the loader, not of the mapping. */
export function LoaderBanner({ run: { loader } }: { readonly run: LoadRun }) {
  if (!loader.isLimit) return null;
  return (
    <p class="banner" role="note">
      <b>■ The loader was the limit.</b> It sent {shownNumber(loader.sentCount)} of {shownNumber(loader.plannedCount)}{" "}
      planned records
      {loader.ceilingShare !== null && <>, at {shownShare(loader.ceilingShare)} of its own ceiling</>}. Latencies are
      shown pale and do not tell of the mapping; what was expected does not count as met. Plan a lower rate, or send
      from a faster machine.
    </p>
  );
}
