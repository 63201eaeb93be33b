// What all checkers have against a history, and which of them a scenario names.

import type { History } from "../history.ts";
import { allCheckers } from "./all-checkers.ts";

export interface BrokenLaw {
  /** The checker's name. */
  readonly checker: string;
  readonly text: string;
}

export function brokenLaws(history: History): readonly BrokenLaw[] {
  return allCheckers.flatMap((checker) => checker.check(history).map((text) => ({ checker: checker.name, text })));
}

/** Of `expect.checkers`: true is all of them. A name that there is not is a problem. */
export function lawsOf(expected: unknown): { readonly names: readonly string[]; readonly problems: readonly string[] } {
  const known = allCheckers.map(({ name }) => name);
  if (expected === true) return { names: known, problems: [] };
  const names = Array.isArray(expected) ? expected.map(String) : [];
  return {
    names: names.filter((name) => known.includes(name)),
    problems: names
      .filter((name) => !known.includes(name))
      .map((name) => `checkers: there is no checker \`${name}\`; there are ${known.join(", ")}`),
  };
}
