// A message of an embedded broker's queue as the store hands it out once: what the kinds of brokers make their records of.

import type { QueueMessage } from "../ports/queues.ts";

export interface StoredDelivery {
  readonly message: Pick<QueueMessage, "messageId" | "body" | "sentAtMs" | "receiveCount">;
  /** Rises over all that one consumer was handed. */
  readonly ordinal: number;
  readonly deliveredAtMs: number;
}
