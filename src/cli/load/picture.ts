// The picture of one run of a load plan, while it goes on and as its summary: rows of toned text, no wider than the screen. Pure.

import { assertNever } from "../../core/assert-never.ts";
import type { ProgressCounts } from "../../load/figures/progress.ts";
import type { PlannedRun, PlannedSource } from "../../load/plan/plan.ts";
import type { Expectation, LoadRun, Percentiles } from "../../load/report.ts";
import { shownCount, shownPercent, shownSeconds } from "../../load/words.ts";
import { unitCountOf } from "../../wiring/load/unit-keys.ts";
import { cutRow, type Row, rowText, span, withRight } from "../live/cells.ts";
import type { Look, Tone } from "../live/look.ts";
import { wrapped } from "../screen.ts";
import { counted, shownNumber } from "../shown-forms.ts";
import type { Trace } from "./trace.ts";

/** Columns of the words at the left. */
const INDENT = 12;
const BAR_COLUMNS = 10;
/** From so many columns on there is room for a curve in each row. */
const WIDE_COLUMNS = 110;

export interface PictureScene {
  readonly columns: number;
  readonly look: Look;
  /** What the plan is called by: its file's name. */
  readonly title: string;
  readonly run: PlannedRun;
  /** Where it is, `live on the embedded store`, `virtual time`. */
  readonly place: string;
  /** Since the plan's begin; null: it has not begun. */
  readonly elapsedMs: number | null;
  /** How long the plan's phases last, and how many records they have; of a run that is over how long it took in all. */
  readonly planMs: number;
  readonly phasesMs: number;
  readonly plannedCount: number;
  readonly sentCount: number;
  readonly refusedCount: number;
  readonly counts: ProgressCounts;
  readonly ceilingPerSecond: number | null;
  readonly batchSize: number | null;
  readonly windowMs: number | null;
  readonly factor: number | null;
  readonly allowedConcurrency: number | null;
  /** What has been measured; null: not yet. */
  readonly figures: LoadRun | null;
  readonly expectations: readonly Expectation[];
  readonly trace: Trace;
  /** It has ended: this is its summary. */
  readonly isOver: boolean;
}

export function pictureRows(scene: PictureScene): readonly Row[] {
  const rows = [
    titleRow(scene),
    sendRow(scene),
    loaderRow(scene),
    mappingRow(scene),
    batchesRow(scene),
    waitingRow(scene),
    runningRow(scene),
    ...endRows(scene),
    ...latencyRows(scene),
    ...findingRows(scene),
    ...expectRows(scene),
    ...(scene.isOver ? [] : [[span("Ctrl-C ends it early and still reports", "quiet")]]),
  ];
  return rows.map((row) => cutRow(row, scene.columns, scene.look));
}

const labelled = (label: string, ...spans: Row): Row => [span(`  ${label}`.padEnd(INDENT), "quiet"), ...spans];

function titleRow({ title, place, elapsedMs, planMs, columns, isOver }: PictureScene): Row {
  const head: Row = [span("millrace load", "heading"), span(`  ${title}  ${place}`)];
  if (elapsedMs === null) return withRight(head, span("starting", "quiet"), columns);
  const passed = isOver ? "" : `${minutes(elapsedMs)} of `;
  return withRight(head, span(`${passed}${minutes(planMs)}`, "bright"), columns);
}

/** `00:24`, `1:02:03`. */
function minutes(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hours, rest] = [Math.floor(seconds / 3_600), seconds % 3_600];
  return `${hours > 0 ? `${hours}:` : ""}${two(Math.floor(rest / 60))}:${two(rest % 60)}`;
}

function sendRow(scene: PictureScene): Row {
  const { run, sentCount, refusedCount, plannedCount, elapsedMs, phasesMs, trace, figures } = scene;
  const { send } = run.plan;
  const isShort = figures?.endedBy === "interrupted";
  const spanMs =
    figures === null || !scene.isOver
      ? Math.min(elapsedMs ?? 0, phasesMs)
      : Math.min(phasesMs, isShort ? figures.totalMs : phasesMs);
  const perSecond = spanMs <= 0 ? "" : `${shownCount((1_000 * sentCount) / spanMs)} records/s   `;
  const bytes = figures === null || sentCount === 0 ? "" : `, ${shownCount(figures.loader.bytes / sentCount)} B each`;
  const keyWord = run.plan.source.kind === "sqs" ? "group" : "key";
  const keys = send.keys === null ? "" : `, ${counted(send.keys.count, keyWord)}`;
  const refused = refusedCount === 0 ? [] : [span(`   ${shownNumber(refusedCount)} refused`, "bad")];
  const sent = `${perSecond}${shownNumber(sentCount)} of ${shownNumber(plannedCount)} sent${bytes}${keys}`;
  return withCurve(scene, labelled("send", span(sent), ...refused), trace.sent);
}

