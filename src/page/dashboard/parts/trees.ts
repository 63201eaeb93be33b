// The rows of a failing batch's tree as a person reads them: what is open, each part's sign and what comes next. Pure; tree.tsx draws it.

import { assertNever } from "../../../core/assert-never.ts";
import type { FailingFrame, TreeNodeFrame } from "../../../dashboard/frame.ts";
import { counted, shownClock, shownMs, shownNumber } from "../../parts/format.ts";
import { placeText, sourceName } from "./names.ts";
import type { Tone } from "./tones.ts";

/** What of a mapping and of now a tree's texts need. */
export interface TreeFacts {
  readonly nowMs: number;
  /** MaximumRetryAttempts; −1: no limit; null: the source has none. */
  readonly retries: number | null;
  readonly isPaused: boolean;
  readonly family: string;
}

export interface TreeRow {
  readonly node: TreeNodeFrame;
  /** From 1. */
  readonly level: number;
  readonly place: number;
  readonly siblings: number;
  /** Null: it has no parts. */
  readonly isOpen: boolean | null;
  readonly sign: string;
  readonly tone: Tone;
  readonly text: string;
}

/** The rows that are open, from the whole down. `closed`: names of parts whose own parts are not shown. */
export function treeRows(family: FailingFrame, closed: ReadonlySet<string>, facts: TreeFacts): readonly TreeRow[] {
  const rows: TreeRow[] = [];
  const current = currentNode(family.root);
  const walk = (node: TreeNodeFrame, level: number, place: number, siblings: number): void => {
    const isOpen = node.children.length === 0 ? null : !closed.has(node.name);
    rows.push({ node, level, place, siblings, isOpen, ...signOf(node), text: nodeText(node, current, facts) });
    if (isOpen !== true) return;
    node.children.forEach((child, index) => walk(child, level + 1, index + 1, node.children.length));
  };
  walk(family.root, 1, 1, 1);
  return rows;
}

/** The part that its lane is at: what runs or is tried again, else the first that waits. */
export function currentNode(root: TreeNodeFrame): TreeNodeFrame | null {
  const leaves: TreeNodeFrame[] = [];
  const walk = (node: TreeNodeFrame): void => {
    if (node.children.length === 0) leaves.push(node);
    node.children.forEach(walk);
  };
  walk(root);
  const isAt = ({ state }: TreeNodeFrame): boolean =>
    state === "running" || state === "retrying" || state === "refused";
  return leaves.find(isAt) ?? leaves.find(({ state }) => state === "waiting") ?? null;
}

/** `1–10`, or `7`; a tumbling window's closing call has no records, and so no places. */
export const placesText = ({ from, to }: Pick<TreeNodeFrame, "from" | "to">): string =>
  from > to ? "" : from === to ? String(from) : `${from}–${to}`;

function signOf({ state, attempt }: TreeNodeFrame): { readonly sign: string; readonly tone: Tone } {
  switch (state) {
    case "done":
      return { sign: "✓", tone: "done" };
    case "retrying":
      return { sign: attempt > 1 ? "✗✗" : "✗", tone: "failed" };
    case "returned":
    case "split":
    case "parted":
      return { sign: "✗", tone: "failed" };
    case "gave-up":
      return { sign: "■", tone: "gave-up" };
    case "refused":
      return { sign: "≈", tone: "throttled" };
    case "waiting":
    case "running":
    case "unheard":
      return { sign: "·", tone: "waiting" };
    default:
      return assertNever(state);
  }
}

function nodeText(node: TreeNodeFrame, current: TreeNodeFrame | null, facts: TreeFacts): string {
  const { nowMs, retries } = facts;
  const leftMs = node.retryAtMs === null ? null : node.retryAtMs - nowMs;
  switch (node.state) {
    case "done":
      return node.checkpoint === null ? "ok" : `checkpoint → ${placeText(node.checkpoint)}`;
    case "running":
      return node.attempt > 1 ? `attempt ${node.attempt}${ofAttempts(retries)} runs` : "running";
    case "retrying": {
      const when = leftMs === null || leftMs <= 0 ? "is due" : `in ${waitText(leftMs)}`;
      return `attempt ${node.attempt + 1}${ofAttempts(retries)} ${when}`;
    }
    case "refused":
      return `${node.outcome ?? "refused"}, again in ${waitText(Math.max(0, leftMs ?? 0))}, not counted`;
    case "split":
      return `split ${node.children.map((child) => shownNumber(countOf(child))).join(" + ")}`;
    case "parted":
      return partedText(node);
    case "returned": {
      const when = node.retryAtMs === null ? "" : ` at ${shownClock(node.retryAtMs, false)}`;
      return `${node.outcome ?? "failed"}; what failed of ${counted(countOf(node), "message")} comes back${when}`;
    }
    case "gave-up": {
      const of = retries === null || retries < 0 ? "" : ` of ${shownNumber(retries + 1)}`;
      const why = node.condition === "RecordAgeExceeded" ? "as too old" : `after ${node.attempt}${of}`;
      if (node.destination !== null) return `given up ${why} → ${sourceName(node.destination)}`;
      const nowhere = facts.family === "broker" ? "the broker's dead letters" : "dropped: no destination";
      return `given up ${why}, ${nowhere}`;
    }
    case "waiting":
      if (current === null || current === node) return facts.isPaused ? "is next; paused" : "is next";
      return `waits for record${current.from === current.to ? "" : "s"} ${placesText(current)}`;
    case "unheard":
      return "over";
    default:
      return assertNever(node.state);
  }
}

const countOf = ({ from, to }: TreeNodeFrame): number => to - from + 1;

/** `0.30 s`, counting down evenly. */
export const waitText = (ms: number): string =>
  ms < 10_000 ? `${(Math.max(0, ms) / 1_000).toFixed(ms < 1_000 ? 2 : 1)} s` : shownMs(ms);

/** An attempt's number beside its limit (E-10). */
function ofAttempts(retries: number | null): string {
  if (retries === null) return "";
  return retries < 0 ? ", no limit," : ` of ${shownNumber(retries + 1)}`;
}

function partedText(node: TreeNodeFrame): string {
  const left = node.children.reduce((sum, child) => sum + countOf(child), 0);
  const over = shownNumber(countOf(node) - left);
  return node.condition === null
    ? `${over} ok, the rest of ${shownNumber(left)} again`
    : `${over} too old, given up; ${shownNumber(left)} go on`;
}
