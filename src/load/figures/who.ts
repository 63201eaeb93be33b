// Which records a batch had, or a part of it, as the journal says it: by places. Which of the sent ones these are is told once all is
// known (fates.ts).

import type { BatchPartition } from "../../ports/journal.ts";
import type { Position } from "../../ports/source.ts";

/** A batch as it was closed. */
export interface Root {
  /** `<uuid>/<unit>/<index>`. */
  readonly lane: string;
  readonly first: Position | null;
  readonly last: Position | null;
  readonly count: number;
  /** Of a topic. */
  readonly partitions: readonly BatchPartition[] | undefined;
  /** Of queues and brokers: the first 1,000 of them. */
  readonly ids: readonly string[] | undefined;
  /** Since the run's beginning. */
  readonly closedMs: number;
  /** Of its first call; NaN: it had none. */
  startedAtMs: number;
  /** All of it was done by one call; NaN: its parts ended by themselves, or it has not. */
  doneAtMs: number;
  /** Something is told of a part of it. */
  isParted: boolean;
}

export type Who =
  /** So many of the batch's records, in its order, behind the first `from`. */
  | { readonly kind: "run"; readonly root: Root; readonly from: number; readonly count: number }
  | { readonly kind: "partitions"; readonly partitions: readonly BatchPartition[] }
  | { readonly kind: "ids"; readonly ids: readonly string[] }
  /** Those of `who` that are not among `gone`. */
  | { readonly kind: "without"; readonly who: Who; readonly gone: Who };

/** How records have ended; `open` ones have not. */
export const fates = { open: 0, done: 1, gaveUp: 2 } as const;

export type Fate = (typeof fates)[keyof typeof fates];

/** Told of a part of a batch, or of messages that were in none. */
export interface Ended {
  readonly who: Who;
  readonly atMs: number;
  readonly fate: Fate;
}
