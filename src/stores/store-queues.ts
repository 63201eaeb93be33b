// The Queues port over the store thread.

import type { Queues } from "../ports/queues.ts";
import type { StoreClient } from "./store-client.ts";

export function createQueues(client: StoreClient): Queues {
  return {
    async createQueue(name) {
      await client.ask("queue-create", { name });
    },
    listQueues: () => client.ask("queue-list", {}),
    async send(name, body) {
      return withId(await client.ask("queue-send", { name, body }));
    },
    peek: (name, max) => client.ask("queue-peek", { name, max }),
    receive: (name, { max, visibilityMs }) => client.ask("queue-receive", { name, max, visibilityMs }),
    delete: (name, receiptHandle) => client.ask("queue-delete", { name, receiptHandle }),
    purge: (name) => client.ask("queue-purge", { name }),
    async createTopic(name) {
      await client.ask("topic-create", { name });
    },
    subscribe: (topic, queue, { isRaw }) => client.ask("topic-subscribe", { topic, queue, isRaw }),
    listTopics: () => client.ask("topic-list", {}),
    async publish(topic, message) {
      return withId(await client.ask("topic-publish", { topic, message }));
    },
  };
}

function withId(messageId: string | null): { readonly messageId: string } | null {
  return messageId === null ? null : { messageId };
}
