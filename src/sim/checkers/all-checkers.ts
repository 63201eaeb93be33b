// Every checker that a simulated run is held against.

import type { Checker } from "./checker.ts";
import { concurrencyKept, limitsKept } from "./limits-kept.ts";
import { noCommitPastAGap } from "./no-commit-past-a-gap.ts";
import { nothingLost, progressOnceHealed } from "./nothing-lost.ts";
import { orderKept } from "./order-kept.ts";
import { reportedOnce } from "./reported-once.ts";

export const allCheckers: readonly Checker[] = [
  nothingLost,
  orderKept,
  noCommitPastAGap,
  limitsKept,
  concurrencyKept,
  reportedOnce,
  progressOnceHealed,
];
