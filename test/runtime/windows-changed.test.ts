// A window that is open while its mapping stops, crashes or gets other settings (W-3, W-18, H-6, H-10).

import { describe, expect, test } from "vitest";
import { shard } from "./told-house.ts";
import { aWindowedHouse, but, collecting, isFinal, T0_MS, WINDOW_S } from "./windowed-house.ts";

const windowed = { TumblingWindowInSeconds: WINDOW_S };
const MIB = 1_048_576;

describe("stops and crashes", () => {
  test("T-93, W-18: after a crash in mid-window state and position are those of one stored call", async () => {
    const told = await aWindowedHouse();
    const uuid = await told.map({ ...windowed, BatchSize: 1 });
    told.arrive("1", 1);
    told.arrive("2", 2);
    await told.house.pass(2_000);
    const stored = told.house.checkpoint(uuid, shard(0));
    expect(told.committed(uuid)).toBe("2");
    expect(stored?.window).toEqual({
      startMs: T0_MS,
      lengthMs: 10_000,
      state: { json: '{"seen":["1","2"]}', sizeBytes: 18 },
      isFresh: false,
    });
    told.house.crash();
    told.arrive("3", 3);
    told.arrive("4", 12);
    await told.house.pass(5_000);
    expect(told.lines()).toEqual(["[1] {}", "[2] {1}", "[3] {1,2}", "[] {1,2,3} final", "[4] {}"]);
  });

  test("W-18, P-12: a call that a crash cuts off is made again with the state that it had", async () => {
    const told = await aWindowedHouse(but(() => null));
    await told.map({ ...windowed, BatchSize: 1 });
    told.arrive("1", 1);
    await told.house.pass(2_000);
    told.addFunction("handle", (call) => ({ ...collecting(call), tookMs: 10_000 }));
    told.arrive("2", 2);
    await told.house.pass(1_000);
    told.house.crash();
    await told.house.pass(60_000);
    expect(new Set(told.lines().slice(1))).toEqual(new Set(["[2] {1}"]));
  });

  test("W-7, W-18: a state comes back to the byte, through calls and a crash", async () => {
    const state = String.raw`{"10":12345678901234567890,"2":1.50,"é":"😀\ud800\/","list":[1e400, -0]}`;
    const told = await aWindowedHouse(() => ({ json: `{"state":${state}}` }));
    await told.map({ ...windowed, BatchSize: 1 });
    told.arrive("1", 1);
    await told.house.pass(2_000);
    told.house.crash();
    told.arrive("2", 2);
    await told.house.pass(2_000);
    expect(told.house.calls()[1]?.eventText).toContain(`"state":${state},"isFinalInvokeForWindow":false`);
  });

  test("H-6, W-18: disabled and enabled again in mid-window, it goes on with its state", async () => {
    const told = await aWindowedHouse();
    const uuid = await told.map({ ...windowed, BatchSize: 1 });
    told.arrive("1", 1);
    await told.house.pass(1_000);
    await told.update(uuid, { Enabled: false });
    await told.untilState(uuid, "Disabled");
    told.arrive("2", 2);
    await told.house.pass(60_000);
    await told.update(uuid, { Enabled: true });
    await told.untilState(uuid, "Enabled");
    told.arrive("3", 70);
    await told.house.pass(5_000);
    expect(told.lines()).toEqual(["[1] {}", "[2] {1}", "[] {1,2} final", "[3] {}"]);
  });

  test("H-6, W-9: a window whose silence ran out while the mapping was disabled is closed once it is enabled", async () => {
    const told = await aWindowedHouse();
    const uuid = await told.map(windowed);
    told.arrive("1", 1);
    await told.house.pass(1_000);
    await told.update(uuid, { Enabled: false });
    await told.untilState(uuid, "Disabled");
    await told.house.pass(600_000);
    expect(told.lines()).toEqual(["[1] {}"]);
    await told.update(uuid, { Enabled: true });
    await told.untilState(uuid, "Enabled");
    await told.house.pass(1_000);
    expect(told.lines()).toEqual(["[1] {}", "[] {1} final"]);
  });
});

