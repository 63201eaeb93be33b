// Stories of J.7: lanes, shards, starting positions, and a mapping that is stopped, changed and started again.

import { describe, expect, test } from "vitest";
import { aHouse, keysApart, range, shard } from "./told-house.ts";

describe("lanes", () => {
  test("T-100, P-6: with one lane the second call starts only after the first has ended", async () => {
    const told = await aHouse(() => ({ tookMs: 5_000 }));
    told.putAll(range(1, 20));
    await told.map({ BatchSize: 10 });
    await told.untilCalls(2);
    const [first, second] = told.house.calls();
    expect(told.calls()).toEqual([range(1, 10), range(11, 20)]);
    expect(second?.startedAtMs).toBeGreaterThanOrEqual(first?.endedAtMs ?? Number.NaN);
  });

  test("T-101, E-64, E-65: one key's poison holds its own lane; the other goes on, and the checkpoint stays before it", async () => {
    const [held, free] = keysApart(2);
    const told = await aHouse(({ labels }) => ({ throws: labels.includes("poison") }));
    const uuid = await told.map({ BatchSize: 1, ParallelizationFactor: 2 });
    told.put("0", { key: free });
    told.put("poison", { key: held });
    told.putAll(["f1", "f2", "f3"], { key: free });
    told.put("behind", { key: held });
    await told.house.pass(20_000);
    expect(
      told
        .calls()
        .flat()
        .filter((label) => label !== "poison"),
    ).toEqual(["0", "f1", "f2", "f3"]);
    expect(told.committed(uuid)).toBe("0");
  });

  test("T-102, E-62: with factor 10, one key is never in two calls at once, and stays in order", async () => {
    const told = await aHouse(() => ({ tookMs: 100 }));
    told.putAll(range(1, 100), { key: "one" });
    await told.map({ BatchSize: 3, ParallelizationFactor: 10 });
    await told.untilCalls(34);
    const calls = told.house.calls();
    const overlaps = calls.filter((call, index) => call.startedAtMs < (calls[index - 1]?.endedAtMs ?? 0));
    expect(told.calls().flat()).toEqual(range(1, 100));
    expect(overlaps).toEqual([]);
  });

  test("T-103, E-65: after a crash what had ended beyond the checkpoint may come again, and nothing is lost", async () => {
    const [held, free] = keysApart(2);
    let isBroken = true;
    const told = await aHouse(({ labels }) => ({ throws: isBroken && labels.includes("poison") }));
    const uuid = await told.map({ BatchSize: 1, ParallelizationFactor: 2 });
    told.put("poison", { key: held });
    told.putAll(["f1", "f2"], { key: free });
    await told.house.pass(5_000);
    isBroken = false;
    told.house.crash();
    told.put("later", { key: held });
    await told.house.pass(10_000);
    expect(told.committed(uuid)).toBe("later");
    const last = told.calls().slice(-4).flat();
    expect(last.toSorted()).toEqual(["f1", "f2", "later", "poison"]);
    expect(last.indexOf("poison")).toBeLessThan(last.indexOf("later"));
  });
});

