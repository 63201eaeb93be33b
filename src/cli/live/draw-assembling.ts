// The block ASSEMBLING: the open batch, and which of its three limits will close it first (B-1). The figures are reports that come a
// few times a second; what follows from a rate says so.

import { EVENT_LIMIT_BYTES } from "../../core/settings.ts";
import type { LaneReport, OpenWindow } from "../../runtime/lane-report.ts";
import { counted, shownNumber } from "../shown-forms.ts";
import { shownPlace } from "../source-family.ts";
import { whyNothingArrives } from "../explain/mapping-why.ts";
import { wrapped } from "../screen.ts";
import {
  type Cell,
  cutText,
  inColumns,
  padTo,
  type Row,
  rowWidth,
  span,
  userText,
  widthOf,
  withRight,
} from "./cells.ts";
import { currentNode, type Family } from "./families.ts";
import { seconds } from "./figures.ts";
import { type Limits, limitsOf } from "./limits.ts";
import { functionOf, type LiveMapping } from "./live-model.ts";
import type { Signs, Tone } from "./look.ts";
import { chosenMapping, isWide, type Scene, windowAround } from "./scene.ts";

const GAUGE_COLUMNS = 10;
const NARROW_COLUMNS = 80;
/** Of a function's name that is cut so that what follows it can be read. */
const LEAST_NAME = 8;
const LANE_COLUMNS = [24, 18, 18, 31];
const MOST_WHY_ROWS = 3;
const LEAST_WRAP_COLUMNS = 24;

export function drawAssembling(scene: Scene, mostLanes: number): readonly Row[] {
  return isWide(scene) ? drawWide(scene, mostLanes) : drawNarrow(scene, mostLanes);
}

function gauge(share: number, { full, empty }: Signs): string {
  const blocks = Math.max(0, Math.min(GAUGE_COLUMNS, Math.floor(share * GAUGE_COLUMNS)));
  return full.repeat(blocks) + empty.repeat(GAUGE_COLUMNS - blocks);
}

const laneName = (lane: string, { settings }: LiveMapping): string =>
  shownPlace(lane, settings.family, settings.factor > 1);

/** A topic's poller reports for its partitions, too, when nothing waits. */
const isAssembling = ({ partitions, waitingCount }: LaneReport): boolean =>
  partitions === undefined || waitingCount > 0;

/** A report is a moment old: a lane that a failing batch holds since then assembles nothing. */
const reportsOf = ({ view, inHand }: LiveMapping): readonly LaneReport[] =>
  (view?.summary?.lanes ?? [])
    .filter(isAssembling)
    .map((report) => (inHand.get(report.lane)?.hasFailed === true ? { ...report, isHeld: true } : report));

// --- 80 columns: one lane with three gauges, a line for each other one ------------------------------------------------

function drawNarrow(scene: Scene, mostLanes: number): readonly Row[] {
  const mapping = chosenMapping(scene);
  if (mapping === null) return [];
  const shown = mapping.shownLane?.lane ?? null;
  const others = lanesOf(mapping).filter((lane) => lane !== shown);
  if ((shown === null && others.length === 0) || isStuck(mapping)) return idleRows(mapping, scene);
  const listed = others.slice(0, mostLanes);
  const labels = listed.map((lane) => laneName(lane, mapping));
  const labelWidth = Math.max(10, ...labels.map(widthOf));
  const rows = listed.map((lane, index): Row => {
    const { text, tone } = laneText(lane, mapping, scene);
    return [span(`  ${padTo(labels[index] ?? "", labelWidth)}  `), span(text, tone)];
  });
  const more = others.length - listed.length;
  if (more > 0 && listed.length > 0) rows.push([span(`  and ${counted(more, "more lane")}`, "quiet")]);
  if (shown === null) return [[span("ASSEMBLING", "heading"), span(`  ${functionOf(mapping)}`)], ...rows];
  return [...drawGauges(shown, mapping, scene), ...rows];
}

/** Lanes in which something waits or did a moment ago, or that a failing batch holds. */
function lanesOf(mapping: LiveMapping): readonly string[] {
  // A failing batch holds some of a topic's partitions, and no poller: their rows tell it.
  const holding = mapping.settings.family === "topic" ? [] : [...mapping.inHand.values()];
  const failing = holding.filter(({ hasFailed }) => hasFailed).map(({ lane }) => lane);
  const shown = mapping.shownLane === null ? [] : [mapping.shownLane.lane];
  const all = new Set([...reportsOf(mapping).map(({ lane }) => lane), ...failing, ...shown]);
  return [...all].sort((one, other) => one.localeCompare(other, "en", { numeric: true }));
}

