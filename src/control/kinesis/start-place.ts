// Where in a shard a reader begins, by the five kinds of starting position that GetShardIterator and SubscribeToShard share.

import { placeBefore } from "../../kinds/stream-family.ts";
import type { Position, Start } from "../../ports/source.ts";
import { answerOfProblem, type KinesisAnswer, kinesisFailure } from "./kinesis-answer.ts";
import type { KinesisContext } from "./kinesis-calls.ts";

export interface StartingPosition {
  readonly type: string;
  readonly sequenceNumber: string | undefined;
  /** Epoch seconds. */
  readonly timestamp: number | undefined;
}

export interface ShardName {
  readonly streamName: string;
  readonly shardId: string;
}

type Wanted =
  | { readonly kind: "place"; readonly after: Position | null }
  | { readonly kind: "start"; readonly start: Start }
  | { readonly kind: "refused"; readonly text: string };

/** `after` null is the shard's beginning. `operation` and `sequenceMember` are the caller's own words, for errors. */
export async function startPlace(
  context: KinesisContext,
  shard: ShardName,
  position: StartingPosition,
  words: { readonly operation: string; readonly sequenceMember: string },
): Promise<
  | { readonly kind: "place"; readonly after: Position | null }
  | { readonly kind: "refused"; readonly answer: KinesisAnswer }
> {
  const { accountId } = context.settings;
  const wanted = wantedPlace(position, words, { ...shard, accountId, nowMs: context.clock.nowMs() });
  if (wanted.kind === "place") return wanted;
  if (wanted.kind === "refused") {
    return { kind: "refused", answer: kinesisFailure("InvalidArgumentException", wanted.text) };
  }
  const located = await context.streams.locate(shard.streamName, shard.shardId, wanted.start);
  if (located.kind === "place") return located;
  return { kind: "refused", answer: answerOfProblem(located, shard.streamName, accountId) };
}

function wantedPlace(
  { type, sequenceNumber, timestamp }: StartingPosition,
  words: { readonly operation: string; readonly sequenceMember: string },
  shard: ShardName & { readonly accountId: string; readonly nowMs: number },
): Wanted {
  const isBySequence = type === "AT_SEQUENCE_NUMBER" || type === "AFTER_SEQUENCE_NUMBER";
  const member = words.sequenceMember;
  if (isBySequence !== (sequenceNumber !== undefined)) {
    return {
      kind: "refused",
      text:
        `Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and ${member} or (2) TRIM_HORIZON ` +
        `or LATEST and no ${member}. Request specified ${type} and ${sequenceNumber === undefined ? "no" : "also a"} ${member}.`,
    };
  }
  if ((type === "AT_TIMESTAMP") !== (timestamp !== undefined)) {
    return {
      kind: "refused",
      text: `Must specify Timestamp with AT_TIMESTAMP and with no other type. Request specified ${type} and ${timestamp === undefined ? "no" : "also a"} Timestamp.`,
    };
  }
  if (sequenceNumber !== undefined) {
    if (sequenceNumber === "0") return { kind: "place", after: null };
    const before = placeBefore("kinesis", sequenceNumber);
    if (before !== undefined) return { kind: "place", after: type === "AT_SEQUENCE_NUMBER" ? before : sequenceNumber };
    return {
      kind: "refused",
      text:
        `${member} ${sequenceNumber} used in ${words.operation} on shard ${shard.shardId} in stream ` +
        `${shard.streamName} under account ${shard.accountId} is invalid.`,
    };
  }
  if (timestamp === undefined) {
    return { kind: "start", start: { kind: type === "LATEST" ? "latest" : "trimHorizon" } };
  }
  const atMs = Math.round(timestamp * 1_000);
  return atMs <= shard.nowMs
    ? { kind: "start", start: { kind: "atTimestamp", atMs } }
    : { kind: "refused", text: timestampAhead(atMs, shard.nowMs) };
}

const timestampAhead = (atMs: number, nowMs: number): string =>
  "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. " +
  `timestampInMillis: ${Math.floor(atMs / 1_000) * 1_000}, currentTimestampInMillis: ${nowMs}`;
