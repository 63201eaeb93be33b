import { expect, test } from "vitest";
import { sharedBrokerUrl } from "../brokers/shared-broker.ts";
import { aClient, aLiveMapping, numbered, until } from "./support/live-mapping.ts";

const url = await sharedBrokerUrl("rabbitmq");

test("TR-01, R-121, R-401: seven messages go in events of 3, 3 and 1 under the queue's key, and nothing is left", async () => {
  const client = await aClient(url);
  const queue = await client.queue();
  await client.send(queue, numbered(7));
  const mapping = aLiveMapping({ url, queue, batchSize: 3, windowMs: 300 });
  await until(() => mapping.texts().length === 7);
  await mapping.stop();
  expect(mapping.events.map(({ texts }) => texts.length)).toEqual([3, 3, 1]);
  expect(mapping.events[0]?.key).toBe(`${queue}::/`);
  expect(mapping.texts()).toEqual(numbered(7));
  expect(await client.readyCount(queue)).toBe(0);
});