describe("W-3, H-10: another length in mid-window", () => {
  test("switched on while a batch is out: that batch ends without a window, the next record opens one", async () => {
    const told = await aWindowedHouse((call) => ({ ...collecting(call), tookMs: 2_000 }));
    const uuid = await told.map({ BatchSize: 1 });
    told.arrive("1", 1);
    told.arrive("2", 2);
    await told.house.pass(1_000);
    await told.update(uuid, windowed);
    told.arrive("3", 12);
    await told.house.pass(10_000);
    expect(told.lines()).toEqual(["[1]", "[2] {}", "[] {2} final", "[3] {}"]);
  });

  test("switched on while a batch is in retry: its next call has no window either, and its answer needs no state", async () => {
    let isBroken = true;
    const told = await aWindowedHouse((call) => (isBroken ? { throws: true } : { ...collecting(call) }));
    const uuid = await told.map({ BatchSize: 1 });
    told.arrive("1", 1);
    await told.house.pass(1_000);
    await told.update(uuid, windowed);
    told.addFunction("handle", (call) => (call.labels.includes("1") ? { answer: null } : collecting(call)));
    isBroken = false;
    told.arrive("2", 2);
    told.arrive("3", 12);
    await told.house.pass(60_000);
    expect(told.lines().filter((line) => line !== "[1]")).toEqual(["[2] {}", "[] {2} final", "[3] {}"]);
    expect(told.documents()).toEqual([]);
  });

  test("switched off while a batch is out: it ends in its window, which then has its final call", async () => {
    const told = await aWindowedHouse((call) => ({ ...collecting(call), tookMs: 2_000 }));
    const uuid = await told.map({ ...windowed, BatchSize: 1 });
    told.arrive("1", 1);
    told.arrive("2", 2);
    await told.house.pass(1_000);
    await told.update(uuid, { TumblingWindowInSeconds: 0 });
    await told.house.pass(20_000);
    expect(told.lines()).toEqual(["[1] {}", "[] {1} final", "[2]"]);
    expect(told.house.checkpoint(uuid, shard(0))?.window).toBe(null);
  });

  test("switched off while halves are in hand: all of them end in their window", async () => {
    let isBroken = true;
    const told = await aWindowedHouse((call) => (isBroken ? { throws: true } : collecting(call)));
    const uuid = await told.map({ ...windowed, BisectBatchOnFunctionError: true });
    for (const number of [1, 2, 3, 4]) told.arrive(String(number), number);
    await told.house.pass(1_000);
    await told.update(uuid, { TumblingWindowInSeconds: 0 });
    isBroken = false;
    told.arrive("5", 5);
    await told.house.pass(20_000);
    expect(told.lines().slice(-5)).toEqual(["[1] {}", "[2] {1}", "[3,4] {1,2}", "[] {1,2,3,4} final", "[5]"]);
  });

  test("switched off while its final call is in retry: that call goes on, and is the only one", async () => {
    let isBroken = true;
    const told = await aWindowedHouse(but((call) => (isFinal(call) && isBroken ? { throws: true } : null)));
    const uuid = await told.map(windowed);
    told.arrive("1", 1);
    told.arrive("2", 12);
    await told.house.pass(1_000);
    await told.update(uuid, { TumblingWindowInSeconds: 0 });
    isBroken = false;
    await told.house.pass(20_000);
    expect(told.lines().slice(-2)).toEqual(["[] {1} final", "[2]"]);
    const first = told.house.entries().filter((entry) => entry.kind === "batch-closed" && entry.recordCount === 0);
    expect(first).toHaveLength(1);
  });

  test("made longer or shorter: the open window keeps its length, the next one has the new", async () => {
    const told = await aWindowedHouse();
    const uuid = await told.map({ ...windowed, BatchSize: 1 });
    told.arrive("1", 1);
    await told.house.pass(1_000);
    await told.update(uuid, { TumblingWindowInSeconds: 60 });
    told.arrive("2", 11);
    told.arrive("3", 59);
    await told.house.pass(1_000);
    await told.update(uuid, { TumblingWindowInSeconds: 5 });
    told.arrive("4", 59.5);
    told.arrive("5", 61);
    told.arrive("6", 66);
    await told.house.pass(5_000);
    expect(told.lines()).toEqual([
      "[1] {}",
      "[] {1} final",
      "[2] {}",
      "[3] {2}",
      "[4] {2,3}",
      "[] {2,3,4} final",
      "[5] {}",
      "[] {5} final",
      "[6] {}",
    ]);
  });

  test("W-12: switched off with an oversized state, the window ends early and has no second final call", async () => {
    const told = await aWindowedHouse((call) => ({
      answer: { state: "x".repeat(MIB) },
      tookMs: call.index === 0 ? 2_000 : 1,
    }));
    const uuid = await told.map({ ...windowed, BatchSize: 1 });
    told.arrive("1", 1);
    told.arrive("2", 2);
    await told.house.pass(1_000);
    await told.update(uuid, { TumblingWindowInSeconds: 0 });
    await told.house.pass(20_000);
    expect(told.lines(4)).toEqual(["[1] {}", '[] "xxx early', "[2]"]);
  });
});
