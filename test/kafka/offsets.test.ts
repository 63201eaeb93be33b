// Where a mapping begins on a real Kafka, and what follows when its offsets are not in the log any more.

import { describe, expect, test } from "vitest";
import { liveTopic, partitionOf } from "./support/live-topic.ts";

describe("starting places", () => {
  test("M-502, M-503, TM-39, TM-40, TM-41: the beginning, the end, a time; not where the group has committed", async () => {
    await using live = await liveTopic({ partitionCount: 3 });
    // Recent, as a broker forgets what is old.
    const baseMs = Date.now() - 60_000;
    for (const partition of [0, 2])
      await live.producer.send({
        topic: live.topic,
        messages: [1000, 2000, 3000].map((ms) => ({ timestamp: String(baseMs + ms), value: "v", partition })),
      });
    const source = live.source();
    const placesOf = async (start: Parameters<typeof source.places>[0]) => {
      const answer = await source.places(start);
      return answer.kind === "problem" ? answer : answer.places.map(({ unit, after }) => [unit, after]);
    };
    expect(await placesOf({ kind: "trimHorizon" })).toEqual([
      [live.unit(0), null],
      [live.unit(1), null],
      [live.unit(2), null],
    ]);
    expect(await placesOf({ kind: "latest" })).toEqual([
      [live.unit(0), "2"],
      [live.unit(1), null],
      [live.unit(2), "2"],
    ]);
    expect(await placesOf({ kind: "atTimestamp", atMs: baseMs + 1500 })).toEqual([
      [live.unit(0), "0"],
      [live.unit(1), null],
      [live.unit(2), "0"],
    ]);
    expect(await placesOf({ kind: "atTimestamp", atMs: baseMs + 2000 })).toContainEqual([live.unit(0), "0"]);
    // None so late: the end.
    expect(await placesOf({ kind: "atTimestamp", atMs: baseMs + 4000 })).toContainEqual([live.unit(0), "2"]);
    await live.commitAs(2, "1");
    expect(await placesOf({ kind: "latest" })).toEqual([
      [live.unit(0), "2"],
      [live.unit(1), null],
    ]);
    expect(await source.unread()).toEqual(
      new Map([
        [live.unit(0), 3],
        [live.unit(1), 0],
        [live.unit(2), 2],
      ]),
    );
    // Where nothing is committed it is behind the place where reading begins.
    expect(await source.unread((unit) => (unit === live.unit(1) ? null : "0"))).toEqual(
      new Map([
        [live.unit(0), 2],
        [live.unit(1), 0],
        [live.unit(2), 2],
      ]),
    );
  });

  test("M-502, M-505: a member begins at its place, and where the group has committed, there", async () => {
    await using live = await liveTopic({ partitionCount: 2 });
    await live.send(0, ["a0", "a1", "a2"]);
    await live.send(1, ["b0", "b1", "b2"]);
    await live.commitAs(1, "1");
    const member = live.member({ startOf: () => "1" });
    const values = await member.untilCount(3);
    expect(values.toSorted()).toEqual(["a2", "b1", "b2"]);
    const assigned = member.events.find(({ kind }) => kind === "assigned");
    expect(assigned).toMatchObject({ partitions: [{ after: "1" }, { after: "0" }] });
  });

  test("M-706, M-812, TM-50: a topic that is missing is waited for, never made, and read from its beginning", async () => {
    await using live = await liveTopic({ isMade: false });
    const source = live.source();
    expect(await source.places({ kind: "latest" })).toMatchObject({
      kind: "problem",
      problem: {
        code: "missing",
        text: "PROBLEM: Connection error. Please check your event source connection configuration.",
      },
    });
    expect(await source.unread()).toBeNull();
    const member = live.member();
    const told = await member.until(({ events }) => events.find(({ kind }) => kind === "problem"));
    expect(told).toMatchObject({ problem: { code: "missing" } });
    // This broker makes what a client asks for and does not forbid.
    expect(await live.admin.listTopics()).not.toContain(live.topic);
    await live.make();
    await live.send(0, ["a", "b"]);
    expect(await member.untilCount(2)).toEqual(["a", "b"]);
    const isRecovered = ({ kind }: { readonly kind: string }) => kind === "recovered";
    expect(await member.until(({ events }) => events.find(isRecovered))).toBeDefined();
  });
});

