// What a journal's batches came to, folded for a replay and for a comparison: each first batch with its calls in order, and sums over
// them. Records are counted in the order in which their lane took them, from 1.

import type { Entry } from "../../ports/journal.ts";
import { type BatchStory, type Of, openStory, type Part, partsOf, tell } from "../explain/batch-story.ts";

export interface Tree {
  readonly story: BatchStory;
  /** The number of its first record in its lane. */
  readonly from: number;
}

export interface Course {
  readonly trees: readonly Tree[];
  readonly closedBy: ReadonlyMap<string, number>;
  readonly invocationCount: number;
  readonly deliveryCount: number;
  readonly recordCount: number;
  readonly largestEventBytes: number;
  readonly givenUp: readonly Of<"gave-up">[];
  /** Sum over batches with a failure: from closing to the end of the last part. */
  readonly heldMs: number;
  readonly beganAtMs: number | null;
  readonly endedAtMs: number | null;
}

export function courseOf(entries: readonly Entry[]): Course {
  const trees: Tree[] = [];
  const open = new Map<string, BatchStory>();
  const counts = new Map<string, number>();
  const closedBy = new Map<string, number>();
  const givenUp: Of<"gave-up">[] = [];
  let invocationCount = 0;
  let deliveryCount = 0;
  let recordCount = 0;
  let largestEventBytes = 0;
  let beganAtMs: number | null = null;
  let endedAtMs: number | null = null;

  function begin(entry: Of<"batch-closed"> | Of<"gave-up">): BatchStory {
    const story = openStory(entry, { settings: {}, checkpoint: null });
    const before = counts.get(entry.lane) ?? 0;
    counts.set(entry.lane, before + entry.recordCount);
    recordCount += entry.recordCount;
    open.set(keyOf(entry), story);
    trees.push({ story, from: before + 1 });
    return story;
  }

  for (const entry of entries) {
    switch (entry.kind) {
      case "batch-closed":
        begin(entry);
        closedBy.set(entry.closedBy, (closedBy.get(entry.closedBy) ?? 0) + 1);
        break;
      case "invoked":
        invocationCount += 1;
        deliveryCount += entry.recordCount;
        break;
      case "decided":
        largestEventBytes = Math.max(largestEventBytes, entry.payloadBytes);
        break;
      case "gave-up":
        givenUp.push(entry);
        if (!open.has(keyOf(entry))) begin(entry);
        break;
      case "reported":
        break;
      default:
        continue;
    }
    beganAtMs ??= entry.atMs;
    endedAtMs = entry.atMs;
    const story = open.get(keyOf(entry));
    if (story !== undefined && entry.kind !== "batch-closed") tell(story, entry);
  }
  return {
    trees,
    closedBy,
    invocationCount,
    deliveryCount,
    recordCount,
    largestEventBytes,
    givenUp,
    heldMs: trees.filter(({ story }) => hasFailed(story)).reduce((sum, { story }) => sum + heldMs(story), 0),
    beganAtMs,
    endedAtMs,
  };
}

export function hasFailed({ root }: BatchStory): boolean {
  return [...partsOf(root)].some(
    ({ attempts, gaveUp }) => gaveUp !== null || attempts.some(({ ended }) => ended !== null && ended.outcome !== "ok"),
  );
}

const heldMs = ({ root, startedAtMs }: BatchStory): number => {
  const ends = [...partsOf(root)].flatMap(({ attempts }) => attempts.map(({ ended }) => ended?.atMs ?? startedAtMs));
  return Math.max(startedAtMs, ...ends) - startedAtMs;
};

/** Calls in the order in which they were made: `401-410X 401-405ok`. */
export function callsOf(
  { story, from }: Tree,
  signs: {
    readonly done: string;
    readonly failed: string;
    readonly givenUp: string;
    readonly throttled: string;
    readonly waits: string;
    readonly dash: string;
  },
): readonly string[] {
  return [...partsOf(story.root)]
    .filter((part) => part.attempts.length > 0 || part.gaveUp !== null)
    .map((part) => `${placesOf(part, from, signs.dash)}${marksOf(part, signs)}`);
}

function placesOf(part: Part, from: number, dash: string): string {
  if (part.recordCount === 0) return "final";
  // Recordings are of streams, where every place is known.
  const { places } = part;
  if (places === null) return "";
  const first = from + places.from - 1;
  const last = from + places.to - 1;
  return first === last ? String(first) : `${first}${dash}${last}`;
}

function marksOf(part: Part, signs: Parameters<typeof callsOf>[1]): string {
  const marks = part.attempts.map(({ ended }) => {
    if (ended === null) return signs.waits;
    if (
      ended.outcome === "throttled" ||
      ended.outcome === "fault" ||
      ended.outcome === "function missing" ||
      ended.outcome === "not started"
    )
      return signs.throttled;
    return ended.verdict === "done" || ended.outcome === "partial" ? signs.done : signs.failed;
  });
  if (part.gaveUp === null) return marks.join("");
  const isByAttempts = part.attempts.at(-1)?.ended?.verdict === "give up";
  return `${(isByAttempts ? marks.slice(0, -1) : marks).join("")}${signs.givenUp}`;
}

const keyOf = (entry: Entry & { readonly batch: string }): string =>
  `${entry.lane}|${/^\d*/.exec(entry.batch)?.[0] ?? ""}`;
