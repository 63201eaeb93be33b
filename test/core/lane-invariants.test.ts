import { describe, expect, test } from "vitest";
import { step } from "../../src/core/lane.ts";
import { createLane, isDrained, type Lane } from "../../src/core/lane-state.ts";
import type { Rec } from "../../src/core/record.ts";
import { baseSettings, createStory, ok, throwing } from "./lane-story.ts";

const aRecord = (ordinal: number): Rec => ({ ordinal, arrivedAtMs: 0, sizeBytes: 10 });
const arrived = (lane: Lane<Rec>, ...ordinals: readonly number[]) =>
  step(lane, { kind: "arrived", records: ordinals.map(aRecord), isCaughtUp: true }, baseSettings, 0);

describe("what cannot be", () => {
  test("L1: nothing returns when nothing is out", () => {
    expect(() => step(createLane(), { kind: "returned", outcome: ok }, baseSettings, 0)).toThrow("L1");
  });

  test("L3: records arrive in order", () => {
    const { lane } = arrived(createLane(), 5);
    expect(() => arrived(lane, 5)).toThrow("L3");
    expect(() => arrived(lane, 4)).toThrow("L3");
  });

  test("L3: nothing arrives after the end", () => {
    const { lane } = step(createLane<Rec>(), { kind: "ended" }, baseSettings, 0);
    expect(() => arrived(lane, 0)).toThrow("L3");
  });
});

describe("what means nothing", () => {
  test("a wake-up before its time, or with nothing to do, changes nothing", () => {
    const story = createStory({ handler: throwing(1) });
    story.feed({ kind: "woke" });
    story.arrive([1]);
    story.advance(100);
    story.feed({ kind: "woke" });
    expect(story.told()).toBe("[1]!");
    story.advance(100);
    expect(story.told()).toBe("[1]! [1]!");
  });

  test("a step leaves the lane that it was given as it was", () => {
    const before = arrived(createLane(), 0, 1, 2).lane;
    const copy = structuredClone(before);
    step(before, { kind: "returned", outcome: { kind: "functionError" } }, { ...baseSettings, isBisecting: true }, 1);
    expect(before).toEqual(copy);
  });
});

describe("what a runtime asks", () => {
  test("W-17, P-8: a lane is drained when nothing waits, is in hand, or is open", () => {
    const story = createStory({ settings: { batchSize: 1 }, tookMs: 10 });
    expect(isDrained(story.lane())).toBe(true);
    story.arrive([1, 2]);
    story.feed({ kind: "ended" });
    story.advance(15);
    expect(isDrained(story.lane())).toBe(false);
    story.advance(10);
    expect(isDrained(story.lane())).toBe(true);
  });

  test("E-20: jitter is added to the wait", () => {
    const { lane } = arrived(createLane(), 0);
    const { effects } = step(
      lane,
      { kind: "returned", outcome: { kind: "functionError" }, jitterMs: 30 },
      baseSettings,
      1_000,
    );
    expect(effects).toMatchObject([
      { kind: "decided", verdict: "retry", retryAtMs: 1_230 },
      { kind: "wakeAt", atMs: 1_230 },
    ]);
  });

  test("B-1: a closed batch is told before its call, with the event's bytes and how long the window was open", () => {
    const story = createStory({ settings: { batchSize: 2, windowMs: 5_000 } });
    story.arrive([1]);
    story.advance(3_000);
    story.arrive([2]);
    expect(story.effects.slice(-4)).toMatchObject([
      { kind: "closed", eventBytes: 215, windowOpenMs: 3_000, batch: { closer: "size" } },
      { kind: "invoke", eventBytes: 215, attempt: 1, isTooLarge: false, window: null },
      { kind: "decided", verdict: "done" },
      { kind: "finish" },
    ]);
  });
});
