// The view Mappings: is it running, and what closes next? All mappings, and of the selected one its settings, lanes, failures and newest
// batches.

import { useState } from "preact/hooks";
import type { MappingFrame } from "../../../dashboard/frame.ts";
import { counted, shownNumber } from "../../parts/format.ts";
import { fewBatchColumns } from "../batches/batch-columns.tsx";
import { type Dashboard, useDashboard } from "../dashboard-context.ts";
import { CreateForm } from "../mapping-form/mapping-form.tsx";
import { ageText } from "../mapping/lane-texts.ts";
import { Lanes } from "../mapping/lanes.tsx";
import { MappingActions } from "../mapping/mapping-actions.tsx";
import { Empty } from "../parts/empty.tsx";
import { explainCommand } from "../parts/commands.ts";
import { FailingFamily } from "../parts/failing-family.tsx";
import { batchName, settingText } from "../parts/names.ts";
import { type Column, RowTable } from "../parts/row-table.tsx";
import { Sign } from "../parts/signs.tsx";
import type { Tone } from "../parts/tones.ts";
import { hashOf, routeTo } from "../route.ts";

const NEWEST = 8;

export function MappingsView() {
  const dashboard = useDashboard();
  const { frame, route, isReadOnly, go, nowMs } = dashboard;
  const [isCreating, setCreating] = useState(false);
  const chosen = chosenMapping(dashboard);
  const hrefOf = ({ uuid }: MappingFrame): string => hashOf(routeTo(route, "mappings", { mapping: uuid }));
  return (
    <>
      <div class="view-head">
        <h1>Mappings</h1>
        {!isReadOnly && (
          <button type="button" onClick={() => setCreating(true)}>
            Create mapping
          </button>
        )}
      </div>
      {frame.mappings.length === 0 ? (
        <Empty
          text="No mappings yet: Create mapping makes one, or a configuration file names them."
          command="millrace start --example"
        />
      ) : (
        <RowTable
          label="Mappings"
          columns={mappingColumns(nowMs)}
          rows={frame.mappings}
          keyOf={({ uuid }) => uuid}
          selected={chosen?.uuid ?? null}
          hrefOf={hrefOf}
          height="14rem"
          cardLines={3}
        />
      )}
      {chosen !== null && <ChosenMapping mapping={chosen} />}
      {chosen === null && frame.mappings.length > 0 && (
        <p
          class="empty"
          role="status"
        >{`There is no mapping ${(route.params["mapping"] ?? "").slice(0, 8)}: choose one above.`}</p>
      )}
      {isCreating && (
        <CreateForm
          sources={[...new Set(frame.mappings.map(({ eventSourceArn }) => eventSourceArn))]}
          onClose={() => setCreating(false)}
          onMade={(uuid) => go("mappings", { mapping: uuid })}
        />
      )}
    </>
  );
}

/** The one that the address names, else the first. Null where the named one is gone: keys must not act on another. */
function chosenMapping({ frame, route }: Dashboard): MappingFrame | null {
  const { mapping = "" } = route.params;
  if (mapping === "") return frame.mappings[0] ?? null;
  return frame.mappings.find(({ uuid }) => uuid.startsWith(mapping)) ?? null;
}

export function mappingsCommand(dashboard: Dashboard): string {
  const mapping = chosenMapping(dashboard);
  const failing = dashboard.frame.failing.find(
    (family) => family.mapping === mapping?.uuid && family.endedAtMs === null,
  );
  if (failing !== undefined) return explainCommand(batchName(failing.mapping, failing.batch), dashboard.frame.origin);
  return mapping === null
    ? "millrace start --example"
    : explainCommand(mapping.uuid.slice(0, 8), dashboard.frame.origin);
}

const mappingColumns = (nowMs: number): readonly Column<MappingFrame>[] => [
  { title: "Function", cell: ({ functionName }) => <b title={functionName}>{functionName}</b>, isName: true },
  { title: "Source", cell: ({ source }) => <span title={source}>{source}</span>, isName: true },
  { title: "State", cell: (mapping) => <StateText mapping={mapping} /> },
  { title: "Lag", cell: ({ lagCount }) => shownNumber(lagCount), isNumber: true },
  { title: "Oldest", cell: ({ oldestAtMs }) => ageText(oldestAtMs, nowMs), isNumber: true },
  { title: "Running", cell: ({ runningCount }) => shownNumber(runningCount), isNumber: true },
  { title: "Batches", cell: ({ batchCount }) => shownNumber(batchCount), isNumber: true, isWide: true },
  { title: "Failed", cell: ({ failedCount }) => shownNumber(failedCount), isNumber: true, isWide: true },
  { title: "Given up", cell: ({ gaveUpCount }) => shownNumber(gaveUpCount), isNumber: true, isWide: true },
  { title: "Last result", cell: ({ lastResult }) => <ResultText text={lastResult} />, isWhole: true },
];

