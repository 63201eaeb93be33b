// A simulated run as a story in lines: what was put, which batches closed and why, each call and what came of it, faults where they
// befell, checkpoints, restarts, and a mark where a law is broken. Time counts from the world's beginning.

import type { Entry } from "../../ports/journal.ts";
import { isBrokenBy, lawNames } from "../../sim/checkers/broken-laws.ts";
import type { Happening } from "../../sim/history.ts";
import type { ToldHistory, ToldStream } from "../../sim/told-history.ts";
import { counted, shortId, shortPosition, shownMs, shownNumber } from "../shown-forms.ts";
import { faultText } from "./fault-text.ts";
import { type Teller, type TellOptions, toldLine } from "./teller.ts";
import { createQueueTeller } from "./told-queue.ts";

type Called = Extract<Happening, { kind: "called" }>;
type Returned = Extract<Happening, { kind: "returned" }>;
type Invoked = Extract<Entry, { kind: "invoked" }>;

export function tellRun(options: TellOptions): readonly string[] {
  const { told, entries } = options;
  const teller = told.kind === "stream" ? createTeller(options, told) : createQueueTeller(options, told);
  const breaksAt = options.checker === null ? -1 : firstBroken(told, options.checker);
  const lines: string[] = [];
  let entryCount = 0;
  const tellEntries = (through: number): void => {
    for (const entry of entries.slice(entryCount, through))
      if (entry.kind === "batch-closed") lines.push(teller.closed(entry));
    entryCount = Math.max(entryCount, through);
  };
  for (const index of told.history.happenings.keys()) {
    tellEntries(told.entriesBefore[index] ?? entryCount);
    const line = teller.happened(index, index === breaksAt);
    if (line !== null) lines.push(line);
  }
  tellEntries(entries.length);
  return lines;
}

/** Index of the happening with which the law is broken; the last one where only the end breaks it. */
function firstBroken(told: ToldHistory, name: string): number {
  const { length } = told.history.happenings;
  if (!lawNames.includes(name)) return -1;
  let low = 0;
  let high = length;
  // What a prefix breaks, a longer one breaks too, for all but the laws that judge the end alone: those are found at the end.
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBrokenBy(told, name, middle)) high = middle;
    else low = middle + 1;
  }
  return Math.min(low, length - 1);
}

