// Bug classes of what becomes of records, one test each or a few, by the names that they are known by. Under virtual time, through the
// mapping API.

import { describe, expect, test } from "vitest";
import { aHouse, queueArn, range, shard, type Told, type ToldCall } from "../runtime/told-house.ts";
import { WINDOW_S } from "../runtime/windowed-house.ts";

const throwsOn =
  (...bad: readonly string[]) =>
  ({ labels }: ToldCall): Told => ({ throws: labels.some((label) => bad.includes(label)) });

describe("consume before invoke", () => {
  test("E-60: the position stays before records whose call is out, fails, or was cut off by a crash", async () => {
    const told = await aHouse(({ labels }) => ({ throws: labels.includes("bad"), tookMs: 5_000 }));
    const uuid = await told.map({ BatchSize: 1 });
    told.put("1");
    await told.house.pass(1_000);
    expect(told.committed(uuid)).toBe(null);
    told.house.crash();
    await told.house.pass(8_000);
    expect(told.calls()).toContainEqual(["1"]);
    expect(told.committed(uuid)).toBe("1");
    told.put("bad");
    await told.house.pass(60_000);
    expect(told.committed(uuid)).toBe("1");
  });
});

describe("fire and forget", () => {
  test("E-14, E-61: the next batch waits for the answer, and a failure that comes late is dealt with", async () => {
    const told = await aHouse(({ index }) => ({ throws: index === 0, tookMs: 30_000 }));
    const uuid = await told.map({ BatchSize: 1 });
    told.putAll(["1", "2"], { key: "k" });
    await told.house.pass(29_000);
    expect(told.house.control.views()[0]?.summary?.runningCount).toBe(1);
    expect(told.calls()).toEqual([]);
    await told.house.pass(100_000);
    expect(told.calls()).toEqual([["1"], ["1"], ["2"]]);
    expect(told.committed(uuid)).toBe("2");
  });
});

describe("bisect that tries one half", () => {
  test.each([{ bad: ["1"] }, { bad: ["8"] }, { bad: ["1", "8"] }, { bad: ["4", "5"] }])(
    "E-18: with poison $bad both halves of each split are tried, and all that is good succeeds",
    async ({ bad }) => {
      const told = await aHouse(throwsOn(...bad));
      await told.map({ BisectBatchOnFunctionError: true, MaximumRetryAttempts: 0 });
      told.putAll(range(1, 8), { key: "k" });
      await told.house.pass(10_000);
      const succeeded = told.calls().filter((labels) => !labels.some((label) => bad.includes(label)));
      expect(succeeded.flat()).toEqual(range(1, 8).filter((label) => !bad.includes(label)));
      expect(told.documents().map(({ first, last }) => [first, last])).toEqual(bad.map((label) => [label, label]));
    },
  );
});

describe("redrive that is never reached", () => {
  const tooLarge = { text: "x".repeat(5_000_000) };

  test.each<readonly [string, (call: ToldCall) => Told, object]>([
    ["it throws", () => ({ throws: true }), {}],
    ["it takes too long", () => ({ tookMs: 61_000 }), {}],
    ["its answer cannot be read", () => ({ json: "{" }), { FunctionResponseTypes: ["ReportBatchItemFailures"] }],
    ["it reports", ({ labels }) => ({ reports: labels }), { FunctionResponseTypes: ["ReportBatchItemFailures"] }],
    ["it returns no state", () => ({}), { TumblingWindowInSeconds: WINDOW_S }],
    ["it is bisected", () => ({ throws: true }), { BisectBatchOnFunctionError: true }],
  ])("E-15, O-1: where %s the document comes, once", async (_name, behave, settings) => {
    const told = await aHouse(({ labels, ...call }) => (labels.includes("1") ? behave({ labels, ...call }) : {}));
    await told.map({ MaximumRetryAttempts: 1, ...settings });
    told.put("1");
    await told.house.pass(200_000);
    expect(told.documents()).toMatchObject([{ condition: "RetryAttemptsExhausted", count: 2, first: "1", last: "1" }]);
  });

  test("B-12: a record too large for an event is given up and reported, and what is behind it goes on", async () => {
    const told = await aHouse();
    await told.map({ MaximumRetryAttempts: 0 });
    told.put("large", { data: tooLarge, key: "k" });
    told.put("2", { key: "k" });
    await told.house.pass(5_000);
    expect(told.documents()).toMatchObject([{ condition: "RetryAttemptsExhausted", first: "large" }]);
    expect(told.calls()).toEqual([["2"]]);
  });

  test("E-16: a record that grows too old between retries is reported, too, also while the function is throttled", async () => {
    const told = await aHouse(() => ({}), { reservedConcurrency: 0 });
    await told.map({ MaximumRecordAgeInSeconds: 60 });
    told.put("1");
    await told.house.pass(130_000);
    expect(told.documents()).toMatchObject([{ condition: "RecordAgeExceeded", first: "1" }]);
  });
});

