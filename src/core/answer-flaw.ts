// What is wrong with an answer, for a person.

/** Nothing, the listed records, or all of them, since the answer cannot be read. */
export type Failed = "none" | readonly number[] | { readonly flaw: string };

/** Characters of a wrong value that a flaw quotes. */
const MOST_SHOWN = 40;

export const flawed = (flaw: string): { readonly flaw: string } => ({ flaw });

/** A value of the answer, short enough for a line. */
export function shown(value: unknown): string {
  const json = JSON.stringify(value);
  return json.length <= MOST_SHOWN ? json : `${json.slice(0, MOST_SHOWN)}…`;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
