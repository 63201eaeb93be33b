// The victim of queue-kill.test.ts: sends to queues of a store of its own, receives and deletes as fast as it can, and prints what was
// acknowledged, a line each, until it is killed. A body is the line's second word.

import { join } from "node:path";
import { createStoreClient } from "../../src/stores/store-client.ts";
import { createQueues } from "../../src/stores/store-queues.ts";
import { startStoreThread } from "../../src/stores/start-store-thread.ts";
import { workerEntry } from "../../src/threads/entries.ts";
import { aMessage } from "./aside.ts";

const dir = process.argv[2] ?? "";
const print = (line: string): boolean => process.stdout.write(`${line}\n`);
const rethrow = (error: unknown): never => {
  throw error;
};
const thread = await startStoreThread({
  entry: workerEntry("store"),
  storeFile: join(dir, "store.db"),
  region: "us-east-1",
  accountId: "000000000000",
  maxShardBytes: null,
  onFailed: rethrow,
  onProblem: rethrow,
});
const NAMES = ["q", "q.fifo"];

async function send(writer: number): Promise<void> {
  const queues = createQueues(createStoreClient(thread.connect()));
  for (let count = 0; ; count++) {
    const name = NAMES[count % 2] ?? "";
    const bodies = [0, 1, 2].map((part) => `${writer}:${count}:${part}`);
    const answers = await queues.sendMany(
      name,
      bodies.map((body) => aMessage(body, { groupId: `${writer}`, deduplicationId: body })),
    );
    for (const [index, answer] of answers.entries()) print(`${answer.kind} ${bodies[index]}`);
  }
}

/** Deletes all but every fifth, which goes to the dead letters as it is received again at once. */
async function receive(): Promise<void> {
  const queues = createQueues(createStoreClient(thread.connect()));
  for (;;) {
    for (const name of NAMES) {
      const received = await queues.receive(name, { max: 10, visibilityMs: 20 });
      for (const letter of received?.deadLetters ?? []) print(`dead ${letter.messageId}`);
      const deleted = (received?.messages ?? []).filter(({ body }) => !/[56]:0$/.test(body));
      const answers = await queues.deleteMany(
        name,
        deleted.map(({ receiptHandle }) => receiptHandle),
      );
      for (const [index, isDeleted] of answers.entries()) if (isDeleted) print(`deleted ${deleted[index]?.body}`);
    }
  }
}

const queues = createQueues(createStoreClient(thread.connect()));
for (const name of NAMES) {
  const isFifo = name.endsWith(".fifo");
  await queues.createQueue(`dead-${name}`, { settings: { isFifo } });
  const redrive = { deadLetterQueue: `dead-${name}`, maxReceiveCount: 2 };
  await queues.createQueue(name, { settings: { isFifo, redrive } });
}
await Promise.all([send(0), send(1), send(2), receive()]);