/** Nothing is assembled: why nothing arrives, or nothing more. */
function idleRows(mapping: LiveMapping, scene: Scene): readonly Row[] {
  const [first, ...more] = whyRows(mapping, scene, "ASSEMBLING");
  const told = first?.[0];
  if (told === undefined) return [];
  return [[span("ASSEMBLING", "heading"), span(told.text.slice("ASSEMBLING".length), told.tone)], ...more];
}

function whyRows(mapping: LiveMapping, { columns, look }: Scene, label: string): readonly Row[] {
  const why = whyNothingArrives(mapping.story, true, mapping.queueCounts);
  const text = `${label}  ${functionOf(mapping)}: ${userText(why.text, look)}`;
  const lines = wrapped(text, Math.max(LEAST_WRAP_COLUMNS, columns - 2)).slice(0, MOST_WHY_ROWS);
  const tone: Tone = why.isFine ? "quiet" : "warning";
  return lines.map((line, index): Row => [span(index === 0 ? line : `  ${line}`, tone)]);
}

/** Whether it is told why nothing arrives: nothing waits, and that is not as it should be. */
function isStuck(mapping: LiveMapping): boolean {
  return (
    lanesOf(mapping).every((lane) => lane === mapping.shownLane?.lane && !hasReport(mapping, lane)) &&
    !whyNothingArrives(mapping.story, true, mapping.queueCounts).isFine
  );
}

const hasReport = (mapping: LiveMapping, lane: string): boolean =>
  reportsOf(mapping).some((each) => each.lane === lane);

function drawGauges(lane: string, mapping: LiveMapping, scene: Scene): readonly Row[] {
  const { nowMs, look, columns } = scene;
  const { signs } = look;
  const report = reportsOf(mapping).find((each) => each.lane === lane && !each.isHeld) ?? null;
  const { batchSize, windowSeconds } = mapping.settings;
  const limits = limitsOf(report, batchSize, nowMs);
  const mark = (limit: Limits["first"]): string => (limits.first === limit ? `${signs.first} first` : "");
  const count = report?.recordCount ?? 0;
  const windowMs = report === null || report.windowFromMs === null ? null : nowMs - report.windowFromMs;
  const limitMs = (windowSeconds ?? 0) * 1_000;
  const eventLimit = report?.eventLimitBytes ?? EVENT_LIMIT_BYTES;
  const closing = headText(lane, limits, report, mapping);
  const lanePart = `, ${laneName(lane, mapping)}`;
  const room = Math.min(columns, NARROW_COLUMNS) - widthOf(`ASSEMBLING  ${lanePart}  ${closing}`);
  const name = cutText(functionOf(mapping), Math.max(LEAST_NAME, room), signs.dots);
  const head: Row = [span("ASSEMBLING", "heading"), span(`  ${name}${lanePart}`)];
  const gaugeRow = (given: Gauge): Row => {
    const figure = `  ${padTo(given.label, 8)}${padTo(given.value, 9, true)}${padTo(given.of, 15)}`;
    const drawn = given.share === null ? " ".repeat(GAUGE_COLUMNS) : gauge(given.share, signs);
    const tone: Tone = given.mark === "" ? "plain" : "accent";
    const row: Row = [span(figure), span(drawn, tone), span(`  ${given.text}`)];
    return given.mark === "" ? row : withRight(row, span(given.mark, "accent"), Math.min(columns, NARROW_COLUMNS) - 1);
  };
  const rows: readonly Row[] = [
    withRight(head, span(closing, "accent"), Math.min(columns, NARROW_COLUMNS)),
    gaugeRow({
      label: "records",
      value: shownNumber(count),
      of: batchSize === null ? "" : ` of ${shownNumber(batchSize)}`,
      share: batchSize === null ? null : count / batchSize,
      text: fullText(limits, count, batchSize),
      mark: mark("size"),
    }),
    windowSeconds === 0
      ? gaugeRow({
          label: "window",
          value: "none",
          of: "",
          share: null,
          text: limits.first === "read" ? "the next read closes it, caught up" : "",
          mark: mark("read"),
        })
      : gaugeRow({
          label: "window",
          value: windowMs === null ? signs.none : (Math.min(windowMs, limitMs) / 1_000).toFixed(1),
          of: windowSeconds === null ? "" : ` of ${windowSeconds} s`,
          share: windowMs === null ? 0 : windowMs / limitMs,
          text: windowMs === null ? "" : `over in ${seconds(limitMs - windowMs, 1)}`,
          mark: mark("window"),
        }),
    gaugeRow({
      label: "payload",
      value: shownNumber(report?.eventBytes ?? 0),
      of: ` of ${shownNumber(eventLimit)}`,
      share: (report?.eventBytes ?? 0) / eventLimit,
      text: limits.moreFit === null ? "" : `${shownNumber(limits.moreFit)} more of this size would fit`,
      mark: mark("payload"),
    }),
    ...(report === null || report.tumbling === null ? [] : [gaugeRow(stateGauge(report.tumbling, scene))]),
  ];
  return rows.map((row) => (rowWidth(row) > columns ? row.slice(0, 2) : row));
}

