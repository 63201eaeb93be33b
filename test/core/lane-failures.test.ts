import { describe, expect, test } from "vitest";
import { createStory, type Handler, type Numbered, ok, refused, reporting, threw, throwing } from "./lane-story.ts";

const upTo = (last: number, first = 1): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** The first calls as scripted, all others well. */
function first(count: number, outcome: ReturnType<Handler>): Handler {
  let calls = 0;
  return () => {
    calls += 1;
    return calls <= count ? outcome : ok;
  };
}

describe("retries", () => {
  test("T-20, E-10: with 0 retries a record is called once and given up", () => {
    const story = createStory({ settings: { batchSize: 1, retries: 0 }, handler: throwing(1) });
    story.arrive([1]);
    story.advance(60_000);
    expect(story.told()).toBe("[1]!");
    expect(story.documents()).toEqual(["R,1,1..1,1"]);
    expect(story.finished).toEqual([1]);
  });

  test("T-21, E-12, E-15: with 2 retries three calls of one identity, then the next record at once", () => {
    const story = createStory({ settings: { batchSize: 1, retries: 2 }, handler: throwing(1) });
    story.arrive([1, 2]);
    story.advance(60_000);
    expect(story.told()).toBe("[1]! [1]! [1]! [2]");
    expect(story.calls.map((call) => [call.identity, call.attempt])).toEqual([
      [1, 1],
      [1, 2],
      [1, 3],
      [2, 1],
    ]);
    expect(story.documents()).toEqual(["R,3,1..1,1"]);
    expect(story.calls[3]?.atMs).toBe(story.calls[2]?.atMs);
  });

  test("T-22, E-15: without bisect the whole batch is retried and given up whole", () => {
    const story = createStory({ settings: { batchSize: 4, retries: 2 }, handler: throwing(2) });
    story.arrive([1, 2, 3, 4]);
    story.advance(60_000);
    expect(story.told()).toBe("[1,2,3,4]! [1,2,3,4]! [1,2,3,4]!");
    expect(story.documents()).toEqual(["R,3,1..4,4"]);
    expect(story.finished).toEqual([1, 2, 3, 4]);
  });

  test("T-23, E-6, E-61: with unlimited retries the next record waits until the failing one has passed", () => {
    const story = createStory({ settings: { batchSize: 1 }, handler: first(5, threw) });
    story.arrive([1, 2]);
    story.advance(600_000);
    expect(story.told()).toBe("[1]! [1]! [1]! [1]! [1]! [1] [2]");
    expect(story.documents()).toEqual([]);
  });

  test("T-25, E-20: the retry clock starts at 200 ms after the failure, doubles, and stops growing at a minute", () => {
    const story = createStory({ handler: () => threw, tookMs: 10 });
    story.arrive([1]);
    story.advance(400_000);
    const starts = story.calls.map((call) => call.atMs);
    const waits = starts.slice(1).map((start, index) => start - (starts[index] ?? 0) - 10);
    expect(waits.slice(0, 12)).toEqual([
      200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 60_000, 60_000, 60_000,
    ]);
  });

  test("T-35, E-1: every kind of function error counts as one attempt", () => {
    const story = createStory({ settings: { retries: 1 }, handler: () => threw });
    story.arrive([1]);
    story.advance(60_000);
    expect(story.documents()).toEqual(["R,2,1..1,1"]);
  });

  test("T-34, E-15: the position moves past what is given up, and the next batch follows", () => {
    const story = createStory({ settings: { batchSize: 1, retries: 1 }, handler: throwing(1) });
    story.arrive([1, 2]);
    story.advance(60_000);
    expect(story.told()).toBe("[1]! [1]! [2]");
    expect(story.finished).toEqual([1, 2]);
  });

  test("H-10: retries raised while a batch is retried hold from its next decision on", () => {
    const story = createStory({ settings: { retries: 1 }, handler: () => threw });
    story.arrive([1]);
    story.change({ retries: 3 });
    story.advance(60_000);
    expect(story.documents()).toEqual(["R,4,1..1,1"]);
  });
});

describe("refusals", () => {
  test("T-31, E-4: throttles use no attempt", () => {
    const story = createStory({ settings: { retries: 0 }, handler: first(3, refused) });
    story.arrive([1]);
    story.advance(60_000);
    expect(story.told()).toBe("[1]! [1]! [1]! [1]");
    expect(story.calls.map((call) => call.attempt)).toEqual([1, 1, 1, 1]);
    expect(story.documents()).toEqual([]);
  });

  test("E-22: refusals have a step counter of their own, reset by the first accepted call", () => {
    const script = [refused, refused, threw, refused, ok];
    const story = createStory({ handler: () => script.shift() ?? ok });
    story.arrive([1]);
    story.advance(60_000);
    expect(story.calls.map((call) => call.atMs)).toEqual([0, 200, 600, 800, 1_000]);
    expect(story.calls.map((call) => call.attempt)).toEqual([1, 1, 1, 2, 2]);
  });

  test("T-32, E-4, E-13: a batch that is throttled for longer than its age ends by age", () => {
    const story = createStory({ settings: { maxAgeMs: 60_000 }, handler: () => refused });
    story.arrive([1]);
    story.advance(120_000);
    expect(story.documents()).toEqual(["A,1,1..1,1"]);
  });
});

