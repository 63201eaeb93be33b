// The end of what one invocation writes, in the form of Lambda's log for Node.js: `time  request id  level  text`, tabs between. AWS
// knows the level of each console call; here what goes to the stream of errors counts as ERROR, the rest as INFO.

import type { FromGuest } from "./guest-protocol.ts";

/** What is kept while it runs: more than the tail that Invoke shows. */
const KEPT_CHARACTERS = 16_384;

export interface GatheredLog {
  add(line: Extract<FromGuest, { kind: "log" }>, atMs: number): void;
  text(): string;
}

export function createGatheredLog(): GatheredLog {
  let text = "";
  return {
    add(line, atMs) {
      const level = line.stream === "stderr" ? "ERROR" : "INFO";
      text = `${text}${new Date(atMs).toISOString()}\t${line.requestId}\t${level}\t${line.text}\n`.slice(
        -KEPT_CHARACTERS,
      );
    },
    text: () => text,
  };
}