describe("any match of a filter over a whole batch", () => {
  test("B-10: of records that are read together only those that match are delivered, and the position passes all", async () => {
    const told = await aHouse();
    const Pattern = '{"data":{"keep":[true]}}';
    for (const label of range(1, 6)) told.put(label, { key: "k", data: { keep: Number(label) % 3 === 0 } });
    const uuid = await told.map({ FilterCriteria: { Filters: [{ Pattern }] } });
    await told.house.pass(5_000);
    expect(told.calls()).toEqual([["3", "6"]]);
    told.put("7", { key: "k", data: { keep: false } });
    await told.house.pass(5_000);
    expect(told.calls()).toHaveLength(1);
    expect(told.committed(uuid)).toBe("7");
  });
});

describe("sleeping while work is queued", () => {
  test("B-2, E-21: while records wait, each call begins at the instant at which the one before it ended", async () => {
    const told = await aHouse(() => ({ tookMs: 7 }));
    await told.map({ BatchSize: 5 });
    await told.house.pass(600_000);
    const putAtMs = told.house.nowMs();
    told.putAll(range(1, 50), { key: "k" });
    await told.house.pass(10_000);
    const calls = told.house.calls();
    const begun = calls.map(({ startedAtMs }) => startedAtMs);
    expect(calls).toHaveLength(10);
    expect(begun).toEqual(calls.map((_, index) => putAtMs + index * 7));
  });

  test("E-15: what follows a batch that is given up does not wait either", async () => {
    const told = await aHouse(throwsOn("1"));
    await told.map({ BatchSize: 1, MaximumRetryAttempts: 0 });
    told.putAll(["1", "2"], { key: "k" });
    await told.house.pass(10_000);
    const [first, second] = told.house.calls();
    expect(second?.startedAtMs).toBe(first?.endedAtMs);
  });
});

describe("one failing mapping or shard that slows others", () => {
  /** When the calls of the sound ones begin, beside others that fail or do not. */
  async function soundInstants(isFailing: boolean): Promise<readonly (readonly [string, number])[]> {
    const told = await aHouse(
      ({ labels }) => ({ throws: isFailing && labels.some((each) => each.startsWith("bad")) }),
      {
        shards: 2,
      },
    );
    told.addFunction("failing", () => ({ throws: isFailing, tookMs: isFailing ? 20_000 : 2 }));
    await told.map({ BatchSize: 1 });
    await told.map({ FunctionName: "failing" });
    for (let each = 0; each < 20; each += 1) {
      told.put(`bad${each}`, { shard: shard(0) });
      told.put(`good${each}`, { shard: shard(1) });
      await told.house.pass(1_000);
    }
    return told.house
      .calls()
      .filter(({ functionName }) => functionName === "handle")
      .map(({ startedAtMs }, index) => [told.calls("handle")[index]?.[0] ?? "", startedAtMs] as const)
      .filter(([label]) => label.startsWith("good"));
  }

  test("P-7, E-61: a shard goes on at the same instants whether its neighbour and another mapping fail or not", async () => {
    const calm = await soundInstants(false);
    expect(calm).toHaveLength(20);
    expect(await soundInstants(true)).toEqual(calm);
  });
});

