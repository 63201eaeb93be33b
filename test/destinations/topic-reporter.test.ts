// Messages to a topic of the mapping's own cluster: how often they are tried, what is told, and embedded topics as destinations.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createEmbeddedTopicProducer } from "../../src/destinations/embedded-topic-producer.ts";
import { createTopicReporter } from "../../src/destinations/topic-reporter.ts";
import { nextTurn } from "../../src/platform/turn.ts";
import type { Report, Reporter, ReportMessage } from "../../src/ports/reporter.ts";
import type { Produced, TopicProducer } from "../../src/ports/topic-producer.ts";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";
import { createKafkaTopics } from "../../src/stores/kafka-topics.ts";
import { openStoreAside, type StoreAside } from "../stores/aside.ts";

const message = (value: string, key: string | null = null): ReportMessage => {
  return { key: key === null ? null : Buffer.from(key), value };
};
const three = [message("a"), message("b"), message("c")];
const aReport = (more: Partial<Report> = {}): Report => {
  return { mappingUuid: "m", destinationArn: "kafka://dead", body: "", objectKey: null, messages: three, ...more };
};

const elsewhere: Reporter = { send: () => Promise.resolve({ kind: "refused", detail: "elsewhere" }) };
const done = (doneCount: number, tooLargeCount = 0): Produced => ({ doneCount, tooLargeCount, flaw: null });
const away = (doneCount = 0, mayPass = true): Produced => {
  return { doneCount, tooLargeCount: 0, flaw: { detail: "Kafka is away", mayPass } };
};

/** A cluster that answers as told, each try after so long, and at last not at all. */
function toldReporter(answers: readonly (Produced & { readonly afterMs?: number })[]) {
  const clock = createVirtualClock(0);
  const tries: { readonly atMs: number; readonly values: readonly string[]; readonly withinMs: number }[] = [];
  const producer: TopicProducer = {
    async produce(_topic, messages, withinMs) {
      const answer = answers[tries.length];
      tries.push({ atMs: clock.nowMs(), values: messages.map(({ value }) => value), withinMs });
      if (answer === undefined) throw new Error("more tries than told");
      const { afterMs = 0 } = answer;
      if (afterMs > 0) await new Promise<void>((resolve) => void clock.wakeAt(clock.nowMs() + afterMs, resolve));
      return answer;
    },
    close: () => Promise.resolve(),
  };
  const reporter = createTopicReporter({ producer, others: elsewhere, clock });
  return {
    tries,
    async send(report = aReport()) {
      let isOver = false;
      const answer = reporter.send(report).finally(() => (isOver = true));
      while (!isOver) {
        await nextTurn();
        clock.runNext(60_000);
      }
      return await answer;
    },
  };
}

describe("M-427: a topic of the cluster", () => {
  test("that takes all is told once", async () => {
    const told = toldReporter([done(3)]);
    expect(await told.send()).toEqual({ kind: "delivered" });
    expect(told.tries).toEqual([{ atMs: 0, values: ["a", "b", "c"], withinMs: 10_000 }]);
  });

  test("that is away for a moment gets what it has not got yet, and nothing twice that it has said it has", async () => {
    const told = toldReporter([away(1), away(), done(2)]);
    expect(await told.send()).toEqual({ kind: "delivered" });
    expect(told.tries.map(({ atMs, values }) => [atMs, values.join("")])).toEqual([
      [0, "abc"],
      [500, "bc"],
      [2_000, "bc"],
    ]);
  });

  test("that stays away is tried three times, then the rest is lost", async () => {
    const told = toldReporter([away(1), away(), away()]);
    expect(await told.send()).toEqual({
      kind: "refused",
      detail: "2 of 3 messages: Kafka is away, after 3 tries",
    });
  });

  test("that is slow to fail is tried no longer than ten seconds in all", async () => {
    const told = toldReporter([
      { ...away(), afterMs: 6_000 },
      { ...away(), afterMs: 3_400 },
    ]);
    expect(await told.send()).toEqual({ kind: "refused", detail: "Kafka is away, after 2 tries" });
    expect(told.tries.map(({ withinMs }) => withinMs)).toEqual([10_000, 3_500]);
  });

  test("that will never take it is tried once", async () => {
    expect(await toldReporter([away(0, false)]).send()).toEqual({ kind: "refused", detail: "Kafka is away" });
  });

  test("that takes no message so large takes the others", async () => {
    expect(await toldReporter([done(3, 1)]).send()).toEqual({
      kind: "refused",
      detail: "1 of 3 messages: the topic dead takes no message so large (max.message.bytes)",
    });
  });

  test("other destinations are not its business", async () => {
    const report = aReport({ destinationArn: "arn:aws:sqs:us-east-1:000000000000:dead" });
    expect(await toldReporter([]).send(report)).toEqual({ kind: "refused", detail: "elsewhere" });
  });
});

describe("M-424: embedded topics", () => {
  let store: StoreAside;
  beforeEach(async () => {
    store = await openStoreAside();
  });
  afterEach(() => store.close());

  test("TM-19: records of the same cluster's topic, by their keys; a topic that is not there is never made", async () => {
    const topics = createKafkaTopics(store.client, () => store.clock.nowMs());
    await topics.create("kafka/shop/dead", { partitionCount: 4 });
    const producer = createEmbeddedTopicProducer(topics, { storedName: "kafka/shop/orders", topic: "orders" });
    const reporter = createTopicReporter({ producer, others: elsewhere, clock: store.clock });

    const messages = [message("1", "a"), message("2", "a"), message("é")];
    expect(await reporter.send(aReport({ messages }))).toEqual({ kind: "delivered" });
    const seen = await Promise.all(
      [0, 1, 2, 3].map((partition) => topics.look("kafka/shop/dead", { partition, offset: 0 }, 10)),
    );
    const records = seen.flatMap((each) => each ?? []);
    expect(records.map(({ value }) => Buffer.from(value ?? []).toString()).sort()).toEqual(["1", "2", "é"]);
    const keyed = records.filter(({ key }) => key !== null);
    expect(new Set(keyed.map(({ partition }) => partition)).size).toBe(1);
    expect(keyed.map(({ offset }) => offset)).toEqual([0, 1].map((each) => each + (keyed[0]?.offset ?? 0)));

    expect(await reporter.send(aReport({ destinationArn: "kafka://none" }))).toEqual({
      kind: "refused",
      detail: "there is no topic none",
    });
    expect((await topics.list()).map(({ name }) => name)).toEqual(["kafka/shop/dead"]);
    await reporter.close();
  });
});
