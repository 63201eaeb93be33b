// The calls of SQS that carry up to ten entries: the request is refused as a whole for what its form is, and each entry by itself for
// what it says.

import type { JsonObject } from "../api-answer.ts";
import { givenBytes } from "./message-attributes.ts";
import { changeByHandle, deleteByHandle, prepareMessage, sendPrepared } from "./message-operations.ts";
import { queueOfUrl } from "./queue-address.ts";
import type { Members, SqsContext } from "./queue-operations.ts";
import { missingParameter, queueMissing, SqsRefusal } from "./sqs-answer.ts";

const MOST_ENTRIES = 10;
const MOST_BATCH_BYTES = 1_048_576;

export async function sendMessageBatch(
  { queues, settings }: SqsContext,
  request: Members<"SendMessageBatch">,
): Promise<JsonObject> {
  const queue = queueOfUrl(request.QueueUrl, settings);
  const entries = checkedEntries(request.Entries);
  const sizeBytes = entries.reduce(
    (sum, entry) => sum + Buffer.byteLength(entry.MessageBody ?? "") + givenBytes(entry.MessageAttributes),
    0,
  );
  if (sizeBytes > MOST_BATCH_BYTES) {
    const text = `Batch requests cannot be longer than ${MOST_BATCH_BYTES} bytes. You have sent ${sizeBytes} bytes.`;
    throw new SqsRefusal("BatchRequestTooLong", text);
  }
  return eachEntry({ queues, queue }, entries, (entry) => sendPrepared({ queues, queue }, prepareMessage(entry)));
}

export async function deleteMessageBatch(
  { queues, settings }: SqsContext,
  request: Members<"DeleteMessageBatch">,
): Promise<JsonObject> {
  const queue = queueOfUrl(request.QueueUrl, settings);
  return eachEntry({ queues, queue }, checkedEntries(request.Entries), async ({ ReceiptHandle }) => {
    await deleteByHandle({ queues, queue }, ReceiptHandle);
    return {};
  });
}

export async function changeMessageVisibilityBatch(
  { queues, settings }: SqsContext,
  request: Members<"ChangeMessageVisibilityBatch">,
): Promise<JsonObject> {
  const queue = queueOfUrl(request.QueueUrl, settings);
  return eachEntry({ queues, queue }, checkedEntries(request.Entries), async (entry) => {
    await changeByHandle({ queues, queue }, entry);
    return {};
  });
}

interface Entry {
  readonly Id?: string | undefined;
}

/** Throws SqsRefusal. */
function checkedEntries<E extends Entry>(given: readonly (E | null)[] | undefined): readonly E[] {
  if (given === undefined) throw missingParameter("Entries");
  const entries = given.filter((entry) => entry !== null);
  if (entries.length === 0)
    throw new SqsRefusal("EmptyBatchRequest", "There should be at least one entry in the request.");
  if (entries.length > MOST_ENTRIES) {
    const text = `Maximum number of entries per request are ${MOST_ENTRIES}. You have sent ${entries.length}.`;
    throw new SqsRefusal("TooManyEntriesInBatchRequest", text);
  }
  const seen = new Set<string>();
  for (const { Id: id = "" } of entries) {
    if (!/^[\w-]{1,80}$/.test(id)) {
      const text =
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.";
      throw new SqsRefusal("InvalidBatchEntryId", text);
    }
    if (seen.has(id)) throw new SqsRefusal("BatchEntryIdsNotDistinct", `Id ${id} repeated.`);
    seen.add(id);
  }
  return entries;
}

type EntryResult = { readonly isDone: boolean; readonly result: JsonObject };

async function eachEntry<E extends Entry>(
  { queues, queue }: Pick<SqsContext, "queues"> & { readonly queue: string },
  entries: readonly E[],
  work: (entry: E) => Promise<JsonObject>,
): Promise<JsonObject> {
  // A queue that is not there is the request's fault, not an entry's.
  if ((await queues.describeQueue(queue)) === null) throw queueMissing();
  const results = await Promise.all(
    entries.map(async (entry): Promise<EntryResult> => {
      const { Id: id = "" } = entry;
      try {
        return { isDone: true, result: { Id: id, ...(await work(entry)) } };
      } catch (error) {
        if (!(error instanceof SqsRefusal)) throw error;
        return { isDone: false, result: { Id: id, SenderFault: true, Code: error.queryCode, Message: error.message } };
      }
    }),
  );
  const those = (isDone: boolean): readonly JsonObject[] =>
    results.filter((each) => each.isDone === isDone).map((each) => each.result);
  const [successful, failed] = [those(true), those(false)];
  return {
    ...(successful.length === 0 ? {} : { Successful: successful }),
    ...(failed.length === 0 ? {} : { Failed: failed }),
  };
}
