// The end of what one invocation writes, in the form of Lambda's log for Node.js: of a call of the console `time  request id  level
// text`, tabs between; what was written to a stream without it, as it is.

import type { FromGuest } from "./guest-protocol.ts";

/** What is kept while it runs: more than the tail that Invoke shows. */
const KEPT_CHARACTERS = 16_384;

export interface GatheredLog {
  add(line: Extract<FromGuest, { kind: "log" }>, atMs: number): void;
  text(): string;
}

export function createGatheredLog(): GatheredLog {
  let all = "";
  return {
    add({ requestId, level, text }, atMs) {
      const head = level === null ? "" : `${new Date(atMs).toISOString()}\t${requestId}\t${level}\t`;
      all = `${all}${head}${text}\n`.slice(-KEPT_CHARACTERS);
    },
    text: () => all,
  };
}
