// What a member does when its broker goes, comes back, freezes, or refuses it. The tests share a broker that is up again at the end of each.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunningBroker } from "../../scripts/brokers/broker.ts";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { liveTopic, partitionOf, standingEpochs } from "./support/live-topic.ts";

const CONNECTION_TEXT = "PROBLEM: Connection error. Please check your event source connection configuration.";

let broker: RunningBroker;
beforeAll(async () => {
  broker = await startBroker("kafka", { own: true });
}, 120_000);
afterAll(() => broker.stop());

describe("a member whose broker goes", () => {
  test.each(["stopped", "killed"] as const)(
    "M-401, M-813, TM-47: %s and started again: the same epoch goes on, and commits what was in flight",
    async (how) => {
      await using live = await liveTopic({ server: `${broker.host}:${broker.port}` });
      await live.send(0, ["a"]);
      const member = live.member();
      await member.untilCount(1);
      const partition = partitionOf(member, live.unit(0));
      if (how === "killed") await broker.kill();
      const restarted = broker.restart();
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
    await using live = await liveTopic({ server: `${broker.host}:${broker.port}` });
    await live.send(0, ["a"]);
    const member = live.member();
    await member.untilCount(1);
    const partition = partitionOf(member, live.unit(0));
    await broker.kill();
    await member.until(({ events }) => events.find(({ kind }) => kind === "problem"));
    expect(await member.member.commit([{ partition, place: "0" }])).toMatchObject({ kind: "failed" });
    // It goes all the same.
    await member.close();
    expect(standingEpochs(member).size).toBe(1);
    await broker.restart();
  });

  test("M-823: one that is told to go while its broker is frozen goes", async () => {
    await using live = await liveTopic({ server: `${broker.host}:${broker.port}` });
    const member = live.member();
    await member.until(({ events }) => events.find(({ kind }) => kind === "assigned"));
    await broker.pause();
    await member.close();
    expect(member.events.map(({ kind }) => kind)).not.toContain("records");
    await broker.resume();
  });

  test("M-813: a broker that comes up only later is found", async () => {
    await using live = await liveTopic({ server: `${broker.host}:${broker.port}` });
    await live.send(0, ["a"]);
    await broker.kill();
    const member = live.member();
    const problem = await member.until(({ events }) => events.find(({ kind }) => kind === "problem"));
    expect(problem).toMatchObject({ problem: { code: "unreachable" } });
    const source = live.source();
    expect(await source.places({ kind: "latest" })).toMatchObject({
      kind: "problem",
      problem: { code: "unreachable" },
    });
    await broker.restart();
    expect(await member.untilCount(1)).toEqual(["a"]);
    expect(await source.places({ kind: "latest" })).toMatchObject({ kind: "places" });
  });
});
