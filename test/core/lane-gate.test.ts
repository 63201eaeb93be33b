// The gate before a lane's calls: a person who pauses, steps and resumes.

import fc from "fast-check";
import { expect, test } from "vitest";
import { createStory, type Numbered, throwing } from "./lane-story.ts";
import { violations } from "./shard-checkers.ts";
import { plans } from "./shard-plans.ts";
import { type Note, runShard } from "./shard-story.ts";
import type { Gate, LaneEvent } from "../../src/core/lane-state.ts";

const gate = (to: "open" | "one" | "shut"): LaneEvent<Numbered> => ({ kind: "gate", gate: to });

test("E-61: what closes while the gate is shut waits in hand, and goes out once when it opens", () => {
  const story = createStory({ settings: { batchSize: 2 } });
  story.feed(gate("shut"));
  story.arrive([1, 2, 3]);
  story.advance(3_600_000);
  expect(story.told()).toBe("");
  expect(story.effects.filter(({ kind }) => kind === "closed").length).toBe(1);
  story.feed(gate("open"));
  story.advance(1);
  expect(story.told()).toBe("[1,2] [3]");
  expect(story.finished).toEqual([1, 2, 3]);
});

test("E-61: `one` lets one call through, a retry and a half each for itself", () => {
  const story = createStory({ settings: { batchSize: 2, isBisecting: true, retries: 1 }, handler: throwing(2) });
  story.feed(gate("shut"));
  story.arrive([1, 2]);
  const told = ["[1,2]!", "[1,2]! [1]", "[1,2]! [1] [2]!", "[1,2]! [1] [2]! [2]!"];
  for (const so of told) {
    story.feed(gate("one"));
    story.advance(60_000);
    expect(story.told()).toBe(so);
    expect(story.lane().gate).toBe("shut");
  }
  expect(story.documents()).toEqual(["R,2,2..2,1"]);
  expect(story.finished).toEqual([1, 2]);
});

test("E-20: the retry clock runs on behind a shut gate, and a call let through early waits for it", () => {
  const story = createStory({ settings: { batchSize: 1 }, handler: throwing(1) });
  story.arrive([1]);
  story.feed(gate("shut"));
  story.feed(gate("one"));
  story.advance(199);
  expect(story.told()).toBe("[1]!");
  story.advance(1);
  expect(story.told()).toBe("[1]! [1]!");
  story.advance(60_000);
  expect(story.told()).toBe("[1]! [1]!");
});

test("E-13: nothing is given up behind a shut gate; age is judged before the call", () => {
  const story = createStory({ settings: { batchSize: 1, maxAgeMs: 60_000 } });
  story.feed(gate("shut"));
  story.arrive([1]);
  story.advance(120_000);
  expect(story.documents()).toEqual([]);
  story.feed(gate("open"));
  expect(story.told()).toBe("");
  expect(story.documents()).toEqual(["A,1,1..1,1"]);
});

test("H-6: a lane that is stopped behind its gate stops at once, and what it has in hand is read again", () => {
  const story = createStory({ settings: { batchSize: 1 } });
  story.feed(gate("shut"));
  story.arrive([1]);
  story.feed({ kind: "stop" });
  expect(story.lane().phase.kind).toBe("stopped");
  expect(story.finished).toEqual([]);
});

const gates = fc
  .array(fc.record({ atMs: fc.nat(60_000), to: fc.constantFrom<Gate>("open", "one", "one", "shut", "shut") }), {
    maxLength: 12,
  })
  .map((moves) => [...moves.toSorted((a, b) => a.atMs - b.atMs), { atMs: 300_000, to: "open" as const }]);

/** Calls of each lane that the gate should have held: after `shut` none, after `one` all but the first. */
function slipped(notes: readonly Note[]): readonly Note[] {
  const left = new Map<number, number>();
  let most = Number.POSITIVE_INFINITY;
  return notes.filter((note) => {
    if (note.kind === "crashed") most = Number.POSITIVE_INFINITY;
    if (note.kind === "gate") most = note.to === "open" ? Number.POSITIVE_INFINITY : note.to === "one" ? 1 : 0;
    if (note.kind === "gate" || note.kind === "crashed") left.clear();
    if (note.kind !== "called") return false;
    const mine = (left.get(note.lane) ?? most) - 1;
    left.set(note.lane, mine);
    return mine < 0;
  });
}

test("T-160 to T-165: whenever gates shut and open, no call slips through and no law is broken", () => {
  fc.assert(
    fc.property(plans, gates, (plan, moves) => {
      const notes = runShard({ ...plan, gates: moves });
      expect(violations(plan, notes)).toEqual([]);
      expect(slipped(notes)).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});
