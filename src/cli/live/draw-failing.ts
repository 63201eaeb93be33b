// The block FAILING: what is stuck, what was tried, and what comes next. A tree for each batch that failed; those that have ended stay
// for a while, below.

import { assertNever } from "../../core/assert-never.ts";
import { counted, shortArn, shortId, shortPosition, shownMs, shownNumber } from "../shown-forms.ts";
import { shownPlace } from "../source-family.ts";
import type { Places } from "../line-state.ts";
import { columnWidths, cutError, cutText, padTo, type Row, rowWidth, span, widthOf } from "./cells.ts";
import { currentNode, type Family, isOpen, type TreeNode } from "./families.ts";
import { ageText, waitText } from "./figures.ts";
import { functionOf, type LiveMapping } from "./live-model.ts";
import type { Look, Signs, Tone } from "./look.ts";
import { chosenMapping, isWide, type Scene } from "./scene.ts";

const LABEL = "FAILING  ";
const NAME_COLUMNS = 14;
const MOST_NAME_COLUMNS = 34;
const PLACES_COLUMNS = 4;
const TOOK_COLUMNS = 5;
/** Where a wide screen has the start of a call, its request, its attempt and its error. */
const WIDE_AT = 81;

/** Trees in the order in which they are worth reading: those of the chosen mapping first, the longest held first, ended ones last. */
function familiesOf(scene: Scene): readonly Family[] {
  const chosen = chosenMapping(scene);
  const failing = [...scene.model.mappings.values()].flatMap((mapping) =>
    [...mapping.inHand.values()].filter(({ hasFailed }) => hasFailed),
  );
  const ended = [...scene.model.mappings.values()].flatMap((mapping) => mapping.ended);
  const isChosen = (family: Family): number => (family.mapping === chosen?.uuid ? 0 : 1);
  failing.sort((one, other) => isChosen(one) - isChosen(other) || one.closedAtMs - other.closedAtMs);
  ended.sort((one, other) => isChosen(one) - isChosen(other) || (other.endedAtMs ?? 0) - (one.endedAtMs ?? 0));
  return [...failing, ...ended];
}

/** Rows that the failures of now would take. */
export function failingRowCount(scene: Scene): number {
  return familiesOf(scene)
    .filter(({ endedAtMs }) => endedAtMs === null)
    .reduce((sum, { nodes }) => sum + 1 + nodes.size, 0);
}

/** At most `mostRows`: what does not fit is counted. */
export function drawFailing(scene: Scene, mostRows: number): readonly Row[] {
  const families = familiesOf(scene);
  if (families.length === 0 || mostRows < 1) return [];
  const rows: Row[] = [];
  for (const [index, family] of families.entries()) {
    const room = mostRows - rows.length;
    if (room < 1) break;
    // A head without any of its tree says less than how many there are.
    if (index > 0 && room < 2) {
      const more = families.length - index;
      rows.push([span(`${" ".repeat(LABEL.length)}and ${shownNumber(more)} more`, "quiet")]);
      break;
    }
    rows.push(headRow(family, index === 0, scene), ...treeRows(family, room - 1, scene));
  }
  return rows;
}

function headRow(family: Family, isFirst: boolean, scene: Scene): Row {
  const { model, nowMs, look, columns } = scene;
  const mapping = model.mappings.get(family.mapping);
  const isOver = family.endedAtMs !== null;
  const label = isOver ? "ENDED" : isFirst ? "FAILING" : "";
  const isNamed = isWide(scene) || family.mapping !== scene.view.mapping;
  const name = isNamed && mapping !== undefined ? `${functionOf(mapping)} ` : "";
  const lane = shownPlace(family.lane, mapping?.settings.family ?? "stream", (mapping?.settings.factor ?? 1) > 1);
  const heldMs = (family.endedAtMs ?? nowMs) - family.closedAtMs;
  const isLane = mapping?.settings.family !== "topic";
  const held = isWide(scene) || isOver || !isLane ? "held" : "lane held";
  const ago = isOver ? `, ${ageText(nowMs - (family.endedAtMs ?? nowMs))} ago` : "";
  const head = `${name}batch ${family.number}, ${lane}, ${held} ${waitText(heldMs)}${ago}`;
  const first = span(label.padEnd(LABEL.length), isOver ? "quiet" : "bad");
  if (isWide(scene)) {
    if (!isFirst) return [first, span(head)];
    const titles = "start    request   attempt  error";
    return [
      first,
      span(padTo(cutText(head, WIDE_AT - 10, look.signs.dots), WIDE_AT - LABEL.length)),
      span(titles, "quiet"),
    ];
  }
  if (family.error === null) return [first, span(head)];
  return [
    first,
    span(`${head}: `),
    span(cutError(family.error, columns - LABEL.length - widthOf(head) - 3, look), "warning"),
  ];
}

