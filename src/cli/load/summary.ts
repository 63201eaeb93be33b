// The summary of one run that is over: the picture, with figures in the place of counts.

import type { ProgressCounts } from "../../load/figures/progress.ts";
import type { Threshold } from "../../load/expect/expectation.ts";
import type { LoadPlan } from "../../load/plan/plan.ts";
import { plannedRuns } from "../../load/plan/planned-runs.ts";
import type { LoadRun } from "../../load/report.ts";
import type { Row } from "../live/cells.ts";
import type { Look } from "../live/look.ts";
import { sceneOf } from "./load-view.ts";
import { pictureRows } from "./picture.ts";

export function summaryRows(
  figures: LoadRun,
  given: {
    readonly plan: LoadPlan;
    readonly look: Look;
    readonly columns: number;
    readonly thresholds: readonly Threshold[];
  },
): readonly Row[] {
  const { plan, ...shown } = given;
  const [run] = plannedRuns(plan);
  if (run === undefined) return [];
  const now = {
    run,
    elapsedMs: figures.totalMs,
    sentCount: figures.loader.sentCount,
    refusedCount: figures.loader.refusedCount,
    counts: countsOf(figures),
    ceilingPerSecond: figures.loader.ceilingPerSecond,
    head: null,
  };
  return pictureRows(sceneOf(now, { ...shown, title: plan.name, figures, tracer: null, isOver: true }));
}

function countsOf({ counts, batches, concurrency, loader }: LoadRun): ProgressCounts {
  return {
    ended: loader.sentCount - counts.open,
    done: counts.done,
    gaveUp: counts.gaveUp,
    filtered: 0,
    deadLetters: counts.deadLetters,
    running: 0,
    mostRunning: concurrency.most,
    invocations: counts.invocations,
    failed: counts.failedInvocations,
    retries: counts.retries,
    throttles: counts.throttles,
    batches: counts.firstBatches,
    batchRecords: Math.round(counts.firstBatches * batches.meanRecords),
    closedBy: Object.fromEntries(batches.reasons.map(({ closedBy, count }) => [closedBy, count])),
    iteratorAgeMs: null,
    busyMs: 0,
  };
}
