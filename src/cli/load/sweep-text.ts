// The runs of a sweep, or repetitions of one setting, beside one another: a line each as they end, and a table at the end.

import { isWhole } from "../../load/compare/spread.ts";
import type { LoadReport, LoadRun } from "../../load/report.ts";
import { shownCount, shownPercent, shownSeconds } from "../../load/words.ts";
import { type Cell, inColumns, right, type Row, span } from "../live/cells.ts";
import type { Look } from "../live/look.ts";
import { counted } from "../shown-forms.ts";

/** `BatchSize=10 MaximumBatchingWindowInSeconds=1`, of repetitions with their number. */
export const runName = ({ name, repetition }: LoadRun, hasRepetitions: boolean): string =>
  hasRepetitions ? `${name}, run ${repetition}` : name;

/** One run in a line, when it has ended. */
export function runLine(
  run: LoadRun,
  place: { readonly number: number; readonly runCount: number; readonly hasRepetitions: boolean },
): string {
  const { batches, latency, findings, counts } = run;
  const reason = batches.reasons[0];
  const closed =
    reason === undefined ? "no batch" : `${reason.closedBy} ${shownPercent(reason.count / run.counts.firstBatches)}`;
  const done = latency.toDone.count === 0 ? "" : `, done p99 ${shownSeconds(latency.toDone.p99)}`;
  const each = counted(counts.invocations, "invocation");
  const cut = run.endedBy === "plan" ? "" : ` (${run.endedBy})`;
  const found = findings[0]?.name ?? "none";
  return `${place.number} of ${place.runCount}  ${runName(run, place.hasRepetitions)}: mean ${shownCount(batches.meanRecords)} records, ${closed}${done}, ${each}; ${found}${cut}`;
}

/** The grid: a row a run, what is best of whole runs in each column bright. */
export function gridRows({ runs, plan }: Pick<LoadReport, "runs" | "plan">, look: Look): readonly Row[] {
  const hasRepetitions = Number(plan["repetitions"] ?? 1) > 1;
  const head = [
    "setting",
    "records a batch",
    "closed by",
    "start p50",
    "done p99",
    "running",
    "USD a million",
    "finding",
  ];
  const canBeBest = (run: LoadRun): boolean => hasLatency(run) && isWhole(run);
  const cheapest = Math.min(...runs.filter(canBeBest).map((run) => run.cost.perMillionRecordsUsd));
  const fastest = Math.min(...runs.filter(canBeBest).map((run) => run.latency.toDone.p99));
  const rows = runs.map((run): readonly Cell[] => {
    const reason = run.batches.reasons[0]?.closedBy ?? look.signs.none;
    const { cost, latency, batches, concurrency, findings } = run;
    const isFastest = canBeBest(run) && latency.toDone.p99 === fastest;
    const isCheapest = canBeBest(run) && cost.perMillionRecordsUsd === cheapest;
    return [
      span(runName(run, hasRepetitions)),
      right(shownCount(batches.meanRecords)),
      span(reason),
      right(hasLatency(run) ? shownSeconds(latency.toStart.p50) : look.signs.none),
      right(hasLatency(run) ? shownSeconds(latency.toDone.p99) : look.signs.none, isFastest ? "good" : "plain"),
      right(concurrency.mean.toFixed(2)),
      right(hasLatency(run) ? cost.perMillionRecordsUsd.toFixed(2) : look.signs.none, isCheapest ? "good" : "plain"),
      span(findings[0]?.name ?? ""),
    ];
  });
  const titles = head.map(
    (each, index): Cell => ({ ...span(each, "quiet"), isRight: [1, 3, 4, 5, 6].includes(index) }),
  );
  return inColumns([titles, ...rows]);
}

const hasLatency = (run: LoadRun): boolean => run.latency.toDone.count > 0;
