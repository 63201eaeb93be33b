// The table of a batch's attempts as a tree: one row an attempt, parts below what was split, in the order in which they are tried.

import { errorText } from "../line-state.ts";
import { cutText } from "../live/cells.ts";
import { type Screen, type Signs, signsOf } from "../screen.ts";
import { counted, oneLine, shortId, shownMs, shownNumber } from "../shown-forms.ts";
import { type Attempt, type BatchStory, type Part, type Places, placesGivenUp } from "./batch-story.ts";
import { arrivalOf } from "./position-pattern.ts";
import { placesText, positionText } from "./story-forms.ts";
import { isRefusal } from "./verdict.ts";

interface Row {
  readonly name: string;
  readonly places: string;
  readonly start: string;
  readonly took: string;
  readonly outcome: string;
  readonly request: string;
  readonly attempt: string;
  readonly bytes: string;
  readonly oldest: string;
  readonly error: string;
}

type Column = keyof Row;

const WIDE_COLUMNS = 120;
/** Name and places share a column: deep trees have long names and few places. */
const NAME_AND_PLACES = 22;
const WIDTHS: Readonly<Record<Column, number>> = {
  name: 0,
  places: 0,
  start: 7,
  took: 6,
  outcome: 19,
  request: 8,
  attempt: 7,
  bytes: 9,
  oldest: 6,
  error: 0,
};
const LONGEST_OUTCOME = 19;
/** Attempts of one part that are all shown. */
const MOST_ROWS = 12;
const ROWS_AT_AN_END = 4;

export function attemptTable(
  story: BatchStory,
  screen: Screen,
  options: { readonly isFull: boolean },
): readonly string[] {
  const signs = signsOf(screen);
  const rows: Row[] = [];
  const shape: Shape = { story, signs, isFull: options.isFull };
  collect(story.root, { own: "", below: "" }, shape, rows);
  const isWide = screen.columns >= WIDE_COLUMNS;
  const left = Math.max(NAME_AND_PLACES, ...rows.map(({ name, places }) => name.length + 1 + places.length));
  const request = options.isFull ? 36 : WIDTHS.request;
  const header: Row = {
    name: "batch",
    places: "places",
    start: "start",
    took: "took",
    outcome: "outcome",
    request: "request",
    attempt: "attempt",
    bytes: "bytes",
    oldest: "oldest",
    error: "error",
  };
  const line = (row: Row): string => {
    const head = `  ${row.name}${row.places.padStart(left - row.name.length)}`;
    const narrow = `${head}  ${row.start.padStart(WIDTHS.start)} ${row.took.padStart(WIDTHS.took)}  ${row.outcome.padEnd(WIDTHS.outcome)}  ${row.request.padEnd(request)}  ${row.attempt}`;
    if (!isWide) return narrow.trimEnd();
    const wide = `${narrow.padEnd(narrow.length - row.attempt.length + 12)}${row.bytes.padStart(WIDTHS.bytes)}  ${row.oldest.padStart(WIDTHS.oldest)}  `;
    const room = Math.max(12, screen.columns - wide.length);
    return (wide + (options.isFull ? row.error : cutText(row.error, room, signs.ellipsis))).trimEnd();
  };
  return [header, ...rows].map(line);
}

interface Shape {
  readonly story: BatchStory;
  readonly signs: Signs;
  readonly isFull: boolean;
}

function collect(
  part: Part,
  prefix: { readonly own: string; readonly below: string },
  shape: Shape,
  rows: Row[],
): void {
  rows.push(...rowsOf(part, `${prefix.own}${part.name}`, prefix.below, shape));
  const { signs } = shape;
  for (const [index, each] of part.parts.entries()) {
    const isLast = index === part.parts.length - 1;
    const own = `${prefix.below}${isLast ? signs.lastBranch : signs.branch} `;
    collect(each, { own, below: `${prefix.below}${isLast ? " " : signs.bar} ` }, shape, rows);
  }
}

function rowsOf(part: Part, name: string, below: string, shape: Shape): readonly Row[] {
  const rows = folded(part.attempts, shape).map((attempt): Row => {
    if (typeof attempt === "number")
      return { ...emptyRow, name: below, outcome: `${shape.signs.waits} ${counted(attempt, "more row")}` };
    return attemptRow(part, attempt, part.attempts.indexOf(attempt), { name, below, shape });
  });
  const { gaveUp } = part;
  const isByAge = gaveUp?.condition === "RecordAgeExceeded";
  if (rows.length === 0 || isByAge) {
    // Only what was split before a recording began has pieces and no call.
    const outcome = isByAge
      ? `${shape.signs.givenUp} too old`
      : part.parts.length > 0
        ? "before the file"
        : `${shape.signs.waits} ${shape.story.isCutOff ? "cut off" : "waits"}`;
    rows.push({
      ...emptyRow,
      name: rows.length === 0 ? name : below,
      places: placesOf(isByAge ? placesGivenUp(part) : part.places, isByAge ? gaveUp : part, shape),
      start: isByAge ? since(shape.story, gaveUp.atMs) : "",
      outcome,
      request: isByAge ? shownId(gaveUp.requestId, shape) : "",
    });
  }
  return rows;
}

