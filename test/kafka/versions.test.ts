// Kafka versions that people still run, each as a broker of its own (M-822). In the soak, as older jars are fetched for it alone.

import { describe, expect, test } from "vitest";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { inSoak } from "../in-soak.ts";
import { liveTopic, partitionOf } from "./support/live-topic.ts";

describe.each(["4.0.2", "3.9.2"] as const)("a member of a group on Kafka %s", (version) => {
  test("M-822: reads, hands over, commits, and knows a topic by its id", inSoak, async () => {
    await using own = await ownKafka(version);
    await using live = await liveTopic({ server: own.server, partitionCount: 2 });
    await live.send(0, ["a", "b"]);
    await live.send(1, ["c"]);
    expect(await live.source().places({ kind: "latest" })).toMatchObject({
      places: [{ after: "1" }, { after: "0" }],
    });
    const first = live.member();
    expect((await first.untilCount(3)).toSorted()).toEqual(["a", "b", "c"]);
    await first.member.commit([{ partition: partitionOf(first, live.unit(0)), place: "1" }]);
    expect(await live.committed(0)).toBe("2");
    await first.close();
    const second = live.member();
    expect(await second.untilCount(1)).toEqual(["c"]);
    await live.admin.deleteTopics({ topics: [live.topic] });
    await second.until(({ events }) => events.find(({ kind }) => kind === "problem"));
    await live.make();
    await live.send(0, ["new 0", "new 1", "new 2"]);
    expect((await second.untilCount(4)).slice(1)).toEqual(["new 0", "new 1", "new 2"]);
  });

  test("M-804, M-816: transactions, and packed records", inSoak, async () => {
    await using own = await ownKafka(version);
    await using live = await liveTopic({ server: own.server });
    const producer = live.client.producer({ transactionalId: live.topic, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const aborted = await producer.transaction();
    await aborted.send({ topic: live.topic, compression: 1, messages: [{ value: "no" }] });
    await aborted.abort();
    const kept = await producer.transaction();
    await kept.send({ topic: live.topic, compression: 1, messages: [{ value: "a" }] });
    await kept.commit();
    await producer.disconnect();
    const member = live.member();
    expect(await member.untilCount(1)).toEqual(["a"]);
    await member.until(({ events }) => events.find(({ kind }) => kind === "passed"));
  });
});

async function ownKafka(version: "4.0.2" | "3.9.2") {
  const broker = await startBroker("kafka", { own: true, kafka: { version } });
  return { server: `${broker.host}:${broker.port}`, [Symbol.asyncDispose]: () => broker.stop() };
}
