// An entry of the journal in a line, and whether it fits a filter. Pure.

import type { Entry } from "../../../ports/journal.ts";
import { counted, shownMs } from "../../parts/format.ts";

/** Kinds that are there, the one that is filtered by among them, in order of name. */
export const entryKinds = (entries: readonly Entry[], filtered: string): readonly string[] =>
  [...new Set([...entries.map(({ kind }) => String(kind)), ...(filtered === "" ? [] : [filtered])])].toSorted();

export function fits(entry: Entry, { kind, text }: { readonly kind: string; readonly text: string }): boolean {
  if (kind !== "" && entry.kind !== kind) return false;
  return text === "" || JSON.stringify(entry).toLowerCase().includes(text.toLowerCase());
}

const MOST_TEXT = 300;

export function entryText(entry: Entry): string {
  const text = lineOf(entry).replaceAll("\n", " ");
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)} …` : text;
}

function lineOf(entry: Entry): string {
  switch (entry.kind) {
    case "mapping-state":
      return `${entry.from === "" ? "new" : entry.from} → ${entry.to}${entry.reason === "" ? "" : `: ${entry.reason}`}`;
    case "read":
      return `${counted(entry.recordCount, "record")}${entry.filteredCount === 0 ? "" : `, ${entry.filteredCount} passed over`}${entry.isCaughtUp ? ", caught up" : ""}`;
    case "filtered":
      return `${counted(entry.filteredCount, "record")} passed over by the filter, the last at ${entry.position}: ${entry.why}`;
    case "batch-closed":
      return `${entry.batch} by ${entry.closedBy}: ${counted(entry.recordCount, "record")}`;
    case "invoked":
      return `${entry.batch}, attempt ${entry.attempt}, request ${entry.requestId.slice(0, 8)}`;
    case "decided":
      return `${entry.batch}: ${entry.outcome} in ${shownMs(entry.tookMs)}, ${entry.verdict}${entry.error === null ? "" : `: ${entry.error.type}: ${entry.error.message}`}`;
    case "gave-up":
      return `${entry.batch}: ${entry.condition}, ${counted(entry.recordCount, "record")}, to ${entry.destination ?? "nowhere"}`;
    case "reported":
      return `${entry.batch}: ${entry.answer} ${entry.destination} ${entry.detail}`;
    case "log":
      return `${entry.requestId.slice(0, 8)} ${entry.text}`;
    case "thread":
      return `${entry.thread} ${entry.event} ${entry.detail}`;
    default:
      return othersOf(entry);
  }
}

/** Of kinds that are seldom, their own members. */
function othersOf({ kind: _kind, atMs: _atMs, mapping: _mapping, lane: _lane, seq: _seq, ...others }: Entry): string {
  return Object.entries(others)
    .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}
