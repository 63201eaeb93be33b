// What `millrace load` shows while it runs: one picture on a terminal, redrawn in place; else a plain line now and then; or nothing.

import { expectation, type Threshold } from "../../load/expect/expectation.ts";
import type { LoadRun } from "../../load/report.ts";
import type { Clock } from "../../ports/clock.ts";
import type { RunNow } from "../../wiring/load/run-plan.ts";
import { planTotals } from "../../wiring/load/planned-records.ts";
import { createBlockWriter } from "../live/block-writer.ts";
import { paintRow, type Row, rowText } from "../live/cells.ts";
import type { Look } from "../live/look.ts";
import { shownNumber } from "../shown-forms.ts";
import type { Screen } from "../start-output.ts";
import { pictureRows, type PictureScene } from "./picture.ts";
import { createTracer, noTrace, type Tracer } from "./trace.ts";

/** At most 10 redraws a second (ux). */
const REDRAW_MS = 200;
const POINT_MS = 1_000;
const LINE_MS = 5_000;
/** Folding what was measured so far may take this part of the time. */
const FOLD_SHARE = 0.05;
const FOLD_LEAST_MS = 1_000;

export interface LoadView {
  now(now: RunNow): void;
  /** Text that stays, whole lines. */
  say(text: string): void;
  end(): void;
}

export const noView: LoadView = { now: () => undefined, say: () => undefined, end: () => undefined };

/** A scene of a run that goes on or is over. */
export function sceneOf(
  now: Pick<RunNow, "run" | "elapsedMs" | "sentCount" | "refusedCount" | "counts" | "ceilingPerSecond" | "head">,
  given: {
    readonly title: string;
    readonly columns: number;
    readonly look: Look;
    readonly thresholds: readonly Threshold[];
    readonly figures: LoadRun | null;
    readonly tracer: Tracer | null;
    readonly isOver: boolean;
  },
): PictureScene {
  const { run, elapsedMs, sentCount, refusedCount, counts, ceilingPerSecond, head } = now;
  const { figures, thresholds, tracer, title, columns, look, isOver } = given;
  const { count, forMs } = totalsOf(run.plan);
  const { mapping } = run.plan;
  const window = mapping["MaximumBatchingWindowInSeconds"];
  const settings = new Map(figures?.settings.map(({ member, value }) => [member, value]));
  const place = run.plan.run === "simulated" ? "virtual time" : figures === null ? "live" : `live on ${figures.place}`;
  return {
    title,
    columns,
    look,
    run,
    place,
    elapsedMs,
    planMs: isOver ? (figures?.totalMs ?? forMs) : forMs,
    phasesMs: forMs,
    plannedCount: count,
    sentCount,
    refusedCount,
    counts,
    ceilingPerSecond,
    batchSize: head?.batchSize ?? figures?.batchSize ?? null,
    windowMs: figures?.windowMs ?? (typeof window === "number" ? window * 1_000 : null),
    factor: head?.mapping.factor ?? (Number(settings.get("ParallelizationFactor") ?? 1) || 1),
    allowedConcurrency: figures?.allowedConcurrency ?? null,
    figures,
    expectations: figures === null ? [] : thresholds.map((threshold) => expectation(threshold, [figures])),
    trace: tracer?.trace() ?? noTrace,
    isOver,
  };
}

/** Counting a plan's records costs as much as making them: once a plan. */
const totals = new WeakMap<RunNow["run"]["plan"], ReturnType<typeof planTotals>>();
function totalsOf(plan: RunNow["run"]["plan"]): ReturnType<typeof planTotals> {
  const found = totals.get(plan) ?? planTotals(plan);
  totals.set(plan, found);
  return found;
}

export function createDrawnView(options: {
  readonly screen: Screen;
  readonly look: Look;
  readonly title: string;
  readonly thresholds: readonly Threshold[];
  readonly clock: Clock;
}): LoadView {
  const { screen, look, title, thresholds, clock } = options;
  const columns = (): number => screen.output.columns || 80;
  const block = createBlockWriter({ write: (text) => void screen.output.write(text), columns });
  let tracer = createTracer();
  let run: RunNow["run"] | null = null;
  let figures: LoadRun | null = null;
  let next = { draw: 0, point: 0, fold: 0 };
  let rows: readonly Row[] = [];

  const draw = (above: readonly string[]): void => {
    const room = Math.max(1, (screen.output.rows || 24) - 1);
    const lines = rows.slice(0, room).map((row) => ({ painted: paintRow(row, look), text: rowText(row) }));
    block.draw(lines, above);
  };

  function fold(now: RunNow, atMs: number): void {
    if (now.elapsedMs === null || atMs < next.fold) return;
    const beganMs = clock.monotonicMs();
    figures = now.figures() ?? figures;
    const tookMs = clock.monotonicMs() - beganMs;
    next.fold = atMs + Math.max(FOLD_LEAST_MS, tookMs / FOLD_SHARE);
  }

  return {
    now(now) {
      const atMs = clock.monotonicMs();
      if (now.run !== run) {
        run = now.run;
        tracer = createTracer();
        figures = null;
        next = { draw: 0, point: 0, fold: 0 };
      }
      if (atMs < next.draw) return;
      next.draw = atMs + REDRAW_MS;
      if (atMs >= next.point) {
        next.point = atMs + POINT_MS;
        const { ended, batches, running } = now.counts;
        tracer.point({ sent: now.sentCount, batches, waiting: Math.max(0, now.sentCount - ended), running });
      }
      fold(now, atMs);
      const name = now.runCount === 1 ? title : `${title}  ${now.number} of ${now.runCount}: ${now.run.name}`;
      const given = { title: name, columns: columns(), look, thresholds, figures, tracer, isOver: false };
      rows = pictureRows(sceneOf(now, given));
      draw([]);
    },
    say(text) {
      draw(text.replace(/\n$/, "").split("\n"));
    },
    end() {
      rows = [];
      draw([]);
      block.leave();
    },
  };
}

/** `write` is given whole lines. */
export function createPlainView(options: { readonly write: (text: string) => void; readonly clock: Clock }): LoadView {
  const { write, clock } = options;
  let nextMs = clock.monotonicMs() + LINE_MS;
  return {
    now(now) {
      const atMs = clock.monotonicMs();
      if (atMs < nextMs || now.elapsedMs === null) return;
      nextMs = atMs + LINE_MS;
      write(`${plainLine(now)}\n`);
    },
    say: write,
    end: () => undefined,
  };
}

function plainLine({ run, number, runCount, elapsedMs, sentCount, counts }: RunNow): string {
  const which = runCount === 1 ? "" : `${number} of ${runCount} ${run.name} `;
  const seconds = Math.max(0, Math.floor((elapsedMs ?? 0) / 1_000));
  const planned = totalsOf(run.plan).forMs / 1_000;
  const at = seconds > planned ? `${seconds} s, ${planned} s planned` : `${seconds} s of ${planned} s`;
  const trouble = [
    [counts.failed, "failed"],
    [counts.gaveUp, "given up"],
    [counts.throttles, "throttled"],
  ] as const;
  const told = trouble.flatMap(([count, word]) => (count === 0 ? [] : [`, ${shownNumber(count)} ${word}`])).join("");
  return `${which}${at}: ${shownNumber(sentCount)} sent, ${shownNumber(counts.ended)} ended, ${shownNumber(counts.batches)} batches, ${counts.running} running${told}`;
}
