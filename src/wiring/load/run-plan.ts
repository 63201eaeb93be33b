// All runs of a load plan, one after another, simulated or live, each folded to its figures as it goes.

import type { Config } from "../../config/config.ts";
import { MillraceError } from "../../errors.ts";
import { loadRun } from "../../load/figures/load-run.ts";
import { createProgress, type ProgressCounts } from "../../load/figures/progress.ts";
import { createRunFold, type RunFold, type RunHead } from "../../load/figures/run-fold.ts";
import type { LoadObservation } from "../../load/observation.ts";
import type { LoadPlan, PlannedRun } from "../../load/plan/plan.ts";
import { plannedRuns } from "../../load/plan/planned-runs.ts";
import type { LoadRun } from "../../load/report.ts";
import type { Entry } from "../../ports/journal.ts";
import type { EndpointPlace } from "./endpoint-house.ts";
import { familyOfPlan } from "./run-mapping.ts";

/** A run that goes on. */
export interface RunNow {
  readonly run: PlannedRun;
  /** From 1. */
  readonly number: number;
  readonly runCount: number;
  /** Since the plan's begin, of a simulated run by the world's clock; null: it has not begun. */
  readonly elapsedMs: number | null;
  readonly sentCount: number;
  readonly refusedCount: number;
  readonly counts: ProgressCounts;
  /** Null: not measured, or virtual time. */
  readonly ceilingPerSecond: number | null;
  /** Null before its first entry. */
  readonly head: RunHead | null;
  /** What has been measured so far, folded now; null: it cannot be told yet. Costs about half a second a million records. */
  readonly figures: () => LoadRun | null;
}

export interface RunPlanOptions {
  /** Of the user, for brokers and secrets; of a simulated plan not read. */
  readonly config: () => Promise<Config>;
  /** A running server to drive; null: each live run has one of its own. */
  readonly endpoint: EndpointPlace | null;
  readonly signal: AbortSignal;
  readonly onProgress: (now: RunNow) => void;
  readonly onRun: (run: LoadRun) => void;
  /** What has to be known of a run beside its figures, a sentence. */
  readonly onNote: (text: string) => void;
}

export interface RanPlan {
  readonly runs: readonly LoadRun[];
  /** The server or the source was lost under the last of them, or the one behind it did not come to its begin. */
  readonly failure: MillraceError | null;
}

/** Rejects with MillraceError where the first run does not come to its begin; what others have found before is not lost by it. */
export async function runPlan(plan: LoadPlan, options: RunPlanOptions): Promise<RanPlan> {
  const planned = plannedRuns(plan);
  const runs: LoadRun[] = [];
  for (const [index, run] of planned.entries()) {
    if (options.signal.aborted && runs.length > 0) break;
    const place = { number: index + 1, runCount: planned.length };
    const ran = await (plan.run === "live" ? ranLive : ranSimulated)(run, place, options).catch((error: unknown) => {
      if (error instanceof MillraceError && planned.length > 1) return ofSetting(run, error);
      throw error;
    });
    if (ran instanceof MillraceError) {
      if (runs.length === 0) throw ran;
      return { runs, failure: ran };
    }
    runs.push(ran.figures);
    options.onRun(ran.figures);
    if (ran.failure !== null) return { runs, failure: ran.failure };
  }
  return { runs, failure: null };
}

/** Which of the settings it was that is refused. */
function ofSetting({ name }: PlannedRun, cause: MillraceError): MillraceError {
  const { code, message, help } = cause;
  return new MillraceError(code, `${name}: ${message}`, { cause, ...(help === null ? {} : { help }) });
}

type RunPlace = Pick<RunNow, "number" | "runCount">;

interface Ran {
  readonly figures: LoadRun;
  readonly failure: MillraceError | null;
}

/** Takes a run's entries for its figures and for its counts. */
function taker(plan: LoadPlan) {
  const progress = createProgress(familyOfPlan(plan));
  const known: { head: RunHead | null; fold: RunFold | null } = { head: null, fold: null };
  return {
    known,
    counts: () => progress.counts(),
    begin(head: RunHead) {
      const fold = createRunFold(head);
      known.head = head;
      known.fold = fold;
      return (entry: Entry): void => {
        fold.take(entry);
        progress.take(entry);
      };
    },
  };
}

async function ranSimulated(run: PlannedRun, place: RunPlace, options: RunPlanOptions): Promise<Ran> {
  const taking = taker(run.plan);
  // The virtual world is read only where there is something to simulate.
  const { simulateLoad } = await import("./simulate-load.ts");
  const observation = await simulateLoad(run, {
    signal: options.signal,
    begin: (head) => taking.begin(head),
    onNote: options.onNote,
    onProgress: ({ elapsedMs, sentCount, refusedCount }) =>
      options.onProgress({
        ...place,
        run,
        elapsedMs,
        sentCount,
        refusedCount,
        counts: taking.counts(),
        ceilingPerSecond: null,
        head: taking.known.head,
        figures: () => null,
      }),
  });
  return { figures: folded(observation, run.plan, taking.known.fold), failure: null };
}

async function ranLive(run: PlannedRun, place: RunPlace, options: RunPlanOptions): Promise<Ran> {
  const { plan } = run;
  const { endpoint } = options;
  const taking = taker(plan);
  const nothing = { ...place, run, refusedCount: 0, sentCount: 0, ceilingPerSecond: null, head: null };
  options.onProgress({ ...nothing, elapsedMs: null, counts: taking.counts(), figures: () => null });
  // What a live run needs is read only where there is one.
  const [{ liveLoad }, { openOwnHouse }, { openEndpointHouse }] = await Promise.all([
    import("./live-load.ts"),
    import("./live-house.ts"),
    import("./endpoint-house.ts"),
  ]);
  const config = await options.config();
  const { observation, failure, droppedCount } = await liveLoad(run, {
    open: () => (endpoint === null ? openOwnHouse(plan, config) : openEndpointHouse(plan, config, endpoint)),
    signal: options.signal,
    begin: (head) => taking.begin(head),
    onProgress: ({ elapsedMs, sentCount, refusedCount, ceilingPerSecond, observed }) =>
      options.onProgress({
        ...place,
        run,
        elapsedMs,
        sentCount,
        refusedCount,
        counts: taking.counts(),
        ceilingPerSecond,
        head: taking.known.head,
        figures: () => folded(observed(), plan, taking.known.fold),
      }),
  });
  const figures = folded(observation, plan, taking.known.fold);
  if (droppedCount === 0) return { figures, failure };
  const sampled = `${droppedCount.toLocaleString("en-US")} entries of the server's journal are missing: records that they tell of count as open`;
  options.onNote(sampled);
  return { figures: { ...figures, latency: { ...figures.latency, sampled } }, failure };
}

const folded = (observation: LoadObservation, plan: LoadPlan, fold: RunFold | null): LoadRun =>
  fold === null ? loadRun(observation, plan.prices) : loadRun(observation, plan.prices, fold);
