// A length of time as a test gives it: a number of milliseconds, or words such as "200 ms" or "20 minutes".

import { MillraceError } from "../errors.ts";
import { msFromText } from "../wiring/time-span.ts";

/** Milliseconds, or a number and a unit: ms, s, m, h, d, or the unit's name, in the singular or the plural. */
export type TimeSpan = number | string;

/** Whole milliseconds. Throws `bad-argument` for what is no length of time, or a negative one. */
export function toMs(span: TimeSpan): number {
  const ms = typeof span === "number" ? Math.round(span) : msFromText(span);
  if (ms !== null && Number.isFinite(ms) && ms >= 0) return ms;
  throw new MillraceError("bad-argument", `${JSON.stringify(span)} is no length of time`, {
    help: '"20 minutes"    # ms, s, minutes, hours, days; a number is milliseconds',
  });
}
