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
    send: (name, message) => client.ask("queue-send", { name, message }),
    peek: (name, max) => client.ask("queue-peek", { name, max }),
    async receive(name, { max, visibilityMs, waitMs = 0 }, signal) {
      const asked = { name, max, visibilityMs, waitMs };
      const messages = await client.ask("queue-receive", asked, signal === undefined ? {} : { signal });
      return messages === null ? null : { messages, deadLetters: [] };
    },
    sendMany: () => Promise.reject(new Error("not built yet")),
    deleteMany: () => Promise.reject(new Error("not built yet")),
    move: () => Promise.reject(new Error("not built yet")),
    delete: (name, receiptHandle) => client.ask("queue-delete", { name, receiptHandle }),
    changeVisibility: (name, receiptHandle, visibilityMs) =>
      client.ask("queue-visibility", { name, receiptHandle, visibilityMs }),
    purge: (name) => client.ask("queue-purge", { name }),
  };
}
