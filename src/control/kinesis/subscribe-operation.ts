// SubscribeToShard: a shard's records as events, as they come, for a registered consumer. It looks at once when a record is put at this
// endpoint, and every 200 ms for what others write; a shard with nothing to tell is told of every five seconds.
//
// V1  An event is read only when the one before it has been taken: a client that does not read holds one event of memory.
// V2  Every event but a closed shard's last has a number after which a later subscription goes on with nothing lost and nothing twice.

import { assertNever } from "../../core/assert-never.ts";
import { placeBefore } from "../../kinds/stream-family.ts";
import type { Position } from "../../ports/source.ts";
import type { StreamDescription, Streams } from "../../ports/streams.ts";
import { findFaults, parseShape, validationText } from "../shape.ts";
import { consumerOf } from "./consumer-operations.ts";
import { type KinesisAnswer, kinesisFailure, shardMissing } from "./kinesis-answer.ts";
import type { KinesisContext } from "./kinesis-calls.ts";
import { subscribeShape } from "./kinesis-shapes.ts";
import { childShards, recordMembers } from "./record-operations.ts";
import type { EndReason, ShardSubscriptions, Subscription } from "./shard-subscriptions.ts";
import { startPlace } from "./start-place.ts";
import type { WireObject } from "./wire-value.ts";

const LOOK_EVERY_MS = 200;
const IDLE_EVENT_MS = 5_000;
/** Of one event, before base64. */
const MOST_EVENT_RECORDS = 10_000;
const MOST_EVENT_BYTES = 1_048_576;

export interface SubscribeContext extends KinesisContext {
  readonly subscriptions: ShardSubscriptions;
}

export type SubscriptionEvent =
  | { readonly kind: "event"; readonly type: "SubscribeToShardEvent"; readonly body: WireObject }
  | {
      readonly kind: "exception";
      readonly type: "ResourceInUseException" | "ResourceNotFoundException" | "InternalFailureException";
      readonly body: WireObject;
    };

export type Subscribed =
  | { readonly kind: "refused"; readonly answer: KinesisAnswer }
  | {
      readonly kind: "subscribed";
      readonly subscription: Subscription;
      /** Ends with the subscription, which ends when nobody takes its events any more. */
      readonly events: AsyncGenerator<SubscriptionEvent, void, void>;
    };

/** Never rejects, as the other calls do not. */
export async function subscribeToShard(context: SubscribeContext, body: unknown): Promise<Subscribed> {
  const parsed = parseShape(body, subscribeShape);
  if (parsed.kind === "wrongType") return refused("SerializationException", parsed.text);
  const faults = findFaults(parsed.value, subscribeShape);
  if (faults.length > 0) return refused("ValidationException", validationText(faults));
  const { ConsumerARN: arn = "", ShardId: shardId = "", StartingPosition: position } = parsed.value;
  let subscription: Subscription | null = null;
  // Before it is looked for, so that one which is deleted meanwhile is not missed.
  let isGone = false;
  const stopWatching = context.consumers.watch(arn, () => {
    isGone = true;
    subscription?.end("consumerGone");
  });
  const given = {
    type: position?.Type ?? "",
    sequenceNumber: position?.SequenceNumber,
    timestamp: position?.Timestamp,
  };
  const found = await readingOf(context, { arn, shardId, position: given }).catch((error: unknown) =>
    refused("InternalFailure", textOf(error)),
  );
  if (found.kind === "refused") {
    stopWatching();
    return found;
  }
  const { reading } = found;
  subscription = context.subscriptions.begin(arn, { streamName: reading.stream.name, shardId });
  if (subscription === null) {
    stopWatching();
    return refused("ResourceInUseException", `${otherText(context, reading)} Subscribe again five seconds after it.`);
  }
  subscription.signal.addEventListener("abort", stopWatching, { once: true });
  if (subscription.signal.aborted) stopWatching();
  if (isGone) subscription.end("consumerGone");
  return { kind: "subscribed", subscription, events: eventsOf(context, reading, subscription) };
}

interface Reading {
  readonly stream: StreamDescription;
  readonly consumer: { readonly arn: string; readonly name: string };
  readonly shardId: string;
  readonly startingSequenceNumber: string;
  readonly after: Position | null;
}

async function readingOf(
  context: SubscribeContext,
  request: { readonly arn: string; readonly shardId: string; readonly position: Parameters<typeof startPlace>[2] },
): Promise<
  { readonly kind: "reading"; readonly reading: Reading } | { readonly kind: "refused"; readonly answer: KinesisAnswer }
