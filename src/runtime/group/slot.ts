// One batch in flight of a member: a lane that is handed finished batches, one after the other, and the locks of what is in its hands.
//
// S1  A partition stays locked until each of its records in the batch has ended, was reported or was given back (M-207, M-428).
// S2  A lane takes the next batch when it has none in hand; documents on their way do not keep it from that.

import { invariant } from "../../core/invariant.ts";
import type { ClosedBatch } from "../../core/partitions/closing.ts";
import { runsOf } from "../../core/partitions/runs.ts";
import type { Rec } from "../../core/record.ts";
import type { UnitId } from "../../ports/source.ts";
import { createLaneRunner, type LaneRunner } from "../lane-runner.ts";
import type { LaneContext } from "../mapping-context.ts";
import type { PartitionLocks } from "./partition-locks.ts";

export interface SlotOptions<R extends Rec> {
  readonly context: LaneContext<R>;
  /** The member's name. */
  readonly unit: UnitId;
  readonly index: number;
  readonly locks: PartitionLocks;
  /** False: it is handed no batches, only what is given up by itself (M-414). */
  readonly isLocking: boolean;
  readonly onEnded: (records: readonly R[]) => void;
  /** The batch in hand is over. */
  readonly onFree: () => void;
  readonly onTurn: () => void;
}

export interface Slot<R extends Rec> {
  readonly lane: LaneRunner<R>;
  isFree(): boolean;
  hand(batch: ClosedBatch<R>): void;
  /** The lane has stopped: whatever is left in its hands is locked no more. */
  release(): void;
}

export function createSlot<R extends Rec>(options: SlotOptions<R>): Slot<R> {
  const { locks } = options;
  /** By epoch. */
  const held = new Map<number, { readonly unit: UnitId; left: number }>();
  let isBusy = false;

  const lane = createLaneRunner<R>({
    context: options.context,
    unit: options.unit,
    index: options.index,
    window: null,
    onEnded(records) {
      options.onEnded(records);
      left(records);
    },
    onGivenBack: left,
    onTurn() {
      if (isBusy && lane.lane().stack.length === 0) {
        isBusy = false;
        options.onFree();
      }
      options.onTurn();
    },
  });

  function left(records: readonly R[]): void {
    if (!options.isLocking) return;
    for (const { partition, records: run } of runsOf(records)) {
      const known = partition === null ? undefined : held.get(partition.epoch);
      invariant(partition !== null && known !== undefined, "S1: what ends was handed over");
      known.left -= run.length;
      if (known.left > 0) continue;
      held.delete(partition.epoch);
      locks.unlock(known.unit);
    }
  }

  return {
    lane,
    isFree: () => !isBusy,
    hand(batch) {
      isBusy = true;
      for (const { partition, records } of runsOf(batch.records)) {
        invariant(partition !== null, "S1: a record of a group has a partition");
        locks.lock(partition.unit);
        held.set(partition.epoch, { unit: partition.unit, left: records.length });
      }
      lane.post({ kind: "handed", ...batch });
    },
    release() {
      for (const { unit } of held.values()) locks.unlock(unit);
      held.clear();
    },
  };
}
