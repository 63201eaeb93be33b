// A history together with where the journal's entries stand in it, so that both can be told as one story.

import type { History } from "./history.ts";
import type { QueueHistory } from "./queue-history.ts";

export interface ToldStream {
  readonly kind: "stream";
  readonly history: History;
  /** How many entries of the journal came before each happening, in the order of the happenings. */
  readonly entriesBefore: readonly number[];
}

export interface ToldQueue {
  readonly kind: "queue";
  readonly history: QueueHistory;
  readonly entriesBefore: readonly number[];
}

export type ToldHistory = ToldStream | ToldQueue;
