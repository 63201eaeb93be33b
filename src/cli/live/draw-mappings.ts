// The block MAPPINGS: is it running, and how far behind?

import { shortId, shownNumber } from "../shown-forms.ts";
import { type Cell, columnWidths, cutText, inColumns, right, type Row, span, userText } from "./cells.ts";
import { ageText } from "./figures.ts";
import { isBisected } from "../source-family.ts";
import { functionOf, type LiveMapping, sourceOf } from "./live-model.ts";
import { mostCalls } from "./draw-source.ts";
import type { Tone } from "./look.ts";
import { isWide, type Scene, windowAround } from "./scene.ts";

const DEFAULTS = { batchSize: 100, queueBatchSize: 10, windowSeconds: 0, retries: -1 };
/** Under this the last result is worth nothing. */
const LEAST_RESULT = 11;
const NARROW_COLUMNS = 80;
const LEAST_NAME = 8;
/** A function's name has at most 64 characters, a stream's 128. */
const MOST_NAME = 140;

export function drawMappings(scene: Scene, mostRows: number): readonly Row[] {
  const all = [...scene.model.mappings.values()].filter(({ view }) => view !== null);
  if (all.length === 0)
    return [
      [
        span("MAPPINGS", "heading"),
        span("    none yet; the configuration names them, or CreateEventSourceMapping does"),
      ],
    ];
  const { shown, from } = windowAround(all, mostRows, ({ uuid }) => uuid === scene.view.mapping);
  const names = nameWidths(scene, shown);
  const rows = inColumns([headings(scene), ...shown.map((mapping) => cellsOf(mapping, scene, names))]);
  if (shown.length === all.length) return rows;
  const [heading = [], ...others] = rows;
  const range = `${shownNumber(from + 1)}${scene.look.signs.through}${shownNumber(from + shown.length)} of ${shownNumber(all.length)}`;
  return [[...heading.slice(0, -1), span(`  ${range}`, "accent")], ...others];
}

function headings(scene: Scene): readonly Cell[] {
  const head = (text: string): Cell => span(text, text === "MAPPINGS" ? "heading" : "quiet");
  const rightHead = (text: string): Cell => right(text, "quiet");
  const wide = isWide(scene);
  return [
    head("MAPPINGS"),
    head("source"),
    head("function"),
    head("state"),
    ...(wide ? [rightHead("size"), rightHead("window"), rightHead("retries"), head("bisect")] : []),
    rightHead("lag"),
    rightHead("oldest"),
    ...(wide ? [rightHead("running")] : []),
    ...(hasResult(scene) ? [head("last result")] : []),
  ];
}

const hasResult = ({ columns }: Scene): boolean => columns >= NARROW_COLUMNS;

function cellsOf(mapping: LiveMapping, scene: Scene, names: readonly [number, number]): readonly Cell[] {
  const { look, view, nowMs } = scene;
  const { signs } = look;
  const isChosen = mapping.uuid === view.mapping;
  const mark = isChosen ? signs.selected : " ";
  const summary = mapping.view?.summary ?? null;
  const oldest = summary?.oldestArrivedAtMs ?? null;
  const result = userText(mapping.view?.lastProcessingResult ?? "", look);
  const wide = isWide(scene);
  return [
    span(`${mark} ${shortId(mapping.uuid)}`, isChosen && view.batch === null ? "accent" : "plain"),
    span(cutText(sourceOf(mapping), names[0], signs.dots)),
    span(cutText(functionOf(mapping), names[1], signs.dots)),
    span(stateText(mapping), stateTone(mapping)),
    ...(wide ? settingCells(mapping, signs.none) : []),
    right(shownNumber(summary?.lagCount ?? 0)),
    right(oldest === null ? signs.none : ageText(nowMs - oldest)),
    ...(wide ? [right(`${summary?.runningCount ?? 0} of ${mostRunning(mapping)}`)] : []),
    ...(hasResult(scene) ? [span(result, result.startsWith("PROBLEM") ? "warning" : "plain")] : []),
  ];
}

/** Most calls at a time: a lane a call, or what a queue's pollers and MaximumConcurrency allow. */
function mostRunning(mapping: LiveMapping): string {
  // A call has at least one partition to itself (M-207).
  if (mapping.settings.family === "topic") return String(mapping.units.size);
  if (mapping.settings.family !== "queue") return String(Math.max(1, mapping.units.size) * mapping.settings.factor);
  return String(mostCalls(mapping) ?? 0);
}

const stateText = ({ view }: LiveMapping): string => `${view?.state ?? ""}${view?.isPaused === true ? ", paused" : ""}`;

function stateTone({ view }: LiveMapping): Tone {
  if (view?.isPaused === true) return "accent";
  return view?.state === "Enabled" ? "good" : view?.state === "Disabled" ? "quiet" : "warning";
}

/** What is as AWS has it by default is dim, what was chosen is bright (B-8, B-9). */
function settingCells({ settings }: LiveMapping, none: string): readonly Cell[] {
  const { batchSize, windowSeconds, retries, isBisecting, family } = settings;
  const tone = (isDefault: boolean): Tone => (isDefault ? "quiet" : "bright");
  return [
    right(
      batchSize === null ? none : shownNumber(batchSize),
      tone(batchSize === (family === "queue" ? DEFAULTS.queueBatchSize : DEFAULTS.batchSize)),
    ),
    right(windowSeconds === null ? none : `${windowSeconds} s`, tone(windowSeconds === DEFAULTS.windowSeconds)),
    right(
      retries === null ? none : retries < 0 ? "no limit" : shownNumber(retries),
      tone(retries === DEFAULTS.retries),
    ),
    isBisected(family) ? span(isBisecting ? "on" : "off", tone(!isBisecting)) : span(none, "quiet"),
  ];
}

/** How much of the room the source's and the function's names get; the last result keeps a little of its text. */
function nameWidths(scene: Scene, shown: readonly LiveMapping[]): readonly [number, number] {
  const [most, ...others] = columnWidths([
    headings(scene),
    ...shown.map((each) => cellsOf(each, scene, [MOST_NAME, MOST_NAME])),
  ]);
  const [source = 0, named = 0] = others;
  const all = [most ?? 0, ...others];
  const result = hasResult(scene) ? Math.max(0, (all.at(-1) ?? 0) - LEAST_RESULT) : 0;
  const tooMuch = all.reduce((sum, width) => sum + width, 2 * (all.length - 1)) - result - scene.columns;
  if (tooMuch <= 0) return [source, named];
  const room = Math.max(2 * LEAST_NAME, source + named - tooMuch);
  const half = Math.floor(room / 2);
  if (source <= half) return [source, room - source];
  return named <= half ? [room - named, named] : [half, room - half];
}
