// What a batch's failures cost: invocations instead of one, and how often each place was delivered.

import type { Signs } from "../screen.ts";
import { counted } from "../shown-forms.ts";
import { attemptsOf, type BatchStory, partsOf } from "./batch-story.ts";
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
  const runs = deliveryRuns(story);
  const deliveries = runs.reduce((sum, { from, to, count }) => sum + (to - from + 1) * count, 0);
  const inFile = story.met === null ? "for 1" : "in the file";
  const head = `${counted(invocationCount, "invocation")} ${inFile}; ${counted(deliveries, "delivery")} of ${counted(story.root.recordCount, "record")}`;
  if (runs.length === 1 || runs.length > MOST_RUNS) return head;
  const each = runs.map((run) => `${placesText(run, signs)} ${times(run.count)}`);
  return `${head}: places ${each.join(", ")}`;
}

interface Run {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Neighbours that were delivered equally often, together. */
function deliveryRuns(story: BatchStory): readonly Run[] {
  const changes = new Map<number, number>();
  for (const { from, to, attempts } of partsOf(story.root)) {
    // A part without an answer was delivered, too; one that was too large never left.
    const count = attempts.filter(({ ended }) => ended?.outcome !== "too large").length;
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
