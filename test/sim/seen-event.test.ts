// What a stranger reads of an event: shard, positions, window and the numbers that a story's function keeps.

import { describe, expect, test } from "vitest";
import { partsAsOne, recordsSeenIn, seenEventFrom } from "../../src/sim/seen-event.ts";

const kinesis = (position: string) => ({
  eventID: `shardId-000000000003:${position}`,
  kinesis: { sequenceNumber: position },
});
const nobody = { unitOf: () => null, isCounting: false };
const textOf = (...records: readonly object[]): string => JSON.stringify({ Records: records });

describe("an event that was seen", () => {
  test("of Kinesis names its shard in the ids of its records; of a table it is asked for by position", () => {
    const seen = seenEventFrom(textOf(kinesis("491"), kinesis("492")), nobody);
    expect(seen).toEqual({ unit: "shardId-000000000003", positions: ["491", "492"], window: null });
    const change = { eventID: "0f3c", dynamodb: { SequenceNumber: "100" } };
    const ofTable = seenEventFrom(textOf(change), { unitOf: (position) => `of ${position}`, isCounting: false });
    expect(ofTable).toMatchObject({ unit: "of 100", positions: ["100"] });
  });

  test("has the state's numbers where its function counts, and its window's shard in its final call without records", () => {
    const window = { start: "2026-11-29T12:00:00Z", end: "2026-11-29T12:01:00Z" };
    const text = JSON.stringify({
      Records: [],
      shardId: "shardId-000000000001",
      window,
      state: { counted: [1, 2] },
      isFinalInvokeForWindow: true,
    });
    const counting = seenEventFrom(text, { ...nobody, isCounting: true });
    expect(counting).toMatchObject({
      unit: "shardId-000000000001",
      window: { isFinal: true, isEarly: false, counted: [1, 2], isCounted: true, stateBytes: 17 },
    });
    expect(seenEventFrom(text, nobody).window).toMatchObject({ counted: [], isCounted: false });
  });

  test("keeps a position that stands twice; parts of an aggregate are one where that is asked (P-10)", () => {
    const text = textOf(kinesis("491"), kinesis("491"), kinesis("492"));
    const { positions } = seenEventFrom(text, nobody);
    expect(positions).toEqual(["491", "491", "492"]);
    expect(partsAsOne(positions)).toEqual(["491", "492"]);
    expect(recordsSeenIn(text).positions).toEqual(positions);
  });
});
