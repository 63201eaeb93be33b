// Receiving: what is asked for within its bounds, and messages as they are shown.

import type { QueueMessage, ReceiveOptions } from "../../ports/queues.ts";
import { handleText } from "../../kinds/sqs/receipt-handle.ts";
import { attributesDigest, storedAttributes } from "../../kinds/sqs/stored-attributes.ts";
import type { JsonObject } from "../api-answer.ts";
import { md5 } from "./md5.ts";
import { selected, shownMessageAttributes } from "./message-attributes.ts";
import { MOST_IN_FLIGHT } from "./in-flight-limit.ts";
import type { Handed } from "./receive-attempts.ts";
import { isFifoName, queueArn, queueOfUrl } from "./queue-address.ts";
import { invalidParameter, queueMissing, SqsRefusal } from "./sqs-answer.ts";
import type { CallOrigin, Members, SqsContext } from "./sqs-context.ts";

export const MOST_VISIBILITY_SECONDS = 43_200;
const MOST_MESSAGES = 10;
const MOST_WAIT_SECONDS = 20;

export async function receiveMessage(
  context: SqsContext,
  request: Members<"ReceiveMessage">,
  { signal }: CallOrigin,
): Promise<JsonObject> {
  const queue = queueOfUrl(request.QueueUrl, context.settings);
  const { MaxNumberOfMessages: max = 1, VisibilityTimeout: visibility, WaitTimeSeconds: wait } = request;
  if (max < 1 || max > MOST_MESSAGES) {
    throw invalidParameter("MaxNumberOfMessages", max, `Must be between 1 and ${MOST_MESSAGES}, if provided.`);
  }
  if (wait !== undefined && (wait < 0 || wait > MOST_WAIT_SECONDS)) {
    throw invalidParameter("WaitTimeSeconds", wait, `Must be >= 0 and <= ${MOST_WAIT_SECONDS}, if provided.`);
  }
  const attemptId = attemptIdOf(request.ReceiveRequestAttemptId, queue);
  const visibilityMs = visibility === undefined ? null : visibilityMsOf(visibility);
  const systemNames = systemNamesOf(request);
  const names = (request.MessageAttributeNames ?? []).filter((name) => name !== null);
  const options = { max, visibilityMs, waitMs: wait === undefined ? null : wait * 1_000 };
  const attempt =
    (attemptId === null ? null : await repeated(context, queue, attemptId, visibilityMs)) ??
    (await received(context, queue, options, signal));
  if (attemptId !== null) context.sqs.attempts.keep(queue, attemptId, attempt);
  if (attempt.messages.length === 0) return {};
  const asked = { queue, names, systemNames, receivedAtMs: attempt.receivedAtMs, context };
  return { Messages: attempt.messages.map((message) => shownMessage(message, asked)) };
}

/** Null: none was given. Throws SqsRefusal. */
function attemptIdOf(id: string | undefined, queue: string): string | null {
  if (id === undefined) return null;
  if (!isFifoName(queue)) {
    const reason = "The request include parameter that is not valid for this queue type.";
    throw invalidParameter("ReceiveRequestAttemptId", id, reason);
  }
  if (/^[!-~]{1,128}$/.test(id)) return id;
  const reason =
    "ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to 128 in length.";
  throw invalidParameter("ReceiveRequestAttemptId", id, reason);
}

/** What this attempt has been answered before, hidden anew; null: it is to be received. */
async function repeated(
  { queues, sqs }: SqsContext,
  queue: string,
  id: string,
  visibilityMs: number | null,
): Promise<Handed | null> {
  const attempt = sqs.attempts.find(queue, id);
  if (attempt === null) return null;
  const hiddenMs = visibilityMs ?? (await queues.describeQueue(queue))?.settings.visibilityMs ?? 0;
  const changed = await queues.changeVisibilityMany(
    queue,
    attempt.messages.map(({ receiptHandle }) => ({ receiptHandle, visibilityMs: hiddenMs })),
  );
  if (changed.every((each) => each === "changed")) return attempt;
  sqs.attempts.forget(queue, id);
  return null;
}

