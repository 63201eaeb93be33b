// A lane as the page shows it: its gauges, and which limit closes its batch first.

import { expect, test } from "vitest";
import { closesText, gaugesOf, listedLanes } from "../../src/page/dashboard/mapping/lane-texts.ts";
import { aLane, aMapping } from "./support/frames.ts";

const nowMs = 1_000_000;
const lane = aLane({
  assembling: {
    recordCount: 6,
    eventBytes: 5_605,
    eventLimitBytes: 6_291_456,
    windowFromMs: nowMs - 3_200,
    closedBy: "window",
    closesAtMs: nowMs + 1_800,
  },
});

test("an open batch names the limit that closes it first, and when (B-1)", () => {
  const mapping = aMapping();
  expect(closesText(lane, mapping, nowMs)).toBe("window, in 1.8 s");
  expect(gaugesOf(lane, mapping, nowMs).map(({ label, text, isFirst }) => [label, text, isFirst])).toEqual([
    ["records", "6 of 10", false],
    ["window", "3.2 of 5 s", true],
    ["payload", "5,605 of 6,291,456 B", false],
  ]);
  expect(gaugesOf(lane, mapping, nowMs)[0]?.spoken).toBe("6 of 10 records, window closes in 1.8 s");
});

test("between two frames the window goes on, and never beyond its end", () => {
  const [, later] = gaugesOf(lane, aMapping(), nowMs + 1_000);
  expect(later?.text).toBe("4.2 of 5 s");
  const [, over] = gaugesOf(lane, aMapping(), nowMs + 9_000);
  expect(over?.text).toBe("5.0 of 5 s");
  expect(closesText(lane, aMapping(), nowMs + 9_000)).toBe("window, now");
});

test("what is in a lane's way is told before what would close its batch (B-6)", () => {
  const held = { ...lane, heldBy: { batch: "29", sinceMs: nowMs - 340 } };
  expect(closesText(held, aMapping(), nowMs)).toBe("held by batch 29, 0.34 s");
  expect(closesText(lane, aMapping({ isPaused: true }), nowMs)).toBe("paused before its next batch");
  expect(closesText(aLane(), aMapping(), nowMs)).toBe("nothing waits");
});

test("a lane with nothing to assemble tells of the batch that it has, or of what waits elsewhere", () => {
  const textOf = (given: Parameters<typeof aLane>[0]): string => closesText(aLane(given), aMapping(), nowMs);
  expect(textOf({ lagCount: 10, batch: "runs" })).toBe("its batch runs");
  expect(textOf({ lagCount: 10, batch: "waits" })).toBe("its batch waits to be called");
  expect(textOf({ lagCount: 3 })).toBe("3 records wait");
});

test("a journal does not tell the bytes of a batch that is open: no gauge is made up", () => {
  const { assembling } = lane;
  if (assembling === null) throw new Error("the lane assembles");
  const read = aLane({ assembling: { ...assembling, eventBytes: null } });
  expect(gaugesOf(read, aMapping(), nowMs).map(({ label }) => label)).toEqual(["records", "window"]);
});

test("over 50 lanes fold into the worst ten and a count", () => {
  const lanes = Array.from({ length: 50 }, (_, index) => aLane({ lane: `u/s/${index}`, label: `shard ${index}` }));
  expect(listedLanes(aMapping({ lanes })).lanes).toHaveLength(50);
  const many = listedLanes(aMapping({ lanes, moreLanes: 950 }));
  expect([many.lanes.length, many.moreCount]).toEqual([10, 990]);
});
