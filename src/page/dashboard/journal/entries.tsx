// The entries of the journal, newest first: of a running server as they come, until it is paused; of a recorded one those up to the instant.

import { useEffect, useState } from "preact/hooks";
import type { Entry } from "../../../ports/journal.ts";
import { counted, shownClock } from "../../parts/format.ts";
import { useDashboard } from "../dashboard-context.ts";
import { RefusalText } from "../parts/action-button.tsx";
import { answerOf, useAnswer } from "../parts/answers.ts";
import { type Column, RowTable } from "../parts/row-table.tsx";
import { entryKinds, entryText, fits } from "./entry-text.ts";

interface Page {
  readonly entries: readonly Entry[];
}

const MOST = 1_000;
const EVERY_MS = 1_000;

const columns: readonly Column<Entry>[] = [
  { title: "Time", cell: ({ atMs }) => <span class="mono">{shownClock(atMs)}</span> },
  { title: "Kind", cell: ({ kind }) => <b>{kind}</b> },
  { title: "Where", cell: ({ lane }) => <code>{whereText(lane)}</code> },
  { title: "What", cell: (entry) => entryText(entry), isWhole: true },
];

const whereText = (lane: string): string =>
  lane.replace(/^([0-9a-f]{8})-[0-9a-f-]{27}/, "$1").replace(/shardId-0*(\d)/, "shard $1");

export function Entries() {
  const { base, isFile, frame, route, setParams } = useDashboard();
  const [isPaused, setPaused] = useState(false);
  const [tick, setTick] = useState(0);
  const { kind = "", text = "" } = route.params;
  const before = isFile ? `&before=${Math.round(frame.atMs) + 1}` : "";
  const asked = useAnswer<Page>(`${base}entries?limit=${MOST}${before}`, isFile ? null : tick);
  const entries = answerOf(asked)?.entries ?? [];

  useEffect(() => {
    if (isFile || isPaused) return;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") setTick((count) => count + 1);
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [isFile, isPaused]);

  const rows = entries.filter((entry) => fits(entry, { kind, text })).toReversed();
  return (
    <section aria-label="Entries">
      <div class="filters">
        <label>
          <span>Kind</span>
          <select value={kind} onChange={({ currentTarget }) => setParams({ kind: currentTarget.value })}>
            <option value="">all</option>
            {entryKinds(entries, kind).map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>Text</span>
          <input
            type="search"
            value={text}
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => setParams({ text: currentTarget.value })}
          />
        </label>
        {!isFile && (
          <button type="button" aria-pressed={isPaused} onClick={() => setPaused((now) => !now)}>
            {isPaused ? "Go on" : "Pause"}
          </button>
        )}
        {!isFile && (
          <a class="plain-link" href={`${base}journal?follow=false&recent=5000`} download="journal.ndjson">
            Export the newest 5,000
          </a>
        )}
      </div>
      <p class="soft small">
        {`${counted(rows.length, "entry")} of the newest ${counted(entries.length, "entry")}${isPaused ? ", paused" : ""}`}
      </p>
      {asked.kind === "refused" && <RefusalText refusal={asked.refusal} />}
      {rows.length > 0 && (
        <RowTable
          label="Entries of the journal"
          columns={columns}
          rows={rows}
          keyOf={({ lane, seq }) => `${lane} ${seq}`}
          height="max(20rem, calc(100vh - 15rem))"
          cardLines={3}
        />
      )}
    </section>
  );
}
