// What a message says of its group and of what it repeats, by the kind of its queue. A standard queue takes a group (its fair share of
// receives on AWS) and shows it again.

import { invalidParameter, missingParameter, SqsRefusal, type SqsErrorName } from "./sqs-answer.ts";

interface FifoIds {
  readonly MessageDeduplicationId?: string | undefined;
  readonly MessageGroupId?: string | undefined;
}

/** Throws SqsRefusal. */
export function checkFifoIds({ MessageDeduplicationId, MessageGroupId }: FifoIds, isFifo: boolean): void {
  if (MessageDeduplicationId !== undefined && !isFifo) {
    const reason = "The request include parameter that is not valid for this queue type.";
    throw invalidParameter("MessageDeduplicationId", MessageDeduplicationId, reason);
  }
  for (const [name, id] of Object.entries({ MessageDeduplicationId, MessageGroupId })) {
    if (id === undefined || /^[!-~]{1,128}$/.test(id)) continue;
    const reason = `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`;
    throw invalidParameter(name, id, reason);
  }
}

/** A FIFO queue's messages need a group, and an id unless their content is one. Throws SqsRefusal. */
export function requireFifoIds(
  messages: readonly FifoIds[],
  isDeduplicatedByContent: boolean,
  missingGroup: SqsErrorName = "MissingParameter",
): void {
  for (const { MessageDeduplicationId: id = "", MessageGroupId: group = "" } of messages) {
    if (group === "") throw new SqsRefusal(missingGroup, missingParameter("MessageGroupId").message);
    if (id === "" && !isDeduplicatedByContent) {
      const text =
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
      throw new SqsRefusal("InvalidParameterValue", text);
    }
  }
}