function loaderRow({ ceilingPerSecond, figures, run }: PictureScene): Row {
  if (run.plan.run === "simulated") return labelled("loader", span("virtual time: it has no ceiling", "quiet"));
  if (ceilingPerSecond === null) return labelled("loader", span("its ceiling was not measured", "quiet"));
  const loader = figures?.loader ?? null;
  const share = loader?.ceilingShare ?? null;
  const of = share === null ? "its own ceiling" : `${shownPercent(share)} of its own ceiling`;
  const text = `${of}, ${shownCount(Math.round(ceilingPerSecond))} records/s, measured at the start`;
  if (loader === null || !loader.isLimit) return labelled("loader", span(text));
  return labelled("loader", span(`${text}: it was the limit`, "bad"));
}

function mappingRow(scene: PictureScene): Row {
  const { run, batchSize, windowMs, factor, look } = scene;
  const { source, function: called } = run.plan;
  const window = windowMs === null || windowMs === 0 ? "no window" : `window ${seconds(windowMs)}`;
  const size = batchSize === null ? "" : `  size ${shownNumber(batchSize)}  ${window}`;
  const times = look.isUnicode ? "×" : "x";
  const lanes = (factor ?? 1) > 1 || source.kind === "kinesis" ? ` ${times} factor ${factor ?? 1}` : "";
  const units = unitsText(source, lanes);
  return labelled("mapping", span(called.name, "bright"), span(`  ${units}${size}`));
}

const seconds = (ms: number): string => `${(ms / 1_000).toLocaleString("en-US")} s`;

function unitsText(source: PlannedSource, lanes: string): string {
  const count = unitCountOf(source);
  switch (source.kind) {
    case "kinesis":
      return `${count} ${count === 1 ? "shard" : "shards"}${lanes}`;
    case "kafka":
      return `${count} ${count === 1 ? "partition" : "partitions"}`;
    case "dynamodb":
      return `a table's stream${lanes}`;
    case "sqs":
      return source.isFifo ? "a FIFO queue" : "a queue";
    case "rabbitmq":
    case "activemq":
      return `a queue of ${source.kind === "rabbitmq" ? "RabbitMQ" : "ActiveMQ"}`;
    case "documentdb":
      return "a change stream";
    default:
      return assertNever(source);
  }
}

function batchesRow(scene: PictureScene): Row {
  const { counts, batchSize, look, trace } = scene;
  const { batches, batchRecords, closedBy } = counts;
  if (batches === 0) return labelled("batches", span("none yet", "quiet"));
  const mean = shownCount(Math.round((10 * batchRecords) / batches) / 10);
  const of = batchSize === null ? "" : ` of ${shownNumber(batchSize)}`;
  const reasons = Object.entries(closedBy).toSorted(([, one], [, other]) => other - one);
  const shares = reasons.flatMap(([reason, count], index): Row => {
    const share = count / batches;
    const text = `   ${reason} `;
    if (index > 0) return [span(`${text}${shownPercent(share)}`)];
    const full = Math.round(share * BAR_COLUMNS);
    const bar = look.signs.full.repeat(full) + look.signs.empty.repeat(BAR_COLUMNS - full);
    return [span(text), span(bar, "accent"), span(` ${shownPercent(share)}`)];
  });
  return withCurve(
    scene,
    labelled("batches", span(`${shownNumber(batches)}, mean ${mean}${of} records`), ...shares),
    trace.batches,
  );
}

function waitingRow(scene: PictureScene): Row {
  const { counts, sentCount, figures, trace } = scene;
  const waiting = Math.max(0, sentCount - counts.ended);
  const oldest = figures?.seconds.at(-1)?.oldestMs ?? 0;
  const age = waiting === 0 || oldest === 0 || scene.isOver ? "" : `, oldest ${shownSeconds(oldest)}`;
  const now = counts.iteratorAgeMs === null || scene.isOver ? "" : ` ${shownSeconds(counts.iteratorAgeMs)}`;
  const ages = figures?.failures.iteratorAge;
  const p99 = ages === undefined || ages.count === 0 ? "" : `${now === "" ? "" : ","} p99 ${shownSeconds(ages.p99)}`;
  const word = figures?.family === "queue" || figures?.family === "broker" ? "queue age" : "iterator age";
  const iterator = now === "" && p99 === "" ? "" : `   ${word}${now}${p99}`;
  const gaveUp = counts.gaveUp === 0 ? [] : [span(`   ${shownNumber(counts.gaveUp)} given up`, "bad")];
  const text = `${shownNumber(waiting)} ${waiting === 1 ? "record" : "records"}${age}${iterator}`;
  return withCurve(scene, labelled(scene.isOver ? "left" : "waiting", span(text), ...gaveUp), trace.waiting);
}

