import { randomUUID } from "node:crypto";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";
import { createLocalQueues } from "../../src/stores/local-queues.ts";
import { createQueues } from "../../src/stores/store-queues.ts";
import { describeDeadLettersContract } from "../contracts/dead-letters-contract.ts";
import { describeQueuesContract, type QueuesUnderTest } from "../contracts/queues-contract.ts";
import { describeFifoQueuesContract } from "../contracts/queues-fifo-contract.ts";
import { openStoreAside } from "./aside.ts";

const STARTS_AT_MS = 1_790_000_000_000;

function localQueues(): Promise<QueuesUnderTest> {
  const clock = createVirtualClock(STARTS_AT_MS);
  const { queues, close } = createLocalQueues({ clock, uuid: randomUUID });
  return Promise.resolve({
    queues,
    nowMs: () => clock.nowMs(),
    pass(ms) {
      const untilMs = clock.nowMs() + ms;
      while (clock.runNext(untilMs));
      clock.passTo(untilMs);
      return Promise.resolve();
    },
    close: () => Promise.resolve(close()),
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
