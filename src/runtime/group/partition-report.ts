// How far a poller is with each partition that it has, for people who watch.

import type { Rec } from "../../core/record.ts";
import { firstOf } from "../../core/waiting.ts";
import type { Pool } from "../../core/partitions/pool.ts";
import type { PartitionReport } from "../lane-report.ts";
import type { LaneRunner } from "../lane-runner.ts";
import type { PartitionProgress } from "./partition-progress.ts";

/** Nobody reads more of one poller at once. */
const MOST_REPORTS = 100;

export function partitionReports<R extends Rec>(
  held: readonly PartitionProgress<R>[],
  pool: Pool<R>,
  lanes: readonly LaneRunner<R>[],
): readonly PartitionReport[] {
  const inHand = oldestInHand(lanes);
  return held.slice(0, MOST_REPORTS).map((progress) => {
    const { epoch, unit } = progress.partition;
    const share = pool.shares.find(({ partition }) => partition.epoch === epoch);
    const waiting = share === undefined ? null : (firstOf(share.waiting)?.arrivedAtMs ?? null);
    const inBatch = inHand.get(epoch) ?? null;
    return {
      unit,
      through: progress.through(),
      lagCount: progress.leftCount(),
      // A partition's records end in their order: what is in a batch came before what waits.
      oldestArrivedAtMs: inBatch ?? waiting,
    };
  });
}

/** By epoch, of records that are in a batch and have not ended. */
function oldestInHand<R extends Rec>(lanes: readonly LaneRunner<R>[]): ReadonlyMap<number, number> {
  const oldest = new Map<number, number>();
  for (const lane of lanes) {
    for (const { records } of lane.lane().stack) {
      let before = -1;
      for (const { partition, arrivedAtMs } of records) {
        if (partition === undefined || partition.epoch === before) continue;
        before = partition.epoch;
        oldest.set(before, Math.min(arrivedAtMs, oldest.get(before) ?? arrivedAtMs));
      }
    }
  }
  return oldest;
}
