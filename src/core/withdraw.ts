// What becomes of records in hand whose partition is somebody else's now (M-807, M-808): they leave their batch before any further call,
// neither finished nor reported. What is left of a batch goes on as the batch that it was: what has failed of it has failed.

import { type Batch, recordBytesOf } from "./batch.ts";
import { restPath } from "./batch-name.ts";
import type { Effect, Lane } from "./lane-state.ts";
import type { Rec } from "./record.ts";

/** Takes them out of the stack. Nothing may be out. */
export function withoutEpochs<R extends Rec>(lane: Lane<R>, epochs: readonly number[], effects: Effect<R>[]): Lane<R> {
  const gone: R[] = [];
  let { nextId } = lane;
  const top = lane.stack.at(-1);
  const stack: Batch<R>[] = [];
  let isTopGone = false;
  for (const batch of lane.stack) {
    const parted = partedBy(batch.records, epochs);
    gone.push(...parted.gone);
    if (parted.gone.length === 0) stack.push(batch);
    else if (parted.left.length > 0) {
      const path = restPath(batch.path);
      stack.push({ ...batch, id: nextId++, path, records: parted.left, recordBytes: recordBytesOf(parted.left) });
    } else if (batch === top) isTopGone = true;
  }
  if (gone.length === 0) return lane;
  effects.push({ kind: "givenBack", records: gone });
  // The retry clock was that of the batch that is gone.
  return { ...lane, stack, nextId, phase: isTopGone ? { kind: "ready" } : lane.phase };
}

/** A call's effects, as far as they are about records that are still ours. */
export function ofOwn<R extends Rec>(effect: Effect<R>, epochs: readonly number[]): readonly Effect<R>[] {
  if (effect.kind !== "finish" && effect.kind !== "giveUp") return [effect];
  const { gone, left } = partedBy(effect.kind === "finish" ? effect.records : effect.batch.records, epochs);
  if (gone.length === 0) return [effect];
  const back: Effect<R> = { kind: "givenBack", records: gone };
  if (left.length === 0) return [back];
  if (effect.kind === "finish") return [{ ...effect, records: left }, back];
  return [{ ...effect, batch: { ...effect.batch, records: left, recordBytes: recordBytesOf(left) } }, back];
}

function partedBy<R extends Rec>(
  records: readonly R[],
  epochs: readonly number[],
): { readonly gone: readonly R[]; readonly left: readonly R[] } {
  const isGone = ({ partition }: R): boolean => partition !== undefined && epochs.includes(partition.epoch);
  if (!records.some(isGone)) return { gone: [], left: records };
  return { gone: records.filter(isGone), left: records.filter((record) => !isGone(record)) };
}
