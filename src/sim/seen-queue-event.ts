// Events and answers of a queue's mapping as a stranger reads them who knows only what AWS documents: which messages a call holds, and which
// of them its answer says have failed. Checkers judge by it, so nothing of it is the runtime's own reading.

import type { Answer } from "../ports/invoker.ts";
import type { SeenMessage } from "./queue-history.ts";
import { isObject, type Json } from "./scenario.ts";

/** `receiptOf`: what the queue itself calls the receipt that a handle stands for. */
export function messagesSeenIn(eventText: string, receiptOf: (handle: string) => string): readonly SeenMessage[] {
  const event: Json = JSON.parse(eventText);
  const records = isObject(event) && Array.isArray(event["Records"]) ? event["Records"].filter(isObject) : [];
  return records.map(({ messageId, receiptHandle, attributes }) => ({
    id: String(messageId),
    receipt: receiptOf(String(receiptHandle)),
    count: Number(isObject(attributes) ? attributes["ApproximateReceiveCount"] : Number.NaN),
  }));
}

/** Ids of the messages that have not ended well (E-30 to E-56). */
export function failedIn(answer: Answer, ids: readonly string[], isReporting: boolean): readonly string[] {
  if (answer.kind !== "returned") return ids;
  if (!isReporting) return [];
  const value = parsed(answer.json);
  if (value === undefined) return ids;
  if (value === null || value === "" || (Array.isArray(value) && value.length === 0)) return [];
  if (!isObject(value)) return ids;
  const failures = value["batchItemFailures"] ?? [];
  if (!Array.isArray(failures)) return ids;
  const listed: string[] = [];
  for (const each of failures) {
    // An entry without a key at all is acknowledged, as it was recorded (E-48).
    if (isObject(each) && Object.keys(each).length === 0) continue;
    const id = isObject(each) ? each["itemIdentifier"] : null;
    if (typeof id !== "string" || !ids.includes(id)) return ids;
    listed.push(id);
  }
  return listed;
}

/** Undefined: it is no JSON. */
function parsed(json: string | null): Json {
  try {
    return json === null || json === "" ? null : JSON.parse(json);
  } catch {
    return undefined; // That it is none is the answer.
  }
}
