// What people see of tumbling windows: the plain lines, explain and the live view say which window, how large its state is, and why its
// final call came.

import { describe, expect, test } from "vitest";
import { noColour } from "../../src/cli/entry-output.ts";
import { createLineState, learn } from "../../src/cli/line-state.ts";
import { learnEntries } from "../../src/cli/live/live-model.ts";
import { lineText, linesOf } from "../../src/cli/plain-lines.ts";
import { settingsText } from "../../src/cli/settings-text.ts";
import { noCounts } from "../../src/runtime/counters.ts";
import type { Entry } from "../../src/ports/journal.ts";
import type { LaneReport } from "../../src/runtime/lane-report.ts";
import type { ToldCall, ToldHouse } from "../runtime/told-house.ts";
import { aWindowedHouse, but, isFinal, WINDOW_S } from "../runtime/windowed-house.ts";
import { explained } from "./explain/explained-house.ts";
import { at, entry, laneOf, momentOf, nowMs, process, sceneOf, textOf, views } from "./live/moment.ts";

const windowed = { TumblingWindowInSeconds: WINDOW_S, BatchSize: 10 };

/** Times of day are the machine's. */
const untimed = (text: string): string => text.replaceAll(/\d\d:\d\d:(\d\d)(?:\.\d+)?/g, "HH:MM:$1");

/** The lines that a terminal shows of batches that close. */
function batchLines(told: ToldHouse): readonly string[] {
  const state = createLineState();
  return told.house.entries().flatMap((each: Entry) => {
    const lines = linesOf(each, state).map((line) => lineText(line, noColour));
    learn(state, each);
    return each.kind === "batch-closed" ? lines.map((line) => untimed(line.replace(/^batch +\w+ /, ""))) : [];
  });
}

async function aStory(behave: (call: ToldCall) => object = but(() => null), more: object = {}): Promise<ToldHouse> {
  const told = await aWindowedHouse(behave);
  const uuid = await told.map({ ...windowed, ...more });
  told.arrive("1", 1);
  told.arrive("2", 12);
  await told.house.pass(1_000);
  await told.update(uuid, { TumblingWindowInSeconds: 0 });
  await told.house.pass(1_000);
  return told;
}

describe("plain lines", () => {
  test("W-8, H-10: a window and its state with its records, and why its final call came", async () => {
    expect(batchLines(await aStory())).toEqual([
      "shard 0 batch 1 closed by tumbling edge: 1 of 10 records, 770 B; tumbling window HH:MM:00-HH:MM:10, state 2 B",
      "shard 0 batch 2 closed by tumbling edge: final call of the tumbling window HH:MM:00-HH:MM:10, state 14 B: a record of a later window was read",
      "shard 0 batch 3 closed by caught up: 1 of 10 records, 770 B; tumbling window HH:MM:10-HH:MM:20, state 2 B",
      "shard 0 batch 4 closed by tumbling edge: final call of the tumbling window HH:MM:10-HH:MM:20, state 14 B: tumbling windows were switched off",
    ]);
  });

  test("W-9, W-12, W-17: silence, a state that is too large, and the end of a shard", async () => {
    const large = "x".repeat(1_048_576);
    const told = await aWindowedHouse(
      but(({ labels }) => (labels[0] === "large" ? { answer: { state: large } } : null)),
    );
    await told.map(windowed);
    told.arrive("1", 1);
    await told.house.pass(200_000);
    told.arrive("large", 201);
    await told.house.pass(1_000);
    told.arrive("3", 211);
    told.stream.closeShard("shardId-000000000000");
    await told.house.pass(1_000);
    expect(batchLines(told).filter((line) => line.includes(" of the "))).toEqual([
      "shard 0 batch 2 closed by tumbling edge: final call of the tumbling window HH:MM:00-HH:MM:10, state 14 B: nothing more came",
      "shard 0 batch 4 closed by payload: early end of the tumbling window HH:MM:20-HH:MM:30, state 1,048,578 B: that is over 1,048,576 B",
      "shard 0 batch 6 closed by tumbling edge: final call of the tumbling window HH:MM:30-HH:MM:40, state 14 B: its shard has ended",
    ]);
  });

  test("the settings name the tumbling window in full, and only where there is one", () => {
    expect(settingsText({ BatchSize: 5, TumblingWindowInSeconds: 30 })).toContain(", tumbling window 30 s");
    expect(settingsText({ BatchSize: 5, TumblingWindowInSeconds: 0 })).not.toContain("tumbling");
  });
});

