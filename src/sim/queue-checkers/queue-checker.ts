// What a checker of queues' mappings is: it reads a history and answers what is wrong with it, one line a violation.

import type { Law } from "../checkers/checker.ts";
import type { QueueHistory } from "../queue-history.ts";

export interface QueueChecker {
  readonly name: string;
  readonly law: Law;
  check(history: QueueHistory): readonly string[];
}
