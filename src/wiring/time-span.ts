// A length of time as a person writes it, on the command line and in a test: "30s", "500 ms", "20 minutes", "1.5 hours", "7 days".

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

/** Whole ms, 0 or more: of a number and a unit, short or by its name in the singular or the plural. Null: it is no length of time. */
export function msFromText(text: string): number | null {
  const [, count, unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const name = unit.toLowerCase();
  // Names have a plural; `ms` and `s` have none.
  const singular = Object.hasOwn(UNIT_MS, name) ? name : name.replace(/(?<=...)s$/, "");
  if (count === undefined || !Object.hasOwn(UNIT_MS, singular)) return null;
  const ms = Math.round(Number(count) * (UNIT_MS[singular] ?? 0));
  return Number.isFinite(ms) ? ms : null;
}