interface Drawn {
  readonly node: TreeNode;
  readonly stems: string;
}

function treeRows(family: Family, mostRows: number, scene: Scene): readonly Row[] {
  const { signs } = scene.look;
  const drawn: Drawn[] = [];
  const walk = (node: TreeNode, stems: string, below: string): void => {
    drawn.push({ node, stems });
    for (const [index, child] of node.children.entries()) {
      const isLast = index === node.children.length - 1;
      walk(child, below + (isLast ? signs.last : signs.fork), below + (isLast ? "  " : signs.stem));
    }
  };
  walk(family.root, "", "");
  const fitting = fit(drawn, currentNode(family.root), mostRows);
  const nameWidth = Math.min(
    MOST_NAME_COLUMNS,
    Math.max(NAME_COLUMNS, ...fitting.map(({ stems, node }) => widthOf(stems) + node.name.length)),
  );
  const widths = columnWidths(fitting.map(({ node }) => [span(placesText(node.places, signs)), span(tookText(node))]));
  const columns = {
    name: nameWidth,
    places: Math.max(PLACES_COLUMNS, widths[0] ?? 0),
    took: Math.max(TOOK_COLUMNS, widths[1] ?? 0),
  };
  const rows = fitting.map((each) => nodeRow(each, family, columns, scene));
  const hidden = drawn.length - fitting.length;
  return hidden > 0 && mostRows > 1 ? [...rows, [span(`  and ${counted(hidden, "more part")} of it`, "quiet")]] : rows;
}

/** All, or as many as there is room for around the one that its lane is at. */
function fit(drawn: readonly Drawn[], current: TreeNode | null, mostRows: number): readonly Drawn[] {
  if (drawn.length <= mostRows) return drawn;
  const count = Math.max(0, mostRows > 1 ? mostRows - 1 : mostRows);
  const at = current === null ? 0 : drawn.findIndex(({ node }) => node === current);
  const from = Math.max(0, Math.min(at - Math.floor(count / 2), drawn.length - count));
  return drawn.slice(from, from + count);
}

const placesText = ({ from, to }: Places, { through }: Signs): string =>
  // A tumbling window's closing call has no records, and so no places.
  from > to ? "" : from === to ? String(from) : `${from}${through}${to}`;

const tookText = (node: TreeNode): string =>
  node.tookMs === null || node.state === "running" ? "" : shownMs(node.tookMs);

function nodeRow(
  { node, stems }: Drawn,
  family: Family,
  columns: { readonly name: number; readonly places: number; readonly took: number },
  scene: Scene,
): Row {
  const { look } = scene;
  const { signs } = look;
  const mapping = scene.model.mappings.get(family.mapping);
  const { sign, tone } = signOf(node, signs);
  const name = stems + node.name;
  const shownName =
    widthOf(name) <= columns.name
      ? name
      : `${signs.dots}${name.slice(name.length - columns.name + widthOf(signs.dots))}`;
  const row: Row = [
    span(`  ${padTo(shownName, columns.name)}${padTo(placesText(node.places, signs), columns.places + 2, true)}  `),
    span(padTo(sign, look.isUnicode ? 2 : 3), tone),
    span(`${padTo(tookText(node), columns.took, true)}  `),
    span(nodeText(node, family, mapping, scene)),
  ];
  return isWide(scene) ? wideRow(row, node, family, mapping, scene) : row;
}

function signOf({ state, attempt }: TreeNode, signs: Signs): { readonly sign: string; readonly tone: Tone } {
  switch (state) {
    case "done":
      return { sign: signs.done, tone: "good" };
    case "returned":
      return { sign: signs.failed, tone: "warning" };
    case "retrying":
      return { sign: attempt > 1 ? signs.failed.repeat(2) : signs.failed, tone: "warning" };
    case "split":
    case "parted":
      return { sign: signs.failed, tone: "warning" };
    case "gave-up":
      return { sign: signs.gaveUp, tone: "bad" };
    case "refused":
      return { sign: signs.throttled, tone: "throttled" };
    case "waiting":
    case "running":
    case "unheard":
      return { sign: signs.waits, tone: "quiet" };
    default:
      return assertNever(state);
  }
}