> {
  const { arn, shardId, position } = request;
  const found = await consumerOf(context, { ConsumerARN: arn });
  if (found.kind === "refused") return found;
  const { stream, consumer } = found;
  const status = context.consumers.statusOf(consumer);
  if (status !== "ACTIVE") return refused("ResourceInUseException", `Consumer ${arn} is ${status}, not ACTIVE.`);
  const shard = stream.shards.find(({ id }) => id === shardId);
  if (shard === undefined) {
    return { kind: "refused", answer: shardMissing(shardId, stream.name, context.settings.accountId) };
  }
  const words = { operation: "SubscribeToShard", sequenceMember: "SequenceNumber" };
  const placed = await startPlace(context, { streamName: stream.name, shardId }, position, words);
  if (placed.kind === "refused") return placed;
  const { startingSequenceNumber } = shard;
  return { kind: "reading", reading: { stream, consumer, shardId, startingSequenceNumber, after: placed.after } };
}

async function* eventsOf(
  context: SubscribeContext,
  reading: Reading,
  subscription: Subscription,
): AsyncGenerator<SubscriptionEvent, void, void> {
  try {
    yield* recordsOf(context, reading, subscription);
    const last = exceptionOf(context, reading, subscription.endReason());
    if (last !== null) yield last;
  } catch (error) {
    yield exception("InternalFailureException", textOf(error));
  } finally {
    subscription.end("over");
  }
}

/** Ends with the subscription, and at the end of a closed shard. */
async function* recordsOf(
  context: SubscribeContext,
  reading: Reading,
  subscription: Subscription,
): AsyncGenerator<SubscriptionEvent, void, void> {
  const { clock, streams } = context;
  const { shardId, stream } = reading;
  let { after } = reading;
  let nextIdleAtMs = clock.nowMs();
  while (subscription.endReason() === null) {
    const read = await streams.read(stream.name, shardId, after, {
      limit: MOST_EVENT_RECORDS,
      maxBytes: MOST_EVENT_BYTES,
    });
    if (read.kind === "problem") throw new Error(`Stream ${stream.name} cannot be read now: ${read.problem.detail}`);
    const isIdleTold = read.kind === "records" && read.records.length === 0 && clock.nowMs() >= nextIdleAtMs;
    if (read.kind === "missing" || (isIdleTold && !(await isThere(streams, stream)))) {
      yield exception("ResourceNotFoundException", goneText(context, reading));
      return;
    }
    if (subscription.endReason() !== null) return;
    if (read.records.length === 0 && !isIdleTold && !read.isEnded) {
      await subscription.wait(Math.min(clock.nowMs() + LOOK_EVERY_MS, nextIdleAtMs));
      continue;
    }
    after = read.records.at(-1)?.sequenceNumber ?? after;
    yield {
      kind: "event",
      type: "SubscribeToShardEvent",
      body: {
        Records: read.records.map(recordMembers),
        MillisBehindLatest: read.millisBehindLatest,
        ...(read.isEnded
          ? { ChildShards: await childShards(context, stream.name, shardId) }
          : { ContinuationSequenceNumber: continuation(reading, after) }),
      },
    };
    if (read.isEnded) return;
    nextIdleAtMs = clock.nowMs() + IDLE_EVENT_MS;
  }
}

/** V2: before anything has been read, a number below every record of the shard. */
const continuation = ({ startingSequenceNumber }: Reading, after: Position | null): string =>
  after ?? placeBefore("kinesis", startingSequenceNumber) ?? startingSequenceNumber;

/** A stream that was lost and made anew under its name is another. */
async function isThere(streams: Streams, { name, createdAtMs }: StreamDescription): Promise<boolean> {
  const described = await streams.describe(name);
  if (described.kind === "problem") throw new Error(`Stream ${name} cannot be read now: ${described.problem.detail}`);
  return described.kind === "stream" && described.stream.createdAtMs === createdAtMs;
}

function exceptionOf(context: SubscribeContext, reading: Reading, reason: EndReason | null): SubscriptionEvent | null {
  switch (reason) {
    case "takenOver":
      return exception("ResourceInUseException", otherText(context, reading));
    case "consumerGone":
      return exception("ResourceNotFoundException", goneText(context, reading));
    case "over":
    case "expired":
    case "clientGone":
    case "closing":
    case null:
      return null;
    default:
      return assertNever(reason);
  }
}

const exception = (
  type: Extract<SubscriptionEvent, { readonly kind: "exception" }>["type"],
  text: string,
): SubscriptionEvent => ({ kind: "exception", type, body: { message: text } });

const goneText = ({ settings }: SubscribeContext, { consumer, stream }: Reading): string =>
  `Consumer ${consumer.arn}, or its stream ${stream.name} under account ${settings.accountId}, was deleted.`;

const otherText = ({ settings }: SubscribeContext, { consumer, stream }: Reading): string =>
  `Another active subscription exists for this consumer: ${settings.accountId}:${stream.name}:${consumer.name}.`;

const refused = (
  errorType: Parameters<typeof kinesisFailure>[0],
  text: string,
): { readonly kind: "refused"; readonly answer: KinesisAnswer } => ({
  kind: "refused",
  answer: kinesisFailure(errorType, text),
});

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
