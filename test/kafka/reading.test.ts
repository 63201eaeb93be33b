import { describe, expect, test } from "vitest";
import { liveTopic, standingEpochs } from "./support/live-topic.ts";

describe("a member of a group on a real Kafka", () => {
  test("M-201: it joins, reads in order, commits, and the next one goes on behind", async () => {
    await using live = await liveTopic();
    await live.send(0, ["a", "b", "c"]);
    const first = live.member();
    expect(await first.untilCount(3)).toEqual(["a", "b", "c"]);
    expect(first.records.map(({ offset, ordinal }) => [offset, ordinal])).toEqual([
      ["0", 0],
      ["1", 1],
      ["2", 2],
    ]);
    const partition = first.records[0]?.partition;
    if (partition === undefined) throw new Error("no record");
    expect(await first.member.commit([{ partition, place: "1" }])).toEqual({ kind: "kept", ended: [] });
    expect(await live.committed()).toBe("2");
    await first.close();
    const second = live.member();
    expect(await second.untilCount(1)).toEqual(["c"]);
    expect(standingEpochs(second).get(partition.unit)?.epoch).not.toBe(partition.epoch);
  });
});
