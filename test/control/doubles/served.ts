// The whole port over doubles, on a free port of this machine; closed with the test.

import { onTestFinished } from "vitest";
import { createHttpServer } from "../../../src/control/http/http-server.ts";
import type { PeekedMessage } from "../../../src/control/lookups.ts";
import { createJournalFeed, type JournalFeed } from "../../../src/journal/journal-feed.ts";
import { createSystemRandom } from "../../../src/platform/system-random.ts";
import { aHouse, type House, surroundings } from "./house.ts";
import { noInvoke } from "./no-invoke.ts";

export interface Served extends House {
  readonly url: string;
  readonly port: number;
  readonly feed: JournalFeed;
  readonly messages: Map<string, PeekedMessage[]>;
}

export async function aServedHouse(): Promise<Served> {
  const house = await aHouse();
  const feed = createJournalFeed();
  const messages = new Map<string, PeekedMessage[]>();
  const server = createHttpServer({
    control: house.control,
    invoke: noInvoke,
    streams: house.streams,
    queues: {
      listQueues: async () => [...messages].map(([name, list]) => ({ name, messageCount: list.length })),
      peek: async (name, max) => messages.get(name)?.slice(0, max) ?? null,
    },
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
  });
  return { ...house, url, port: Number(new URL(url).port), feed, messages };
}