function runningRow(scene: PictureScene): Row {
  const { counts, allowedConcurrency, figures, elapsedMs, trace } = scene;
  const allowed = allowedConcurrency === null ? "" : ` of ${shownNumber(allowedConcurrency)}`;
  const mean = figures?.concurrency.mean ?? (elapsedMs === null || elapsedMs <= 0 ? 0 : counts.busyMs / elapsedMs);
  const now = scene.isOver ? "" : `${shownNumber(counts.running)}${allowed}, `;
  const most = `most ${shownNumber(counts.mostRunning)}${scene.isOver ? allowed : ""}`;
  const told = (word: string, count: number, tone: Tone): Row => [
    span(`   ${word} ${shownNumber(count)}`, count === 0 ? "quiet" : tone),
  ];
  const spans: Row = [
    span(`${now}mean ${mean.toFixed(2)}, ${most}`),
    ...told("failed", counts.failed, "warning"),
    ...told("retried", counts.retries, "warning"),
    ...told("throttled", counts.throttles, "throttled"),
  ];
  return withCurve(scene, labelled("running", ...spans), trace.running);
}

/** Why it ended before all had ended. */
function endRows({ figures, isOver, run, columns }: PictureScene): readonly Row[] {
  if (!isOver || figures === null || figures.endedBy === "plan") return [];
  const { open } = figures.counts;
  const left = open === 0 ? "" : `, ${shownNumber(open)} ${open === 1 ? "record is" : "records are"} left`;
  const text =
    figures.endedBy === "interrupted"
      ? `ended early; what was measured until then is told${left}`
      : `stalled: nothing has ended for ${seconds(run.plan.waitMs)}${left}`;
  return wrapped(text, Math.max(24, columns - INDENT)).map((line, at) =>
    labelled(at === 0 ? "ended" : "", span(line, "warning")),
  );
}

function latencyRows({ figures }: PictureScene): readonly Row[] {
  if (figures === null || figures.latency.toStart.count === 0) return [];
  const { toStart, toDone, sampled } = figures.latency;
  const head = ["p50", "p90", "p99", "max"].map((each) => each.padEnd(8)).join("");
  const row = (label: string, of: Percentiles, note: string): Row => {
    const values = [of.p50, of.p90, of.p99, of.max]
      .map((ms) => `${shownSeconds(ms).replace("< ", "<").padEnd(7)} `)
      .join("");
    return labelled(label, span(values), span(note, "quiet"));
  };
  const planned = sampled === null ? "  from each record's planned send" : `  ${sampled}`;
  return [
    [span(" ".repeat(INDENT)), span(head.trimEnd(), "quiet")],
    row("to start", toStart, planned),
    ...(toDone.count === 0 ? [] : [row("to done", toDone, "")]),
  ];
}

function findingRows({ figures, columns, isOver }: PictureScene): readonly Row[] {
  if (figures === null) return [];
  const shown = isOver ? figures.findings : figures.findings.slice(0, 1);
  return shown.flatMap(({ text, name }, index) => {
    const lines = wrapped(text, Math.max(24, columns - INDENT));
    const tone: Tone = name === "loader" ? "bad" : "plain";
    const label = index > 0 ? "" : isOver ? "found" : "so far";
    return lines.map((line, at): Row => labelled(at === 0 ? label : "", span(line, tone)));
  });
}

function expectRows({ expectations, look }: PictureScene): readonly Row[] {
  return expectations.map(({ text, results, isMet }, index) => {
    const sign = isMet ? span(look.signs.done, "good") : span(look.signs.failed, "bad");
    const shown = results.map((each) => each.shown).join(", ");
    return labelled(index === 0 ? "expect" : "", sign, span(` ${text}   ${shown}`));
  });
}

/** On a wide screen how it has gone so far, at the right edge. */
function withCurve({ columns, look }: PictureScene, row: Row, values: readonly number[]): Row {
  if (columns < WIDE_COLUMNS || values.length < 2) return row;
  return withRight(row, span(curve(values, look), "accent"), columns);
}

const BARS = "▁▂▃▄▅▆▇█";
const ASCII_BARS = "_.-=*#";

function curve(values: readonly number[], look: Look): string {
  const bars = look.isUnicode ? BARS : ASCII_BARS;
  const most = Math.max(...values, 0);
  return values.map((value) => bars[most === 0 ? 0 : Math.round((value / most) * (bars.length - 1))] ?? "").join("");
}

/** As lines without colour, no spaces at their ends. */
export const pictureText = (rows: readonly Row[]): string => rows.map((row) => `${rowText(row).trimEnd()}\n`).join("");
