// What a lane is handed by a source with a consumer group: batches that are finished, and records that are fit for none.

import { firstBatch } from "./batch.ts";
import { invariant } from "./invariant.ts";
import { eventBytesOf } from "./lane-proceed.ts";
import type { Effect, Lane, LaneEvent } from "./lane-state.ts";
import type { Rec } from "./record.ts";
import type { LaneSettings } from "./settings.ts";

/** A batch that was made elsewhere: from here on it is as any other. */
export function takeHanded<R extends Rec>(
  lane: Lane<R>,
  { records, closer, windowOpenMs }: Extract<LaneEvent<R>, { kind: "handed" }>,
  settings: LaneSettings,
  effects: Effect<R>[],
): Lane<R> {
  invariant(lane.phase.kind === "ready" && lane.stack.length === 0, "L4: a batch is handed to a lane without one");
  const batch = firstBatch(lane, records, closer);
  effects.push({
    kind: "closed",
    batch,
    eventBytes: eventBytesOf(lane, batch, settings),
    windowOpenMs,
    window: null,
  });
  return { ...lane, stack: [batch], nextId: lane.nextId + 1, nextNumber: lane.nextNumber + 1 };
}

export function giveUpUnfit<R extends Rec>(
  lane: Lane<R>,
  { record, condition }: Extract<LaneEvent<R>, { kind: "unfit" }>,
  effects: Effect<R>[],
): Lane<R> {
  const batch = firstBatch(lane, [record], "size");
  effects.push({ kind: "giveUp", batch, condition, outcome: null, window: null, rest: null });
  return { ...lane, nextId: lane.nextId + 1, nextNumber: lane.nextNumber + 1 };
}
