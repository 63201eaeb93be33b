// What became of one batch that was closed: the tree of its halves and rests, folded from the journal. Live views draw it; nothing
// is decided here. The journal that main hears may be a sample: what was not heard of is never guessed.

import { restPath } from "../../core/batch-name.ts";
import type { Condition } from "../../core/lane-state.ts";
import type { NodeState } from "../../dashboard/frame.ts";
import type { Entry, OutcomeName } from "../../ports/journal.ts";
import type { Places } from "../line-state.ts";

type Of<K extends Entry["kind"]> = Extract<Entry, { kind: K }>;

export interface TreeNode {
  readonly name: string;
  readonly places: Places;
  /** Position of its last record. */
  readonly last: string | null;
  readonly children: TreeNode[];
  state: NodeState;
  startedAtMs: number | null;
  tookMs: number | null;
  requestId: string | null;
  /** Of the newest call. */
  attempt: number;
  outcome: OutcomeName | null;
  error: { readonly type: string; readonly message: string } | null;
  failedCount: number;
  retryAtMs: number | null;
  retryWaitMs: number;
  condition: Condition | null;
  destination: string | null;
  /** Of what is returned; null: not known. */
  visibleAgainAtMs: number | null;
  /** The stored position that covers it. */
  checkpoint: string | null;
}

export interface Family {
  readonly mapping: string;
  readonly lane: string;
  readonly number: string;
  readonly root: TreeNode;
  readonly nodes: Map<string, TreeNode>;
  readonly closedAtMs: number;
  error: { readonly type: string; readonly message: string } | null;
  /** Something of it has failed: it is worth a tree. */
  hasFailed: boolean;
  endedAtMs: number | null;
}

function createNode(name: string, places: Places, last: string | null): TreeNode {
  return {
    name,
    places,
    last,
    children: [],
    state: "waiting",
    startedAtMs: null,
    tookMs: null,
    requestId: null,
    attempt: 0,
    outcome: null,
    error: null,
    failedCount: 0,
    retryAtMs: null,
    retryWaitMs: 0,
    condition: null,
    destination: null,
    visibleAgainAtMs: null,
    checkpoint: null,
  };
}

export const numberOf = (batch: string): string => /^\d*/.exec(batch)?.[0] ?? batch;

export function createFamily(
  entry: Entry & { readonly batch: string },
  given: { readonly recordCount: number; readonly last: string | null; readonly closedAtMs: number },
): Family {
  const number = numberOf(entry.batch);
  const root = createNode(number, { from: 1, to: given.recordCount }, given.last);
  return {
    mapping: entry.mapping ?? "",
    lane: entry.lane,
    number,
    root,
    nodes: new Map([[number, root]]),
    closedAtMs: given.closedAtMs,
    error: null,
    hasFailed: false,
    endedAtMs: null,
  };
}

export function noteInvoked(family: Family, entry: Of<"invoked">): void {
  const node = family.nodes.get(entry.batch);
  if (node === undefined) return;
  node.state = "running";
  node.startedAtMs = entry.atMs;
  node.requestId = entry.requestId;
  node.attempt = entry.attempt;
  node.retryAtMs = null;
}

export function noteDecided(family: Family, entry: Of<"decided">): void {
  const node = family.nodes.get(entry.batch);
  if (node === undefined) return;
  node.requestId = entry.requestId;
  node.attempt = entry.attempt;
  node.outcome = entry.outcome;
  node.error = entry.error;
  node.tookMs = entry.tookMs;
  node.failedCount = entry.failedCount;
  node.startedAtMs ??= entry.atMs - entry.tookMs;
  node.retryAtMs = null;
  if (entry.error !== null) family.error = entry.error;
  if (entry.verdict !== "done") family.hasFailed = true;
  switch (entry.verdict) {
    case "done":
      node.state = "done";
      break;
    case "return":
      // What returns to its queue comes again in another batch: this one is over.
      node.state = "returned";
      break;
    case "retry":
      node.state = isCounted(entry.outcome) ? "retrying" : "refused";
      node.retryWaitMs = entry.retryAfterMs ?? 0;
      node.retryAtMs = entry.atMs + node.retryWaitMs;
      break;
    case "bisect":
    case "rest":
      node.state = entry.verdict === "bisect" ? "split" : "parted";
      addNext(family, node, entry);
      break;
    case "give up":
      // Its end is told by an entry of its own, which comes next.
      return;
  }
  endIfOver(family, entry.atMs);
}

