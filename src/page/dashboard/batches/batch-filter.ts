// Which batches are listed: by mapping, lane, closing reason and outcome, all kept in the address. Pure.

import type { BatchRow } from "../../../dashboard/frame.ts";

export const outcomeGroups = ["ok", "failed", "given up", "throttled", "running", "not heard"] as const;
export type OutcomeGroup = (typeof outcomeGroups)[number];

export function groupOf({
  outcome,
  verdict,
  unheard,
}: Pick<BatchRow, "outcome" | "verdict" | "unheard">): OutcomeGroup {
  if (unheard !== "") return "not heard";
  if (outcome === null) return "running";
  if (verdict === "give up") return "given up";
  if (outcome === "ok") return "ok";
  return outcome === "throttled" || outcome === "fault" ? "throttled" : "failed";
}

/** An empty one lets all pass. */
export interface BatchFilter {
  readonly mapping: string;
  readonly lane: string;
  readonly reason: string;
  readonly outcome: string;
}

export const filterOf = (params: Readonly<Record<string, string>>): BatchFilter => ({
  mapping: params["mapping"] ?? "",
  lane: params["lane"] ?? "",
  reason: params["reason"] ?? "",
  outcome: params["outcome"] ?? "",
});

/** The newest first. */
export function filteredBatches(rows: readonly BatchRow[], filter: BatchFilter): readonly BatchRow[] {
  const { mapping, lane, reason, outcome } = filter;
  return rows
    .filter(
      (row) =>
        (mapping === "" || row.mapping === mapping) &&
        (lane === "" || row.label === lane) &&
        (reason === "" || row.closedBy === reason) &&
        (outcome === "" || groupOf(row) === outcome),
    )
    .reverse();
}

/** What there is to choose from, in a person's order. */
export function choicesOf(rows: readonly BatchRow[], valueOf: (row: BatchRow) => string): readonly string[] {
  return [...new Set(rows.map(valueOf))].sort((one, other) => one.localeCompare(other, "en", { numeric: true }));
}
