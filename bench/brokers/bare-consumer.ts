// The yardstick of the brokers' own clients: one thread, which settles a batch when it is full and looks at nothing.

import { serve } from "../child.ts";
import { monotonicMs } from "../road/marks.ts";
import { cpuMsSince, type RunAnswer } from "../road/run.ts";
import { openConsumer } from "./broker-consumer.ts";
import { type BrokerRunRequest, isFirst } from "./broker-run.ts";

async function run(request: BrokerRunRequest): Promise<RunAnswer> {
  const { batchSize, messageCount } = request;
  let seenCount = 0;
  let unsettledCount = 0;
  let invocationCount = 0;
  let firstMs = 0;
  let cpu = process.cpuUsage();
  const done = Promise.withResolvers<void>();
  const consumer = openConsumer(request, ({ body }) => {
    if (seenCount === 0) {
      firstMs = monotonicMs();
      cpu = process.cpuUsage();
      if (!isFirst(body)) done.reject(new Error("the first message is another one"));
    }
    seenCount += 1;
    unsettledCount += 1;
    if (unsettledCount < batchSize && seenCount < messageCount) return;
    const count = unsettledCount;
    unsettledCount = 0;
    invocationCount += 1;
    void consumer.then((open) => open.settle(count));
    if (seenCount === messageCount) done.resolve();
  });
  await done.promise;
  const wallMs = monotonicMs() - firstMs;
  const cpuMs = cpuMsSince(cpu);
  await (await consumer).close();
  return { wallMs, cpuMs, invocationCount };
}

serve({ run }, async () => {});
