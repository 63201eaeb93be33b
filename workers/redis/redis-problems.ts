// What an error means for a mapping: the text that its LastProcessingResult shows and a line for a person. Addresses are told
// without user and password.

import type { SourceProblem } from "../../src/ports/source.ts";
import type { RedisAddress } from "../../src/threads/protocol.ts";
import { isReplyError, LineError } from "./redis-line.ts";

/** Whose trouble it is: the source's ARN or name, and the key that was asked for. */
export interface Concerned {
  readonly arn: string;
  readonly key: string;
}

const connectionText = "PROBLEM: Connection error. Please check your event source connection configuration.";
const MOST_TOLD = 200;

/** Redis's words for a user who may not; a script that may not says it in its own words, by version. */
const denials: readonly (readonly [RegExp, string])[] = [
  [/NOAUTH/, "NOAUTH"],
  [/WRONGPASS/, "WRONGPASS"],
  [/NOPERM|ACL failure|user executing the script can't/, "NOPERM"],
];

export function problemFrom(error: unknown, address: RedisAddress, concerned: Concerned): SourceProblem {
  const message = messageOf(error);
  const at = placeOf(address);
  if (error instanceof LineError && !isReplyError(error.cause)) return unreachable(at, causeOf(error));
  const denial = denials.find(([words]) => words.test(message));
  if (denial !== undefined) return denied(concerned, at, denial[1]);
  if (message.includes("WRONGTYPE")) return wrongType(concerned);
  if (/^(MOVED|ASK|CROSSSLOT|CLUSTERDOWN) /.test(message))
    return broken(`Redis at ${at} is a Redis Cluster, which is not supported; name a Redis of one server`);
  return broken(`Redis at ${at} cannot serve ${concerned.key} now: ${message.slice(0, MOST_TOLD)}`);
}

export function wrongType({ arn, key }: Concerned): SourceProblem {
  return {
    code: "wrongType",
    text: `PROBLEM: ${arn} is not a stream`,
    detail: `the Redis key ${key} holds another type than a stream. Delete or rename it; it is looked at again and again.`,
  };
}

/** A shard of no open hash key range, as after a hash that somebody edited. */
export function unroutable(streamName: string, partitionKey: string): SourceProblem {
  return broken(`no open shard of the stream ${streamName} takes the hash key of the partition key ${partitionKey}`);
}

function broken(detail: string): SourceProblem {
  return { code: "broken", text: connectionText, detail };
}

function denied({ arn, key }: Concerned, at: string, word: string): SourceProblem {
  return {
    code: "denied",
    text: `PROBLEM: Cannot access stream ${arn}. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, DescribeStreamSummary, ListShards, and ListStreams Actions on your stream.`,
    detail: `Redis at ${at} refuses the user for ${key}: ${word}`,
  };
}

function unreachable(at: string, cause: string | null): SourceProblem {
  const why = cause === null ? "refuses the connection or does not answer" : `cannot be used: ${cause}`;
  return { code: "unreachable", text: connectionText, detail: `Redis at ${at} ${why}` };
}

/** A broken transaction says only that it broke; what broke it is told before. A failed connection has its reason as its cause. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("previousErrors" in error && Array.isArray(error.previousErrors)) {
    const [first] = error.previousErrors as readonly unknown[];
    if (first instanceof Error) return first.message;
  }
  return isReplyError(error.cause) ? error.cause.message : error.message;
}

/** Only what does not mend itself, so that a Redis that is away is one problem, told once. */
function causeOf(error: unknown): string | null {
  const cause = error instanceof Error ? error.cause : null;
  if (!(cause instanceof Error) || !("code" in cause)) return null;
  const code = String(cause.code);
  if (/CERT|SIGNED|SIGNATURE|ERR_TLS|ERR_SSL|EPROTO/.test(code))
    return `TLS failed (${code}); brokers.redis.caFile names the authority that signed its certificate`;
  return code === "ENOTFOUND" ? "its name is not known (ENOTFOUND)" : null;
}

/** Where Redis is, without user and password. */
export function placeOf(address: RedisAddress): string {
  try {
    const url = new URL(address.url);
    return `${url.hostname}:${url.port === "" ? "6379" : url.port}`;
  } catch {
    return "the configured address"; // The client takes forms that are no URL; a person finds them in the configuration.
  }
}
