// Which partitions have records in a batch that is not over, over all members of a mapping in this process: one that comes back to another
// member while its old batch still runs stays locked until that is over (M-207, M-809).

import { invariant } from "../../core/invariant.ts";
import type { UnitId } from "../../ports/source.ts";

export interface PartitionLocks {
  isLocked(unit: UnitId): boolean;
  lock(unit: UnitId): void;
  unlock(unit: UnitId): void;
}

export function createPartitionLocks(onUnlocked: (unit: UnitId) => void): PartitionLocks {
  const locked = new Set<UnitId>();
  return {
    isLocked: (unit) => locked.has(unit),
    lock(unit) {
      invariant(!locked.has(unit), "M-207: a partition is in one batch at a time");
      locked.add(unit);
    },
    unlock(unit) {
      invariant(locked.delete(unit), "M-207: what is unlocked was locked");
      onUnlocked(unit);
    },
  };
}
