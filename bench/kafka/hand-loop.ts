// What somebody would write by hand to be fast on a topic: kafkajs reads ahead by two batches a partition, a batch goes over in one
// transferred buffer, each partition has one call out at a time in a function thread of its own, and what has returned is committed, one
// commit at a time. No retries, no filters, no limits, no batches of several partitions, no fencing, no journal, no stop.

import { Worker } from "node:worker_threads";
import { setTimeout as delay } from "node:timers/promises";
import type { KafkaMessage } from "kafkajs";
import { serve } from "../child.ts";
import { packParts } from "../queues/hand-function.ts";
import { watchRun } from "../road/marks.ts";
import { cpuMsSince, type RunAnswer, SETTLE_MS } from "../road/run.ts";
import { kafkaClient, type KafkaRunRequest } from "./kafka-run.ts";
import type { HandBatch } from "./hand-function.ts";

const FUNCTION_THREADS = 4;
const BATCHES_AHEAD = 2;
/** Between two commits, as a mapping has it. */
const COMMIT_DISTANCE_MS = 10;

const threads = Array.from(
  { length: FUNCTION_THREADS },
  () => new Worker(new URL("./hand-function.ts", import.meta.url)),
);

interface Partition {
  readonly number: number;
  waiting: KafkaMessage[];
  seenCount: number;
  /** Null: no call is out. */
  out: { readonly nextOffset: string } | null;
  onRoom: (() => void) | null;
}

async function run(request: KafkaRunRequest): Promise<RunAnswer> {
  const { server, topic, groupId, batchSize, partitionCount, recordsAPartition } = request;
  const partitions = Array.from(
    { length: partitionCount },
    (_, number): Partition => ({ number, waiting: [], seenCount: 0, out: null, onRoom: null }),
  );
  const marks = watchRun(partitionCount);
  const cpu = marks.first.then(() => process.cpuUsage());
  const consumer = kafkaClient(server).consumer({ groupId });
  const due = new Map<number, string>();
  let committing = Promise.resolve();
  let isCommitting = false;
  let invocationCount = 0;

  async function commit(): Promise<void> {
    isCommitting = true;
    while (due.size > 0) {
      const offsets = [...due].map(([partition, offset]) => ({ topic, partition, offset }));
      due.clear();
      await Promise.all([consumer.commitOffsets(offsets), delay(COMMIT_DISTANCE_MS)]);
    }
    isCommitting = false;
  }

  function callIfFull(partition: Partition): void {
    const isRest = partition.seenCount === recordsAPartition && partition.waiting.length > 0;
    if (partition.out !== null || (partition.waiting.length < batchSize && !isRest)) return;
    const batch = partition.waiting.slice(0, batchSize);
    partition.waiting = partition.waiting.slice(batchSize);
    invocationCount += 1;
    const parts: Buffer[] = [];
    const numbers = new Float64Array(2 * batch.length);
    batch.forEach(({ key, value, offset, timestamp }, index) => {
      parts.push(key ?? Buffer.alloc(0), value ?? Buffer.alloc(0));
      numbers[2 * index] = Number(offset);
      numbers[2 * index + 1] = Number(timestamp);
    });
    const buffer = packParts(parts);
    partition.out = { nextOffset: String(BigInt(batch.at(-1)?.offset ?? 0) + 1n) };
    const sent: HandBatch = { server, topic, partition: partition.number, numbers, buffer };
    threads[partition.number % FUNCTION_THREADS]?.postMessage(sent, [buffer, numbers.buffer]);
    if (partition.waiting.length < BATCHES_AHEAD * batchSize) partition.onRoom?.();
  }

  function returned(number: number): void {
    const partition = partitions[number];
    if (partition === undefined) return;
    due.set(number, partition.out?.nextOffset ?? "");
    partition.out = null;
    callIfFull(partition);
    if (!isCommitting) committing = commit();
  }

  for (const thread of threads) thread.on("message", returned);
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: partitionCount,
    async eachBatch({ batch }) {
      const partition = partitions[batch.partition];
      if (partition === undefined) return;
      partition.waiting = partition.waiting.concat(batch.messages);
      partition.seenCount += batch.messages.length;
      callIfFull(partition);
      if (partition.waiting.length >= BATCHES_AHEAD * batchSize)
        await new Promise<void>((resolve) => (partition.onRoom = resolve));
    },
  });
  const wallMs = (await marks.last) - (await marks.first);
  await delay(SETTLE_MS);
  const cpuMs = cpuMsSince(await cpu);
  for (const thread of threads) thread.removeAllListeners("message");
  await committing;
  await consumer.disconnect();
  return { wallMs, cpuMs, invocationCount };
}

serve({ run }, async () => {
  const ended = threads.map((thread) => new Promise((resolve) => thread.once("exit", resolve)));
  for (const thread of threads) thread.postMessage(null);
  await Promise.all(ended);
});
