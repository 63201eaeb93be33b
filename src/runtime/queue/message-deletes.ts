// Deletes messages of a mapping's queue, and says how many were there to delete. A queue that does not answer is asked again for as long
// as the messages are ours; after that they come back by themselves, and are delivered again.

import type { SqsRecord } from "../../kinds/sqs/sqs-kind.ts";
import { createGrowingDelay } from "../growing-delay.ts";
import { firstNames } from "../named-messages.ts";
import { leaseEndMs, type QueueContext } from "./queue-context.ts";

export interface DeleteOf {
  /** Path in the journal. */
  readonly lane: string;
  /** Null: the filter passed them over. */
  readonly batch: string | null;
  readonly requestId: string | null;
}

export interface MessageDeletes {
  delete(records: readonly SqsRecord[], of: DeleteOf): void;
  /** Deletes that have not been answered. */
  pendingCount(): number;
}

/** `onDone`: a delete has ended, one way or the other. */
export function createMessageDeletes(context: QueueContext, onDone: () => void): MessageDeletes {
  const { clock, queues } = context;
  let pendingCount = 0;

  function end(records: readonly SqsRecord[], of: DeleteOf, isDeletedAt: (at: number) => boolean): void {
    pendingCount -= 1;
    const { batch, requestId } = of;
    const left = records.filter((_, at) => !isDeletedAt(at));
    const missedCount = left.length;
    const recordCount = records.length - missedCount;
    const missed = missedCount === 0 ? {} : { missed: firstNames(left, context.kind) };
    context.note(of.lane, { kind: "deleted", batch, requestId, recordCount, missedCount, ...missed });
    onDone();
  }

  function start(records: readonly SqsRecord[], of: DeleteOf): void {
    const delay = createGrowingDelay();
    const { queueName } = context.spec.source;
    const receipts = records.map(({ message }) => message.receiptHandle);
    const attempt = (): void => {
      queues.deleteMany(queueName, receipts).then(
        (answers) => end(records, of, (at) => answers[at] === true),
        () => {
          const atMs = clock.nowMs() + delay.nextMs();
          if (atMs >= leaseEndMs(records, context) || context.force.signal.aborted) end(records, of, () => false);
          else clock.wakeAt(atMs, attempt);
        },
      );
    };
    attempt();
  }

  return {
    delete(records, of) {
      if (records.length === 0) return;
      pendingCount += 1;
      start(records, of);
    },
    pendingCount: () => pendingCount,
  };
}
