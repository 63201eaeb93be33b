import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLane } from "../../src/core/lane-state.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import type { WindowPart } from "../../src/core/tumbling.ts";
import { utf8Length } from "../../src/core/utf8-length.ts";
import { createStory, type Handler, type Numbered, reporting, type StoryOptions, threw } from "./lane-story.ts";

const MS = 1;
const SECOND_MS = 1_000 * MS;

function state(json: string): Outcome {
  return { kind: "answered", failed: "none", state: { json, sizeBytes: utf8Length(json) } };
}

/** Counts the records it has seen into the state, as a number. */
const counting: Handler = (call) => {
  const before = call.window?.stateJson === "{}" ? 0 : Number(call.window?.stateJson ?? 0);
  return state(String(before + call.numbers.length));
};

function tumblingStory(options: StoryOptions = {}) {
  return createStory({
    handler: counting,
    ...options,
    settings: { batchSize: 1, tumblingMs: 10 * SECOND_MS, ...options.settings },
  });
}

function at(number: number, seconds: number): Numbered {
  return { number, ordinal: number - 1, arrivedAtMs: seconds * SECOND_MS, sizeBytes: 100 };
}

/** Members, then the state, then `final` or `early`. */
function told(story: ReturnType<typeof createStory>): readonly string[] {
  return story.calls.map((call) => `[${call.numbers.join(",")}] ${call.window?.stateJson}${flag(call.window)}`);
}

function flag(window: WindowPart | null): string {
  if (window?.isTerminatedEarly) return " early";
  return window?.isFinal ? " final" : "";
}

