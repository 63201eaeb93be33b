// The block BATCHES: why each had the size that it had, and what came of it.

import { shortId, shownMs, shownNumber } from "../shown-forms.ts";
import { shownPlace } from "../source-family.ts";
import { type Cell, cutText, inColumns, padTo, right, type Row, span } from "./cells.ts";
import { functionOf, type LiveBatch, type LiveMapping, sampledBy } from "./live-model.ts";
import type { Look, Signs, Tone } from "./look.ts";
import { isWide, listedBatches, type Scene, windowAround } from "./scene.ts";
import { isSameBatch } from "./view-state.ts";

export function drawBatches(scene: Scene, mostRows: number): readonly Row[] {
  const all = listedBatches(scene);
  const heading = span("BATCHES", "heading");
  if (all.length === 0) return [[heading, span("  none has closed yet", "quiet")]];
  const chosen = scene.view.batch;
  const isChosen = (batch: LiveBatch): boolean => chosen !== null && isSameBatch(batch, chosen);
  const { shown } = windowAround(all, mostRows, isChosen);
  const rows = inColumns(
    [headings(scene), ...shown.map((batch) => cellsOf(batch, isChosen(batch), scene))],
    leastWidths(scene),
  );
  const every = sampledBy(scene.model, scene.nowMs);
  if (every === 1) return rows;
  const [first = [], ...others] = rows;
  return [[...first.slice(0, -1), span(`  1 of ${shownNumber(every)} shown`, "warning")], ...others];
}

/** What came of a batch is worth more than how long its window was open. */
const isNarrow = ({ columns }: Scene): boolean => columns < 80;

/** So that columns stay where they are while batches come and go. */
const leastWidths = (scene: Scene): readonly number[] =>
  isWide(scene) ? [7, 14, 5, 12, 9, 7, 5, 10] : [7, 12, 6, 7, 5, isNarrow(scene) ? 4 : 10];

function headings(scene: Scene): readonly Cell[] {
  const head = (text: string): Cell => span(text, text === "BATCHES" ? "heading" : "quiet");
  const rightHead = (text: string): Cell => right(text, "quiet");
  const wide = isWide(scene);
  return [
    head("BATCHES"),
    ...(wide ? [head("mapping"), head(placeTitle(scene))] : []),
    head("closed"),
    head("by"),
    rightHead("records"),
    rightHead("bytes"),
    ...(isNarrow(scene) ? [] : [head("window")]),
    rightHead("took"),
    ...(wide ? [head("request")] : []),
    head("outcome"),
  ];
}

/** Of mappings on queues and brokers alone there is no shard. */
function placeTitle({ model }: Scene): string {
  const families = new Set([...model.mappings.values()].map(({ settings }) => settings.family));
  return families.size === 0 || (families.size === 1 && families.has("stream")) ? "shard" : "place";
}

function cellsOf(batch: LiveBatch, isChosen: boolean, scene: Scene): readonly Cell[] {
  const { look, timeText, model } = scene;
  const { signs } = look;
  const mapping = model.mappings.get(batch.mapping);
  const { batchSize = null, windowSeconds = null, factor = 1, family = "stream" } = mapping?.settings ?? {};
  const wide = isWide(scene);
  const lane = shownPlace(batch.lane, family, factor > 1)
    .replace(/^shard /, "")
    .replace(" lane ", "/");
  const name = mapping === undefined ? "" : functionOf(mapping);
  return [
    span(`${isChosen ? signs.selected : " "} ${padTo(batch.name, 5)}`, isChosen ? "accent" : "plain"),
    ...(wide ? [span(cutText(name, 20, signs.dots)), span(lane)] : []),
    span(timeText(batch.closedAtMs)),
    span(batch.closedBy),
    right(recordsText(batch, batchSize)),
    right(shownNumber(batch.payloadBytes)),
    ...(isNarrow(scene) ? [] : [span(windowText(batch, windowSeconds))]),
    right(batch.tookMs === null ? signs.none : shownMs(batch.tookMs)),
    ...(wide ? [span(batch.requestId === null ? signs.none : shortId(batch.requestId))] : []),
    isHeardOf(batch, mapping) ? outcomeCell(batch, wide, look) : span(`${signs.none} not heard`, "quiet"),
  ];
}

/** A tumbling window's closing call holds none. */
function recordsText({ recordCount, end }: LiveBatch, batchSize: number | null): string {
  if (end !== null) return end === "stateTooLarge" ? "early" : "final";
  return `${shownNumber(recordCount)}${batchSize === null ? "" : `/${shownNumber(batchSize)}`}`;
}

/** False: its lane has gone on, and what came of it was left out of the sample. */
function isHeardOf({ outcome, lane, name }: LiveBatch, mapping: LiveMapping | undefined): boolean {
  return outcome !== null || mapping?.inHand.get(lane)?.number === name;
}

function windowText({ windowMs }: LiveBatch, windowSeconds: number | null): string {
  if (windowMs === null) return "none";
  return `${(windowMs / 1_000).toFixed(1)}${windowSeconds === null ? "" : ` of ${windowSeconds}`} s`;
}

function outcomeCell(batch: LiveBatch, wide: boolean, { signs }: Look): Cell {
  const { outcome, verdict, attempt, next } = batch;
  if (outcome === null) {
    const text = batch.requestId === null ? "waits" : attempt > 1 ? `attempt ${attempt} runs` : "running";
    return span(`${signs.waits} ${text}`, "quiet");
  }
  switch (verdict) {
    case "bisect":
      return span(
        `${signs.failed} ${wide ? `split ${next.map(shownNumber).join(" + ")}` : `${outcome}, split`}`,
        "warning",
      );
    case "rest":
      return span(`${signs.failed} ${outcome}, rest of ${next.map(shownNumber).join(" + ")}`, "warning");
    case "return":
      return span(`${signs.failed} ${outcome}, ${wide ? "comes back" : "back"}`, "warning");
    case "give up":
      return span(`${signs.gaveUp} ${wide ? `${outcome}, ` : ""}given up`, "bad");
    case "retry":
      return retryCell(batch, signs);
    default:
      return doneCell(batch, signs);
  }
}

function retryCell({ outcome, attempt }: LiveBatch, signs: Signs): Cell {
  const isRefused =
    outcome === "throttled" || outcome === "fault" || outcome === "function missing" || outcome === "not started";
  return isRefused
    ? span(`${signs.throttled} ${outcome}`, "throttled")
    : span(`${signs.failed} ${outcome ?? ""}, attempt ${attempt + 1} next`, "warning");
}

function doneCell({ outcome, attempt }: LiveBatch, signs: Signs): Cell {
  const tone: Tone = outcome === "ok" ? "good" : "warning";
  const text = outcome === "ok" && signs.done === "ok" ? "ok" : `${signs.done} ${outcome ?? ""}`;
  return span(`${text}${attempt > 1 ? `, attempt ${attempt}` : ""}`, tone);
}
