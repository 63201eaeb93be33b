// What somebody would write by hand to be fast on a broker's queue: two threads, a batch in one transferred buffer, one call out at a time,
// the batch settled when it has returned. No retries, no filters, no limits, no time to live, no journal, no stop.

import { Worker } from "node:worker_threads";
import { setTimeout as delay } from "node:timers/promises";
import { serve } from "../child.ts";
import { packParts } from "../queues/hand-function.ts";
import { watchRun } from "../road/marks.ts";
import { cpuMsSince, type RunAnswer, SETTLE_MS } from "../road/run.ts";
import { openConsumer, type Taken } from "./broker-consumer.ts";
import type { BrokerRunRequest } from "./broker-run.ts";
import type { HandBatch } from "./hand-function.ts";

const worker = new Worker(new URL("./hand-function.ts", import.meta.url));

async function run(request: BrokerRunRequest): Promise<RunAnswer> {
  const { engine, queue, batchSize, messageCount } = request;
  let waiting: Taken[] = [];
  let seenCount = 0;
  let outCount = 0;
  let invocationCount = 0;
  const marks = watchRun(1);
  const cpu = marks.first.then(() => process.cpuUsage());
  const opened = openConsumer(request, (message) => {
    waiting.push(message);
    seenCount += 1;
    callIfFull();
  });

  function callIfFull(): void {
    const isRest = seenCount === messageCount && waiting.length > 0;
    if (outCount > 0 || (waiting.length < batchSize && !isRest)) return;
    const batch = waiting.slice(0, batchSize);
    waiting = waiting.slice(batchSize);
    outCount = batch.length;
    invocationCount += 1;
    const parts: Buffer[] = [];
    for (const { body, isRedelivered, about } of batch)
      parts.push(Buffer.from(`${isRedelivered ? 1 : 0}${about()}`), body);
    const buffer = packParts(parts);
    worker.postMessage({ engine, queue, buffer } satisfies HandBatch, [buffer]);
  }

  const consumer = await opened;
  worker.on("message", () => {
    consumer.settle(outCount);
    outCount = 0;
    callIfFull();
  });
  const endMs = await marks.last;
  const wallMs = endMs - (await marks.first);
  await delay(SETTLE_MS);
  const cpuMs = cpuMsSince(await cpu);
  worker.removeAllListeners("message");
  await consumer.close();
  return { wallMs, cpuMs, invocationCount };
}

serve({ run }, async () => {
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  worker.postMessage(null);
  await ended;
});
