// The victim of kill.test.ts: appends, saves checkpoints and sends messages to a store of its own as fast as it can, and prints
// what was acknowledged, a line each, until it is killed.

import { join } from "node:path";
import { createEmbeddedStreams } from "../../src/stores/embedded-streams.ts";
import { createStoreCheckpoints } from "../../src/stores/store-checkpoints.ts";
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
const client = createStoreClient(thread.connect());
const streams = createEmbeddedStreams(client);
const checkpoints = createStoreCheckpoints(client, "m-1", { generation: 1 });
const queues = createQueues(client);
await streams.create("orders", { shardCount: 2, mode: "PROVISIONED" });
await queues.createQueue("failures");

async function write(writer: number): Promise<void> {
  for (let count = 0; ; count++) {
    const data = Buffer.from(`${writer}:${count}`.padEnd(1_024));
    const records = [0, 1, 2].map((part) => ({ partitionKey: `${writer}-${part}`, explicitHashKey: null, data }));
    const answer = await streams.append("orders", records);
    if (answer.kind === "put") for (const put of answer.puts) print(`record ${put.shardId} ${put.sequenceNumber}`);
    const sent = await queues.send("failures", aMessage(`${writer}:${count}`));
    if (sent.kind === "sent") print(`message ${sent.messageId}`);
    const after = `${count}`.padStart(10, "0");
    const saved = await checkpoints.save(`writer-${writer}`, { after, window: null, isEnded: false });
    print(`checkpoint writer-${writer} ${saved === "kept" ? after : saved}`);
  }
}

await Promise.all([0, 1, 2, 3].map(write));
