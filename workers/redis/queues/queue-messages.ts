// Messages as jobs of BullMQ, both ways: what our sends write, and what any job means as a message.
//
// M1  A job whose data is an object with a text `body` is that message; attributes, groupId, deduplicationId and traceHeader beside it
//     count. Any other data is the body itself, as JSON.
// M2  What came by the port comes back the same: attributes lie in a field of their own, as the port's text.

import { createHash } from "node:crypto";
import type { DeadLetter, NewMessage, PeekedMessage, QueueMessage, SendAnswer } from "../../../src/ports/queues.ts";
import { sequenceNumberOf } from "../../../src/stores/receive-rule.ts";
import { attributesTextOf } from "./job-attributes.ts";
import { RECEIVED_WORDS } from "./lua-receive.ts";

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

export function receivedMessages(words: readonly unknown[], mark: string): QueueMessage[] {
  const messages: QueueMessage[] = [];
  for (let at = 0; at < words.length; at += RECEIVED_WORDS) {
    const text = (offset: number): string | null => {
      const word = words[at + offset];
      return typeof word === "string" ? word : typeof word === "number" ? String(word) : null;
    };
    const id = text(0) ?? "";
    const content = contentOf(text(1) ?? "");
    messages.push({
      messageId: text(6) ?? id,
      receiptHandle: receiptOf(id, mark),
      body: content.body,
      attributes: text(5) ?? content.attributes,
      sentAtMs: Number(text(2)),
      firstReceivedAtMs: Number(text(4)),
      receiveCount: Number(text(3)),
      sequenceNumber: sequenceOf(text(11)),
      groupId: text(7) ?? content.groupId,
      deduplicationId: text(8) ?? content.deduplicationId,
      traceHeader: text(9) ?? content.traceHeader,
      deadLetterSource: text(10),
    });
  }
  return messages;
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
export function parseReceipt(handle: string): { readonly id: string; readonly mark: string } | null {
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
