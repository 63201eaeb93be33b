// What a batch that fails costs: its calls in order, told as a story, `1–10✗ 1–5✓ 6–10✗✗■`, and how long it held its lane.
//
// F1  Bounded: a story has MOST_PIECES pieces, and MOST_SIGNS signs of one piece, and says how many more there were.

import type { FailureFigures } from "../report.ts";

export type Sign = "✓" | "✗" | "■" | "≈";

const MOST_PIECES = 120;
const MOST_SIGNS = 8;
const MOST_TREES = 10;

interface Piece {
  readonly name: string;
  readonly from: number;
  readonly count: number;
  signs: string;
  signCount: number;
}

export interface Story {
  readonly batch: string;
  readonly lane: string;
  readonly pieces: Piece[];
  /** Behind the last piece that is kept. */
  moreCalls: number;
}

export function createStory(batch: string, lane: string): Story {
  return { batch, lane, pieces: [], moreCalls: 0 };
}

/** A call of the part that has `count` records from place `from` on; places count from 1, NaN: not known. */
export function tellCall(story: Story, part: { name: string; from: number; count: number }, sign: Sign): void {
  const last = story.pieces.at(-1);
  if (last?.name === part.name) {
    last.signCount += 1;
    if (last.signCount <= MOST_SIGNS) last.signs += sign;
  } else if (story.pieces.length < MOST_PIECES) {
    story.pieces.push({ name: part.name, from: part.from, count: part.count, signs: sign, signCount: 1 });
  } else story.moreCalls += 1;
}

/** The part was given up: its last failed call was the last one it had. */
export function tellGivenUp(story: Story, part: { name: string; from: number; count: number }): void {
  const last = story.pieces.at(-1);
  if (last?.name !== part.name) return tellCall(story, part, "■");
  last.signs = last.signCount > MOST_SIGNS ? `${last.signs}■` : last.signs.replace(/✗?$/, "■");
}

export function storyText({ pieces, moreCalls }: Story): string {
  const told = pieces.map(({ from, count, signs, signCount }) => {
    const places = Number.isNaN(from) ? `${count} of it` : count === 1 ? `${from}` : `${from}–${from + count - 1}`;
    const hidden = signCount - MOST_SIGNS;
    if (hidden <= 0) return `${places}${signs}`;
    const end = signs.endsWith("■") ? "■" : "";
    return `${places}✗×${signCount - end.length}${end}`;
  });
  return [...told, ...(moreCalls > 0 ? [`and ${moreCalls} more calls`] : [])].join(" ");
}

type Tree = FailureFigures["trees"][number];

export interface Trees {
  add(tree: Tree): void;
  /** Those that cost most, most first. */
  costliest(): readonly Tree[];
}

export function createTrees(before: readonly Tree[] = []): Trees {
  const kept = [...before];
  return {
    add(tree) {
      const place = kept.findIndex((each) => isCostlier(tree, each));
      if (place === -1) kept.push(tree);
      else kept.splice(place, 0, tree);
      if (kept.length > MOST_TREES) kept.pop();
    },
    costliest: () => [...kept],
  };
}

const isCostlier = (one: Tree, other: Tree): boolean =>
  one.invocations === other.invocations ? one.heldMs > other.heldMs : one.invocations > other.invocations;
