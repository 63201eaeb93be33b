// The lookup of queues over the queues themselves: what the wiring hands to the control plane.

import type { QueueAddress } from "../ports/mapping-spec.ts";
import type { Queues } from "../ports/queues.ts";
import type { QueueLookup } from "./lookups.ts";

/** `kind`: where the configuration puts all queues. */
export function createQueueLookup(queues: Pick<Queues, "describeQueue">, kind: QueueAddress["kind"]): QueueLookup {
  return {
    addressOf: (queueName) => ({ kind, queueName, isFifo: queueName.endsWith(".fifo") }),
    async find(queueName) {
      const queue = await queues.describeQueue(queueName);
      return queue === null ? null : { visibilityMs: queue.settings.visibilityMs };
    },
  };
}
