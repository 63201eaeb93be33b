// A length of time as an option's value.

import { InvalidArgumentError } from "commander";
import { msFromText } from "../wiring/time-span.ts";

/** ms. */
export function duration(text: string): number {
  const ms = msFromText(text);
  if (ms === null) throw new InvalidArgumentError("It has to be a length of time: 30s, 5m, 2h or 1d.");
  return ms;
}
