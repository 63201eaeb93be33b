// The lookup of queues over the queues themselves: what the wiring hands to the control plane.

import type { Queues } from "../ports/queues.ts";
import type { QueueLookup } from "./lookups.ts";

export function createQueueLookup(queues: Pick<Queues, "describeQueue">): QueueLookup {
  return {
    async find(queueName) {
      const queue = await queues.describeQueue(queueName);
      return queue === null ? null : { visibilityMs: queue.settings.visibilityMs };
    },
  };
}
