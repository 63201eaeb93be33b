// Messages as jobs of BullMQ, both ways: what our sends write, and what any job means as a message.
//
// M1  A job whose data is an object with a text `body` is that message; attributes, groupId, deduplicationId and traceHeader beside it
//     count. Any other data is the body itself, as JSON.
// M2  What came by the port comes back the same: attributes lie in a field of their own, as the port's text.

import { createHash } from "node:crypto";
import type {
  DeadLetter,
  NewMessage,
  PeekedMessage,
  QueueMessage,
  SendAnswer,
  VisibilityChange,
} from "../../../src/ports/queues.ts";
import { sequenceNumberOf } from "../../../src/stores/receive-rule.ts";
import { attributesTextOf } from "./job-attributes.ts";
import { EXTRA_WORDS, RECEIVED_WORDS } from "./lua-receive.ts";

/** The words of one message for the script that sends. */
export function sendWords(id: string, message: NewMessage, isWithDigest: boolean): readonly string[] {
  const { body, attributes, sizeBytes, delayMs, groupId = null, deduplicationId = null, traceHeader = null } = message;
  // Group and id are shown to whoever looks at the job; the scripts read them from fields of their own.
  const shown = { ...(groupId === null ? {} : { groupId }), ...(deduplicationId === null ? {} : { deduplicationId }) };
  return [
    id,
    JSON.stringify({ body, ...shown }),
    delayMs === null ? "" : String(delayMs),
    String(sizeBytes),
    attributes ?? "",
    groupId ?? "",
    deduplicationId ?? "",
    traceHeader ?? "",
    isWithDigest ? createHash("sha256").update(body).digest("hex") : "",
  ];
}

export function sendAnswer(text: string): SendAnswer {
  const [first = "", second] = text.split(" ");
  if (first === "tooLong") return { kind: "tooLong", maxMessageBytes: Number(second) };
  return { kind: "sent", messageId: first, sequenceNumber: sequenceOf(second ?? null) };
}

/** `extras`: what the script says of those of the messages that have more than a body. */
export function receivedMessages(
  words: readonly unknown[],
  extras: readonly unknown[],
  mark: string,
): readonly QueueMessage[] {
  const messages: QueueMessage[] = [];
  let extraAt = 0;
  for (let at = 0, number = 1; at < words.length; at += RECEIVED_WORDS, number += 1) {
    const id = String(words[at]);
    const data = String(words[at + 1]);
    const isPlain = extras[extraAt] !== number;
    const message = {
      messageId: id,
      receiptHandle: receiptOf(id, mark),
      ...((isPlain ? plainContentOf(data) : null) ?? contentOf(data)),
      sentAtMs: Number(words[at + 2]),
      firstReceivedAtMs: Number(words[at + 4]),
      receiveCount: Number(words[at + 3]),
      sequenceNumber: null,
      deadLetterSource: null,
    };
    messages.push(isPlain ? message : withExtras(message, extras, extraAt));
    if (!isPlain) extraAt += EXTRA_WORDS;
  }
  return messages;
}

function withExtras(message: QueueMessage, extras: readonly unknown[], at: number): QueueMessage {
  const text = (offset: number): string | null => {
    const word = extras[at + offset];
    return typeof word === "string" ? word : typeof word === "number" ? String(word) : null;
  };
  return {
    ...message,
    attributes: text(1) ?? message.attributes,
    messageId: text(2) ?? message.messageId,
    groupId: text(3) ?? message.groupId,
    deduplicationId: text(4) ?? message.deduplicationId,
    traceHeader: text(5) ?? message.traceHeader,
    deadLetterSource: text(6),
    sequenceNumber: sequenceOf(text(7)),
  };
}

export function deadLetters(words: readonly unknown[], deadLetterQueue: string): DeadLetter[] {
  const letters: DeadLetter[] = [];
  for (let at = 0; at < words.length; at += 2)
    letters.push({ messageId: String(words[at]), receiveCount: Number(words[at + 1]), deadLetterQueue });
  return letters;
}

const PEEKED_WORDS = 6;