/** Throttles and faults use no attempt up (E-4, E-5). */
const isCounted = (outcome: OutcomeName): boolean =>
  outcome !== "throttled" && outcome !== "fault" && outcome !== "function missing" && outcome !== "not started";

/** New batches are the end of the old one: what comes before them has succeeded. */
function addNext(family: Family, node: TreeNode, entry: Of<"decided">): void {
  let from = node.places.to + 1 - entry.next.reduce((sum, next) => sum + next.recordCount, 0);
  for (const next of entry.next) {
    add(family, node, createNode(next.batch, { from, to: from + next.recordCount - 1 }, next.last));
    from += next.recordCount;
  }
}

function add(family: Family, parent: TreeNode, child: TreeNode): void {
  if (family.nodes.has(child.name)) return;
  family.nodes.set(child.name, child);
  parent.children.push(child);
}

export function noteGaveUp(family: Family, entry: Of<"gave-up">): void {
  const node = family.nodes.get(entry.batch);
  if (node === undefined) return;
  family.hasFailed = true;
  node.requestId = entry.requestId;
  node.condition = entry.condition;
  node.destination = entry.destination;
  const { from, to } = node.places;
  if (entry.recordCount >= to - from + 1) node.state = "gave-up";
  else {
    // Only what was too old went (E-13): what is left goes on under the name of a rest.
    node.state = "parted";
    const rest = `${family.number}${restPath(node.name.slice(family.number.length))}`;
    add(family, node, createNode(rest, { from: from + entry.recordCount, to }, node.last));
  }
  endIfOver(family, entry.atMs);
}

/** A queue's batch, or what of it failed, is let go. */
export function noteReturned(family: Family, entry: Of<"returned">): void {
  family.hasFailed = true;
  family.root.state = "returned";
  family.root.visibleAgainAtMs = entry.visibleAgainAtMs;
  endIfOver(family, entry.atMs);
}

/** All that has ended up to this position is covered by it. */
export function noteCheckpoint(family: Family, after: string): void {
  for (const node of family.nodes.values()) {
    const isEnded = node.state === "done" || node.state === "gave-up";
    if (isEnded && node.checkpoint === null && node.last !== null && isAtOrBefore(node.last, after)) {
      node.checkpoint = after;
    }
  }
}

/** Positions of a unit are decimal digits, or sort as text. */
function isAtOrBefore(position: string, other: string): boolean {
  if (!/^\d+$/.test(position) || !/^\d+$/.test(other)) return position <= other;
  return position.length === other.length ? position <= other : position.length < other.length;
}

export function isOpen(node: TreeNode): boolean {
  return node.state === "waiting" || node.state === "running" || node.state === "retrying" || node.state === "refused";
}

function endIfOver(family: Family, atMs: number): void {
  if (family.endedAtMs !== null) return;
  for (const node of family.nodes.values()) if (isOpen(node)) return;
  family.endedAtMs = atMs;
}

/** It is over, and not all of its end was heard: its lane has gone on, or stopped. */
export function endUnheard(family: Family, atMs: number): void {
  if (family.endedAtMs !== null) return;
  for (const node of family.nodes.values()) if (isOpen(node)) node.state = "unheard";
  family.endedAtMs = atMs;
}

/** The batch that its lane is at: the leftmost that is not over, depth first (E-18). */
export function currentNode(node: TreeNode): TreeNode | null {
  if (isOpen(node)) return node;
  for (const child of node.children) {
    const found = currentNode(child);
    if (found !== null) return found;
  }
  return null;
}
