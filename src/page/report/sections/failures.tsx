// What failing cost: attempts, invocations that were not the first, and the trees that took most of them.

import type { LoadRun } from "../../../load/report.ts";
import { Chart } from "../../parts/chart.tsx";
import { counted, shortNumber, shownMs, shownNumber } from "../../parts/format.ts";
import { type Fact, Facts, Section } from "../section.tsx";

export function FailuresSection({ run }: { readonly run: LoadRun }) {
  const { failures, counts } = run;
  const ended = counts.done + counts.gaveUp;
  const isClean = counts.failedInvocations + counts.throttles + counts.faults + counts.gaveUp === 0;
  return (
    <Section title="Failures" note="An identity is a batch with fixed members: a split makes two new ones.">
      <Facts
        facts={[
          {
            name: "deliveries a record",
            value: shownNumber(failures.invocationsPerRecord, 4),
            beside: "1 where nothing fails",
          },
          {
            name: "invocations a record",
            value: ended === 0 ? "–" : shownNumber(counts.invocations / ended, 4),
            beside: `${shownNumber(counts.invocations)} in all`,
          },
          counted0("failed invocations", counts.failedInvocations, "failed", timeouts(counts.timeouts)),
          counted0("retries", counts.retries),
          counted0("splits", counts.splits),
          counted0("rests", counts.rests),
          counted0("throttles", counts.throttles, "throttled"),
          counted0("faults", counts.faults),
          counted0("given up", counts.gaveUp, "gave-up"),
          counted0("documents", counts.documents),
          counted0("dead letters", counts.deadLetters),
          ...(counts.coldStarts === null ? [] : [counted0("cold starts", counts.coldStarts)]),
        ]}
      />
      {failures.firstError !== null && (
        <p>
          The first call that failed: <b>{failures.firstError.type}</b>: {failures.firstError.message}
        </p>
      )}
      {isClean ? (
        <p class="soft">Nothing failed, was throttled or was given up.</p>
      ) : (
        <div class="charts">
          <AttemptsChart run={run} />
          <Trees run={run} />
        </div>
      )}
    </Section>
  );
}

const counted0 = (name: string, count: number, sign?: Fact["sign"], beside?: string): Fact => ({
  name,
  value: shownNumber(count),
  ...(beside === undefined ? {} : { beside }),
  ...(count > 0 && sign !== undefined ? { sign } : {}),
});

const timeouts = (count: number): string | undefined =>
  count === 0 ? undefined : `${counted(count, "timeout")} of them`;

function AttemptsChart({ run: { failures } }: { readonly run: LoadRun }) {
  const places = failures.attempts.map((_, index) => index + 1);
  return (
    <Chart
      title="Attempts of an identity"
      x={{
        name: "attempts",
        values: places,
        show: (value) => counted(value, "attempt"),
        tick: (value) => shownNumber(value),
        ...(places.length <= 12 ? { ticks: places } : {}),
      }}
      y={{ name: "identities (log)", show: (value) => shownNumber(value), tick: shortNumber, scale: "log", from: 1 }}
      isBars
      series={[{ name: "identities", colour: "failed", texture: "rising", values: failures.attempts }]}
    />
  );
}

function Trees({ run: { failures } }: { readonly run: LoadRun }) {
  if (failures.trees.length === 0) return null;
  return (
    <figure class="trees" aria-labelledby="trees-title">
      <figcaption>
        <h3 id="trees-title">What cost most</h3>
        <p class="soft small">The batches with most invocations, and the calls of each, depth first.</p>
      </figcaption>
      <ol>
        {failures.trees.map((tree) => (
          <li key={`${tree.lane}/${tree.batch}`}>
            <p>
              <b>batch {tree.batch}</b> <span class="soft">{tree.lane}</span> ·{" "}
              {counted(tree.invocations, "invocation")}
              {tree.gaveUp > 0 && <span class="is-gave-up"> · ■ {counted(tree.gaveUp, "record")} given up</span>}
              {tree.heldMs > 0 && <> · lane held {shownMs(tree.heldMs)}</>}
            </p>
            <p class="story" tabIndex={0} role="region" aria-label={`Calls of batch ${tree.batch}`}>
              <code>{tree.story}</code>
            </p>
          </li>
        ))}
      </ol>
    </figure>
  );
}