describe("tumbling windows", () => {
  test("T-80, W-7, W-8: the state goes from call to call, a later record closes the window, and the next starts empty", () => {
    const story = tumblingStory();
    story.arriveRecords([at(1, 11), at(2, 12), at(3, 13), at(4, 14), at(5, 31)]);
    expect(told(story)).toEqual(["[1] {}", "[2] 1", "[3] 2", "[4] 3", "[] 4 final", "[5] {}"]);
  });

  test("T-81, W-5: windows start at multiples of their length", () => {
    const story = tumblingStory();
    story.arriveRecords([at(1, 19.999), at(2, 20)]);
    expect(story.calls.map((call) => [call.window?.startMs, call.window?.endMs])).toEqual([
      [10_000, 20_000],
      [10_000, 20_000],
      [20_000, 30_000],
    ]);
  });

  test("T-82, W-9: silence closes a window 120 s after its end, not before", () => {
    const story = tumblingStory({ startMs: 11 * SECOND_MS });
    story.arriveRecords([at(1, 11)]);
    story.advance(9 * SECOND_MS + 119 * SECOND_MS);
    expect(told(story)).toEqual(["[1] {}"]);
    story.advance(2 * SECOND_MS);
    expect(told(story)).toEqual(["[1] {}", "[] 1 final"]);
    expect(story.calls[1]?.atMs).toBe(140 * SECOND_MS);
    story.advance(3_600 * SECOND_MS);
    expect(story.calls.length).toBe(2);
  });

  test("W-9: a window of long ago is not closed while there is more of it to read", () => {
    const story = tumblingStory({ startMs: 100_000 * SECOND_MS });
    story.arriveRecords([at(1, 11)], false);
    expect(told(story)).toEqual(["[1] {}"]);
    story.arriveRecords([at(2, 12)], true);
    expect(told(story)).toEqual(["[1] {}", "[2] 1", "[] 2 final"]);
  });

  test("T-83, W-11: windows without records call nothing", () => {
    const story = tumblingStory();
    story.arriveRecords([at(1, 5)]);
    story.arriveRecords([at(2, 65)]);
    expect(told(story)).toEqual(["[1] {}", "[] 1 final", "[2] {}"]);
  });

  test.each([
    { letters: 1_048_574, isEarly: false },
    { letters: 1_048_575, isEarly: true },
  ])("T-84, W-12: a state of $letters characters and two quotes is over 1 MiB: $isEarly", ({ letters, isEarly }) => {
    const large = JSON.stringify("x".repeat(letters));
    const story = tumblingStory({ handler: (call) => (call.numbers[0] === 1 ? state(large) : state("1")) });
    story.arriveRecords([at(1, 11)]);
    expect(story.calls.length).toBe(isEarly ? 2 : 1);
    story.arriveRecords([at(2, 21)]);
    expect(story.calls.length).toBe(3);
    expect(story.calls[1]?.window).toMatchObject({
      stateJson: large,
      isFinal: true,
      isTerminatedEarly: isEarly,
    });
    expect(story.calls[2]?.window?.stateJson).toBe("{}");
  });

  test("T-85, W-13: more records of a window that ended early start it empty, with a normal final call", () => {
    const large = JSON.stringify("x".repeat(2_000_000));
    const story = tumblingStory({
      handler: (call) => (call.numbers[0] === 1 ? state(large) : counting(call)),
    });
    story.arriveRecords([at(1, 11), at(2, 12), at(3, 21)]);
    expect(told(story).map((line) => line.slice(0, 12))).toEqual([
      "[1] {}",
      '[] "xxxxxxxx',
      "[2] {}",
      "[] 1 final",
      "[3] {}",
    ]);
  });

  test.each([
    { retries: 0, documents: ["R,1,-..-,0"] },
    { retries: 1, documents: ["R,2,-..-,0"] },
  ])("T-86, W-15: a failing final call is retried $retries times, reported, and the state is lost", (row) => {
    const story = tumblingStory({
      settings: { retries: row.retries, isBisecting: true },
      handler: (call) => (call.numbers.length === 0 ? threw : counting(call)),
    });
    story.arriveRecords([at(1, 11), at(2, 21)]);
    story.advance(1_000);
    expect(story.documents()).toEqual(row.documents);
    expect(told(story)).toEqual(["[1] {}", ...Array.from({ length: row.retries + 1 }, () => "[] 1 final"), "[2] {}"]);
    expect(story.effects.find((effect) => effect.kind === "giveUp")).toMatchObject({
      window: { startMs: 10_000, endMs: 20_000, stateJson: "1", isFinal: true, isTerminatedEarly: false },
    });
  });

  test("T-87, W-14: a failed call leaves the state as it was", () => {
    let hasFailed = false;
    const story = tumblingStory({
      handler: (call) => {
        if (call.numbers[0] !== 2 || hasFailed) return counting(call);
        hasFailed = true;
        return threw;
      },
    });
    story.arriveRecords([at(1, 11), at(2, 12), at(3, 13)]);
    story.advance(1_000);
    expect(told(story)).toEqual(["[1] {}", "[2] 1", "[2] 1", "[3] 2"]);
  });

  test("W-16: progress keeps the state that was returned, none keeps the old one", () => {
    const story = tumblingStory({
      settings: { batchSize: 3, retries: 1, isReporting: true },
      handler: (call) => ({ ...reporting(2)(call), state: { json: `"${call.name}"`, sizeBytes: 3 } }) as Outcome,
    });
    story.arriveRecords([at(1, 11), at(2, 12), at(3, 13)]);
    story.advance(1_000);
    expect(told(story)).toEqual(["[1,2,3] {}", '[2,3] "1"', '[2,3] "1"']);
  });

  test("T-91, W-6: a batch never mixes windows", () => {
    const story = tumblingStory({ settings: { batchSize: 10 } });
    story.arriveRecords([at(1, 11), at(2, 12), at(3, 21)]);
    expect(told(story)).toEqual(["[1,2] {}", "[] 2 final", "[3] {}"]);
    expect(story.closers()).toEqual(["tumbling edge", "tumbling edge", "caught up"]);
  });

  test("W-19: a late record joins the open window", () => {
    const story = tumblingStory({ settings: { batchSize: 10 } });
    story.arriveRecords([at(1, 21), at(2, 12)]);
    expect(told(story)).toEqual(["[1,2] {}"]);
  });

  test("T-92, W-17: the end of the shard closes its window after its last batch", () => {
    const story = tumblingStory();
    story.arriveRecords([at(1, 11), at(2, 12)], false);
    story.feed({ kind: "ended" });
    expect(told(story)).toEqual(["[1] {}", "[2] 1", "[] 2 final"]);
  });

  test("T-93, W-18: a lane that starts with the checkpoint's window goes on with its state", () => {
    const state = { json: "7", sizeBytes: 1 };
    const lane = createLane<Numbered>({ startMs: 10_000, lengthMs: 10_000, state, isFresh: false });
    const story = tumblingStory({ lane });
    story.arriveRecords([at(1, 12), at(2, 21)]);
    expect(told(story)).toEqual(["[1] 7", "[] 8 final", "[2] {}"]);
  });

  test("W-12, W-18: a state over the limit that was stored before its window could be ended ends it at the start", () => {
    const large = { json: JSON.stringify("x".repeat(2_000_000)), sizeBytes: 2_000_002 };
    const lane = createLane<Numbered>({ startMs: 10_000, lengthMs: 10_000, state: large, isFresh: false });
    const story = tumblingStory({ lane, handler: (call) => (call.numbers.length === 0 ? state("0") : counting(call)) });
    story.arriveRecords([at(1, 12), at(2, 21)]);
    expect(told(story).map((line) => line.slice(0, 12))).toEqual(['[] "xxxxxxxx', "[1] {}", "[] 1 final", "[2] {}"]);
    expect(story.calls[0]?.window).toMatchObject({ isFinal: true, isTerminatedEarly: true });
  });

  test("W-11, W-14: refusals do not make a window that needs a final call", () => {
    const story = tumblingStory({
      settings: { maxAgeMs: 60_000 },
      startMs: 11 * SECOND_MS,
      handler: () => ({ kind: "refused" }),
    });
    story.arriveRecords([at(1, 11)]);
    story.advance(70 * SECOND_MS);
    expect(story.documents()).toEqual(["A,1,1..1,1"]);
    story.answerWith(counting);
    story.advance(600 * SECOND_MS);
    expect(story.calls.some((call) => call.window?.isFinal)).toBe(false);
  });

  test("B-11: the state counts towards the event's limit", () => {
    const story = tumblingStory({
      settings: { batchSize: 10, eventLimitBytes: 14 + 201 + 5 },
      handler: () => state('"1234"'),
    });
    story.arriveRecords([at(1, 11), at(2, 12), at(3, 13), at(4, 13)]);
    expect(told(story)).toEqual(["[1,2] {}", '[3] "1234"', '[4] "1234"']);
    expect(story.calls.map((call) => call.eventBytes)).toEqual([217, 120, 120]);
  });

  test("H-10: a window that is open when windows are switched off has its final call first", () => {
    const story = tumblingStory();
    story.arriveRecords([at(1, 11)]);
    story.change({ tumblingMs: 0 });
    story.arriveRecords([at(2, 12)]);
    expect(told(story)).toEqual(["[1] {}", "[] 1 final", "[2] undefined"]);
  });
});

