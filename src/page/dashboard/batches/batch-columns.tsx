// The columns of a table of batches, and how its cells read.

import type { BatchRow } from "../../../dashboard/frame.ts";
import { shortId, shownBytes, shownClock, shownMs, shownNumber } from "../../parts/format.ts";
import type { Column } from "../parts/row-table.tsx";
import { Sign } from "../parts/signs.tsx";
import { outcomeOf } from "./outcome.ts";

export function OutcomeText({ row }: { readonly row: BatchRow }) {
  const { tone, sign, text } = outcomeOf(row);
  return (
    <span class="outcome">
      <Sign tone={tone} sign={sign} /> <span class={`is-${tone}`}>{text}</span>
    </span>
  );
}

const windowText = ({ windowMs }: BatchRow): string => (windowMs === null ? "–" : shownMs(windowMs));
const tookText = ({ tookMs }: BatchRow): string => (tookMs === null ? "–" : shownMs(tookMs));

/** `nameOf`: the function of a mapping; left out where all are of one. */
export function batchColumns(nameOf: ((row: BatchRow) => string) | null): readonly Column<BatchRow>[] {
  return [
    { title: "Batch", cell: ({ batch }) => <b>{batch}</b> },
    ...(nameOf === null ? [] : [{ title: "Mapping", cell: nameOf, isName: true } satisfies Column<BatchRow>]),
    { title: "Lane", cell: ({ label }) => label },
    { title: "Closed", cell: ({ closedAtMs }) => shownClock(closedAtMs) },
    { title: "By", cell: ({ closedBy }) => closedBy },
    { title: "Records", cell: ({ recordCount }) => shownNumber(recordCount), isNumber: true },
    { title: "Payload", cell: ({ payloadBytes }) => shownBytes(payloadBytes), isNumber: true, isWide: true },
    { title: "Window", cell: windowText, isNumber: true, isWide: true },
    { title: "Took", cell: tookText, isNumber: true },
    {
      title: "Request",
      cell: ({ requestId }) => (requestId === null ? "–" : <code>{shortId(requestId)}</code>),
      isWide: true,
    },
    { title: "Outcome", cell: (row) => <OutcomeText row={row} />, isWhole: true },
  ];
}

/** Of a mapping's own page: what tells most. */
export function fewBatchColumns(): readonly Column<BatchRow>[] {
  const wanted = ["Batch", "By", "Records", "Took", "Outcome"];
  return batchColumns(null).filter(({ title }) => wanted.includes(title));
}
