import { describe, expect, test } from "vitest";
import type { AcknowledgedSettings, LaneSettings } from "../../src/core/settings.ts";
import { createStory, type Numbered, ok, refused, threw } from "./lane-story.ts";

const MINUTE_MS = 60_000;

/** Of a lane on a broker's queue; `change` for what a test is about. */
const onBroker = (
  change: Partial<AcknowledgedSettings> = {},
  lane: Partial<LaneSettings> = {},
): Partial<LaneSettings> => ({
  windowFrom: "firstRecord",
  acknowledged: { onFailure: "hold", retryPauseMs: null, holdLimitMs: null, ...change },
  ...lane,
});

const aMessage = (number: number, more: Partial<Numbered> = {}): Numbered => ({
  number,
  ordinal: number - 1,
  arrivedAtMs: 0,
  sizeBytes: 100,
  ...more,
});

const letGoes = (story: ReturnType<typeof createStory>) =>
  story.effects.flatMap((effect) => (effect.kind === "letGo" ? [effect.why] : []));
const conditions = (story: ReturnType<typeof createStory>) =>
  story.effects.flatMap((effect) =>
    effect.kind === "giveUp" ? [[effect.condition, effect.batch.records.map(({ number }) => number)]] : [],
  );

test("TR-05, M-302: a message at 4 s of an idle queue is invoked at 14 s, with a window of ten", () => {
  const story = createStory({ settings: onBroker({}, { windowMs: 10_000 }) });
  story.advance(4_000);
  story.arrive([1]);
  story.advance(60_000);
  expect(story.calls.map(({ atMs }) => atMs)).toEqual([14_000]);
});

describe("holding and letting go", () => {
  test("TR-08, R-803: before any delivery is 29 minutes old all goes back, and no try begins that could outlast it", () => {
    const story = createStory({
      settings: onBroker({ holdLimitMs: 30 * MINUTE_MS - MINUTE_MS - MINUTE_MS }),
      handler: () => threw,
      tookMs: MINUTE_MS,
    });
    story.arrive([1, 2]);
    story.advance(60 * MINUTE_MS);
    expect(letGoes(story)).toEqual(["heldTooLong"]);
    expect(story.lane().phase.kind).toBe("stopped");
    const last = story.calls.at(-1)?.atMs ?? 0;
    expect(last).toBeGreaterThan(20 * MINUTE_MS);
    expect(last + MINUTE_MS).toBeLessThanOrEqual(29 * MINUTE_MS);
    expect(story.finished).toEqual([]);
  });

  test("R-803: a try may begin at the limit itself, and not a millisecond behind it", () => {
    for (const [ageMs, tries] of [
      [1_000, 1],
      [1_001, 0],
    ] as const) {
      const story = createStory({ settings: onBroker({ holdLimitMs: 1_000 }), startMs: 5_000 });
      story.arrive([1], { ageMs });
      expect(story.calls.length).toBe(tries);
    }
  });

  test("R-803: a window that is longer than the limit keeps no batch from its first call", () => {
    const story = createStory({
      settings: onBroker({ holdLimitMs: 1_000 }, { windowMs: 5_000 }),
      handler: () => threw,
    });
    story.arrive([1]);
    story.advance(60_000);
    expect(story.told()).toBe("[1]!");
    expect(letGoes(story)).toEqual(["heldTooLong"]);
  });

  test("TR-07, R-402: with requeue a failed call lets go at once; TR-23, R-407: a refused one waits where it is", () => {
    const outcomes = [refused, refused, threw, ok];
    const story = createStory({
      settings: onBroker({ onFailure: "requeue" }),
      handler: ({ attempt }) => (expect(attempt).toBe(1), outcomes.shift() ?? ok),
    });
    story.arrive([1, 2]);
    story.advance(60_000);
    expect(story.calls.length).toBe(3);
    expect(letGoes(story)).toEqual(["failed"]);
    expect(story.finished).toEqual([]);
    // Stopped for good: another epoch has a lane of its own.
    story.feed({ kind: "woke" });
    expect(story.calls.length).toBe(3);
  });
});

describe("poison", () => {
  test("R-403, R-409: a flat pause, a count of calls, and then all of the batch are dead letters", () => {
    const story = createStory({ settings: onBroker({ retryPauseMs: 1_000 }, { retries: 6 }), handler: () => threw });
    story.arrive([1, 2, 3]);
    story.advance(60_000);
    expect(story.calls.map(({ atMs }) => atMs)).toEqual([0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000]);
    expect(conditions(story)).toEqual([["RetryAttemptsExhausted", [1, 2, 3]]]);
  });

  test("R-409: calls that failed in an earlier epoch count, those of the message that has the most", () => {
    const story = createStory({ settings: onBroker({ retryPauseMs: 1_000 }, { retries: 6 }), handler: () => threw });
    story.arriveRecords([aMessage(1), aMessage(2, { failedBefore: 5 })]);
    story.advance(60_000);
    expect(story.calls.map(({ attempt }) => attempt)).toEqual([6, 7]);
    expect(conditions(story)).toEqual([["RetryAttemptsExhausted", [1, 2]]]);
  });

  test("R-409: what has had all its calls in earlier epochs is not called with again, and what stands beside it keeps its own count", () => {
    const story = createStory({ settings: onBroker({ retryPauseMs: 1_000 }, { retries: 6 }), handler: () => threw });
    story.arriveRecords([aMessage(1, { failedBefore: 5 }), aMessage(2, { failedBefore: 7 }), aMessage(3)]);
    story.advance(60_000);
    expect(story.calls.map(({ numbers, attempt }) => [numbers, attempt])).toEqual([
      [[1, 3], 6],
      [[1, 3], 7],
    ]);
    expect(conditions(story)).toEqual([
      ["RetryAttemptsExhausted", [2]],
      ["RetryAttemptsExhausted", [1, 3]],
    ]);
  });

  test("R-301: alone over the limit, a message is never called with, and what stands beside it is", () => {
    const story = createStory({ settings: onBroker({}, { eventLimitBytes: 500 }) });
    story.arriveRecords([aMessage(1), aMessage(2, { sizeBytes: 501 }), aMessage(3)]);
    story.advance(0);
    expect(story.told()).toBe("[1] [3]");
    expect(conditions(story)).toEqual([["MaximumPayloadSizeExceeded", [2]]]);
  });

  test("TR-18, R-406: before a retry, not before the first call, those go whose time is over; the others keep their count", () => {
    const story = createStory({ settings: onBroker({}, { retries: 3 }), handler: () => threw, startMs: 10 });
    story.arriveRecords([aMessage(1), aMessage(2, { expiresAtMs: 5 }), aMessage(3, { expiresAtMs: 500 }), aMessage(4)]);
    story.advance(60_000);
    expect(story.calls.map(({ numbers, attempt }) => [numbers, attempt])).toEqual([
      [[1, 2, 3, 4], 1],
      [[1, 3, 4], 2],
      [[1, 4], 3],
      [[1, 4], 4],
    ]);
    expect(conditions(story)).toEqual([
      ["MessageExpired", [2]],
      ["MessageExpired", [3]],
      ["RetryAttemptsExhausted", [1, 4]],
    ]);
  });
});
