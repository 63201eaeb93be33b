// The whole port over doubles, on a free port of this machine; closed with the test.

import { onTestFinished } from "vitest";
import type { FunctionApi } from "../../../src/control/functions/function-api.ts";
import { createHttpServer } from "../../../src/control/http/http-server.ts";
import { type ConfiguredSecret, createSecretTable } from "../../../src/control/secrets/secret-table.ts";
import { createJournalFeed, type JournalFeed } from "../../../src/journal/journal-feed.ts";
import { createSystemRandom } from "../../../src/platform/system-random.ts";
import type { Queues } from "../../../src/ports/queues.ts";
import { createQueues } from "../../../src/stores/store-queues.ts";
import { startThreadAside } from "../../stores/aside.ts";
import { aHouse, type House, surroundings } from "./house.ts";
import { memoryFunctions } from "./memory-functions.ts";
import { noInvoke } from "./no-invoke.ts";

export interface Served extends House {
  readonly url: string;
  readonly port: number;
  readonly feed: JournalFeed;
  readonly functionApi: FunctionApi;
  /** Of a real store. */
  readonly queues: Queues;
}

const VERSION_ID = "11111111-2222-4333-8444-555555555555";

export async function aServedHouse(secrets: readonly ConfiguredSecret[] = []): Promise<Served> {
  const house = await aHouse();
  const feed = createJournalFeed();
  const store = await startThreadAside();
  const queues = createQueues(store.client);
  const functionApi = memoryFunctions({
    clock: house.clock,
    random: createSystemRandom(),
    settings: surroundings,
  });
  const server = createHttpServer({
    control: house.control,
    invoke: noInvoke,
    functions: functionApi,
    streams: house.streams,
    queues,
    secrets: createSecretTable(secrets, {
      settings: surroundings,
      nowMs: 1_789_481_367_345,
      versionId: () => VERSION_ID,
    }),
    journal: feed,
    clock: house.clock,
    random: createSystemRandom(),
    settings: surroundings,
    isReady: () => true,
    allowedHosts: ["aws.example"],
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(async () => {
    await server.close(0);
    await house.control.close();
    await store.close();
  });
  return { ...house, url, port: Number(new URL(url).port), feed, queues, functionApi };
}
