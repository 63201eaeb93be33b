// What closes a batch, in the core's words and in the eight words that people read. The limits themselves are judged by
// batch-assembler.ts.

export type Closer =
  /** BatchSize records (B-1). */
  | "size"
  /** The batching window is over (B-4). */
  | "window"
  /** The next record would take the event past its limit, or a record is over it alone (B-1, B-12). */
  | "payload"
  /** Window 0 and nothing more to read now (B-2). */
  | "caughtUp"
  /** The unit has ended: nothing more will ever come (W-17). */
  | "ended"
  /** The next record belongs to a later tumbling window (W-6). */
  | "edge"
  /** Window 0, and reading stands still until something is finished (E-65). */
  | "paused"
  /** A tumbling window's final call (W-8). */
  | "final"
  /** A tumbling window that ended early because its state grew too large (W-12). */
  | "early"
  /** The records were too old to be invoked at all (E-13). */
  | "age";

export type ClosedByWord =
  | "size"
  | "window"
  | "payload"
  | "caught up"
  | "tumbling edge"
  | "group end"
  | "broker limit"
  | "stop";

const words = {
  size: "size",
  window: "window",
  payload: "payload",
  caughtUp: "caught up",
  ended: "caught up",
  edge: "tumbling edge",
  paused: "broker limit",
  final: "tumbling edge",
  early: "payload",
  age: "window",
} as const satisfies Record<Closer, ClosedByWord>;

/** The word for people. A group that is only old is never announced as closed, so its word shows nowhere. */
export function closedByWord(closer: Closer): ClosedByWord {
  return words[closer];
}
