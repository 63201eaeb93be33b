// What all checkers have against a history, and the rule behind each of them.

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
