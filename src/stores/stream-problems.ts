// What a mapping says when its stream cannot be read, the same for the embedded store and for Redis.

import type { SourceProblem } from "../ports/source.ts";

export function streamMissing(streamName: string): SourceProblem {
  return {
    code: "missing",
    text: "PROBLEM: Stream not found. Please check your event source.",
    detail: `The stream ${streamName} does not exist. Create it, or delete the mapping; it is looked for again and again.`,
  };
}

/** Said once to each reader that has not noticed it otherwise: the shards may be others than those that are read. */
export function streamMadeAnew(streamName: string): SourceProblem {
  return {
    ...streamMissing(streamName),
    detail: `The stream ${streamName} was deleted and made again; its shards are looked up anew.`,
  };
}

/** The embedded store cannot answer: a full disk, a broken file, a thread that has ended. */
export function storeBroken(error: unknown): SourceProblem {
  return {
    code: "broken",
    text: "PROBLEM: The embedded store cannot be read.",
    detail: error instanceof Error ? error.message : String(error),
  };
}
