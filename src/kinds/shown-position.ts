// How a place in a source is written for a person, in the terminal and on a page: short where that is unambiguous enough to read, and plain
// ASCII.

import { entryIdFromPosition } from "./stream-family.ts";

/**
 * `...018407`; a position that is no longer than that stays whole. Of a sequence number the millisecond's digits, and the counter
 * where there is one (`...018407-2`): its own last digits are nearly always zeros.
 */
export function shortPosition(position: string): string {
  const [millisecond, counter] = entryIdFromPosition(position)?.split("-") ?? [];
  if (millisecond !== undefined && counter !== undefined) {
    return `...${millisecond.slice(-6).padStart(6, "0")}${counter === "0" ? "" : `-${counter}`}`;
  }
  return changeTime(position) ?? (position.length <= 9 ? position : `...${position.slice(-6)}`);
}

/**
 * A place in a change stream by its cluster's clock, the second in local time and the count within it: `12:04:31#1`. Of a stream that is
 * idle its server tells no time (X-404).
 */
function changeTime(position: string): string | null {
  if (position.startsWith("idle:")) return "an idle moment";
  const [, hexSeconds, hexCount] = /^01([0-9a-f]{8})([0-9a-f]{8})0[12]$/.exec(position) ?? [];
  const [, seconds, count] = /^(?:resume|invalidated|time):(\d+)\.(\d+)(?::|$)/.exec(position) ?? [];
  const at = hexSeconds === undefined ? Number(seconds) : Number.parseInt(hexSeconds, 16);
  const within = hexCount === undefined ? Number(count) : Number.parseInt(hexCount, 16);
  return Number.isNaN(at) ? null : `${localTime(at * 1_000).slice(0, 8)}#${within}`;
}

/** Local time, `12:04:31.207`. */
export function localTime(atMs: number): string {
  const date = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${clock}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