interface Gauge {
  readonly label: string;
  readonly value: string;
  readonly of: string;
  readonly share: number | null;
  readonly text: string;
  readonly mark: string;
}

/** The state of the open tumbling window, of the bytes past which it ends early (W-12). */
function stateGauge(window: OpenWindow, { timeText, look: { signs } }: Scene): Gauge {
  const edge = (atMs: number): string => timeText(atMs).slice(0, 8);
  return {
    label: "state",
    value: shownNumber(window.stateBytes),
    of: ` of ${shownNumber(window.stateLimitBytes)}`,
    share: window.stateBytes / window.stateLimitBytes,
    text: `tumbling window ${edge(window.startMs)}${signs.through}${edge(window.endMs)}`,
    mark: "",
  };
}

function fullText({ fullInMs, recordsASecond }: Limits, count: number, batchSize: number | null): string {
  if (batchSize === null || count === 0) return "";
  if (count >= batchSize) return "full";
  if (fullInMs === null || recordsASecond === null) return `${counted(batchSize - count, "more record")} would fill it`;
  return `full in ${seconds(fullInMs, 1)} at ${recordsASecond.toFixed(1)} records/s`;
}

/** What is in the way of the lane, or what closes its batch. */
function headText(lane: string, limits: Limits, report: LaneReport | null, mapping: LiveMapping): string {
  const family = mapping.inHand.get(lane);
  if (family !== undefined && family.hasFailed && mapping.view?.isPaused !== true)
    return `held by batch ${family.number} below`;
  return firstText(limits, report, mapping);
}

function firstText({ first, inMs }: Limits, report: LaneReport | null, { view }: LiveMapping): string {
  if (view?.isPaused === true) return "paused before its next batch";
  if (report === null) return "nothing waits";
  switch (first) {
    case null:
      return "";
    case "read":
      return "the next read closes it";
    case "tumbling edge":
      if (report.recordCount > 0) return "the tumbling edge closes it, now";
      return inMs === null ? "nothing waits" : `silence closes its window, in ${seconds(inMs, 1)}`;
    default: {
      const what = first === "size" ? "its size" : `the ${first}`;
      if (inMs === 0) return `${what} closes it, now`;
      return `${what} closes it, in ${first === "window" ? "" : "about "}${seconds(inMs ?? 0, 1)}`;
    }
  }
}

function laneText(lane: string, mapping: LiveMapping, scene: Scene): { readonly text: string; readonly tone: Tone } {
  const report = reportsOf(mapping).find((each) => each.lane === lane) ?? null;
  const family = mapping.inHand.get(lane) ?? null;
  const waiting = report?.waitingCount ?? 0;
  if (family !== null && family.hasFailed) {
    const waits =
      waiting === 0
        ? "nothing waits"
        : `${counted(waiting, "record")} ${waiting === 1 ? "waits and joins" : "wait and join"} no retry`;
    return { text: `held by batch ${family.number} below; ${waits}`, tone: "warning" };
  }
  if (report?.isHeld === true) return { text: `${inHandText(family, mapping)}; ${waitText(waiting)}`, tone: "plain" };
  const limits = limitsOf(report, mapping.settings.batchSize, scene.nowMs);
  return { text: `${recordsText(report, mapping)}, ${firstText(limits, report, mapping)}`, tone: "plain" };
}

const waitText = (count: number): string => `${counted(count, "record")} ${count === 1 ? "waits" : "wait"}`;

function inHandText(family: Family | null, { view }: LiveMapping): string {
  if (family === null) return "a batch is running";
  const isWaiting = currentNode(family.root)?.state === "waiting" && view?.isPaused === true;
  return `batch ${family.number} ${isWaiting ? "is next" : "is running"}`;
}

const recordsText = (report: LaneReport | null, { settings }: LiveMapping): string =>
  `${shownNumber(report?.recordCount ?? 0)}${settings.batchSize === null ? "" : ` of ${shownNumber(settings.batchSize)}`}`;

// --- 120 columns: a line a lane, of all mappings ----------------------------------------------------------------------

