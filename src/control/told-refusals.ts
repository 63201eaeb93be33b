// What AWS would take and we do not is said to the client by its answer, and to the person at the terminal by the journal.

import type { Journal } from "../ports/journal.ts";
import { type ApiAnswer, errorTextOf } from "./api-answer.ts";

/** The answer as it goes out. */
export function toldRefusal(journal: Journal, operation: string, given: ApiAnswer): ApiAnswer {
  const { notHonoured, ...answer } = given;
  if (notHonoured !== undefined)
    journal.append(null, "api", { kind: "refused", operation, answer: errorTextOf(answer), ...notHonoured });
  return answer;
}
