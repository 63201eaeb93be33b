// The yardstick of the client itself: kafkajs' `eachBatch` on one thread, which looks at every value and commits as it does by itself.
// There is no function, and a batch is what a fetch has brought.

import { serve } from "../child.ts";
import { monotonicMs } from "../road/marks.ts";
import { LAST_KEY } from "../road/record-shape.ts";
import { cpuMsSince, type RunAnswer } from "../road/run.ts";
import { kafkaClient, type KafkaRunRequest } from "./kafka-run.ts";

async function run({ server, topic, groupId, partitionCount }: KafkaRunRequest): Promise<RunAnswer> {
  const consumer = kafkaClient(server).consumer({ groupId });
  const done = Promise.withResolvers<void>();
  let endedCount = 0;
  let byteCount = 0;
  let invocationCount = 0;
  let firstMs = 0;
  let cpu = process.cpuUsage();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    partitionsConsumedConcurrently: partitionCount,
    async eachBatch({ batch: { messages } }) {
      if (invocationCount === 0) {
        firstMs = monotonicMs();
        cpu = process.cpuUsage();
      }
      invocationCount += 1;
      for (const { value } of messages) byteCount += value?.length ?? 0;
      if (messages.at(-1)?.key?.toString() === LAST_KEY) endedCount += 1;
      if (endedCount === partitionCount) done.resolve();
    },
  });
  await done.promise;
  const wallMs = monotonicMs() - firstMs;
  const cpuMs = cpuMsSince(cpu);
  if (byteCount === 0) throw new Error("the topic has no values");
  await consumer.disconnect();
  return { wallMs, cpuMs, invocationCount };
}

serve({ run }, async () => {});
