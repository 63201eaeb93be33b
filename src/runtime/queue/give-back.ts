// Messages that will not be delivered now are made visible again, in one call, the last one first: of a FIFO group nothing is visible
// before what precedes it (P-33). One that cannot be given back comes back by itself when its visibility is over.

import type { SqsRecord } from "../../kinds/sqs/sqs-kind.ts";
import { firstNames } from "../named-messages.ts";
import type { QueueContext } from "./queue-context.ts";

/** Never rejects. `lane` and `batch` are for the journal. */
export async function giveBack(
  context: QueueContext,
  records: readonly SqsRecord[],
  { lane, batch }: { readonly lane: string; readonly batch: string | null },
): Promise<void> {
  if (records.length === 0) return;
  const { queueName } = context.spec.source;
  const visibleAgainAtMs = context.clock.nowMs();
  const changes = records.toReversed().map(({ message: { receiptHandle } }) => ({ receiptHandle, visibilityMs: 0 }));
  try {
    await context.queues.changeVisibilityMany(queueName, changes);
  } catch {
    // A queue that does not answer is asked once: a stop waits for it, and its visibility timeout does the rest.
  }
  // With a batch there may be such as were received behind it.
  const messages = firstNames(records, context.kind);
  const recordCount = records.length;
  context.note(lane, { kind: "returned", batch, recordCount, why: "stopped", visibleAgainAtMs, messages });
}