function stateTone({ state, isPaused }: MappingFrame): { readonly tone: Tone; readonly sign: string } {
  if (isPaused || state !== "Enabled") return { tone: "waiting", sign: "·" };
  return { tone: "done", sign: "✓" };
}

function StateText({ mapping }: { readonly mapping: MappingFrame }) {
  const { tone, sign } = stateTone(mapping);
  return (
    <span>
      <Sign tone={tone} sign={sign} />{" "}
      <span class={`is-${tone}`}>{mapping.isPaused ? `${mapping.state}, paused` : mapping.state}</span>
    </span>
  );
}

const ResultText = ({ text }: { readonly text: string }) => (
  <span class={text.startsWith("PROBLEM") ? "is-failed result" : "result"} title={text}>
    {text === "" ? "–" : text}
  </span>
);

function ChosenMapping({ mapping }: { readonly mapping: MappingFrame }) {
  const { nowMs, isReadOnly, base, go, frame, picture, route } = useDashboard();
  const families = frame.failing.filter((family) => family.mapping === mapping.uuid && family.endedAtMs === null);
  const batches = picture.batches.filter((row) => row.mapping === mapping.uuid);
  const newest = batches.slice(-NEWEST).reverse();
  return (
    <section class="mapping" aria-label={`Mapping ${mapping.functionName}`}>
      <div class="mapping-head">
        <h2>
          {mapping.functionName} <StateText mapping={mapping} />
        </h2>
        <p class="soft">{`${mapping.source} → ${mapping.functionName}, ${mapping.uuid.slice(0, 8)}`}</p>
        {!isReadOnly && <MappingActions key={mapping.uuid} mapping={mapping} base={base} />}
      </div>
      <Settings mapping={mapping} />
      {mapping.queue !== null && (
        <p>
          {`In the queue: ${shownNumber(mapping.queue.visible)} waiting, ${shownNumber(mapping.queue.inFlight)} in flight, ${shownNumber(mapping.queue.delayed)} delayed`}
        </p>
      )}
      {mapping.lagCount === 0 &&
        batches.length === 0 &&
        mapping.lanes.every(({ checkpoint }) => checkpoint === null) && (
          <Empty
            text="No records yet:"
            command={`millrace send ${mapping.source.replace(/^kinesis:/, "")} --count 10`}
          />
        )}
      <h3>Lanes</h3>
      <Lanes mapping={mapping} nowMs={nowMs} />
      <div class="columns">
        <section aria-label="Failing">
          <h3>Failing</h3>
          {families.length === 0 && <p class="soft">Nothing is failing.</p>}
          {families.slice(0, 3).map((family) => (
            <FailingFamily
              key={`${family.lane}/${family.batch}`}
              family={family}
              mapping={mapping}
              selected={undefined}
              isNamed={false}
              onSelect={(what) => go("find", { what })}
            />
          ))}
          {families.length > 3 && (
            <a href={hashOf(routeTo(route, "failing"))}>{`${families.length - 3} more are failing`}</a>
          )}
        </section>
        <section aria-label="Newest batches">
          <h3>Batches</h3>
          {newest.length === 0 ? (
            <p class="soft">No batch has closed yet.</p>
          ) : (
            <>
              <RowTable
                label={`Newest batches of ${mapping.functionName}`}
                columns={fewBatchColumns()}
                rows={newest}
                keyOf={({ id }) => id}
                hrefOf={({ id }) => hashOf(routeTo(route, "batches", { mapping: mapping.uuid, batch: String(id) }))}
              />
              <a href={hashOf(routeTo(route, "batches", { mapping: mapping.uuid }))}>
                {batches.length > NEWEST ? `all ${shownNumber(batches.length)} batches` : "more about them"}
              </a>
            </>
          )}
        </section>
      </div>
    </section>
  );
}

/** Changed settings stand out; the defaults are there for who asks. */
function Settings({ mapping }: { readonly mapping: MappingFrame }) {
  const changed = mapping.settings.filter(({ isChanged }) => isChanged);
  const others = mapping.settings.filter(({ isChanged }) => !isChanged);
  const list = (settings: typeof mapping.settings) => (
    <dl class="settings">
      {settings.map(({ member, value }) => (
        <div key={member}>
          <dt>{member}</dt>
          <dd>{settingText(member, value)}</dd>
        </div>
      ))}
    </dl>
  );
  return (
    <div class="all-settings">
      {list(changed)}
      {others.length > 0 && (
        <details>
          <summary>{`${counted(others.length, "setting")} at AWS's default`}</summary>
          {list(others)}
        </details>
      )}
    </div>
  );
}
