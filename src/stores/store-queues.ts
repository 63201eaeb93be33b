// The Queues port over the store thread.

import type { Queues } from "../ports/queues.ts";
import type { StoreClient } from "./store-client.ts";

export function createQueues(client: StoreClient): Queues {
  return {
    createQueue: (name, change = {}) => client.ask("queue-create", { name, change }),
    describeQueue: (name) => client.ask("queue-describe", { name }),
    countMessages: (name) => client.ask("queue-count", { name }),
    changeQueue: (name, change) => client.ask("queue-change", { name, change }),
    deleteQueue: (name) => client.ask("queue-remove", { name }),
    listQueues: () => client.ask("queue-list", {}),
    async send(name, message) {
      const [answer] = await client.ask("queue-send", { name, messages: [message] });
      return answer ?? { kind: "missing" };
    },
    sendMany: (name, messages) => client.ask("queue-send", { name, messages }),
    peek: (name, max) => client.ask("queue-peek", { name, max }),
    receive(name, { max, visibilityMs, waitMs = 0, isOneGroup = false, maxBytes }, signal) {
      const asked = { name, max, visibilityMs, waitMs, isOneGroup, maxBytes: maxBytes ?? null };
      return client.ask("queue-receive", asked, signal === undefined ? {} : { signal });
    },
    async delete(name, receiptHandle) {
      const [isDeleted] = await client.ask("queue-delete", { name, receiptHandles: [receiptHandle] });
      return isDeleted ?? false;
    },
    deleteMany: (name, receiptHandles) => client.ask("queue-delete", { name, receiptHandles }),
    move: (name, { max, to }) => client.ask("queue-move", { name, max, to }),
    async changeVisibility(name, receiptHandle, visibilityMs) {
      const [answer] = await client.ask("queue-visibility", { name, changes: [{ receiptHandle, visibilityMs }] });
      return answer ?? "gone";
    },
    changeVisibilityMany: (name, changes) => client.ask("queue-visibility", { name, changes }),
    purge: (name) => client.ask("queue-purge", { name }),
  };
}
