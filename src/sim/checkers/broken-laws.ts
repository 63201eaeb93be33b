// What all checkers have against a history, and which of them a scenario names. Of a queue's mapping other checkers judge than of a
// stream's; where both have a law of one name, each is held against its own.

import { allQueueCheckers } from "../queue-checkers/all-queue-checkers.ts";
import type { ToldHistory } from "../told-history.ts";
import { allCheckers } from "./all-checkers.ts";
import type { Law } from "./checker.ts";

export interface BrokenLaw {
  /** The checker's name. */
  readonly checker: string;
  readonly text: string;
}

export function brokenLaws(told: ToldHistory): readonly BrokenLaw[] {
  return told.kind === "stream"
    ? allCheckers.flatMap((each) => each.check(told.history).map((text) => ({ checker: each.name, text })))
    : allQueueCheckers.flatMap((each) => each.check(told.history).map((text) => ({ checker: each.name, text })));
}

/** Whether the history, up to and including the happening of this index, breaks the law of this name. */
export function isBrokenBy(told: ToldHistory, name: string, index: number): boolean {
  if (told.kind === "stream") {
    const { limits, happenings } = told.history;
    const checker = allCheckers.find((each) => each.name === name);
    return checker !== undefined && checker.check({ limits, happenings: happenings.slice(0, index + 1) }).length > 0;
  }
  const { limits, happenings } = told.history;
  const checker = allQueueCheckers.find((each) => each.name === name);
  return checker !== undefined && checker.check({ limits, happenings: happenings.slice(0, index + 1) }).length > 0;
}

/** Of every checker, each name once. */
export const lawNames: readonly string[] = [...new Set([...allCheckers, ...allQueueCheckers].map(({ name }) => name))];

/** Null: there is no checker of this name for such a mapping. */
export function lawOf(name: string, kind: ToldHistory["kind"]): Law | null {
  const checkers = kind === "stream" ? allCheckers : allQueueCheckers;
  return checkers.find((each) => each.name === name)?.law ?? null;
}

/** Of `expect.checkers`: true is all of them. A name that there is not is a problem. */
export function lawsOf(expected: unknown): { readonly names: readonly string[]; readonly problems: readonly string[] } {
  if (expected === true) return { names: lawNames, problems: [] };
  const names = Array.isArray(expected) ? expected.map(String) : [];
  return {
    names: names.filter((name) => lawNames.includes(name)),
    problems: names
      .filter((name) => !lawNames.includes(name))
      .map((name) => `checkers: there is no checker \`${name}\`; there are ${lawNames.join(", ")}`),
  };
}
