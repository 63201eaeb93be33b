import { describe, expect, test } from "vitest";
import { step } from "../../src/core/lane.ts";
import { createLane } from "../../src/core/lane-state.ts";
import { nextCloser } from "../../src/core/next-closer.ts";
import { baseSettings, createStory, threw, throwing } from "./lane-story.ts";

const HOUR_MS = 3_600_000;

describe("when a batch closes", () => {
  test("T-1, B-1, B-4: two full batches at once, the odd record when the window of the second call's end is over", () => {
    const story = createStory({ settings: { batchSize: 2, windowMs: 5_000 }, tookMs: 8 });
    story.arrive([1, 2, 3, 4, 5]);
    story.advance(60_000);
    expect(story.calls.map((call) => [call.atMs, call.numbers])).toEqual([
      [0, [1, 2]],
      [8, [3, 4]],
      [5_016, [5]],
    ]);
    expect(story.closers()).toEqual(["size", "size", "window"]);
  });

  test("T-2, B-2: without a window a single record goes out as soon as the read has caught up", () => {
    const story = createStory({ settings: { batchSize: 10 } });
    story.arrive([1]);
    expect(story.told()).toBe("[1]");
    expect(story.closers()).toEqual(["caught up"]);
  });

  test("B-2: without a window and with more to read, a batch waits for its size", () => {
    const story = createStory({ settings: { batchSize: 3 } });
    story.arrive([1, 2], { isCaughtUp: false });
    expect(story.told()).toBe("");
    story.arrive([3, 4], { isCaughtUp: false });
    expect(story.told()).toBe("[1,2,3]");
    story.arrive([]);
    expect(story.told()).toBe("[1,2,3] [4]");
  });

  test("T-3, B-5: a window does not hold a full batch", () => {
    const story = createStory({ settings: { batchSize: 3, windowMs: 300_000 } });
    story.arrive([1, 2, 3]);
    expect(story.calls.map((call) => call.atMs)).toEqual([0]);
  });

  test("T-4, P-11: an empty window calls nothing", () => {
    const story = createStory({ settings: { windowMs: 2_000 } });
    story.arrive([]);
    story.advance(10_000);
    expect(story.told()).toBe("");
  });

  test("B-4: a record that comes late in a running window waits for what is left of it", () => {
    const story = createStory({ settings: { windowMs: 5_000 } });
    story.arrive([1]);
    story.advance(5_000);
    story.advance(4_000);
    story.arrive([2]);
    story.advance(20_000);
    expect(story.calls.map((call) => call.atMs)).toEqual([5_000, 10_000]);
  });

  test("B-4, X-17: an empty window lapses, and the record after it starts a new one", () => {
    const story = createStory({ settings: { windowMs: 5_000 } });
    story.arrive([1]);
    story.advance(5_000);
    story.advance(5_000);
    story.arrive([2]);
    story.advance(20_000);
    expect(story.calls.map((call) => call.atMs)).toEqual([5_000, 15_000]);
  });

  test("B-4: a source that counts from the first record does not count from the call before", () => {
    const story = createStory({ settings: { windowMs: 500, windowFrom: "firstRecord", batchSize: 2 } });
    story.arrive([1]);
    story.advance(500);
    story.advance(400);
    story.arrive([2]);
    story.advance(500);
    story.arrive([3, 4, 5]);
    story.advance(5_000);
    expect(story.calls.map((call) => [call.atMs, call.numbers])).toEqual([
      [500, [1]],
      [1_400, [2]],
      [1_400, [3, 4]],
      [1_900, [5]],
    ]);
  });

  test("B-4: counted from the first record, the window runs on while a call is out", () => {
    const story = createStory({ settings: { windowMs: 500, windowFrom: "firstRecord", batchSize: 2 }, tookMs: 2_000 });
    story.arrive([1, 2, 3]);
    story.advance(10_000);
    expect(story.calls.map((call) => [call.atMs, call.numbers])).toEqual([
      [0, [1, 2]],
      [2_000, [3]],
    ]);
  });

  test.each([
    { sizeBytes: 28, expected: "[1,2,3]", bytes: 100 },
    { sizeBytes: 29, expected: "[1,2] [3]", bytes: 73 },
  ])("T-5, B-11: the record that would take the event past its limit opens the next batch ($sizeBytes)", (row) => {
    const story = createStory({ settings: { eventLimitBytes: 100 } });
    story.arrive([1, 2, 3], { sizeBytes: row.sizeBytes });
    expect(story.told()).toBe(row.expected);
    expect(story.calls[0]?.eventBytes).toBe(row.bytes);
  });

  test("T-5, B-1: the payload closes a batch at once, whatever the window", () => {
    const story = createStory({ settings: { eventLimitBytes: 100, windowMs: 60_000 } });
    story.arrive([1], { sizeBytes: 60 });
    story.advance(10);
    expect(story.told()).toBe("");
    story.arrive([2], { sizeBytes: 60 });
    expect(story.told()).toBe("[1]");
    expect(story.closers()).toEqual(["payload"]);
  });

  test.each([
    { retries: 0, document: "R,1,1..1,1", atMs: 0 },
    { retries: 2, document: "R,3,1..1,1", atMs: 600 },
  ])(
    "T-7, T-8, B-12: a record over the limit is refused $retries times more, given up, and the next goes on",
    (row) => {
      const story = createStory({ settings: { eventLimitBytes: 100, retries: row.retries } });
      story.arrive([1], { sizeBytes: 87 });
      story.arrive([2], { sizeBytes: 86 });
      story.advance(60_000);
      expect(story.documents()).toEqual([row.document]);
      expect(story.told()).toBe("[2]");
      expect(story.calls[0]?.atMs).toBe(row.atMs);
      expect(story.finished).toEqual([1, 2]);
    },
  );

  test("B-12: with unlimited retries a record over the limit blocks its lane", () => {
    const story = createStory({ settings: { eventLimitBytes: 100 } });
    story.arrive([1], { sizeBytes: 87 });
    story.arrive([2]);
    story.advance(3_600_000);
    expect(story.told()).toBe("");
    expect(story.finished).toEqual([]);
  });

  test("T-9, B-10: gaps that a filter left take no place in a batch", () => {
    const story = createStory({ settings: { batchSize: 2 } });
    story.arrive([2, 4]);
    expect(story.told()).toBe("[2,4]");
  });

  test("T-16, B-6: a retried batch is not topped up", () => {
    let isFirst = true;
    const story = createStory({
      settings: { batchSize: 10 },
      handler: (call) => {
        const failing = isFirst;
        isFirst = false;
        return throwing(...(failing ? [1] : []))(call);
      },
    });
    story.arrive([1, 2]);
    story.arrive([3, 4]);
    story.advance(1_000);
    expect(story.told()).toBe("[1,2]! [1,2] [3,4]");
  });

  test("T-100, E-61: the second batch starts only after the first has ended", () => {
    const story = createStory({ settings: { batchSize: 10 }, tookMs: 5_000 });
    story.arrive(Array.from({ length: 20 }, (_, index) => index + 1));
    story.advance(60_000);
    expect(story.calls.map((call) => call.atMs)).toEqual([0, 5_000]);
  });

  test("E-65: where reading stands still, a batch without a window does not wait for more", () => {
    const story = createStory({ settings: { batchSize: 10 } });
    story.arrive([1, 2], { isCaughtUp: false });
    story.feed({ kind: "paused" });
    expect(story.told()).toBe("[1,2]");
    expect(story.closers()).toEqual(["broker limit"]);
    story.arrive([3], { isCaughtUp: false });
    expect(story.told()).toBe("[1,2]");
  });

  test("B-4, E-20: a clock that is set back an hour holds neither a window nor a retry for that hour", () => {
    const settings = { ...baseSettings, windowMs: 5_000 };
    const record = { ordinal: 0, arrivedAtMs: 0, sizeBytes: 1 };
    const opened = step(createLane(), { kind: "arrived", records: [record], isCaughtUp: true }, settings, HOUR_MS);
    const back = step(opened.lane, { kind: "woke" }, settings, 10);
    expect(back.effects).toEqual([{ kind: "wakeAt", atMs: 5_010 }]);
    const over = step(back.lane, { kind: "woke" }, settings, 5_010);
    expect(over.effects.map(({ kind }) => kind)).toEqual(["closed", "invoke"]);

    const failed = step(over.lane, { kind: "returned", outcome: threw }, settings, HOUR_MS);
    const waiting = step(failed.lane, { kind: "woke" }, settings, 20);
    expect(waiting.effects).toEqual([{ kind: "wakeAt", atMs: 220 }]);
  });

  test("B-2, E-65: once reading goes on, what a held lane could not send waits for its size again", () => {
    const story = createStory({ settings: { batchSize: 2 }, tookMs: 10 });
    story.arrive([1, 2, 3], { isCaughtUp: false });
    story.feed({ kind: "paused" });
    story.feed({ kind: "resumed" });
    story.advance(1_000);
    expect(story.told()).toBe("[1,2]");
    story.arrive([4], { isCaughtUp: false });
    story.advance(1_000);
    expect(story.told()).toBe("[1,2] [3,4]");
  });

  test("W-17, B-2: the end of the unit sends what waits, whatever the window", () => {
    const story = createStory({ settings: { batchSize: 2, windowMs: 300_000 } });
    story.arrive([1, 2, 3]);
    story.feed({ kind: "ended" });
    expect(story.told()).toBe("[1,2] [3]");
    expect(story.closers()).toEqual(["size", "caught up"]);
  });

  test("H-7: on stop the call that is out ends, its records count, and nothing more starts", () => {
    const story = createStory({ settings: { batchSize: 1 }, tookMs: 100 });
    story.arrive([1, 2]);
    story.feed({ kind: "stop" });
    story.advance(50);
    expect(story.lane().phase.kind).toBe("inFlight");
    story.advance(10_000);
    expect(story.lane().phase.kind).toBe("stopped");
    expect(story.told()).toBe("[1]");
    expect(story.finished).toEqual([1]);
    story.arrive([3]);
    story.feed({ kind: "woke" });
    expect(story.told()).toBe("[1]");
  });

  test("H-7: on stop a batch that backs off is let go of", () => {
    const story = createStory({ handler: throwing(1) });
    story.arrive([1]);
    story.feed({ kind: "stop" });
    story.advance(10_000);
    expect(story.told()).toBe("[1]!");
    expect(story.lane().phase.kind).toBe("stopped");
  });

  test("T-112, H-10: a changed BatchSize leaves the batch in hand as it is and holds from the next one on", () => {
    const story = createStory({ settings: { batchSize: 4 }, handler: throwing(1) });
    story.arrive([1, 2, 3, 4, 5, 6, 7]);
    story.change({ batchSize: 2 });
    story.answerWith(throwing());
    story.advance(1_000);
    expect(story.told()).toBe("[1,2,3,4]! [1,2,3,4] [5,6] [7]");
  });

  test("H-10: a smaller BatchSize closes an open batch that is over it already", () => {
    const story = createStory({ settings: { batchSize: 10, windowMs: 60_000 } });
    story.arrive([1, 2, 3]);
    story.change({ batchSize: 2 });
    story.feed({ kind: "woke" });
    expect(story.told()).toBe("[1,2]");
  });
});

