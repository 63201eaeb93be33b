// What a mapping says when its embedded topic cannot be read.

import type { SourceProblem } from "../ports/source.ts";

/** M-706. */
export function topicMissing(storedName: string): SourceProblem {
  const name = storedName.replace(/^kafka\//, "");
  return {
    code: "missing",
    text: "PROBLEM: Connection error. Please check your event source connection configuration.",
    detail: `There is no topic ${name} in the embedded store. The first record makes it: millrace send kafka:${name} --data '{"id": 1}'`,
  };
}
