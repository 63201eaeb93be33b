// Mappings on a real Kafka: what their function sees, what is committed, and when.

import { describe, expect, test } from "vitest";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { liveMapping } from "./support/live-mapping.ts";
import { liveTopic } from "./support/live-topic.ts";

/** A call that is out until it is let go. */
function gate() {
  const entered = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  return {
    entered: entered.promise,
    open: () => opened.resolve(),
    async pass(): Promise<void> {
      entered.resolve();
      await opened.promise;
    },
  };
}

describe("a mapping on a real Kafka", () => {
  test("M-402, TM-11, TM-12: batches mix partitions, are tried until they succeed, and only then committed", async () => {
    await using live = await liveTopic({ partitionCount: 2 });
    await live.send(0, ["a", "b"]);
    await live.send(1, ["c"]);
    const committed: (string | null)[] = [];
    const mapping = liveMapping(live, {
      lane: { windowMs: 300 },
      async handler() {
        committed.push(await live.committed(0), await live.committed(1));
        if (mapping.events.length < 3) throw new Error("not yet");
      },
    });
    await live.eventually(async () => (await live.committed(0)) === "2" && (await live.committed(1)) === "1");
    expect(mapping.events).toEqual(Array.from({ length: 3 }, () => ({ 0: ["a", "b"], 1: ["c"] })));
    expect(committed).toEqual(Array.from({ length: 6 }, () => null));
  });

  test("M-505, TM-39: LATEST cuts where the mapping began, also for a partition that nothing was read of", async () => {
    await using live = await liveTopic({ partitionCount: 2 });
    await live.send(0, ["before"]);
    const first = liveMapping(live, { start: { kind: "latest" } });
    await first.positioned;
    await first.stop();
    await live.send(0, ["between"]);
    await live.send(1, ["between"]);
    const second = liveMapping(live, { start: { kind: "latest" } });
    await live.eventually(() => Promise.resolve(second.values().length === 2));
    await live.send(0, ["behind"]);
    await live.eventually(() => Promise.resolve(second.values().includes("behind")));
    expect(second.values()).toEqual(["between", "between", "behind"]);
  });

  test("M-706, TM-50: LATEST on a topic that comes later has all of it", async () => {
    await using live = await liveTopic({ isMade: false });
    const mapping = liveMapping(live, { start: { kind: "latest" } });
    await mapping.positioned;
    await live.eventually(() => Promise.resolve(mapping.problems.length > 0));
    expect(mapping.problems).toEqual([
      "PROBLEM: Connection error. Please check your event source connection configuration.",
    ]);
    await live.make();
    await live.send(0, ["a", "b"]);
    await live.eventually(() => Promise.resolve(mapping.values().length === 2));
    await live.eventually(async () => (await live.committed()) === "2");
    expect(mapping.problems.at(-1)).toBeNull();
  });

  test("M-808, TM-44: a call whose partition is taken away commits nothing; the new owner calls again", async () => {
    await using live = await liveTopic({ partitionCount: 2 });
    await live.send(0, ["p0"]);
    await live.send(1, ["p1"]);
    const call = gate();
    const first = liveMapping(live, { lane: { windowMs: 300 }, handler: () => call.pass() });
    await call.entered;
    const second = liveMapping(live, {});
    await live.eventually(() => Promise.resolve(second.values().length === 1));
    const [taken = ""] = second.values();
    const kept = taken === "p0" ? 1 : 0;
    await live.eventually(async () => (await live.committed(1 - kept)) === "1");
    expect(await live.committed(kept)).toBeNull();
    call.open();
    await live.eventually(async () => (await live.committed(kept)) === "1");
    expect(first.events.length).toBe(1);
    expect(second.values()).toEqual([taken]);
  });

  test("M-507, M-823, TM-52: a stop in the middle of a call waits for it and commits; the next start goes on behind", async () => {
    await using live = await liveTopic();
    await live.send(0, ["a"]);
    const call = gate();
    const first = liveMapping(live, { handler: () => call.pass() });
    await call.entered;
    const stopped = first.stop();
    call.open();
    await stopped;
    expect(await live.committed()).toBe("1");
    await live.send(0, ["b"]);
    const second = liveMapping(live, {});
    await live.eventually(() => Promise.resolve(second.values().length > 0));
    expect(second.values()).toEqual(["b"]);
  });

  test("M-803, TM-48: a function that runs longer than the group's session is called once", async () => {
    await using live = await liveTopic();
    await live.send(0, ["a"]);
    const call = gate();
    const mapping = liveMapping(live, { times: { sessionMs: 6_000, heartbeatMs: 1_000 }, handler: () => call.pass() });
    await call.entered;
    await live.pastMs(8_000);
    call.open();
    await live.eventually(async () => (await live.committed()) === "1");
    expect(mapping.values()).toEqual(["a"]);
  });

  test("M-401, TM-47: the broker restarts while the function runs: it is committed, and called once", async () => {
    const broker = await startBroker("kafka", { own: true });
    await using live = await liveTopic({ server: `${broker.host}:${broker.port}` });
    await live.send(0, ["a"]);
    const call = gate();
    const mapping = liveMapping(live, { handler: () => call.pass() });
    await call.entered;
    await broker.restart();
    call.open();
    await live.eventually(async () => (await live.committed()) === "1");
    await live.send(0, ["b"]);
    await live.eventually(() => Promise.resolve(mapping.values().includes("b")));
    expect(mapping.values()).toEqual(["a", "b"]);
    await mapping.stop();
    await broker.stop();
  });

  test("M-203, M-208: many records come all, and in order, also where reading is paused and goes on", async () => {
    await using live = await liveTopic();
    const values = Array.from({ length: 20_000 }, (_, index) => String(index).padStart(1_000, "0"));
    for (let from = 0; from < values.length; from += 500) await live.send(0, values.slice(from, from + 500));
    const mapping = liveMapping(live, { lane: { batchSize: 1_000 } });
    await live.eventually(async () => (await live.committed()) === "20000");
    expect(mapping.values().map(Number)).toEqual(values.map(Number));
  });
});