describe("laws of windows", () => {
  const gaps = fc.array(fc.constantFrom(0, 1, 3, 9, 11, 35), { minLength: 1, maxLength: 40 });
  const failing = fc.array(fc.constantFrom<"well" | "throws" | "refused">("well", "well", "throws", "refused"));
  const shape = fc.record({
    batchSize: fc.constantFrom(1, 2, 5, 100),
    isBisecting: fc.boolean(),
    chunk: fc.constantFrom(1, 4, 100),
  });

  test("W-6, W-7, W-8, W-14: every window has one final call, and its state counts each record of the window once", () => {
    fc.assert(
      fc.property(gaps, failing, shape, (gapsOfPlan, script, { batchSize, isBisecting, chunk }) => {
        let seconds = 0;
        const records = gapsOfPlan.map((gap, index) => {
          seconds += gap;
          return at(index + 1, seconds);
        });
        const left = [...script];
        const story = tumblingStory({
          settings: { batchSize, isBisecting },
          handler: (call) => {
            const next = left.shift() ?? "well";
            return next === "well" ? counting(call) : next === "throws" ? threw : { kind: "refused" };
          },
        });
        for (let from = 0; from < records.length; from += chunk) {
          story.arriveRecords(records.slice(from, from + chunk), from + chunk >= records.length);
        }
        story.feed({ kind: "ended" });
        story.advance(3_600 * SECOND_MS);

        const expected = new Map<number, number>();
        for (const record of records) {
          const startMs = Math.floor(record.arrivedAtMs / 10_000) * 10_000;
          expected.set(startMs, (expected.get(startMs) ?? 0) + 1);
        }
        const finals = new Map<number, number>();
        for (const call of story.calls.filter((seen) => seen.numbers.length === 0)) {
          finals.set(call.window?.startMs ?? -1, Number(call.window?.stateJson));
        }
        expect([...finals]).toEqual([...expected]);
        expect(story.finished).toEqual(records.map((record) => record.number));
        expect(story.effects.filter((effect) => effect.kind === "closed" && effect.batch.call === "final").length).toBe(
          expected.size,
        );
      }),
      { numRuns: 500 },
    );
  });
});
