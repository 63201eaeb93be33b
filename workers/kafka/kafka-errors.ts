// What a broker answered, by the name that Kafka's protocol has for it ("Error Codes" of its documentation), from what the client throws.

/** Null: it is no answer of a broker. */
export function protocolErrorOf(error: unknown): string | null {
  for (let link = error; link instanceof Error; link = link.cause) {
    if ("type" in link && typeof link.type === "string") return link.type;
  }
  return null;
}

/** A broker answers, but not with what can be read. The message says of what, and why. */
export class UnreadableError extends Error {}

/** The codes that a fetch answers, of a partition. */
export const FETCH_ERRORS = { none: 0, outOfRange: 1, topicRights: 29 } as const;

/** Whoever leads the partition is another now, or is not known yet: metadata that is read anew says. */
export const STALE_METADATA_ERRORS: ReadonlySet<number> = new Set([3, 5, 6, 9, 74, 75, 76, 100]);

/** What a cluster answers while it comes up, and what passes. */
const PASSING: ReadonlySet<string | null> = new Set([
  "GROUP_COORDINATOR_NOT_AVAILABLE",
  "GROUP_LOAD_IN_PROGRESS",
  "NOT_COORDINATOR_FOR_GROUP",
  "LEADER_NOT_AVAILABLE",
]);

export const isPassing = (error: unknown): boolean => PASSING.has(protocolErrorOf(error));
