// The victim of kill.test.ts: appends, saves checkpoints and sends messages to a store of its own as fast as it can, and prints
// what was acknowledged, a line each, until it is killed.

import { join } from "node:path";
import { createEmbeddedStreams } from "../../src/stores/embedded-streams.ts";
import { createStoreCheckpoints } from "../../src/stores/store-checkpoints.ts";
import { createStoreClient } from "../../src/stores/store-client.ts";
import { createCollections } from "../../src/stores/document-collections.ts";
import { createKafkaTopics } from "../../src/stores/kafka-topics.ts";
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
const client = createStoreClient(thread.connect());
const streams = createEmbeddedStreams(client);
const checkpoints = createStoreCheckpoints(client, "m-1", { generation: 1 });
const queues = createQueues(client);
const topics = createKafkaTopics(client, () => Date.now());
const collections = createCollections(client);
await streams.create("orders", { shardCount: 2, mode: "PROVISIONED" });
await queues.createQueue("failures");
await topics.create("kafka/c/orders", { partitionCount: 4 });

async function write(writer: number): Promise<void> {
  for (let count = 0; ; count++) {
    const data = Buffer.from(`${writer}:${count}`.padEnd(1_024));
    const records = [0, 1, 2].map((part) => ({ partitionKey: `${writer}-${part}`, explicitHashKey: null, data }));
    const answer = await streams.append("orders", records);
    if (answer.kind === "put") for (const put of answer.puts) print(`record ${put.shardId} ${put.sequenceNumber}`);
    const sent = await queues.send("failures", aMessage(`${writer}:${count}`));
    if (sent.kind === "sent") print(`message ${sent.messageId}`);
    const value = Buffer.from(`${count}`);
    const bare = { timestampMs: null, key: null, value, headers: [] };
    const produced = await topics.produce("kafka/c/orders", [{ ...bare, partition: writer }]);
    if (produced.kind === "produced") for (const { offset } of produced.places) print(`offset ${writer} ${offset}`);
    const place = { cluster: "c", database: "d", collection: "orders" };
    const document = JSON.stringify({ _id: `${writer}-${count}` });
    const applied = await collections.apply(place, [{ op: "insert", document }]);
    print(`document ${applied.lastId}`);
    const after = `${count}`.padStart(10, "0");
    const saved = await checkpoints.save(`writer-${writer}`, { after, window: null, isEnded: false });
    print(`checkpoint writer-${writer} ${saved === "kept" ? after : saved}`);
  }
}

await Promise.all([0, 1, 2, 3].map(write));
