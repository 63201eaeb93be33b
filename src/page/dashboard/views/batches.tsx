// The view Batches: why this size? Each batch with what closed it, its size and its outcome; filters in the address.

import type { BatchRow } from "../../../dashboard/frame.ts";
import { counted, shownBytes, shownClock, shownMs, shownNumber } from "../../parts/format.ts";
import { batchColumns, OutcomeText } from "../batches/batch-columns.tsx";
import { choicesOf, filteredBatches, filterOf, outcomeGroups } from "../batches/batch-filter.ts";
import { type Dashboard, useDashboard } from "../dashboard-context.ts";
import { Empty } from "../parts/empty.tsx";
import { explainCommand } from "../parts/commands.ts";
import { FailingFamily } from "../parts/failing-family.tsx";
import { batchName, settingOf } from "../parts/names.ts";
import { RowTable } from "../parts/row-table.tsx";
import { hashOf, routeTo } from "../route.ts";
import { MOST_BATCHES } from "../store.ts";

export function BatchesView() {
  const dashboard = useDashboard();
  const { picture, frame, route, setParams } = dashboard;
  const filter = filterOf(route.params);
  const rows = filteredBatches(picture.batches, filter);
  const chosen = chosenBatch(dashboard);
  const nameOf = (uuid: string): string =>
    frame.mappings.find((mapping) => mapping.uuid === uuid)?.functionName ?? uuid.slice(0, 8);
  const params = { ...filter };
  return (
    <>
      <div class="view-head">
        <h1>Batches</h1>
        <p class="soft">{countText(dashboard, rows.length)}</p>
      </div>
      <div class="filters">
        <Choice
          label="Mapping"
          value={filter.mapping}
          choices={frame.mappings.map(({ uuid, functionName, source }) => ({
            value: uuid,
            text: `${functionName}, ${source}`,
          }))}
          onChange={(mapping) => setParams({ mapping, lane: "" })}
        />
        <Choice
          label="Closed by"
          value={filter.reason}
          choices={choicesOf(picture.batches, ({ closedBy }) => closedBy).map(plainChoice)}
          onChange={(reason) => setParams({ reason })}
        />
        <Choice
          label="Lane"
          value={filter.lane}
          choices={choicesOf(picture.batches, ({ label }) => label).map(plainChoice)}
          onChange={(lane) => setParams({ lane })}
        />
        <Choice
          label="Outcome"
          value={filter.outcome}
          choices={outcomeGroups.map(plainChoice)}
          onChange={(outcome) => setParams({ outcome })}
        />
      </div>
      {chosen !== null && <ChosenBatch row={chosen} />}
      {rows.length === 0 ? (
        picture.batches.length === 0 ? (
          <Empty text="No batch has closed yet:" command="millrace send orders --count 10" />
        ) : (
          <p class="empty">No batch fits the filters.</p>
        )
      ) : (
        <RowTable
          label="Batches"
          columns={batchColumns(filter.mapping === "" ? ({ mapping }) => nameOf(mapping) : null)}
          rows={rows}
          keyOf={({ id }) => id}
          selected={chosen?.id ?? null}
          hrefOf={({ id }) => hashOf(routeTo(route, "batches", { ...params, batch: String(id) }))}
          height="max(20rem, calc(100vh - 15rem))"
          cardLines={3}
        />
      )}
    </>
  );
}

const plainChoice = (value: string): { readonly value: string; readonly text: string } => ({ value, text: value });

function countText({ picture, frame }: Dashboard, count: number): string {
  const kept = picture.batches.length === MOST_BATCHES ? `, the newest ${shownNumber(MOST_BATCHES)} kept` : "";
  const sample =
    frame.shownOf > 1 ? `; 1 of ${shownNumber(frame.shownOf)} shown; counts and failures are complete` : "";
  return `${shownNumber(count)} of ${counted(picture.batches.length, "batch")}${kept}${sample || leftOutText(picture.batches.length, frame)}`;
}

/** What a sample has left out some time ago: the mappings' own counters are complete. */
function leftOutText(keptCount: number, { mappings }: Dashboard["frame"]): string {
  const closedCount = mappings.reduce((sum, { batchCount }) => sum + batchCount, 0);
  return closedCount > keptCount && keptCount < MOST_BATCHES ? `; ${shownNumber(closedCount)} have closed` : "";
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly { readonly value: string; readonly text: string }[];
  readonly onChange: (value: string) => void;
}

/** What the address names stays to be chosen, even where no row has it any more. */
function Choice({ label, value, choices, onChange }: ChoiceProps) {
  const isThere = value === "" || choices.some((choice) => choice.value === value);
  return (
    <label>
      <span>{label}</span>
      <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        <option value="">all</option>
        {!isThere && <option value={value}>{value}</option>}
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.text}
          </option>
        ))}
      </select>
    </label>
  );
}

const chosenBatch = ({ picture, route }: Dashboard): BatchRow | null =>
  picture.batches.find(({ id }) => String(id) === route.params["batch"]) ?? null;

export function batchesCommand(dashboard: Dashboard): string {
  const chosen = chosenBatch(dashboard) ?? dashboard.picture.batches.at(-1) ?? null;
  return chosen === null
    ? "millrace start"
    : explainCommand(batchName(chosen.mapping, chosen.batch), dashboard.frame.origin);
}

/** The batch that is open: its figures beside their limits, its tree where it failed, and what to ask next. */
function ChosenBatch({ row }: { readonly row: BatchRow }) {
  const { frame, route, go } = useDashboard();
  const mapping = frame.mappings.find(({ uuid }) => uuid === row.mapping);
  const [first = ""] = row.batch.split(/[.+]/);
  const family = frame.failing.find(
    (each) => each.mapping === row.mapping && (each.batch === row.batch || each.batch.split(/[.+]/)[0] === first),
  );
  const windowLimit = mapping === undefined ? null : settingOf(mapping, "MaximumBatchingWindowInSeconds");
  const name = batchName(row.mapping, row.batch);
  const facts: readonly (readonly [string, string])[] = [
    ["closed", `${shownClock(row.closedAtMs)} by ${row.closedBy}`],
    [
      "records",
      `${shownNumber(row.recordCount)}${mapping === undefined ? "" : ` of ${shownNumber(mapping.batchSize)}`}`,
    ],
    ["payload", `${shownNumber(row.payloadBytes)} of 6,291,456 B`],
    [
      "window",
      row.windowMs === null ? "none" : `${shownMs(row.windowMs)}${windowLimit === null ? "" : ` of ${windowLimit} s`}`,
    ],
    ["took", row.tookMs === null ? "–" : shownMs(row.tookMs)],
    ["attempt", shownNumber(row.attempt)],
    ["request", row.requestId ?? "–"],
    ["bytes a record", row.recordCount === 0 ? "–" : shownBytes(Math.round(row.payloadBytes / row.recordCount))],
  ];
  return (
    <section class="chosen" aria-label={`Batch ${row.batch}`}>
      <div class="view-head">
        <h2>
          {`Batch ${row.batch}, ${row.label}`} <OutcomeText row={row} />
        </h2>
        <div class="family-links">
          <a data-key="e" href={hashOf(routeTo(route, "find", { what: name }))}>
            explain
          </a>
          <a href={hashOf(routeTo(route, "batches", { ...filterOf(route.params) }))}>close</a>
        </div>
      </div>
      <dl class="settings">
        {facts.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {family !== undefined && (
        <FailingFamily
          family={family}
          mapping={mapping}
          selected={row.batch}
          isNamed={false}
          onSelect={(what) => go("find", { what })}
        />
      )}
    </section>
  );
}