describe("what will close the open batch", () => {
  test("B-4: the window, and when; nothing where nothing waits", () => {
    const story = createStory({ settings: { batchSize: 10, windowMs: 5_000 } });
    expect(nextCloser(story.lane(), settingsOf(10, 5_000), 0)).toBeNull();
    story.arrive([1, 2]);
    story.advance(3_200);
    expect(nextCloser(story.lane(), settingsOf(10, 5_000), story.now())).toEqual({
      recordCount: 2,
      eventBytes: 14 + 201,
      recordBytes: 201,
      windowOpenMs: 3_200,
      closer: "window",
      closesAtMs: 5_000,
      isHeld: false,
    });
  });

  test("B-2, B-6: the next read without a window; held while a batch is in hand", () => {
    const story = createStory({ settings: { batchSize: 2 }, handler: throwing(1) });
    story.arrive([1, 2, 3]);
    expect(nextCloser(story.lane(), settingsOf(2, 0), story.now())).toMatchObject({
      recordCount: 1,
      closer: "caughtUp",
      closesAtMs: null,
      isHeld: true,
      windowOpenMs: null,
    });
    story.arrive([4, 5]);
    expect(nextCloser(story.lane(), settingsOf(2, 0), story.now())).toMatchObject({ recordCount: 2, closer: "size" });
  });
});

function settingsOf(batchSize: number, windowMs: number) {
  return { ...baseSettings, batchSize, windowMs };
}
