// What follows a receive: deleting messages, and how long they stay hidden.

import type { JsonObject } from "../api-answer.ts";
import {
  checkedEntries,
  entryAnswers,
  type EntryResult,
  refusedEntry,
  type Tried,
  triedEntry,
} from "./batch-entries.ts";
import type { VisibilityChange } from "../../ports/queues.ts";
import { handleOf } from "./given-handle.ts";
import { isFifoName, queueOfUrl } from "./queue-address.ts";
import { MOST_VISIBILITY_SECONDS, visibilityMsOf } from "./receive-operations.ts";
import { invalidParameter, missingParameter, queueMissing, type SqsRefusal } from "./sqs-answer.ts";
import type { Members, SqsContext } from "./sqs-context.ts";

export async function deleteMessage(context: SqsContext, request: Members<"DeleteMessage">): Promise<JsonObject> {
  const { queues, settings, sqs } = context;
  const queue = queueOfUrl(request.QueueUrl, settings);
  const { receipt } = handleOf(request.ReceiptHandle, queue);
  sqs.attempts.used(receipt);
  if (await queues.delete(queue, receipt)) return {};
  if ((await queues.describeQueue(queue)) === null) throw queueMissing();
  await checkNotDeleted(context, queue, { receipt, text: request.ReceiptHandle });
  return {};
}

export async function deleteMessageBatch(
  context: SqsContext,
  request: Members<"DeleteMessageBatch">,
): Promise<JsonObject> {
  const { queues, settings, sqs } = context;
  const queue = queueOfUrl(request.QueueUrl, settings);
  const tried = checkedEntries(request.Entries).map(
    ({ Id, ReceiptHandle }): Tried<GivenReceipt> =>
      triedEntry(Id, () => ({ ...handleOf(ReceiptHandle, queue), text: ReceiptHandle })),
  );
  const receipts = tried.flatMap((each) => (each.kind === "good" ? [each.value.receipt] : []));
  for (const receipt of receipts) sqs.attempts.used(receipt);
  const deleted = receipts.length === 0 ? [] : await queues.deleteMany(queue, receipts);
  // A queue that is not there is the request's fault, not an entry's.
  if (!deleted.includes(true) && (await queues.describeQueue(queue)) === null) throw queueMissing();
  const done = new Set(receipts.filter((_, index) => deleted[index] === true));
  const results = tried.map(async (each): Promise<EntryResult> => {
    if (each.kind === "refused") return each;
    const { id, value } = each;
    try {
      if (!done.has(value.receipt)) await checkNotDeleted(context, queue, value);
      return { kind: "good", id, value: {} };
    } catch (error) {
      return refusedEntry(id, error);
    }
  });
  return entryAnswers(await Promise.all(results));
}

/** A receipt, and the handle that a client gave it by. */
interface GivenReceipt {
  readonly receipt: string;
  readonly text: string | undefined;
}

/**
 * As on AWS, a handle that is out of date deletes nothing, and that is no error in a standard queue; in a FIFO queue it is one as long
 * as the message is still there. Throws SqsRefusal.
 */
async function checkNotDeleted({ queues }: SqsContext, queue: string, { receipt, text }: GivenReceipt): Promise<void> {
  if (!isFifoName(queue)) return;
  // Answers `visible`, and changes nothing, where this is still the message's last receipt.
  if ((await queues.changeVisibility(queue, receipt, 0)) === "visible") {
    throw invalidParameter("ReceiptHandle", text ?? "", "The receipt handle has expired.");
  }
}

export async function changeMessageVisibility(
  context: SqsContext,
  request: Members<"ChangeMessageVisibility">,
): Promise<JsonObject> {
  await changeByHandle(context, queueOfUrl(request.QueueUrl, context.settings), request);
  return {};
}

export async function changeMessageVisibilityBatch(
  context: SqsContext,
  request: Members<"ChangeMessageVisibilityBatch">,
): Promise<JsonObject> {
  const { queues, settings } = context;
  const queue = queueOfUrl(request.QueueUrl, settings);
  const entries = checkedEntries(request.Entries);
  if ((await queues.describeQueue(queue)) === null) throw queueMissing();
  const tried = entries.map((entry) =>
    triedEntry(entry.Id, () => ({ change: changeOf(context, queue, entry), text: entry.ReceiptHandle })),
  );
  const changes = tried.flatMap((each) => (each.kind === "good" ? [each.value.change] : []));
  const answers = changes.length === 0 ? [] : await queues.changeVisibilityMany(queue, changes);
  let index = 0;
  const results = tried.map((each): EntryResult => {
    if (each.kind === "refused") return each;
    const { id, value } = each;
    return answers[index++] === "gone" ? refusedEntry(id, notThere(value.text)) : { kind: "good", id, value: {} };
  });
  return entryAnswers(results);
}

interface GivenChange {
  readonly ReceiptHandle?: string | undefined;
  readonly VisibilityTimeout?: number | undefined;
}

/** As AWS was recorded, a message that is visible again by now is no error, and stays visible. Throws SqsRefusal. */
async function changeByHandle(context: SqsContext, queue: string, given: GivenChange): Promise<void> {
  const { queues } = context;
  const { receiptHandle, visibilityMs } = changeOf(context, queue, given);
  if ((await queues.changeVisibility(queue, receiptHandle, visibilityMs)) !== "gone") return;
  if ((await queues.describeQueue(queue)) === null) throw queueMissing();
  throw notThere(given.ReceiptHandle);
}

/** Throws SqsRefusal. */
function changeOf({ clock, sqs }: SqsContext, queue: string, given: GivenChange): VisibilityChange {
  const { ReceiptHandle: text = "", VisibilityTimeout: seconds } = given;
  const { receipt, receivedAtMs } = handleOf(text, queue);
  if (seconds === undefined) throw missingParameter("VisibilityTimeout");
  const visibilityMs = visibilityMsOf(seconds);
  if (clock.nowMs() - receivedAtMs + visibilityMs > MOST_VISIBILITY_SECONDS * 1_000 && seconds > 0) {
    const reason = `Total VisibilityTimeout for the message is beyond the limit [${MOST_VISIBILITY_SECONDS} seconds]`;
    throw invalidParameter("VisibilityTimeout", seconds, reason);
  }
  sqs.attempts.used(receipt);
  return { receiptHandle: receipt, visibilityMs };
}

function notThere(text = ""): SqsRefusal {
  const reason = "Message does not exist or is not available for visibility timeout change.";
  return invalidParameter("ReceiptHandle", text, reason);
}
