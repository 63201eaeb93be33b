// Topics for tests: over the queues and tables of a store aside, with functions and addresses that a test answers for.

import { onTestFinished } from "vitest";
import { type OpenTopics, openTopics, type TopicsOptions } from "../../src/destinations/topics/topics.ts";
import { createSystemRandom } from "../../src/platform/system-random.ts";
import type { Queues } from "../../src/ports/queues.ts";
import { createTables } from "../../src/stores/store-tables.ts";
import { ACCOUNT_ID, REGION, type StoreAside } from "../stores/aside.ts";

export async function openTopicsAside(
  store: StoreAside,
  queues: Queues,
  given: Partial<TopicsOptions> = {},
): Promise<OpenTopics> {
  const topics = await openTopics({
    tables: createTables(store.client),
    queues,
    clock: store.clock,
    random: createSystemRandom(),
    journal: { append: () => undefined },
    poster: { post: () => Promise.resolve({ kind: "answered", status: 200 }) },
    settings: { partition: "aws", region: REGION, accountId: ACCOUNT_ID },
    endpointUrl: () => "http://127.0.0.1:4566",
    invoke: () => Promise.resolve(null),
    ...given,
  });
  onTestFinished(() => topics.close());
  return topics;
}