describe("shards that split and merge, P-8", () => {
  test("T-104: after a split all of the parent comes before its children", async () => {
    const told = await aHouse(() => ({ tookMs: 500 }));
    const { stream } = told;
    told.putAll(range(1, 3), { shard: shard(0) });
    stream.closeShard(shard(0));
    stream.addShard(shard(1), [shard(0)]);
    stream.addShard(shard(2), [shard(0)]);
    told.put("4", { shard: shard(1) });
    told.put("5", { shard: shard(2) });
    const uuid = await told.map({ BatchSize: 1 });
    await told.untilCalls(5);
    await told.house.pass(1_000);
    expect(told.calls().slice(0, 3).flat()).toEqual(range(1, 3));
    expect(told.calls().slice(3).flat().toSorted()).toEqual(["4", "5"]);
    expect(told.house.checkpoint(uuid, shard(0))?.isEnded).toBe(true);
  });

  test("T-105: after a merge the child waits for both of its parents", async () => {
    const told = await aHouse(({ labels }) => ({ tookMs: labels[0]?.startsWith("slow") ? 5_000 : 10 }), { shards: 2 });
    const { stream } = told;
    await told.map({ BatchSize: 1 });
    told.putAll(["fast1", "fast2"], { shard: shard(0) });
    told.putAll(["slow1", "slow2"], { shard: shard(1) });
    for (const parent of [shard(0), shard(1)]) stream.closeShard(parent);
    stream.addShard(shard(2), [shard(0), shard(1)]);
    told.put("child", { shard: shard(2) });
    await told.untilCalls(5);
    expect(told.calls().flat().toSorted()).toEqual(["child", "fast1", "fast2", "slow1", "slow2"]);
    expect(told.calls().at(-1)).toEqual(["child"]);
  });

  test("T-106: a parent that is held by a poison record holds its children", async () => {
    let isBroken = true;
    const told = await aHouse(({ labels }) => ({ throws: isBroken && labels.includes("poison") }));
    const { stream } = told;
    await told.map({ BatchSize: 1 });
    told.put("poison", { shard: shard(0) });
    stream.closeShard(shard(0));
    stream.addShard(shard(1), [shard(0)]);
    told.put("child", { shard: shard(1) });
    await told.house.pass(60_000);
    expect(new Set(told.calls().flat())).toEqual(new Set(["poison"]));
    isBroken = false;
    await told.house.pass(60_000);
    expect(told.calls().at(-1)).toEqual(["child"]);
  });

  test("T-106, P-8: a crash between a parent's end and its children loses none of them", async () => {
    const told = await aHouse();
    const { stream } = told;
    await told.map();
    told.put("1", { shard: shard(0) });
    await told.untilCalls(1);
    stream.closeShard(shard(0));
    told.house.crash();
    stream.addShard(shard(1), [shard(0)]);
    told.put("2", { shard: shard(1) });
    await told.house.pass(5_000);
    expect(new Set(told.calls().flat())).toEqual(new Set(["1", "2"]));
    expect(told.calls().at(-1)).toEqual(["2"]);
  });
});

describe("starting positions", () => {
  test("T-107, H-2: LATEST is cut exactly where the mapping becomes Enabled", async () => {
    const told = await aHouse();
    told.put("before");
    await told.map({ StartingPosition: "LATEST" });
    told.put("after");
    await told.house.pass(5_000);
    expect(told.calls()).toEqual([["after"]]);
  });

  test("T-107, H-2: the cut outlives a crash before the first record", async () => {
    const told = await aHouse();
    told.put("before");
    await told.map({ StartingPosition: "LATEST" });
    told.house.crash();
    told.put("between");
    await told.house.pass(5_000);
    expect(told.calls()).toEqual([["between"]]);
  });

  test("T-107, H-5: with LATEST a shard that appears later is read from its beginning", async () => {
    const told = await aHouse();
    const { stream } = told;
    await told.map({ StartingPosition: "LATEST" });
    stream.closeShard(shard(0));
    stream.addShard(shard(1), [shard(0)]);
    told.put("1", { shard: shard(1) });
    await told.house.pass(10_000);
    expect(told.calls()).toEqual([["1"]]);
  });

  test("T-108, H-3: AT_TIMESTAMP begins with the first record that arrived at the instant or later", async () => {
    const told = await aHouse();
    told.put("1");
    await told.house.pass(5_000);
    const atSeconds = told.house.nowMs() / 1_000;
    await told.house.pass(5_000);
    told.put("2");
    await told.map({ StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp: atSeconds });
    await told.house.pass(5_000);
    expect(told.calls()).toEqual([["2"]]);
  });

  test("T-109, H-1: TRIM_HORIZON gives old and new records, all, in order", async () => {
    const told = await aHouse();
    told.putAll(range(1, 20));
    await told.map({ BatchSize: 10 });
    told.putAll(range(21, 30));
    await told.house.pass(5_000);
    expect(told.calls()).toEqual([range(1, 10), range(11, 20), range(21, 30)]);
  });
});

