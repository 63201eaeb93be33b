// The trees of batches that failed, as a page draws them: those that are not over first, the longest held first; below them those that have
// ended a while ago.

import type { Family, TreeNode } from "../cli/live/families.ts";
import type { LiveMapping } from "../cli/live/live-model.ts";
import { shownPlace } from "../cli/source-family.ts";
import type { FailingFrame, TreeNodeFrame } from "./frame.ts";

const MOST_TREES = 50;
/** A batch of 10,000 that is halved to single records has as many leaves; the path to what it is at is always there. */
const MOST_NODES = 500;

export function failingFrames(mappings: Iterable<LiveMapping>): readonly FailingFrame[] {
  const open: FailingFrame[] = [];
  const ended: FailingFrame[] = [];
  for (const mapping of mappings) {
    for (const family of mapping.inHand.values()) if (family.hasFailed) open.push(frameOf(family, mapping));
    for (const family of mapping.ended) ended.push(frameOf(family, mapping));
  }
  open.sort((one, other) => one.closedAtMs - other.closedAtMs);
  ended.sort((one, other) => (other.endedAtMs ?? 0) - (one.endedAtMs ?? 0));
  return [...open, ...ended].slice(0, MOST_TREES);
}

function frameOf(family: Family, { settings }: LiveMapping): FailingFrame {
  const { error } = family;
  return {
    mapping: family.mapping,
    lane: family.lane,
    label: shownPlace(family.lane, settings.family, settings.factor > 1),
    batch: family.number,
    closedAtMs: family.closedAtMs,
    endedAtMs: family.endedAtMs,
    error: error === null ? "" : `${error.type}: ${error.message}`.slice(0, 500),
    root: treeOf(family.root, { left: MOST_NODES }),
  };
}

/** The right half of a tree is newer: with little room left, what is over comes without what came of it. */
function treeOf(node: TreeNode, room: { left: number }): TreeNodeFrame {
  room.left -= 1;
  const children = room.left > 0 || !isOver(node) ? node.children.map((child) => treeOf(child, room)) : [];
  return {
    name: node.name,
    from: node.places.from,
    to: node.places.to,
    state: node.state,
    outcome: node.outcome,
    attempt: node.attempt,
    tookMs: node.tookMs,
    requestId: node.requestId,
    retryAtMs: node.retryAtMs,
    condition: node.condition,
    destination: node.destination,
    checkpoint: node.checkpoint,
    children,
  };
}

function isOver({ state, children }: TreeNode): boolean {
  if (state === "waiting" || state === "running" || state === "retrying" || state === "refused") return false;
  return children.every(isOver);
}