describe("offsets that are out of range", () => {
  test("M-506, M-820, TM-43: before the log's beginning, reading goes on with the oldest record, and says which were lost", async () => {
    await using live = await liveTopic();
    await live.send(0, ["a", "b", "c", "d", "e"]);
    await live.commitAs(0, "1");
    await live.forget(0, "3");
    const member = live.member();
    expect(await member.untilCount(2)).toEqual(["d", "e"]);
    expect(member.events.find(({ kind }) => kind === "records")).toMatchObject({
      records: [],
      lost: { after: "0", before: "3", count: 2 },
    });
    const partition = partitionOf(member, live.unit(0));
    await member.member.commit([{ partition, place: "4" }]);
    expect(await live.committed()).toBe("5");
  });

  test("M-506: what goes while it is read, too", async () => {
    await using live = await liveTopic();
    await live.send(0, ["a"]);
    const member = live.member();
    await member.untilCount(1);
    const partition = partitionOf(member, live.unit(0));
    member.member.pause([partition]);
    // One fetch is kept of a paused partition: no more than one of these goes into it.
    const long = "x".repeat(700_000);
    await live.send(0, [`b${long}`]);
    await live.send(0, [`c${long}`]);
    await live.send(0, ["d"]);
    await live.forget(0, "3");
    member.member.resume([partition]);
    const lost = await member.until(({ events }) =>
      events.find((event) => event.kind === "records" && event.lost !== null),
    );
    expect(lost).toMatchObject({ partition, lost: { before: "3" } });
    await member.until(({ values }) => (values.at(-1) === "d" ? true : null));
    expect(partitionOf(member, live.unit(0))).toBe(partition);
  });

  test("M-506, TM-43: beyond the log's end, reading begins anew with the oldest record, in a new epoch", async () => {
    await using live = await liveTopic();
    await live.send(0, ["a", "b"]);
    await live.commitAs(0, "90");
    const member = live.member();
    expect(await member.untilCount(2)).toEqual(["a", "b"]);
    expect(member.events.map(({ kind }) => kind).slice(0, 3)).toEqual(["assigned", "revoked", "assigned"]);
    expect(member.events.find(({ kind }) => kind === "records")).toMatchObject({
      lost: { after: "89", before: "0", count: null },
    });
    await member.member.commit([{ partition: partitionOf(member, live.unit(0)), place: "1" }]);
    expect(await live.committed()).toBe("2");
  });
});

describe("a topic that is deleted and made again", () => {
  test("M-707: while it is read: new epochs, from the new topic's beginning", async () => {
    await using live = await liveTopic();
    await live.send(0, ["old 0", "old 1", "old 2"]);
    const member = live.member();
    await member.untilCount(3);
    await member.member.commit([{ partition: partitionOf(member, live.unit(0)), place: "0" }]);
    await live.admin.deleteTopics({ topics: [live.topic] });
    await member.until(({ events }) => events.find(({ kind }) => kind === "problem"));
    await live.make();
    await live.send(0, ["new 0", "new 1", "new 2", "new 3", "new 4"]);
    expect((await member.untilCount(8)).slice(3)).toEqual(["new 0", "new 1", "new 2", "new 3", "new 4"]);
    expect(member.events.map(({ kind }) => kind)).toContain("revoked");
  });

  test("M-707: while nobody reads: an offset that lies within the new log is not taken for one of it", async () => {
    await using live = await liveTopic();
    await live.send(0, ["old 0", "old 1", "old 2"]);
    const first = live.member();
    await first.untilCount(3);
    const partition = partitionOf(first, live.unit(0));
    await first.member.commit([{ partition, place: "2" }]);
    const noted = await live.admin.fetchOffsets({ groupId: live.groupId, topics: [live.topic] });
    const note = noted[0]?.partitions[0]?.metadata ?? "";
    expect(note).toMatch(/^topic [0-9a-f]{32}$/);
    await first.close();
    await live.admin.deleteTopics({ topics: [live.topic] });
    await live.make();
    await live.send(0, ["new 0", "new 1", "new 2", "new 3"]);
    // A broker forgets a deleted topic's offsets, sooner or later; here it has not.
    await live.commitAs(0, "3", note);
    const second = live.member();
    expect(await second.untilCount(4)).toEqual(["new 0", "new 1", "new 2", "new 3"]);
    expect(second.events.find(({ kind }) => kind === "records")).toMatchObject({ lost: { after: "2", count: null } });
  });
});