test("W-15: the document on a final call is told as that", async () => {
  const told = await aStory(
    but((call) => (isFinal(call) ? { throws: true } : null)),
    { MaximumRetryAttempts: 0 },
  );
  const state = createLineState();
  const reported = told.house.entries().filter(({ kind }) => kind === "reported");
  const lines = reported.flatMap((each) => linesOf(each, state).map(({ text }) => text));
  expect(lines[0]).toMatch(/batch 2 -> sqs:given-up: a document on a final call, request \w{8}$/);
});

describe("explain", () => {
  test("W-15: a final call that was given up, with its window, state and reason", async () => {
    const told = await aStory(
      but((call) => (isFinal(call) ? { throws: true } : null)),
      { MaximumRetryAttempts: 1 },
    );
    await told.house.pass(5_000);
    const text = untimed(await explained(told, "handle/2"));
    expect(text).toContain("batch     2, no records, 276 bytes, closed by tumbling edge");
    expect(text.replaceAll(/\n +/g, " ")).toContain(
      "tumbling  final call of the tumbling window HH:MM:00-HH:MM:10, state 14 B: a record of a later window was read",
    );
    expect(text).toMatch(/GIVEN UP/);
    expect(text).toContain("cost        2 invocations for 1\n");
    expect(text).not.toMatch(/batchSize|1–0/);
    expect(text.replaceAll(/\n +/g, " ")).toContain(
      "verdict  the final call: it failed twice; the window's state is lost, and what follows starts from {}",
    );
  });

  test("a record names the window that it was in; a mapping the windows that are open and how many were closed", async () => {
    const told = await aWindowedHouse();
    const uuid = await told.map(windowed);
    told.arrive("1", 1);
    told.arrive("2", 12);
    await told.house.pass(1_000);
    const position = told.house.entries().find((each) => each.kind === "batch-closed")?.first ?? "";
    expect(untimed(await explained(told, position))).toContain("tumbling  window HH:MM:00-HH:MM:10, state 2 B");
    const text = untimed(await explained(told, uuid)).replaceAll(/\n +/g, " ");
    expect(text).toContain("the tumbling window HH:MM:10-HH:MM:20, state 2 B at its last call, is open");
    expect(text).toContain("; 1 tumbling window closed");
  });
});

describe("the live view", () => {
  const open = { startMs: at("00.000"), endMs: at("30.000"), stateBytes: 17, stateLimitBytes: 1_048_576 };
  const idle: LaneReport = {
    lane: laneOf(process, 0),
    waitingCount: 0,
    recordCount: 0,
    recordBytes: 0,
    eventBytes: 283,
    eventLimitBytes: 6_291_456,
    windowFromMs: null,
    closedBy: "tumbling edge",
    closesAtMs: nowMs + 84_000,
    isHeld: false,
    tumbling: open,
  };

  /** The scene without anything in hand, with these lanes. */
  const drawn = (lanes: readonly LaneReport[], columns = 80): string => {
    const [view] = views;
    if (view?.summary === undefined || view.summary === null) throw new Error("there is a view");
    const model = momentOf([], [{ ...view, summary: { ...view.summary, counters: noCounts, lanes } }]);
    return textOf(sceneOf({ model, columns }));
  };

  test("W-9: an open window in which nothing waits: its state, and when silence closes it", () => {
    const text = drawn([idle]);
    expect(text).toMatch(/^ASSEMBLING .*silence closes its window, in 84\.0 s$/m);
    expect(text).toContain("state          17 of 1,048,576  ░░░░░░░░░░  tumbling window 12:04:00–12:04:30");
    expect(drawn([idle], 120)).toContain("silence, in 84.0 s");
  });

  test("W-6: records behind the edge close it now, and a lane that assembles is drawn first", () => {
    const busy: LaneReport = {
      ...idle,
      lane: laneOf(process, 1),
      waitingCount: 3,
      recordCount: 2,
      recordBytes: 400,
      closesAtMs: nowMs,
    };
    const text = drawn([idle, busy]);
    expect(text).toMatch(/^ASSEMBLING .*shard 1 +the tumbling edge closes it, now$/m);
  });

  test("W-8, W-12: a closing call is `final` or `early` among the batches", () => {
    const model = momentOf();
    const closed = (batch: string, end: "silence" | "stateTooLarge"): Entry =>
      entry(nowMs, process, laneOf(process, 1), {
        kind: "batch-closed",
        batch,
        closedBy: end === "silence" ? "tumbling edge" : "payload",
        recordCount: 0,
        payloadBytes: 283,
        windowMs: null,
        first: null,
        last: null,
        oldestArrivedAtMs: null,
        tumbling: { startMs: at("00.000"), endMs: at("30.000"), stateBytes: 17, end },
      });
    learnEntries(model, [closed("30", "stateTooLarge"), closed("31", "silence")], 0);
    expect(textOf(sceneOf({ model }))).toMatch(/ 31 .* tumbling edge +final .*\n +30 .* payload +early /);
  });
});