function createTeller({ entries, startedAtMs, labelOf, signs }: TellOptions, told: ToldStream): Teller {
  const labels = new Map<string, string>();
  /** Records that have ended, and those of calls that were cut off: if such a one comes once more, it comes again. */
  const perhapsDone = new Set<string>();
  const saved = new Map<string, string | null>();
  const returns = new Map<number, Returned>();
  const calls = new Map<number, Called>();
  const invoked = Map.groupBy(
    entries.filter((entry): entry is Invoked => entry.kind === "invoked"),
    ({ requestId }) => requestId,
  );
  const { limits, happenings } = told.history;
  for (const each of happenings) if (each.kind === "returned") returns.set(each.call, each);
  let nowMs = startedAtMs;

  const line = (atMs: number, word: string, text: string): string => {
    nowMs = Math.max(nowMs, atMs);
    return toldLine(atMs - startedAtMs, word, text);
  };

  const labelAt = (unit: string, position: string): string =>
    labels.get(`${unit}/${position}`) ?? shortPosition(position);

  /** `r3`, or `r3 to r9 (7 records)`. */
  function recordsText(unit: string, positions: readonly string[]): string {
    const [first, second] = positions;
    const last = positions.at(-1);
    if (first === undefined || last === undefined) return "no records";
    if (second === undefined) return labelAt(unit, first);
    return positions.length <= 4
      ? positions.map((each) => labelAt(unit, each)).join(", ")
      : `${labelAt(unit, first)} to ${labelAt(unit, last)} (${counted(positions.length, "record")})`;
  }

  function outcomeText(call: Called): string {
    const answer = returns.get(call.call);
    if (answer === undefined) return "never answered";
    const took = `in ${shownMs(answer.atMs - call.atMs)}`;
    if (!answer.isCounted) return `cut off ${took}`;
    if (answer.failedFrom >= call.positions.length) return `ok ${took}`;
    if (answer.failedFrom === 0) return `failed ${took}`;
    return `ok up to ${labelAt(call.unit, call.positions[answer.failedFrom - 1] ?? "")} ${took}, the rest failed`;
  }

  function calledLine(call: Called, mark: string): string {
    calls.set(call.call, call);
    const again = call.positions.filter((position) => perhapsDone.has(`${call.unit}/${position}`));
    const entry = (invoked.get(call.requestId) ?? []).findLast(({ atMs }) => atMs <= call.atMs);
    const batch = entry === undefined ? "" : `batch ${entry.batch} attempt ${entry.attempt}, `;
    const window = call.window === null ? "" : `, window of ${shownMs(call.window.endMs - call.window.startMs)}`;
    const text = `${batch}request ${shortId(call.requestId)}: ${recordsText(call.unit, call.positions)}${window} ${signs.arrow} ${outcomeText(call)}`;
    const repeated = again.length === 0 ? "" : `   ${recordsText(call.unit, again)} again`;
    return line(call.atMs, "invoke", `${text}${repeated}${mark}`);
  }

  return {
    closed({ atMs, batch, closedBy, recordCount, payloadBytes }) {
      const of = `${shownNumber(recordCount)} of ${shownNumber(limits.batchSize)} records`;
      return line(atMs, "batch", `${batch} closed by ${closedBy}: ${of}, ${shownNumber(payloadBytes)} B`);
    },
    happened(index, isBroken) {
      const happening = happenings[index];
      if (happening === undefined) return null;
      const mark = isBroken ? ` ${signs.broken}` : "";
      switch (happening.kind) {
        case "put": {
          const { unit, position, number, key, atMs, isFiltered } = happening.record;
          labels.set(`${unit}/${position}`, labelOf(number, position));
          const place = `${shownUnit(unit)}, ${shortPosition(position)}${isFiltered ? ", passed over by the filter" : ""}`;
          return line(atMs, "put", `${labelOf(number, position)} (key ${key}) ${signs.arrow} ${place}${mark}`);
        }
        case "called":
          return calledLine(happening, mark);
        case "returned": {
          nowMs = Math.max(nowMs, happening.atMs);
          const call = calls.get(happening.call);
          const done = happening.isCounted ? call?.positions.slice(0, happening.failedFrom) : call?.positions;
          for (const position of done ?? []) perhapsDone.add(`${call?.unit}/${position}`);
          return isBroken
            ? line(happening.atMs, "answer", `of request ${shortId(call?.requestId ?? "")}${mark}`)
            : null;
        }
        case "reported": {
          const { unit, positions, count, atMs } = happening;
          for (const position of positions) perhapsDone.add(`${unit}/${position}`);
          return line(
            atMs,
            "gave up",
            `${recordsText(unit, positions)} after ${counted(count, "attempt")} ${signs.arrow} destination${mark}`,
          );
        }
        case "saved": {
          const { unit, after, isLost, atMs } = happening;
          if (!isLost) saved.set(unit, after);
          const place = after === null ? "the beginning" : labelAt(unit, after);
          return line(atMs, "saved", `checkpoint of ${shownUnit(unit)}: ${place}${isLost ? ", and lost" : ""}${mark}`);
        }
        case "fault":
          return line(happening.atMs, `FAULT ${happening.number}`, `${faultText(happening.fault)}${mark}`);
        case "started":
          return line(
            happening.atMs,
            happening.life === 1 ? "start" : "restart",
            `process ${happening.life}${savedText()}${mark}`,
          );
        case "stopped":
          return line(
            nowMs,
            "stopped",
            `process ${happening.life}${happening.isForced ? ", perhaps by force" : ""}${mark}`,
          );
        case "trimmed":
          return line(
            nowMs,
            "trimmed",
            `${shownUnit(happening.unit)} through ${labelAt(happening.unit, happening.through)}${mark}`,
          );
        case "shard":
          return happening.parents.length === 0
            ? null
            : line(
                nowMs,
                "shard",
                `${shownUnit(happening.unit)} from ${happening.parents.map(shownUnit).join(" and ")}${mark}`,
              );
        case "over":
          return isBroken ? line(happening.atMs, "over", `the world has had its time${mark}`) : null;
        case "positioned":
        case "relaned":
        case "crashed":
        case "repeated":
          return isBroken ? line(nowMs, happening.kind, mark.trim()) : null;
      }
    },
  };

  function savedText(): string {
    const places = [...saved].map(
      ([unit, after]) => `${shownUnit(unit)} ${after === null ? "at the beginning" : `behind ${labelAt(unit, after)}`}`,
    );
    return places.length === 0 ? "" : `; checkpoints: ${places.join(", ")}`;
  }
}

/** `shard 0` for `shardId-000000000000`. */
function shownUnit(unit: string): string {
  const number = /^shardId-(\d{12})$/.exec(unit)?.[1];
  return number === undefined ? unit : `shard ${Number(number)}`;
}
