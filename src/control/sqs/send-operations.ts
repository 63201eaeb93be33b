// Sending: one message, and up to ten. A batch goes to the store in one step, in its order.

import type { NewMessage, SendAnswer } from "../../ports/queues.ts";
import { attributeBytes, attributesDigest, storedText } from "../../kinds/sqs/stored-attributes.ts";
import type { JsonObject } from "../api-answer.ts";
import { md5 } from "./md5.ts";
import { checkedEntries, entryAnswers, type EntryResult, triedEntry } from "./batch-entries.ts";
import { checkFifoIds, requireFifoIds } from "./fifo-rules.ts";
import {
  type GivenAttribute,
  givenBytes,
  readMessageAttributes,
  readTraceHeader,
  refuseForeignCharacters,
} from "./message-attributes.ts";
import { isFifoName, queueOfUrl } from "./queue-address.ts";
import { invalidParameter, missingParameter, queueMissing, SqsRefusal } from "./sqs-answer.ts";
import type { CallOrigin, Members, SqsContext } from "./sqs-context.ts";

const MOST_BATCH_BYTES = 1_048_576;
const MOST_DELAY_SECONDS = 900;

interface GivenMessage {
  readonly MessageBody?: string | undefined;
  readonly DelaySeconds?: number | undefined;
  readonly MessageAttributes?: ReadonlyMap<string, GivenAttribute | null> | undefined;
  readonly MessageSystemAttributes?: ReadonlyMap<string, GivenAttribute | null> | undefined;
  readonly MessageDeduplicationId?: string | undefined;
  readonly MessageGroupId?: string | undefined;
}

/** A message that has been checked, and what its answer says of it. */
interface PreparedMessage {
  readonly message: NewMessage;
  readonly answer: JsonObject;
}

export async function sendMessage(
  context: SqsContext,
  request: Members<"SendMessage">,
  { onSent }: CallOrigin,
): Promise<JsonObject> {
  const queue = queueOfUrl(request.QueueUrl, context.settings);
  const prepared = prepareMessage(request, isFifoName(queue));
  if (isFifoName(queue)) requireFifoIds([request], await isDeduplicatedByContent(context, queue, [request]));
  const answer = sentAnswer(prepared, await context.queues.send(queue, prepared.message));
  onSent?.(queue, 1);
  return answer;
}

export async function sendMessageBatch(
  context: SqsContext,
  request: Members<"SendMessageBatch">,
  { onSent }: CallOrigin,
): Promise<JsonObject> {
  const { queues, settings } = context;
  const queue = queueOfUrl(request.QueueUrl, settings);
  const entries = checkedEntries(request.Entries);
  refuseLongBatch(entries);
  const isFifo = isFifoName(queue);
  if (isFifo) {
    requireFifoIds(entries, await isDeduplicatedByContent(context, queue, entries), "InvalidParameterValue");
  }
  const tried = entries.map((entry) => triedEntry(entry.Id, () => prepareMessage(entry, isFifo)));
  const good = tried.flatMap((each) => (each.kind === "good" ? [each] : []));
  if (good.length === 0 && (await queues.describeQueue(queue)) === null) throw queueMissing();
  const sent =
    good.length === 0
      ? []
      : await queues.sendMany(
          queue,
          good.map(({ value }) => value.message),
        );
  let next = 0;
  const results = tried.map((each): EntryResult => {
    if (each.kind === "refused") return each;
    const answer = sent[next++] ?? { kind: "missing" as const };
    // A queue that is not there is the request's fault, not an entry's.
    if (answer.kind === "missing") throw queueMissing();
    return triedEntry(each.id, () => sentAnswer(each.value, answer));
  });
  const sentCount = sent.filter(({ kind }) => kind === "sent").length;
  if (sentCount > 0) onSent?.(queue, sentCount);
  return entryAnswers(results);
}

function refuseLongBatch(entries: readonly GivenMessage[]): void {
  const sizeBytes = entries.reduce(
    (sum, entry) => sum + Buffer.byteLength(entry.MessageBody ?? "") + givenBytes(entry.MessageAttributes),
    0,
  );
  if (sizeBytes <= MOST_BATCH_BYTES) return;
  const text = `Batch requests cannot be longer than ${MOST_BATCH_BYTES} bytes. You have sent ${sizeBytes} bytes.`;
  throw new SqsRefusal("BatchRequestTooLong", text);
}

/** The queue is asked only where a message has no id of its own. Throws SqsRefusal. */
async function isDeduplicatedByContent(
  { queues }: SqsContext,
  queue: string,
  messages: readonly GivenMessage[],
): Promise<boolean> {
  if (messages.every(({ MessageDeduplicationId: id }) => id !== undefined && id !== "")) return true;
  const view = await queues.describeQueue(queue);
  if (view === null) throw queueMissing();
  return view.settings.isDeduplicatedByContent;
}

/** Throws SqsRefusal. */
function prepareMessage(given: GivenMessage, isFifo: boolean): PreparedMessage {
  const { MessageBody: body = "" } = given;
  if (body === "") throw missingParameter("MessageBody");
  checkFifoIds(given, isFifo);
  refuseForeignCharacters(body);
  const attributes = readMessageAttributes(given.MessageAttributes);
  const traceHeader = readTraceHeader(given.MessageSystemAttributes);
  const digest = attributesDigest(attributes, md5);
  const system = { name: "AWSTraceHeader", type: "String", isBinary: false, value: traceHeader ?? "" };
  const systemDigest = attributesDigest(traceHeader === null ? [] : [system], md5);
  return {
    message: {
      body,
      attributes: storedText(attributes),
      sizeBytes: Buffer.byteLength(body) + attributeBytes(attributes),
      delayMs: delayMsOf(given.DelaySeconds, isFifo),
      groupId: given.MessageGroupId ?? null,
      deduplicationId: given.MessageDeduplicationId ?? null,
      traceHeader,
    },
    answer: {
      MD5OfMessageBody: md5(body),
      ...(digest === null ? {} : { MD5OfMessageAttributes: digest }),
      ...(systemDigest === null ? {} : { MD5OfMessageSystemAttributes: systemDigest }),
    },
  };
}

/** A FIFO queue delays all its messages alike; 0 says nothing there, and is taken. */
function delayMsOf(seconds: number | undefined, isFifo: boolean): number | null {
  if (seconds === undefined) return null;
  if (seconds < 0 || seconds > MOST_DELAY_SECONDS) {
    throw invalidParameter("DelaySeconds", seconds, `DelaySeconds must be >= 0 and <= ${MOST_DELAY_SECONDS}.`);
  }
  if (!isFifo) return seconds * 1_000;
  if (seconds === 0) return null;
  const reason = "The request include parameter that is not valid for this queue type.";
  throw invalidParameter("DelaySeconds", seconds, reason);
}

/** Throws SqsRefusal. */
function sentAnswer({ answer }: PreparedMessage, sent: SendAnswer): JsonObject {
  if (sent.kind === "missing") throw queueMissing();
  if (sent.kind === "tooLong") {
    const reason = `Reason: Message must be shorter than ${sent.maxMessageBytes} bytes.`;
    throw new SqsRefusal("InvalidParameterValue", `One or more parameters are invalid. ${reason}`);
  }
  const { messageId, sequenceNumber } = sent;
  return { ...answer, MessageId: messageId, ...(sequenceNumber === null ? {} : { SequenceNumber: sequenceNumber }) };
}
