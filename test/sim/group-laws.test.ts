// Laws of mappings on topics over drawn stories, and the proof that each checker sees the fault that it is for.

import { expect, test } from "vitest";
import { groupCheckers, wrongsOf } from "./group-checkers.ts";
import { type DoneCall, type GroupNotes, tellGroupStory } from "./group-story.ts";

const STORIES = 160;

test("M-401, M-402, M-406, M-806 to M-809: whatever goes wrong, nothing is lost, overtaken, called twice at once or committed back", async () => {
  for (let seed = 1; seed <= STORIES; seed += 1) {
    const notes = await tellGroupStory(seed);
    expect([seed, wrongsOf(notes)]).toEqual([seed, []]);
  }
});

test("a story is its seed: told twice, it is the same", async () => {
  expect((await tellGroupStory(11)).digest).toBe((await tellGroupStory(11)).digest);
});

const call = (atMs: number, offsets: readonly number[], more: Partial<DoneCall> = {}): DoneCall => ({
  atMs,
  tookMs: 100,
  endsAtMs: atMs + 100,
  shown: "",
  offsets: { "t-0": offsets },
  done: { "t-0": offsets },
  text: "",
  requestId: "",
  ...more,
});

const sound: GroupNotes = {
  calls: [call(1_000, [0, 1]), call(2_000, [2])],
  commits: [
    { atMs: 1_100, unit: "t-0", offset: 2 },
    { atMs: 2_100, unit: "t-0", offset: 3 },
  ],
  disturbedAtMs: [],
  wanted: { "t-0": [0, 1, 2] },
  ends: { "t-0": 3 },
  batchSize: 2,
  isMixing: false,
  violations: [],
  hasStopped: true,
  digest: "",
};

const faults: readonly (readonly [keyof typeof groupCheckers, string, Partial<GroupNotes>])[] = [
  ["nothingIsLost", "a record in no call", { calls: [call(1_000, [0]), call(2_000, [2])] }],
  ["commitsBehindEndings", "a commit while the call is out", { commits: [{ atMs: 1_050, unit: "t-0", offset: 2 }] }],
  [
    "commitsBehindEndings",
    "a commit of more than was called with",
    { commits: [{ atMs: 1_100, unit: "t-0", offset: 3 }] },
  ],
  [
    "commitsGoForward",
    "a commit that goes back",
    { commits: [...sound.commits, { atMs: 3_000, unit: "t-0", offset: 2 }] },
  ],
  ["orderIsKept", "a later record first", { calls: [call(1_000, [2]), call(2_000, [0, 1])] }],
  ["orderIsKept", "an event out of order", { calls: [call(1_000, [1, 0]), call(2_000, [2])] }],
  [
    "nothingOvertakes",
    "a next batch though the one before failed",
    { calls: [call(1_000, [0, 1], { done: {} }), call(2_000, [2])] },
  ],
  ["oneAtATime", "a second call while one is out", { calls: [call(1_000, [0, 1]), call(1_050, [2])] }],
  ["duplicatesHaveReasons", "a second delivery in a calm group", { calls: [...sound.calls, call(3_000, [2])] }],
  ["eventsAreBounded", "a batch that is too long", { calls: [call(1_000, [0, 1, 2])] }],
  [
    "eventsAreBounded",
    "two partitions where they do not mix",
    { calls: [call(1_000, [0], { offsets: { "t-0": [0], "t-1": [0] } })], wanted: { "t-0": [0], "t-1": [0] } },
  ],
  ["eventsAreBounded", "a record that the filter passed over", { wanted: { "t-0": [0, 1] } }],
  ["allComesToItsEnd", "a log that is not committed to its end", { ends: { "t-0": 4 } }],
  ["allComesToItsEnd", "a stop without an end", { hasStopped: false }],
  ["allComesToItsEnd", "what the topic holds against it", { violations: ["K3"] }],
];

test("a sound story is held sound", () => {
  expect(wrongsOf(sound)).toEqual([]);
});

test.each(faults)("planted: %s sees %s", (checker, _what, fault) => {
  expect(groupCheckers[checker]({ ...sound, ...fault })).not.toEqual([]);
});
