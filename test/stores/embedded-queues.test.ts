import { randomUUID } from "node:crypto";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";
import { createLocalQueues } from "../../src/stores/local-queues.ts";
import { createQueues } from "../../src/stores/store-queues.ts";
import { describeDeadLettersContract } from "../contracts/dead-letters-contract.ts";
import { describeQueuesContract, type QueuesUnderTest } from "../contracts/queues-contract.ts";
import { describeFifoQueuesContract } from "../contracts/queues-fifo-contract.ts";
import { describeQueueWaitsContract } from "../contracts/queue-waits-contract.ts";
import { describeQueuesModel } from "../contracts/queues-model.ts";
import { createStoreClient } from "../../src/stores/store-client.ts";
import { openStoreAside, startThreadAside } from "./aside.ts";

const STARTS_AT_MS = 1_790_000_000_000;

function localQueues(): Promise<QueuesUnderTest> {
  const clock = createVirtualClock(STARTS_AT_MS);
  const local = createLocalQueues({ clock, uuid: randomUUID });
  return Promise.resolve({
    queues: local.queues,
    nowMs: () => clock.nowMs(),
    pass(ms) {
      const untilMs = clock.nowMs() + ms;
      while (clock.runNext(untilMs));
      clock.passTo(untilMs);
      return Promise.resolve();
    },
    close: () => Promise.resolve(local.close()),
  });
}

async function storeQueues(): Promise<QueuesUnderTest> {
  const store = await openStoreAside();
  return {
    queues: createQueues(store.client),
    nowMs: () => store.clock.nowMs(),
    pass: (ms) => Promise.resolve(store.clock.moveBy(ms)),
    close: () => store.close(),
  };
}

for (const [name, makeStore] of [
  ["the embedded store", storeQueues],
  ["queues in the caller's thread", localQueues],
] as const) {
  describeQueuesContract(name, makeStore);
  describeFifoQueuesContract(name, makeStore);
  describeDeadLettersContract(name, makeStore);
}

describeQueuesModel("queues in the caller's thread", localQueues, { runCount: 300 });
describeQueuesModel("the embedded store", storeQueues, { runCount: 20 });

describeQueueWaitsContract("the embedded store in its thread", async () => {
  const aside = await startThreadAside();
  const other = createStoreClient(aside.thread.connect());
  return {
    queues: createQueues(aside.client),
    others: createQueues(other),
    close() {
      other.close();
      return aside.close();
    },
  };
});

describeQueueWaitsContract("queues in the caller's thread", () => {
  const local = createLocalQueues({ clock: createSystemClock(), uuid: randomUUID });
  return Promise.resolve({
    queues: local.queues,
    others: local.queues,
    close: () => Promise.resolve(local.close()),
  });
});
