// The calls of SQS that concern single messages: sending, receiving, deleting, and how long they stay hidden.

import { createHash } from "node:crypto";
import type { NewMessage, QueueMessage } from "../../ports/queues.ts";
import type { JsonObject } from "../api-answer.ts";
import {
  attributeBytes,
  digestOf,
  type GivenAttribute,
  type MessageAttribute,
  readMessageAttributes,
  readTraceHeader,
  refuseForeignCharacters,
  selected,
  shownMessageAttributes,
  storedAttributes,
  storedText,
} from "./message-attributes.ts";
import { queueOfUrl } from "./queue-address.ts";
import type { CallOrigin, Members, SqsContext } from "./queue-operations.ts";
import { receiptHandle, receiptOf } from "./receipt-handle.ts";
import { invalidParameter, missingParameter, queueMissing, SqsRefusal } from "./sqs-answer.ts";

const MOST_VISIBILITY_SECONDS = 43_200;

export interface GivenMessage {
  readonly MessageBody?: string | undefined;
  readonly DelaySeconds?: number | undefined;
  readonly MessageAttributes?: ReadonlyMap<string, GivenAttribute | null> | undefined;
  readonly MessageSystemAttributes?: ReadonlyMap<string, GivenAttribute | null> | undefined;
  readonly MessageDeduplicationId?: string | undefined;
  readonly MessageGroupId?: string | undefined;
}

/** A message that has been checked, and what its answer says of it. */
export interface PreparedMessage {
  readonly message: NewMessage;
  readonly answer: JsonObject;
}

/** Throws SqsRefusal. */
export function prepareMessage(given: GivenMessage): PreparedMessage {
  const { MessageBody: body = "", DelaySeconds: delaySeconds } = given;
  if (body === "") throw missingParameter("MessageBody");
  refuseFifoMembers(given);
  refuseForeignCharacters(body);
  if (delaySeconds !== undefined && (delaySeconds < 0 || delaySeconds > 900)) {
    throw invalidParameter("DelaySeconds", delaySeconds, "DelaySeconds must be >= 0 and <= 900.");
  }
  const attributes = readMessageAttributes(given.MessageAttributes);
  const traceHeader = readTraceHeader(given.MessageSystemAttributes);
  const attributesDigest = digestOf(attributes);
  const systemDigest = digestOf(traceHeader === null ? [] : [traceAttribute(traceHeader)]);
  return {
    message: {
      body,
      attributes: storedText({ attributes, traceHeader }),
      sizeBytes: Buffer.byteLength(body) + attributeBytes(attributes),
      delayMs: delaySeconds === undefined ? null : delaySeconds * 1_000,
    },
    answer: {
      MD5OfMessageBody: md5(body),
      ...(attributesDigest === null ? {} : { MD5OfMessageAttributes: attributesDigest }),
      ...(systemDigest === null ? {} : { MD5OfMessageSystemAttributes: systemDigest }),
    },
  };
}

function refuseFifoMembers({ MessageDeduplicationId, MessageGroupId }: GivenMessage): void {
  if (MessageDeduplicationId !== undefined) {
    throw invalidParameter(
      "MessageDeduplicationId",
      MessageDeduplicationId,
      "The request include parameter that is not valid for this queue type.",
    );
  }
  if (MessageGroupId !== undefined) {
    throw new SqsRefusal("UnsupportedOperation", "Millrace does not carry out MessageGroupId yet.");
  }
}

const traceAttribute = (value: string): MessageAttribute => ({
  name: "AWSTraceHeader",
  type: "String",
  isBinary: false,
  value,
});

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

export async function sendMessage(
  { queues, settings }: SqsContext,
  request: Members<"SendMessage">,
): Promise<JsonObject> {
  const queue = queueOfUrl(request.QueueUrl, settings);
  return sendPrepared({ queues, queue }, prepareMessage(request));
}

/** Throws SqsRefusal. */
export async function sendPrepared(
  { queues, queue }: Pick<SqsContext, "queues"> & { readonly queue: string },
  { message, answer }: PreparedMessage,
): Promise<JsonObject> {
  const sent = await queues.send(queue, message);
  if (sent.kind === "missing") throw queueMissing();
  if (sent.kind === "tooLong") {
    throw new SqsRefusal(
      "InvalidParameterValue",
      `One or more parameters are invalid. Reason: Message must be shorter than ${sent.maxMessageBytes} bytes.`,
    );
  }
  return { ...answer, MessageId: sent.messageId };
}

