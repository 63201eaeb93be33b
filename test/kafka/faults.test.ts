// What a member does when its broker goes, comes back, freezes, or refuses it. Each test has a broker of its own.

import { describe, expect, test } from "vitest";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { liveTopic, partitionOf, standingEpochs } from "./support/live-topic.ts";

const CONNECTION_TEXT = "PROBLEM: Connection error. Please check your event source connection configuration.";

describe("a member whose broker goes", () => {
  test.each(["stopped", "killed"] as const)(
    "M-401, M-813, TM-47: %s and started again: the same epoch goes on, and commits what was in flight",
    async (how) => {
      await using own = await ownKafka();
      await using live = await liveTopic({ server: own.server });
      await live.send(0, ["a"]);
      const member = live.member();
      await member.untilCount(1);
      const partition = partitionOf(member, live.unit(0));
      if (how === "killed") await own.broker.kill();
      const restarted = own.broker.restart();
      const problem = await member.until(({ events }) => events.find(({ kind }) => kind === "problem"));
      expect(problem).toMatchObject({ problem: { code: "unreachable", text: CONNECTION_TEXT } });
      await restarted;
      await member.until(({ events }) => events.find(({ kind }) => kind === "recovered"));
      await live.send(0, ["b"]);
      expect(await member.untilCount(2)).toEqual(["a", "b"]);
      expect(partitionOf(member, live.unit(0))).toBe(partition);
      expect(await member.member.commit([{ partition, place: "1" }])).toEqual({ kind: "kept", ended: [] });
      expect(await live.committed()).toBe("2");
      expect(member.events.filter(({ kind }) => kind === "problem").length).toBe(1);
    },
  );

  test("M-806: while it is away a commit is not taken, and says so", async () => {
    await using own = await ownKafka();
    await using live = await liveTopic({ server: own.server });
    await live.send(0, ["a"]);
    const member = live.member();
    await member.untilCount(1);
    const partition = partitionOf(member, live.unit(0));
    await own.broker.kill();
    await member.until(({ events }) => events.find(({ kind }) => kind === "problem"));
    expect(await member.member.commit([{ partition, place: "0" }])).toMatchObject({ kind: "failed" });
    // It goes all the same.
    await member.close();
    expect(standingEpochs(member).size).toBe(1);
    await own.broker.restart();
  });

  test("M-823: one that is told to go while its broker is frozen goes", async () => {
    await using own = await ownKafka();
    await using live = await liveTopic({ server: own.server });
    const member = live.member();
    await member.until(({ events }) => events.find(({ kind }) => kind === "assigned"));
    await own.broker.pause();
    await member.close();
    expect(member.events.map(({ kind }) => kind)).not.toContain("records");
    await own.broker.resume();
  });

  test("M-813: a broker that comes up only later is found", async () => {
    await using own = await ownKafka();
    await using live = await liveTopic({ server: own.server });
    await live.send(0, ["a"]);
    await own.broker.kill();
    const member = live.member();
    const problem = await member.until(({ events }) => events.find(({ kind }) => kind === "problem"));
    expect(problem).toMatchObject({ problem: { code: "unreachable" } });
    const source = live.source();
    expect(await source.places({ kind: "latest" })).toMatchObject({
      kind: "problem",
      problem: { code: "unreachable" },
    });
    await own.broker.restart();
    expect(await member.untilCount(1)).toEqual(["a"]);
    expect(await source.places({ kind: "latest" })).toMatchObject({ kind: "places" });
  });
});

async function ownKafka(options: NonNullable<Parameters<typeof startBroker>[1]>["kafka"] = {}) {
  const broker = await startBroker("kafka", { own: true, kafka: options });
  return { broker, server: `${broker.host}:${broker.port}`, [Symbol.asyncDispose]: () => broker.stop() };
}
