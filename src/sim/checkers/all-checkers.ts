// Every checker that a simulated run is held against.

import { attemptsKept } from "./attempts-kept.ts";
import type { Checker } from "./checker.ts";
import { cleanStop } from "./clean-stop.ts";
import { concurrencyKept, limitsKept } from "./limits-kept.ts";
import { noCommitPastAGap } from "./no-commit-past-a-gap.ts";
import { nothingLost, progressOnceHealed } from "./nothing-lost.ts";
import { orderKept } from "./order-kept.ts";
import { parentsFirst } from "./parents-first.ts";
import { reportedOnce } from "./reported-once.ts";
import { startKept } from "./start-kept.ts";
import { windowsExact } from "./windows-exact.ts";

export const allCheckers: readonly Checker[] = [
  nothingLost,
  orderKept,
  parentsFirst,
  startKept,
  noCommitPastAGap,
  limitsKept,
  concurrencyKept,
  attemptsKept,
  reportedOnce,
  windowsExact,
  cleanStop,
  progressOnceHealed,
];