function drawWide(scene: Scene, mostLanes: number): readonly Row[] {
  const { nowMs, look } = scene;
  const { signs } = look;
  const all = [...scene.model.mappings.values()]
    .filter(({ view }) => view !== null)
    .flatMap((mapping) => wideLanes(mapping).map((lane) => ({ mapping, lane })));
  if (all.length === 0) {
    const mapping = chosenMapping(scene);
    return mapping === null ? [] : idleRows(mapping, scene);
  }
  const chosen = chosenMapping(scene);
  const ofChosen = all.filter(({ mapping }) => mapping === chosen);
  const first = ofChosen.find(({ lane }) => lane === chosen?.shownLane?.lane) ?? ofChosen[0];
  const { shown } = windowAround(all, Math.max(1, mostLanes), (each) => each === first);
  const longestName = Math.max(...shown.map(({ mapping }) => widthOf(functionOf(mapping))));
  const figures = shown.map(({ mapping, lane }) => {
    const report = reportsOf(mapping).find((each) => each.lane === lane) ?? null;
    const { batchSize, windowSeconds } = mapping.settings;
    const limits = limitsOf(report, batchSize, nowMs);
    const windowMs = report === null || report.windowFromMs === null ? null : nowMs - report.windowFromMs;
    return { mapping, lane, report, batchSize, windowSeconds, limits, windowMs };
  });
  const bytesWidth = Math.max(...figures.map(({ report }) => shownNumber(report?.eventBytes ?? 0).length));
  const cellsOf = (each: (typeof figures)[number], functionWidth: number): readonly Cell[] => {
    const { mapping, lane, report, batchSize, windowSeconds, limits, windowMs } = each;
    const isOpen = report !== null && report.recordCount > 0 && !report.isHeld;
    const share = (part: number, whole: number): string => (isOpen ? ` ${gauge(part / whole, signs)}` : "");
    const window =
      windowSeconds === 0 || windowSeconds === null
        ? "none"
        : `${windowMs === null ? signs.none : Math.min(windowMs / 1_000, windowSeconds).toFixed(1)}/${windowSeconds} s${share(windowMs ?? 0, windowSeconds * 1_000)}`;
    const payload = !isOpen
      ? ""
      : `${padTo(shownNumber(report.eventBytes), bytesWidth, true)}${share(report.eventBytes, report.eventLimitBytes)} ${shownNumber(limits.moreFit ?? 0)} more fit`;
    return [
      span(
        `  ${padTo(cutText(functionOf(mapping), functionWidth, signs.dots), functionWidth)} ${laneName(lane, mapping)}`,
      ),
      span(
        report?.isHeld === true
          ? waitText(report.waitingCount)
          : `${recordsText(report, mapping)}${share(report?.recordCount ?? 0, batchSize ?? 1)}`,
      ),
      span(report?.isHeld === true ? "" : window),
      span(payload),
      ...closesCells(lane, report, limits, mapping, signs),
    ];
  };
  const quiet = (text: string): Cell => span(text, "quiet");
  const head = [
    span("ASSEMBLING", "heading"),
    quiet("records"),
    quiet("window"),
    quiet(`payload of ${shownNumber(EVENT_LIMIT_BYTES)} B`),
    quiet("closes first by"),
  ];
  const rowsWith = (functionWidth: number): Row[] =>
    inColumns([head, ...figures.map((each) => cellsOf(each, functionWidth))], LANE_COLUMNS);
  const tooMuch = Math.max(0, ...rowsWith(longestName).map(rowWidth)) - scene.columns;
  const drawn = tooMuch <= 0 ? rowsWith(longestName) : rowsWith(Math.max(LEAST_NAME, longestName - tooMuch));
  const more: Row[] = [];
  if (shown.length < all.length) more.push([quiet(`  and ${counted(all.length - shown.length, "more lane")}`)]);
  return [...drawn, ...more, ...(chosen !== null && isStuck(chosen) ? whyRows(chosen, scene, "") : [])];
}

/** Where there is none, the first says that nothing waits. */
function wideLanes(mapping: LiveMapping): readonly string[] {
  const lanes = lanesOf(mapping);
  const [unit] = mapping.units;
  if (lanes.length > 0 || unit === undefined) return lanes;
  return [`${mapping.uuid}/${unit}/0`];
}

function closesCells(
  lane: string,
  report: LaneReport | null,
  limits: Limits,
  mapping: LiveMapping,
  signs: Signs,
): readonly Cell[] {
  const family = mapping.inHand.get(lane) ?? null;
  if (family !== null && family.hasFailed) return [span(`held by batch ${family.number}`, "warning")];
  if (mapping.view?.isPaused === true) return [span("paused", "accent")];
  if (report?.isHeld === true) return [span(inHandText(family, mapping))];
  switch (limits.first) {
    case null:
      return [span(mapping.settings.windowSeconds === 0 ? "next read, caught up" : "nothing waits", "quiet")];
    case "read":
      return [span("next read, caught up")];
    case "tumbling edge":
      if (limits.inMs === null) return [span("nothing waits", "quiet")];
      return [span(report?.recordCount === 0 ? `silence, in ${seconds(limits.inMs, 1)}` : `${limits.first}, now`)];
    default: {
      const when = limits.inMs === 0 ? "now" : `in ${seconds(limits.inMs ?? 0, 1)}`;
      return [span(`${limits.first}, ${when} ${signs.first}`, "accent")];
    }
  }
}