export async function receiveMessage(
  { queues, settings }: SqsContext,
  request: Members<"ReceiveMessage">,
  { signal }: CallOrigin,
): Promise<JsonObject> {
  const queue = queueOfUrl(request.QueueUrl, settings);
  const { MaxNumberOfMessages: max = 1, VisibilityTimeout: visibility, WaitTimeSeconds: wait } = request;
  if (max < 1 || max > 10) throw invalidParameter("MaxNumberOfMessages", max, "Must be between 1 and 10, if provided.");
  if (wait !== undefined && (wait < 0 || wait > 20)) {
    throw invalidParameter("WaitTimeSeconds", wait, "Must be >= 0 and <= 20, if provided.");
  }
  if (request.ReceiveRequestAttemptId !== undefined) {
    throw invalidParameter(
      "ReceiveRequestAttemptId",
      request.ReceiveRequestAttemptId,
      "The request include parameter that is not valid for this queue type.",
    );
  }
  const visibilityMs = visibility === undefined ? null : visibilityMsOf(visibility);
  const systemNames = systemNamesOf(request);
  const names = (request.MessageAttributeNames ?? []).filter((name) => name !== null);
  const options = { max, visibilityMs, waitMs: wait === undefined ? null : wait * 1_000 };
  const received = await queues.receive(queue, options, signal);
  if (received === null) throw queueMissing();
  const { messages } = received;
  if (messages.length === 0) return {};
  return {
    Messages: messages.map((message) =>
      shownMessage(message, { queue, names, systemNames, accountId: settings.accountId }),
    ),
  };
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
    readonly accountId: string;
  },
): JsonObject {
  const { attributes, traceHeader } = storedAttributes(message.attributes);
  const all: Readonly<Record<string, string>> = {
    SenderId: asked.accountId,
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs),
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentAtMs),
    ...(traceHeader === null ? {} : { AWSTraceHeader: traceHeader }),
  };
  const system = Object.entries(all).filter(
    ([name]) => asked.systemNames.includes("All") || asked.systemNames.includes(name),
  );
  const shown = selected(attributes, asked.names);
  const digest = digestOf(shown);
  return {
    ...(system.length === 0 ? {} : { Attributes: Object.fromEntries(system) }),
    Body: message.body,
    MD5OfBody: md5(message.body),
    ...(digest === null ? {} : { MD5OfMessageAttributes: digest, MessageAttributes: shownMessageAttributes(shown) }),
    MessageId: message.messageId,
    ReceiptHandle: receiptHandle(asked.queue, message.receiptHandle),
  };
}

export async function deleteMessage(
  { queues, settings }: SqsContext,
  request: Members<"DeleteMessage">,
): Promise<JsonObject> {
  const queue = queueOfUrl(request.QueueUrl, settings);
  await deleteByHandle({ queues, queue }, request.ReceiptHandle);
  return {};
}

/** As on AWS, a handle that is out of date deletes nothing, and that is no error. */
export async function deleteByHandle(
  { queues, queue }: Pick<SqsContext, "queues"> & { readonly queue: string },
  handle: string | undefined,
): Promise<void> {
  const receipt = receiptOf(handle, queue);
  if (!(await queues.delete(queue, receipt)) && (await queues.describeQueue(queue)) === null) throw queueMissing();
}

export async function changeMessageVisibility(
  { queues, settings }: SqsContext,
  request: Members<"ChangeMessageVisibility">,
): Promise<JsonObject> {
  const queue = queueOfUrl(request.QueueUrl, settings);
  await changeByHandle({ queues, queue }, request);
  return {};
}

export async function changeByHandle(
  { queues, queue }: Pick<SqsContext, "queues"> & { readonly queue: string },
  given: { readonly ReceiptHandle?: string | undefined; readonly VisibilityTimeout?: number | undefined },
): Promise<void> {
  const { ReceiptHandle: handle = "", VisibilityTimeout: visibility } = given;
  const receipt = receiptOf(handle, queue);
  if (visibility === undefined) throw missingParameter("VisibilityTimeout");
  const answer = await queues.changeVisibility(queue, receipt, visibilityMsOf(visibility));
  if (answer === "changed") return;
  if (answer === "visible") throw new SqsRefusal("MessageNotInflight", "The specified message isn't in flight.");
  if ((await queues.describeQueue(queue)) === null) throw queueMissing();
  const reason = "Message does not exist or is not available for visibility timeout change.";
  throw invalidParameter("ReceiptHandle", handle, reason);
}

function visibilityMsOf(seconds: number): number {
  if (seconds >= 0 && seconds <= MOST_VISIBILITY_SECONDS) return seconds * 1_000;
  throw invalidParameter("VisibilityTimeout", seconds, `Must be >= 0 and <= ${MOST_VISIBILITY_SECONDS}, if provided.`);
}
