// A length of time as a person writes it: 30s, 5m, 2h, 1d, 500ms.

import { InvalidArgumentError } from "commander";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** ms. */
export function duration(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (count === undefined || unit === undefined)
    throw new InvalidArgumentError("It has to be a length of time: 30s, 5m, 2h or 1d.");
  return Number(count) * (UNIT_MS[unit] ?? 1);
}
