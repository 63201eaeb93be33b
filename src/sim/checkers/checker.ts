// What a checker is: it reads a history and answers what is wrong with it, one line a violation.

import type { History } from "../history.ts";

/** What has to hold, in a sentence, and the product's rule that it follows from. */
export interface Law {
  readonly text: string;
  readonly rule: string;
}

export interface Checker {
  readonly name: string;
  readonly law: Law;
  check(history: History): readonly string[];
}
