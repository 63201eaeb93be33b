// A length of time as a test writes it: a number of milliseconds, or "200 ms", "2 s", "20 minutes", "1.5 hours", "7 days".

import { MillraceError } from "../errors.ts";

/** Milliseconds, or a number and a unit: ms, s, m, h, d, or the unit's name, in the singular or the plural. */
export type TimeSpan = number | string;

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  millisecond: 1,
  s: 1_000,
  second: 1_000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  week: 604_800_000,
};

/** Whole milliseconds. Throws `bad-argument` for what is no length of time, or a negative one. */
export function toMs(span: TimeSpan): number {
  const ms = typeof span === "number" ? span : msOf(span);
  if (Number.isFinite(ms) && ms >= 0) return Math.round(ms);
  throw new MillraceError("bad-argument", `${JSON.stringify(span)} is no length of time`, {
    help: '"20 minutes"    # ms, s, minutes, hours, days; a number is milliseconds',
  });
}

function msOf(text: string): number {
  const [, count, unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const name = unit.toLowerCase();
  const unitMs = Object.hasOwn(UNIT_MS, name) ? UNIT_MS[name] : UNIT_MS[name.replace(/s$/, "")];
  return count === undefined || unitMs === undefined ? Number.NaN : Number(count) * unitMs;
}
