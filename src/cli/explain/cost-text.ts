// What a batch's failures cost: invocations instead of one, and how often each place was delivered.

import type { Signs } from "../screen.ts";
import { counted } from "../shown-forms.ts";
import { attemptsOf, type BatchStory, type Part, partsOf } from "./batch-story.ts";
import { placesText } from "./story-forms.ts";
import { times } from "./verdict.ts";

/** More runs of places than this are not listed. */
const MOST_RUNS = 8;

/** Null: it took one invocation, or none. */
export function costText(story: BatchStory, signs: Signs): string | null {
  const invocationCount = attemptsOf(story).length;
  if (invocationCount <= 1) return null;
  // A tumbling window's closing call delivers no records.
  if (story.root.recordCount === 0) return `${counted(invocationCount, "invocation")} for 1`;
  const parts = [...partsOf(story.root)];
  const deliveries = parts.reduce((sum, part) => sum + part.recordCount * deliveredCount(part), 0);
  const inFile = story.met === null ? "for 1" : "in the file";
  const head = `${counted(invocationCount, "invocation")} ${inFile}; ${counted(deliveries, "delivery")} of ${counted(story.root.recordCount, "record")}`;
  const runs = deliveryRuns(story);
  // Of a topic what was left may lie anywhere in the batch (M-411): then nobody says which places.
  const isPlaced = parts.every(({ places }) => places !== null);
  if (!isPlaced || runs.length === 1 || runs.length > MOST_RUNS) return head;
  const each = runs.map((run) => `${placesText(run, signs)} ${times(run.count)}`);
  return `${head}: places ${each.join(", ")}`;
}

/** A part without an answer was delivered, too; one that was too large never left. */
const deliveredCount = ({ attempts }: Part): number =>
  attempts.filter(({ ended }) => ended?.outcome !== "too large").length;

interface Run {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Neighbours that were delivered equally often, together. */
function deliveryRuns(story: BatchStory): readonly Run[] {
  const changes = new Map<number, number>();
  for (const part of partsOf(story.root)) {
    if (part.places === null) continue;
    const { from, to } = part.places;
    const count = deliveredCount(part);
    changes.set(from, (changes.get(from) ?? 0) + count);
    changes.set(to + 1, (changes.get(to + 1) ?? 0) - count);
  }
  const runs: Run[] = [];
  let count = 0;
  let from = 1;
  const edges = [...changes.keys()].sort((a, b) => a - b);
  for (const edge of edges) {
    const change = changes.get(edge) ?? 0;
    if (change === 0) continue;
    if (edge > from && count > 0) runs.push({ from, to: edge - 1, count });
    count += change;
    from = edge;
  }
  return runs.filter(({ to }) => to <= story.root.recordCount);
}