describe("age", () => {
  test("T-26, E-16, E-20: a failing record is retried until it is 60 s old, never after", () => {
    const story = createStory({ settings: { batchSize: 1, maxAgeMs: 60_000 }, handler: throwing(1) });
    story.arrive([1]);
    story.advance(300_000);
    expect(story.documents()).toEqual(["A,9,1..1,1"]);
    expect(story.calls.every((call) => call.atMs < 60_000)).toBe(true);
    expect(story.effects.at(-1)).toMatchObject({ kind: "giveUp", outcome: null });
  });

  test.each([
    { ageMs: 59_999, told: "[1]", documents: [] },
    { ageMs: 60_000, told: "", documents: ["A,1,1..1,1"] },
    { ageMs: 60_001, told: "", documents: ["A,1,1..1,1"] },
  ])("T-27, T-29, E-13, H-8: a record of $ageMs ms is called only below the limit", (row) => {
    const story = createStory({ settings: { maxAgeMs: 60_000 } });
    story.arrive([1], { ageMs: row.ageMs });
    expect(story.told()).toBe(row.told);
    expect(story.documents()).toEqual(row.documents);
  });

  test("T-28, E-13: the expired beginning is cut off, the rest is one call", () => {
    const story = createStory({ settings: { maxAgeMs: 60_000, batchSize: 10 }, startMs: 100_000 });
    story.arriveRecords([recordOf(1, 20_000), ...upTo(6, 2).map((number) => recordOf(number, 99_000))]);
    expect(story.documents()).toEqual(["A,1,1..1,1"]);
    expect(story.told()).toBe("[2,3,4,5,6]");
  });

  test("E-13: only the beginning is cut; a later record that looks older stays", () => {
    const story = createStory({ settings: { maxAgeMs: 60_000 }, startMs: 100_000 });
    story.arriveRecords([recordOf(1, 99_000), recordOf(2, 20_000), recordOf(3, 99_000)]);
    expect(story.told()).toBe("[1,2,3]");
    expect(story.documents()).toEqual([]);
  });

  test("T-33, E-12, E-13: what expires before a retry is cut, the rest is a new identity and goes at once", () => {
    const story = createStory({
      settings: { maxAgeMs: 60_000, batchSize: 4, retries: 5 },
      handler: first(1, threw),
      startMs: 100_000,
    });
    story.arriveRecords([recordOf(1, 40_100), recordOf(2, 40_100), recordOf(3, 99_000), recordOf(4, 99_000)]);
    story.advance(60_000);
    expect(story.told()).toBe("[1,2,3,4]! [3,4]");
    expect(story.documents()).toEqual(["A,1,1..2,2"]);
    expect(story.calls.map((call) => [call.atMs, call.name, call.attempt])).toEqual([
      [100_000, "1", 1],
      [100_100, "1+", 1],
    ]);
  });

  test("E-13: an open window longer than the age does not hide the age", () => {
    const story = createStory({ settings: { maxAgeMs: 60_000, windowMs: 300_000, batchSize: 10 } });
    story.arrive([1, 2]);
    story.advance(30_000);
    story.arrive([3]);
    story.advance(30_000);
    expect(story.documents()).toEqual(["A,1,1..2,2"]);
    story.advance(60_000);
    expect(story.documents()).toEqual(["A,1,1..2,2", "A,1,3..3,1"]);
    expect(story.told()).toBe("");
  });

  test("O-12: expired records are cut batch by batch, never more than BatchSize a document", () => {
    const story = createStory({ settings: { maxAgeMs: 60_000, batchSize: 2 } });
    story.arrive(upTo(5), { ageMs: 60_000 });
    expect(story.documents()).toEqual(["A,1,1..2,2", "A,1,3..4,2", "A,1,5..5,1"]);
  });

  test("O-12: expired records are cut by the event's limit too", () => {
    const story = createStory({ settings: { maxAgeMs: 60_000, eventLimitBytes: 250 } });
    story.arrive(upTo(3), { ageMs: 60_000 });
    expect(story.documents()).toEqual(["A,1,1..2,2", "A,1,3..3,1"]);
  });
});

