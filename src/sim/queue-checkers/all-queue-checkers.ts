// Every checker that a run of a queue's mapping is held against.

import { groupsInOrder, oneBatchAGroup } from "./groups-kept.ts";
import { countsRight, visibilityKept } from "./leases-kept.ts";
import { doneOnce, noMessageLost } from "./messages-ended.ts";
import type { QueueChecker } from "./queue-checker.ts";
import { queueCleanStop, queueConcurrencyKept, queueLimitsKept } from "./queue-limits-kept.ts";

export const allQueueCheckers: readonly QueueChecker[] = [
  noMessageLost,
  doneOnce,
  visibilityKept,
  countsRight,
  groupsInOrder,
  oneBatchAGroup,
  queueLimitsKept,
  queueConcurrencyKept,
  queueCleanStop,
];