describe("enabled, but polled by nobody after a restart", () => {
  test("P-12, H-6: whatever was killed, each Enabled mapping is polled again, and a Disabled one is not", async () => {
    const told = await aHouse();
    told.addFunction("off", () => ({}));
    const uuid = await told.map();
    const off = await told.map({ FunctionName: "off" });
    await told.update(off, { Enabled: false });
    await told.untilState(off, "Disabled");
    for (let times = 0; times < 3; times += 1) {
      told.house.crash();
      await told.house.pass(5_000);
      told.put(String(times));
      await told.house.pass(5_000);
      expect((await told.get(uuid))["State"]).toBe("Enabled");
      expect(told.committed(uuid)).toBe(String(times));
    }
    expect(told.calls("off")).toEqual([]);
  });
});

describe("a second mapping on one stream that never fires", () => {
  test("P-7: each of three mappings gets every record, also one that is made later", async () => {
    const told = await aHouse();
    told.addFunction("second", () => ({}));
    told.addFunction("third", () => ({}));
    await told.map({ BatchSize: 1 });
    await told.map({ FunctionName: "second" });
    told.putAll(range(1, 3), { key: "k" });
    await told.house.pass(5_000);
    await told.map({ FunctionName: "third" });
    told.put("4", { key: "k" });
    await told.house.pass(5_000);
    for (const name of ["handle", "second", "third"]) expect(told.calls(name).flat()).toEqual(range(1, 4));
  });
});

describe("a position that is lost when forwarding throws", () => {
  test("O-15: a destination that refuses loses the document and nothing else: what follows goes on, once, over a crash too", async () => {
    const told = await aHouse(throwsOn("bad"));
    told.refuseDocuments();
    const uuid = await told.map({ BatchSize: 1, MaximumRetryAttempts: 0 });
    told.putAll(["1", "bad", "2"], { key: "k" });
    await told.house.pass(5_000);
    expect(told.committed(uuid)).toBe("2");
    told.house.crash();
    told.put("3", { key: "k" });
    await told.house.pass(5_000);
    expect(told.calls()).toEqual([["1"], ["bad"], ["2"], ["3"]]);
    expect(told.house.entries().filter(({ kind }) => kind === "reported")).toMatchObject([
      { answer: "refused", destination: queueArn },
    ]);
  });

  test("O-15, P-12: a crash while the document is on its way begins again at the record that it is about", async () => {
    const told = await aHouse(throwsOn("bad"));
    const release = told.holdDocuments();
    const uuid = await told.map({ BatchSize: 1, MaximumRetryAttempts: 0 });
    told.putAll(["1", "bad", "2"], { key: "k" });
    await told.house.pass(5_000);
    expect(told.committed(uuid)).toBe("1");
    told.house.crash();
    release();
    await told.house.pass(5_000);
    expect(told.committed(uuid)).toBe("2");
    expect(told.calls().slice(-2)).toEqual([["bad"], ["2"]]);
  });
});

describe("a retry that is due at the present instant under virtual time", () => {
  test("E-20: it is made at that instant, when time is let go on exactly so far, and no instant earlier", async () => {
    const told = await aHouse(({ index }) => ({ throws: index === 0, tookMs: 0 }));
    await told.map();
    told.put("1");
    await told.house.pass(0);
    expect(told.calls()).toEqual([["1"]]);
    await told.house.pass(199);
    expect(told.calls()).toHaveLength(1);
    await told.house.pass(1);
    const [first, second] = told.house.calls();
    expect(second?.startedAtMs).toBe((first?.startedAtMs ?? 0) + 200);
    await told.house.pass(3_600_000);
    expect(told.calls()).toEqual([["1"], ["1"]]);
  });

  test("E-20, H-10: settings that change at that very instant do not lose it, nor make it twice", async () => {
    const told = await aHouse(({ index }) => ({ throws: index === 0, tookMs: 0 }));
    const uuid = await told.map();
    told.put("1");
    await told.house.pass(200);
    await told.update(uuid, { BatchSize: 7 });
    await told.house.pass(60_000);
    expect(told.calls()).toEqual([["1"], ["1"]]);
  });
});