describe("bisect", () => {
  test.each([
    {
      rule: "T-40, E-17 to E-19",
      size: 4,
      retries: 1,
      poison: [2],
      told: "[1,2,3,4]! [1,2]! [1] [2]! [2]! [3,4]",
      documents: ["R,2,2..2,1"],
    },
    {
      rule: "T-42, E-19a",
      size: 4,
      retries: 0,
      poison: [2],
      told: "[1,2,3,4]! [1,2]! [1] [2]! [3,4]",
      documents: ["R,1,2..2,1"],
    },
    {
      rule: "T-43, E-18",
      size: 5,
      retries: 0,
      poison: [5],
      told: "[1,2,3,4,5]! [1,2] [3,4,5]! [3] [4,5]! [4] [5]!",
      documents: ["R,1,5..5,1"],
    },
    {
      rule: "T-44, E-18, O-12",
      size: 4,
      retries: 0,
      poison: [1, 4],
      told: "[1,2,3,4]! [1,2]! [1]! [2] [3,4]! [3] [4]!",
      documents: ["R,1,1..1,1", "R,1,4..4,1"],
    },
    {
      rule: "T-45, E-15",
      size: 1,
      retries: 2,
      poison: [1],
      told: "[1]! [1]! [1]!",
      documents: ["R,3,1..1,1"],
    },
  ])("$rule: $told", (row) => {
    const story = createStory({
      settings: { batchSize: row.size, retries: row.retries, isBisecting: true },
      handler: throwing(...row.poison),
    });
    story.arrive(upTo(row.size));
    story.advance(60_000);
    expect(story.told()).toBe(row.told);
    expect(story.documents()).toEqual(row.documents);
    expect(story.finished).toEqual(upTo(row.size));
  });

  test("T-41, E-15, E-17: a reported failure cuts where it is, and halves only where it is the first", () => {
    const story = createStory({
      settings: { batchSize: 4, retries: 1, isBisecting: true, isReporting: true },
      handler: reporting(2),
    });
    story.arrive(upTo(4));
    story.advance(60_000);
    expect(story.told()).toBe("[1,2,3,4] [2,3,4]! [2]! [2]! [3,4]");
    expect(story.documents()).toEqual(["R,2,2..2,1"]);
    expect(story.calls.map((call) => call.name)).toEqual(["1", "1+", "1+.1", "1+.1", "1+.2"]);
  });

  test("T-46, E-17: a thrown error halves whatever reporting says", () => {
    const story = createStory({
      settings: { batchSize: 4, retries: 1, isBisecting: true, isReporting: true },
      handler: throwing(2),
    });
    story.arrive(upTo(4));
    story.advance(60_000);
    expect(story.told()).toBe("[1,2,3,4]! [1,2]! [1] [2]! [2]! [3,4]");
  });

  test("T-47, E-16, E-18: with unlimited retries the poison record alone is tried until it expires", () => {
    const story = createStory({
      settings: { batchSize: 8, maxAgeMs: 60_000, isBisecting: true },
      handler: throwing(3),
      startMs: 30_000,
    });
    story.arriveRecords(upTo(8).map((number) => recordOf(number, number <= 3 ? 0 : 30_000)));
    story.advance(60_000);
    const told = story.told();
    expect(told.startsWith("[1,2,3,4,5,6,7,8]! [1,2,3,4]! [1,2] [3,4]! [3]! [3]!")).toBe(true);
    expect(told.endsWith("[3]! [4] [5,6,7,8]")).toBe(true);
    expect(story.documents()).toEqual(["A,8,3..3,1"]);
    expect(story.calls.at(-1)?.atMs).toBe(60_000);
  });

  test("T-47a, E-13, E-19b: halves that expired meanwhile are never called", () => {
    const story = createStory({
      settings: { batchSize: 8, maxAgeMs: 60_000, isBisecting: true },
      handler: throwing(3),
      startMs: 30_000,
    });
    story.arriveRecords(upTo(8).map((number) => recordOf(number, 0)));
    story.advance(60_000);
    expect(story.told().endsWith("[3]!")).toBe(true);
    expect(story.documents()).toEqual(["A,8,3..3,1", "A,1,4..4,1", "A,1,5..8,4"]);
  });

  test("T-49, E-21: halves go out at the instant of the failure", () => {
    const story = createStory({
      settings: { batchSize: 4, retries: 0, isBisecting: true },
      handler: throwing(2),
      tookMs: 7,
    });
    story.arrive(upTo(4));
    story.advance(60_000);
    expect(story.calls.map((call) => call.atMs)).toEqual([0, 7, 14, 21, 28]);
  });

  test("E-12, E-19: each half is a new identity with a counter of 0, named after its parent", () => {
    const story = createStory({
      settings: { batchSize: 4, retries: 1, isBisecting: true },
      handler: throwing(2),
    });
    story.arrive(upTo(4));
    story.advance(60_000);
    expect(story.calls.map((call) => [call.name, call.attempt])).toEqual([
      ["1", 1],
      ["1.1", 1],
      ["1.1.1", 1],
      ["1.1.2", 1],
      ["1.1.2", 2],
      ["1.2", 1],
    ]);
    expect(new Set(story.calls.map((call) => call.identity)).size).toBe(5);
  });
});

function recordOf(number: number, arrivedAtMs: number): Numbered {
  return { number, ordinal: number - 1, arrivedAtMs, sizeBytes: 100 };
}
