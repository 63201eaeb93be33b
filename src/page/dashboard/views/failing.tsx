// The view Failing: what is stuck, and until when? A tree for each batch that failed, as it grows; those that have ended below a rule.

import type { FailingFrame } from "../../../dashboard/frame.ts";
import { type Dashboard, useDashboard } from "../dashboard-context.ts";
import { Empty } from "../parts/empty.tsx";
import { explainCommand } from "../parts/commands.ts";
import { FailingFamily } from "../parts/failing-family.tsx";
import { batchName } from "../parts/names.ts";

export function FailingView() {
  const { frame, route, setParams } = useDashboard();
  const { mapping: only = "", part = "" } = route.params;
  const families = frame.failing.filter(({ mapping }) => only === "" || mapping === only);
  const failing = families.filter(({ endedAtMs }) => endedAtMs === null);
  const ended = families
    .filter(({ endedAtMs }) => endedAtMs !== null)
    .toSorted((one, other) => (other.endedAtMs ?? 0) - (one.endedAtMs ?? 0));
  const draw = (family: FailingFrame) => (
    <FailingFamily
      key={`${family.mapping}/${family.lane}/${family.batch}`}
      family={family}
      mapping={frame.mappings.find(({ uuid }) => uuid === family.mapping)}
      selected={part.startsWith(`${family.mapping.slice(0, 8)}/`) ? part.slice(9) : undefined}
      isNamed
      onSelect={(what) => setParams({ part: what })}
    />
  );
  const chosen = frame.mappings.find(({ uuid }) => uuid === only);
  return (
    <>
      <div class="view-head">
        <h1>Failing</h1>
        {chosen !== undefined && (
          <p>
            {`of ${chosen.functionName} `}
            <button type="button" class="plain" onClick={() => setParams({ mapping: "" })}>
              show all
            </button>
          </p>
        )}
      </div>
      {failing.length === 0 && <Empty text="Nothing is failing." />}
      {failing.length > 0 && <h2 class="spoken">Failing now</h2>}
      {failing.map(draw)}
      {ended.length > 0 && (
        <section class="ended" aria-label="Ended">
          <h2>Ended</h2>
          {ended.map(draw)}
        </section>
      )}
    </>
  );
}

/** Of the part that is selected, else of the first that fails. */
export function failingCommand({ frame, route }: Dashboard): string {
  const { part = "" } = route.params;
  if (part !== "") return explainCommand(part, frame.origin);
  const [first] = frame.failing;
  return first === undefined
    ? "millrace explain BATCH"
    : explainCommand(batchName(first.mapping, first.batch), frame.origin);
}