/** Oldest first. */
export function peekedMessages(words: readonly unknown[], max: number): readonly PeekedMessage[] {
  const messages: (PeekedMessage & { readonly sequence: number })[] = [];
  for (let at = 0; at < words.length; at += PEEKED_WORDS) {
    const [id, data, sentAtMs, receiveCount, messageId, sequence] = words.slice(at, at + PEEKED_WORDS);
    messages.push({
      messageId: String(messageId ?? id),
      body: contentOf(String(data)).body,
      sentAtMs: Number(sentAtMs),
      receiveCount: Number(receiveCount ?? 0),
      sequence: Number(sequence ?? 0),
    });
  }
  return messages
    .toSorted((one, other) => one.sequence - other.sequence || one.sentAtMs - other.sentAtMs)
    .slice(0, max)
    .map(({ messageId, body, sentAtMs, receiveCount }) => ({ messageId, body, sentAtMs, receiveCount }));
}

/** As almost every id is. */
const plainId = /^[\w-]+$/;

/** A receipt names the job and the receive: neither a space nor anything else that a job's id may hold is in it. */
function receiptOf(id: string, mark: string): string {
  return `${mark}.${plainId.test(id) ? id : encodeURIComponent(id)}`;
}

/** Id and mark, or null for a text that was never a receipt. */
function parseReceipt(handle: string): { readonly id: string; readonly mark: string } | null {
  const at = handle.indexOf(".");
  if (at < 1) return null;
  const id = handle.slice(at + 1);
  const mark = handle.slice(0, at);
  if (plainId.test(id)) return { id, mark };
  try {
    return { id: decodeURIComponent(id), mark };
  } catch {
    return null; // Not a text that encodeURIComponent writes.
  }
}

/** For the script that deletes: runs of receipts of one receive, each with its mark and their number before it. */
export function deleteWords(handles: readonly string[]): readonly (string | number)[] {
  const words: (string | number)[] = [];
  let lastMark: string | null = null;
  let countAt = 0;
  for (const handle of handles) {
    const { id, mark } = parseReceipt(handle) ?? { id: "", mark: "" };
    if (mark !== lastMark) {
      countAt = words.push(mark, 0) - 1;
      lastMark = mark;
    }
    words[countAt] = Number(words[countAt]) + 1;
    words.push(id);
  }
  return words;
}

/** For the script that changes visibilities. */
export function visibilityWords(changes: readonly VisibilityChange[]): readonly (string | number)[] {
  return changes.flatMap(({ receiptHandle, visibilityMs }) => {
    const { id, mark } = parseReceipt(receiptHandle) ?? { id: "", mark: "" };
    return [id, mark, visibilityMs];
  });
}

function sequenceOf(text: string | null): string | null {
  return text === null ? null : sequenceNumberOf(Number(text));
}

interface Content {
  readonly body: string;
  readonly attributes: string | null;
  readonly groupId: string | null;
  readonly deduplicationId: string | null;
  readonly traceHeader: string | null;
}

const PLAIN_BEGIN = '{"body":"';
const PLAIN_END = '"}';

/** Of data that our own send wrote with nothing but a body; null: somebody has changed it since. */
function plainContentOf(data: string): (Content & { readonly bodyJson: string }) | null {
  if (!data.startsWith(PLAIN_BEGIN) || !data.endsWith(PLAIN_END)) return null;
  const bodyJson = data.slice(PLAIN_BEGIN.length - 1, 1 - PLAIN_END.length);
  // It begins with a quotation mark: either it is one text, or it is no JSON.
  const body = parsedOf(bodyJson);
  return typeof body === "string" ? { body, bodyJson, ...bare } : null;
}

const bare = { attributes: null, groupId: null, deduplicationId: null, traceHeader: null };

function contentOf(data: string): Content {
  const parsed = parsedOf(data);
  if (typeof parsed !== "object" || parsed === null || !("body" in parsed) || typeof parsed.body !== "string")
    return { body: data, ...bare };
  const members: Readonly<Record<string, unknown>> = { ...parsed };
  const textOf = (name: string): string | null => {
    const member = members[name];
    return typeof member === "string" && member !== "" ? member : null;
  };
  return {
    body: parsed.body,
    attributes: attributesTextOf(members["attributes"]),
    groupId: textOf("groupId"),
    deduplicationId: textOf("deduplicationId"),
    traceHeader: textOf("traceHeader"),
  };
}

function parsedOf(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return null; // Somebody wrote a job by hand; the text is the body.
  }
}