function nodeText(node: TreeNode, family: Family, mapping: LiveMapping | undefined, scene: Scene): string {
  const { nowMs, look } = scene;
  const { signs } = look;
  const retries = mapping?.settings.retries ?? null;
  switch (node.state) {
    case "done":
      return node.checkpoint === null ? "ok" : `checkpoint ${signs.to} ${shownPosition(node.checkpoint, look)}`;
    case "returned":
      return returnedText(node, scene);
    case "running": {
      const attempt = node.attempt > 1 ? `attempt ${node.attempt}${ofAttempts(retries)} runs` : "running";
      return `${attempt} since ${waitText(nowMs - (node.startedAtMs ?? nowMs))}`;
    }
    case "retrying": {
      const leftMs = (node.retryAtMs ?? nowMs) - nowMs;
      const when = leftMs <= 0 ? "is due" : `in ${waitText(leftMs)}, waiting ${shownMs(node.retryWaitMs)}`;
      return isWide(scene) && leftMs > 0 ? when : `attempt ${node.attempt + 1}${ofAttempts(retries)} ${when}`;
    }
    case "refused": {
      const leftMs = Math.max(0, (node.retryAtMs ?? nowMs) - nowMs);
      return `${node.outcome ?? "refused"}, again in ${(leftMs / 1_000).toFixed(1)} s, not counted`;
    }
    case "split":
      return `split ${node.children.map(({ places }) => shownNumber(countOf(places))).join(" + ")}`;
    case "parted":
      return partedText(node);
    case "gave-up": {
      const of = retries === null || retries < 0 ? "" : ` of ${shownNumber(retries + 1)}`;
      const why = node.condition === "RecordAgeExceeded" ? "as too old" : `after ${node.attempt}${of}`;
      const nowhere = mapping?.settings.family === "broker" ? "the broker's dead letters" : "dropped: no destination";
      const to = node.destination === null ? nowhere : `${signs.to} ${shortArn(node.destination)}`;
      return `given up ${why} ${to}`.replace(/ (dropped|the broker)/, ", $1");
    }
    case "waiting":
      return waitingText(node, family, mapping, signs);
    case "unheard":
      return "over";
    default:
      return assertNever(node.state);
  }
}

/** `threw; 4 messages come back at 12:05:31` (Q-11, Q-14). */
function returnedText({ outcome, places, failedCount, visibleAgainAtMs }: TreeNode, { timeText }: Scene): string {
  const count = outcome === "partial" ? failedCount : countOf(places);
  const when = visibleAgainAtMs === null ? "" : ` at ${timeText(visibleAgainAtMs).slice(0, 8)}`;
  return `${outcome ?? "failed"}; ${counted(count, "message")} ${count === 1 ? "comes" : "come"} back${when}`;
}

const countOf = ({ from, to }: Places): number => to - from + 1;

/** An attempt's number beside its limit (E-10). */
function ofAttempts(retries: number | null): string {
  if (retries === null) return "";
  return retries < 0 ? ", no limit," : ` of ${shownNumber(retries + 1)}`;
}

function partedText({ children, places, condition }: TreeNode): string {
  const left = children.reduce((sum, child) => sum + countOf(child.places), 0);
  const over = shownNumber(countOf(places) - left);
  return condition === null
    ? `${over} ok, the rest of ${shownNumber(left)} again`
    : `${over} too old, given up; ${shownNumber(left)} go on`;
}

function waitingText(node: TreeNode, family: Family, mapping: LiveMapping | undefined, { through }: Signs): string {
  const current = currentNode(family.root);
  if (current === null || current === node) return mapping?.view?.isPaused === true ? "is next; paused" : "is next";
  const { from, to } = current.places;
  return `waits for record${from === to ? "" : "s"} ${from}${from === to ? "" : `${through}${to}`}`;
}

const shownPosition = (position: string, { signs }: Look): string => shortPosition(position).replace("...", signs.dots);

/** Behind the text: when the newest call began after the batch had closed, its request, its attempt and what it said. */
function wideRow(row: Row, node: TreeNode, family: Family, mapping: LiveMapping | undefined, scene: Scene): Row {
  if (node.startedAtMs === null) return row;
  const { look, columns } = scene;
  const cut = cutTo(row, WIDE_AT - 2, look);
  const start = `+${(Math.max(0, node.startedAtMs - family.closedAtMs) / 1_000).toFixed(3)}`;
  const isCounting = node.state === "retrying" || node.state === "gave-up" || (isOpen(node) && node.attempt > 1);
  const retries = mapping?.settings.retries ?? null;
  const attempt = `${node.attempt}${isCounting && retries !== null && retries >= 0 ? ` of ${shownNumber(retries + 1)}` : ""}`;
  const facts = `${padTo(start, 7)}  ${padTo(node.requestId === null ? look.signs.none : shortId(node.requestId), 8)}  ${padTo(attempt, 7)}  `;
  const gap = " ".repeat(WIDE_AT - rowWidth(cut));
  const error = node.error === null ? "" : cutError(node.error, columns - WIDE_AT - widthOf(facts), look);
  return [...cut, span(gap + facts), span(error, "warning")];
}

function cutTo(row: Row, width: number, { signs }: Look): Row {
  const last = row.at(-1);
  if (last === undefined || rowWidth(row) <= width) return row;
  const before = row.slice(0, -1);
  return [...before, span(cutText(last.text, Math.max(0, width - rowWidth(before)), signs.dots), last.tone)];
}