/** Of very many attempts the first and the last; a number stands for those between. */
function folded(attempts: readonly Attempt[], { isFull }: Shape): readonly (Attempt | number)[] {
  if (isFull || attempts.length <= MOST_ROWS) return attempts;
  const head = attempts.slice(0, ROWS_AT_AN_END);
  const tail = attempts.slice(-ROWS_AT_AN_END);
  return [...head, attempts.length - head.length - tail.length, ...tail];
}

/** Of what lies about in its batch only how much it is. */
const placesOf = (
  places: Places | null,
  { recordCount }: { readonly recordCount: number },
  { signs }: Shape,
): string => (places === null ? `(${shownNumber(recordCount)})` : placesText(places, signs));

const emptyRow: Row = {
  name: "",
  places: "",
  start: "",
  took: "",
  outcome: "",
  request: "",
  attempt: "",
  bytes: "",
  oldest: "",
  error: "",
};

function attemptRow(
  part: Part,
  { started, ended, isFromBefore }: Attempt,
  index: number,
  given: { readonly name: string; readonly below: string; readonly shape: Shape },
): Row {
  const { shape } = given;
  const { story } = shape;
  const arrivedAtMs = part.first === null ? null : arrivalOf(part.first);
  const retries = story.settings["MaximumRetryAttempts"];
  const isTriedAgain = ended?.verdict === "retry" || ended?.verdict === "give up";
  const most =
    !isTriedAgain || typeof retries !== "number" ? "" : retries < 0 ? ", no limit" : ` of ${shownNumber(retries + 1)}`;
  return {
    ...emptyRow,
    name: index === 0 ? given.name : given.below,
    places: placesOf(part.places, part, shape),
    start: isFromBefore === true ? "before" : since(story, started.atMs),
    took: ended === null ? "" : shownMs(ended.tookMs),
    outcome: outcomeText(part, ended, shape),
    request: shownId(started.requestId, shape),
    // Not counted (E-4, E-5): there is no number.
    attempt: ended !== null && isRefusal(ended) ? shape.signs.dash : `${started.attempt}${most}`,
    bytes: ended === null ? "" : shownNumber(ended.payloadBytes),
    oldest: arrivedAtMs === null || isFromBefore === true ? "" : shownMs(Math.max(0, started.atMs - arrivedAtMs)),
    error: ended === null || ended.error === null ? "" : oneLine(errorText(ended.error)),
  };
}

function outcomeText(part: Part, ended: Attempt["ended"], shape: Shape): string {
  const { signs, story } = shape;
  if (ended === null) return `${signs.waits} ${story.isCutOff ? "cut off" : "runs"}`;
  switch (ended.verdict) {
    case "done":
      return fitting(`${signs.done} ${checkpointText(part, shape)}`, `${signs.done} ok`);
    case "bisect":
      return `${signs.failed} split ${ended.next.map(({ recordCount }) => shownNumber(recordCount)).join(" + ")}`;
    case "rest": {
      const [rest] = part.parts;
      return `${signs.failed} rest ${rest === undefined ? "" : placesOf(rest.places, rest, shape)}`;
    }
    case "retry": {
      const again = shownMs(ended.retryAfterMs ?? 0);
      if (!isRefusal(ended)) return `${signs.failed} wait ${again}`;
      const why = ended.outcome === "function missing" ? "no function" : ended.outcome;
      return fitting(`${signs.throttled} ${why}, ${again}`, `${signs.throttled} ${why}`);
    }
    case "return":
      return `${signs.failed} comes back`;
    case "give up": {
      // The end of its digits: the others stand in the rows above.
      const end = part.last === null ? "" : positionText(part.last, signs).replace(/^\D*\d{0,3}/, "");
      const last = end === "" ? "" : `, cp ${signs.ellipsis}${end}`;
      return fitting(`${signs.givenUp} given up${isCovered(part, story) ? last : ""}`, `${signs.givenUp} given up`);
    }
  }
}

const fitting = (text: string, shorter: string): string => (text.length <= LONGEST_OUTCOME ? text : shorter);

/** With one lane a shard what ended last is what moved the checkpoint; with several it may have been another lane. */
function checkpointText(part: Part, { story, signs }: Shape): string {
  const hasOneLane = (story.settings["ParallelizationFactor"] ?? 1) === 1;
  return hasOneLane && part.last !== null && isCovered(part, story) ? `cp ${positionText(part.last, signs)}` : "ok";
}

const isCovered = (part: Part, { checkpointAfter }: BatchStory): boolean =>
  part.last !== null && checkpointAfter !== null && checkpointAfter >= part.last;

/** Seven columns, however long it took. */
function since(story: BatchStory, atMs: number): string {
  const seconds = Math.max(0, atMs - story.startedAtMs) / 1_000;
  return `+${seconds.toFixed(seconds < 100 ? 3 : seconds < 1_000 ? 2 : seconds < 10_000 ? 1 : 0)}`;
}

const shownId = (id: string, { isFull }: Shape): string => (isFull ? id : shortId(id));