/** Throws SqsRefusal. */
async function received(
  context: SqsContext,
  queue: string,
  options: ReceiveOptions,
  signal: AbortSignal,
): Promise<Handed> {
  const { queues, clock, sqs } = context;
  if (await sqs.inFlight.isReached(queue)) {
    await nothingMore(context, queue, options.waitMs ?? null, signal);
    return { messages: [], receivedAtMs: clock.nowMs() };
  }
  const beganAtMs = clock.monotonicMs();
  for (let { waitMs } = options; ; ) {
    const answer = await queues.receive(queue, { ...options, waitMs: waitMs ?? null }, signal);
    if (answer === null) throw queueMissing();
    const { messages, deadLetters } = answer;
    // A receive that found dead letters only has ended early: the wait goes on.
    const wholeMs = options.waitMs ?? (deadLetters.length > 0 ? await waitOf(context, queue) : 0);
    waitMs = wholeMs - (clock.monotonicMs() - beganAtMs);
    if (messages.length > 0 || deadLetters.length === 0 || waitMs <= 0 || signal.aborted) {
      sqs.inFlight.handedOut(queue, messages.length);
      return { messages, receivedAtMs: clock.nowMs() };
    }
  }
}

async function waitOf({ queues }: SqsContext, queue: string): Promise<number> {
  return (await queues.describeQueue(queue))?.settings.receiveWaitMs ?? 0;
}

/**
 * At the limit of what may be in flight. As on AWS a FIFO queue, and a long poll, hear of nothing; the poll is not answered before its
 * time, or clients would ask anew at once. Throws SqsRefusal.
 */
async function nothingMore(
  context: SqsContext,
  queue: string,
  given: number | null,
  signal: AbortSignal,
): Promise<void> {
  const waitMs = given ?? (await waitOf(context, queue));
  if (waitMs <= 0 && isFifoName(queue)) return;
  if (waitMs <= 0) {
    throw new SqsRefusal("OverLimit", `Too many messages are in flight: a queue may have ${MOST_IN_FLIGHT}.`);
  }
  await new Promise<void>((resolve) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const cancel = context.clock.wakeAt(context.clock.nowMs() + waitMs, end);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  });
}

const knownSystemNames = [
  "All",
  "ApproximateFirstReceiveTimestamp",
  "ApproximateReceiveCount",
  "AWSTraceHeader",
  "DeadLetterQueueSourceArn",
  "MessageDeduplicationId",
  "MessageGroupId",
  "SenderId",
  "SentTimestamp",
  "SequenceNumber",
];

function systemNamesOf({
  AttributeNames = [],
  MessageSystemAttributeNames = [],
}: Members<"ReceiveMessage">): readonly string[] {
  const names = [...AttributeNames, ...MessageSystemAttributeNames].filter((name) => name !== null);
  const unknown = names.find((name) => !knownSystemNames.includes(name));
  if (unknown !== undefined) throw new SqsRefusal("InvalidAttributeName", `Unknown Attribute ${unknown}.`);
  return names;
}

function shownMessage(
  message: QueueMessage,
  asked: {
    readonly queue: string;
    readonly names: readonly string[];
    readonly systemNames: readonly string[];
    readonly receivedAtMs: number;
    readonly context: SqsContext;
  },
): JsonObject {
  const { settings } = asked.context;
  const { deadLetterSource, receiptHandle: receipt } = message;
  const all: Readonly<Record<string, string | null>> = {
    SenderId: settings.accountId,
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs),
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentAtMs),
    SequenceNumber: message.sequenceNumber,
    MessageDeduplicationId: message.deduplicationId,
    MessageGroupId: message.groupId,
    AWSTraceHeader: message.traceHeader,
    DeadLetterQueueSourceArn: deadLetterSource === null ? null : queueArn(deadLetterSource, settings),
  };
  const system = Object.entries(all).filter(
    ([name, value]) => value !== null && (asked.systemNames.includes("All") || asked.systemNames.includes(name)),
  );
  const shown = selected(storedAttributes(message.attributes), asked.names);
  const digest = attributesDigest(shown, md5);
  return {
    ...(system.length === 0 ? {} : { Attributes: Object.fromEntries(system) }),
    Body: message.body,
    MD5OfBody: md5(message.body),
    ...(digest === null ? {} : { MD5OfMessageAttributes: digest, MessageAttributes: shownMessageAttributes(shown) }),
    MessageId: message.messageId,
    ReceiptHandle: handleText({ queue: asked.queue, receipt, receivedAtMs: asked.receivedAtMs }),
  };
}

/** Throws SqsRefusal. */
export function visibilityMsOf(seconds: number): number {
  if (seconds >= 0 && seconds <= MOST_VISIBILITY_SECONDS) return seconds * 1_000;
  throw invalidParameter("VisibilityTimeout", seconds, `Must be >= 0 and <= ${MOST_VISIBILITY_SECONDS}, if provided.`);
}
