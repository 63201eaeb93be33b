// What a checker is: it reads a history and answers what is wrong with it, one line a violation.

import type { History } from "../history.ts";

export interface Checker {
  readonly name: string;
  check(history: History): readonly string[];
}