describe("life cycle", () => {
  test("T-110, H-6: disabled and enabled again, a mapping goes on where it was: nothing twice, nothing lost", async () => {
    const told = await aHouse();
    const uuid = await told.map();
    told.putAll(range(1, 3));
    await told.house.pass(1_000);
    await told.update(uuid, { Enabled: false });
    await told.untilState(uuid, "Disabled");
    told.putAll(range(4, 6));
    await told.house.pass(60_000);
    expect(told.calls().flat()).toEqual(range(1, 3));
    await told.update(uuid, { Enabled: true });
    await told.house.pass(5_000);
    expect(told.calls().flat()).toEqual(range(1, 6));
  });

  test("T-110, H-7: a call that runs while the mapping is disabled ends, and its outcome is kept", async () => {
    const told = await aHouse(() => ({ tookMs: 10_000 }));
    const uuid = await told.map({ BatchSize: 2 });
    told.putAll(range(1, 4));
    await told.house.pass(1_000);
    await told.update(uuid, { Enabled: false });
    expect((await told.get(uuid))["State"]).toBe("Disabling");
    await told.untilState(uuid, "Disabled");
    await told.house.pass(30_000);
    expect([told.calls(), told.committed(uuid)]).toEqual([[["1", "2"]], "2"]);
    await told.update(uuid, { Enabled: true });
    await told.house.pass(30_000);
    expect(told.calls()).toEqual([
      ["1", "2"],
      ["3", "4"],
    ]);
  });

  test("T-111, H-9: deleted and created anew, a mapping has another UUID and no memory", async () => {
    const told = await aHouse();
    told.putAll(range(1, 2));
    const first = await told.map();
    await told.house.pass(1_000);
    await told.house.settled(told.house.control.deleteMapping(first));
    await told.house.pass(1_000);
    const second = await told.map();
    await told.house.pass(1_000);
    expect(second).not.toBe(first);
    expect(told.calls()).toEqual([
      ["1", "2"],
      ["1", "2"],
    ]);
  });

  test("T-112, H-10: a smaller BatchSize leaves the batch that is retried alone and holds from the next one on", async () => {
    let isBroken = true;
    const told = await aHouse(() => ({ throws: isBroken }));
    const uuid = await told.map({ BatchSize: 10 });
    told.putAll(range(1, 13));
    await told.untilCalls(2);
    await told.update(uuid, { BatchSize: 2 });
    await told.untilCalls(4);
    isBroken = false;
    await told.house.pass(60_000);
    const calls = told.calls();
    const retried = calls.filter((labels) => labels.length === 10);
    expect(retried.length).toBe(calls.length - 2);
    expect(calls.slice(-2)).toEqual([["11", "12"], ["13"]]);
  });

  test("T-112, E-66: another ParallelizationFactor starts the lanes anew at the common checkpoint, and loses nothing", async () => {
    const told = await aHouse(() => ({ tookMs: 100 }));
    const uuid = await told.map({ BatchSize: 2, ParallelizationFactor: 4 });
    told.putAll(range(1, 40));
    await told.untilCalls(6);
    await told.update(uuid, { ParallelizationFactor: 1 });
    await told.untilState(uuid, "Enabled");
    await told.house.pass(60_000);
    expect(new Set(told.calls().flat())).toEqual(new Set(range(1, 40)));
    expect(told.committed(uuid)).toBe("40");
  });

  test("E-66: with several shards, too, another factor lets every shard go on", async () => {
    const told = await aHouse(() => ({}), { shards: 3 });
    const uuid = await told.map();
    for (const index of [0, 1, 2]) told.put(`a${index}`, { shard: shard(index) });
    await told.house.pass(1_000); // So that nothing is under way and all shards stop in one turn.
    await told.update(uuid, { ParallelizationFactor: 2 });
    await told.untilState(uuid, "Enabled");
    for (const index of [0, 1, 2]) told.put(`b${index}`, { shard: shard(index) });
    await told.house.pass(5_000);
    expect(told.calls().flat().toSorted()).toEqual(["a0", "a1", "a2", "b0", "b1", "b2"]);
  });

  test("P-9: after a start that met a source away, children that appear late are found all the same", async () => {
    const told = await aHouse();
    const { stream } = told;
    stream.setProblem({ code: "unreachable", text: "PROBLEM: away", detail: "told to" });
    const mapping = told.map();
    await told.house.pass(2_000);
    stream.setProblem(null);
    await mapping;
    told.put("1", { shard: shard(0) });
    stream.closeShard(shard(0));
    await told.house.pass(10_000);
    stream.addShard(shard(1), [shard(0)]);
    told.put("2", { shard: shard(1) });
    await told.house.pass(10_000);
    expect(told.calls()).toEqual([["1"], ["2"]]);
  });

  test("P-13: that a source can be read again is said, though nothing has come", async () => {
    const told = await aHouse();
    const uuid = await told.map();
    told.put("1");
    await told.house.pass(1_000);
    told.stream.setProblem({ code: "denied", text: "PROBLEM: away", detail: "told to" });
    await told.house.pass(10_000);
    expect((await told.get(uuid))["LastProcessingResult"]).toBe("PROBLEM: away");
    told.stream.setProblem(null);
    await told.house.pass(10_000);
    expect((await told.get(uuid))["LastProcessingResult"]).toBe("OK");
  });

  test("T-113, P-13: a source that cannot be read is said, uses no attempt, and loses nothing", async () => {
    const told = await aHouse();
    const uuid = await told.map({ MaximumRetryAttempts: 0 });
    const text = "PROBLEM: the stream cannot be read";
    told.stream.setProblem({ code: "denied", text, detail: "told to" });
    told.put("1");
    await told.house.pass(30_000);
    expect(await told.get(uuid)).toMatchObject({ State: "Enabled", LastProcessingResult: text });
    told.stream.setProblem(null);
    await told.house.pass(30_000);
    expect([told.calls(), told.documents()]).toEqual([[["1"]], []]);
    expect((await told.get(uuid))["LastProcessingResult"]).toBe("OK");
  });

  test("P-13, E-66: trouble that is over by the time that lanes start anew is not shown any more", async () => {
    const told = await aHouse();
    const uuid = await told.map();
    told.put("1");
    await told.untilCalls(1);
    const text = "PROBLEM: the stream cannot be read";
    told.stream.setProblem({ code: "denied", text, detail: "told to" });
    await told.house.pass(30_000);
    expect((await told.get(uuid))["LastProcessingResult"]).toBe(text);
    await told.update(uuid, { ParallelizationFactor: 2 });
    told.stream.setProblem(null);
    told.put("2");
    await told.untilCalls(2);
    await told.house.pass(1_000);
    expect((await told.get(uuid))["LastProcessingResult"]).toBe("OK");
  });

  test("T-114, E-68: a reader that retention has overtaken goes on with the oldest record left, and says what is lost", async () => {
    const told = await aHouse(({ labels }) => ({ tookMs: labels.includes("0") ? 60_000 : 10 }), { timeoutMs: 90_000 });
    told.put("0");
    const uuid = await told.map({ BatchSize: 1 });
    await told.house.pass(1_000);
    await told.update(uuid, { Enabled: false });
    await told.untilState(uuid, "Disabled");
    told.putAll(range(1, 5));
    told.stream.trim(shard(0), 4);
    await told.update(uuid, { Enabled: true });
    await told.house.pass(120_000);
    expect([told.calls().flat(), told.documents()]).toEqual([["0", "4", "5"], []]);
    expect(told.house.entries().filter((entry) => entry.kind === "lost")).toMatchObject([{ count: 3 }]);
    expect(told.house.control.views()[0]?.summary?.counters.lost).toBe(3);
  });
});
