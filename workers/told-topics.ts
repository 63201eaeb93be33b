// Topics as a poller thread reaches them: each publish is a message to main, which knows the subscribers, and waits for its answer.

import type { PublishAnswer, TopicPublisher } from "../src/ports/topics.ts";
import type { FromPoller } from "../src/threads/protocol.ts";

export interface ToldTopics extends TopicPublisher {
  answered(id: number, answer: PublishAnswer): void;
}

export function createToldTopics(tell: (message: FromPoller) => void): ToldTopics {
  const waiting = new Map<number, (answer: PublishAnswer) => void>();
  let lastId = 0;
  return {
    publish: (topic, message) =>
      new Promise((resolve) => {
        lastId += 1;
        waiting.set(lastId, resolve);
        tell({ kind: "publish", id: lastId, topic, message });
      }),
    answered(id, answer) {
      const resolve = waiting.get(id);
      waiting.delete(id);
      resolve?.(answer);
    },
  };
}
