// A batch that goes on, and its identities: what the fold of a run keeps of them until they are over.

import { restPath } from "../../core/batch-name.ts";
import { type Story, storyText, type Trees } from "./failing-batch.ts";
import type { LaneTimes } from "./lane-times.ts";
import type { Root, Who } from "./who.ts";

/** A batch that is not over, whatever became of its parts. */
export interface LiveBatch {
  readonly root: Root;
  readonly name: string;
  readonly times: LaneTimes;
  readonly oldestAtMs: number | null;
  /** Parts that have not ended. */
  openCount: number;
  callCount: number;
  firstCallAtMs: number;
  /** Since a call of it ended, and no other has begun; NaN: one runs, or none was made. */
  heldSinceMs: number;
  gaveUpCount: number;
  /** From its first failure on. */
  story: Story | null;
}

/** A batch with fixed members: it owns attempts. */
export interface Identity {
  readonly batch: LiveBatch;
  readonly name: string;
  readonly who: Who;
  /** Its first place in the batch, from 1; NaN: not known. */
  readonly from: number;
  readonly count: number;
  /** Of the call that is out; NaN: none is. */
  calledAtMs: number;
  /** Its last call failed and counted. */
  hasFailed: boolean;
  /** When the call ended after which a queue's messages are let go; NaN: none has. */
  returnedAtMs: number;
}

/** Of a run of places a part; of anything else the whole: a half of a topic's rest is told apart by its first batch's order only. */
export function partOf(who: Who, from: number, count: number): Who {
  return who.kind === "run" ? { ...who, from: who.from + from, count } : who;
}

export function restName(name: string): string {
  const [, number = "", path = ""] = /^(\d*)(.*)$/.exec(name) ?? [];
  return `${number}${restPath(path)}`;
}

export function conclude(
  batch: LiveBatch,
  atMs: number,
  trees: Trees,
  sums: { extraInvocations: number; givingUpMs: number },
): void {
  if (batch.story === null) return;
  const heldMs = Number.isNaN(batch.firstCallAtMs) ? 0 : atMs - batch.firstCallAtMs;
  trees.add({
    batch: batch.name,
    lane: batch.root.lane,
    invocations: batch.callCount,
    gaveUp: batch.gaveUpCount,
    heldMs,
    story: storyText(batch.story),
  });
  if (batch.gaveUpCount === 0) return;
  sums.extraInvocations += Math.max(0, batch.callCount - 1);
  sums.givingUpMs += heldMs;
}
