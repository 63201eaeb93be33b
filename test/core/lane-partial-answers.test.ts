import { describe, expect, test } from "vitest";
import { answering, createStory, reporting, throwing } from "./lane-story.ts";

const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, index) => index + 1);

describe("partial answers", () => {
  test("T-50, E-12: the sixth of six is delivered five times, and its document says four", () => {
    const story = createStory({
      settings: { batchSize: 3, windowMs: 1_000, retries: 3, isReporting: true },
      handler: reporting(6),
    });
    story.arrive(upTo(6));
    story.advance(60_000);
    expect(story.told()).toBe("[1,2,3] [4,5,6] [6]! [6]! [6]! [6]!");
    expect(story.documents()).toEqual(["R,4,6..6,1"]);
    expect(story.calls[2]?.atMs).toBe(story.calls[1]?.atMs);
  });

  test("T-51, E-12, O-13: the rest is retried whole, given up whole, and its document covers only the rest", () => {
    const story = createStory({
      settings: { batchSize: 4, retries: 1, isReporting: true },
      handler: reporting(2),
    });
    story.arrive(upTo(4));
    story.advance(60_000);
    expect(story.told()).toBe("[1,2,3,4] [2,3,4]! [2,3,4]!");
    expect(story.documents()).toEqual(["R,2,2..4,3"]);
    expect(story.finished).toEqual([1, 2, 3, 4]);
  });

  test("T-52, E-41: the lowest listed record is the cut, in whatever order they are listed", () => {
    let isFirst = true;
    const story = createStory({
      settings: { isReporting: true },
      handler: (call) => {
        const handler = isFirst ? reporting(3, 2) : reporting();
        isFirst = false;
        return handler(call);
      },
    });
    story.arrive(upTo(4));
    expect(story.told()).toBe("[1,2,3,4] [2,3,4]");
    expect(story.finished).toEqual([1, 2, 3, 4]);
  });

  test("T-53, S-1: a failure list means nothing where reporting is off", () => {
    const story = createStory({
      handler: answering({ batchItemFailures: [{ itemIdentifier: "r2" }] }, { isReporting: false }),
    });
    story.arrive(upTo(4));
    expect(story.told()).toBe("[1,2,3,4]");
  });

  test.each([[[]], [null], [{}], [{ batchItemFailures: [] }], [{ batchItemFailures: null }], [""]])(
    "T-54: %j is a success, called once",
    (value) => {
      const story = createStory({ settings: { batchSize: 1, retries: 2 }, handler: answering(value) });
      story.arrive([1]);
      story.advance(60_000);
      expect(story.told()).toBe("[1]");
      expect(story.documents()).toEqual([]);
    },
  );

  test.each([[{ itemIdentifier: "" }], [{ itemIdentifier: null }], [{ itemIdentifier: 123 }], [{ foo: 123 }]])(
    "T-55, E-54: an entry %j fails the batch, which is retried like an exception",
    (entry) => {
      const story = createStory({
        settings: { batchSize: 1, retries: 2 },
        handler: answering({ batchItemFailures: [entry] }),
      });
      story.arrive([1]);
      story.advance(60_000);
      expect(story.told()).toBe("[1]! [1]! [1]!");
      expect(story.documents()).toEqual(["R,3,1..1,1"]);
    },
  );

  test("T-56, E-51: a known beside an unknown identifier keeps no progress", () => {
    const story = createStory({
      settings: { batchSize: 3, retries: 0 },
      handler: answering({ batchItemFailures: [{ itemIdentifier: "r3" }, { itemIdentifier: "elsewhere" }] }),
    });
    story.arrive(upTo(3));
    story.advance(60_000);
    expect(story.told()).toBe("[1,2,3]!");
    expect(story.documents()).toEqual(["R,1,1..3,3"]);
  });

  test("T-58, E-53: a thrown error fails the batch although reporting is on", () => {
    const story = createStory({ settings: { retries: 1, isReporting: true }, handler: throwing(1, 2) });
    story.arrive([1, 2]);
    story.advance(60_000);
    expect(story.told()).toBe("[1,2]! [1,2]!");
  });

  test("T-59, E-12, E-15: progress of one record a call never uses a retry", () => {
    const story = createStory({
      settings: { batchSize: 5, retries: 0, isReporting: true },
      handler: (call) => reporting(...call.numbers.slice(1))(call),
    });
    story.arrive(upTo(5));
    expect(story.told()).toBe("[1,2,3,4,5] [2,3,4,5] [3,4,5] [4,5] [5]");
    expect(story.calls.map((call) => call.name)).toEqual(["1", "1+", "1+2", "1+3", "1+4"]);
    expect(story.documents()).toEqual([]);
  });

  test("the decision is told with the new identities, the attempt, and when a retry comes", () => {
    const story = createStory({ settings: { retries: 1, isReporting: true }, handler: reporting(2) });
    story.arrive([1, 2]);
    const decided = story.effects.filter((effect) => effect.kind === "decided");
    expect(decided).toMatchObject([
      { verdict: "rest", attempt: 1, retryAtMs: null, next: [{ id: 2, path: "+" }] },
      { verdict: "retry", attempt: 1, retryAtMs: 200, next: [] },
    ]);
  });
});
