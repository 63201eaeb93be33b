// Members of a group share a topic's partitions: what they keep, what they hand over, and what a late commit does.

import { describe, expect, test } from "vitest";
import { openKafkaCluster } from "../../workers/kafka/kafka-cluster.ts";
import { type LiveMember, liveTopic, partitionOf, standingEpochs } from "./support/live-topic.ts";

const unitsOf = (member: LiveMember) => [...standingEpochs(member).keys()].sort();
const holds = (count: number) => (member: LiveMember) =>
  standingEpochs(member).size === count ? unitsOf(member) : null;

describe("members of a group on a real Kafka", () => {
  test("M-203, M-807, TM-45: one that joins gets its share; what the first keeps goes on without a break", async () => {
    await using live = await liveTopic({ partitionCount: 4 });
    for (const partition of [0, 1, 2, 3]) await live.send(partition, [`${partition}`]);
    const first = live.member();
    await first.untilCount(4);
    const before = standingEpochs(first);
    const second = live.member();
    await second.until(holds(2));
    await first.until(holds(2));
    expect([...unitsOf(first), ...unitsOf(second)].sort()).toEqual([0, 1, 2, 3].map(live.unit));
    expect([...standingEpochs(first)].every(([unit, epoch]) => before.get(unit) === epoch)).toBe(true);
    // Nothing was committed: what went over comes again, and only that.
    expect((await second.untilCount(2)).length).toBe(2);
    expect(first.values.length).toBe(4);
    await second.close();
    expect(await first.until(holds(4))).toEqual([0, 1, 2, 3].map(live.unit));
  });

  test("M-806, M-808, M-811, TM-44: a commit of what was taken away changes nothing, and says so", async () => {
    await using live = await liveTopic({ partitionCount: 2 });
    await live.send(0, ["a"]);
    await live.send(1, ["a"]);
    const first = live.member();
    await first.untilCount(2);
    const before = standingEpochs(first);
    const second = live.member();
    await second.until(holds(1));
    await first.until(holds(1));
    const [kept] = [...standingEpochs(first).values()];
    const gone = [...before.values()].find(({ unit }) => unit !== kept?.unit);
    if (kept === undefined || gone === undefined) throw new Error("nothing was shared");
    const places = [kept, gone].map((partition) => ({ partition, place: "0" }));
    expect(await first.member.commit(places)).toEqual({ kind: "kept", ended: [gone] });
    expect(await live.committed(numberOf(kept.unit))).toBe("1");
    expect(await live.committed(numberOf(gone.unit))).toBeNull();
  });

  test("M-805, M-806: one that the group has put out learns it by its commit, and begins with new epochs", async () => {
    await using live = await liveTopic();
    await live.send(0, ["a"]);
    const member = live.member({ times: { heartbeatMs: 60_000, metadataMs: 60_000 } });
    await member.untilCount(1);
    const partition = partitionOf(member, live.unit(0));
    await putOut(live);
    const answer = await member.member.commit([{ partition, place: "0" }]);
    expect(answer.kind).toBe("failed");
    const anew = await member.until((told) => {
      const epoch = standingEpochs(told).get(live.unit(0));
      return epoch === undefined || epoch.epoch === partition.epoch ? null : epoch;
    });
    expect(await member.member.commit([{ partition, place: "0" }])).toEqual({ kind: "kept", ended: [partition] });
    expect(await member.member.commit([{ partition: anew, place: "0" }])).toEqual({ kind: "kept", ended: [] });
    expect(await live.committed()).toBe("1");
  });

  test("M-807: one that the group has put out learns it by its heartbeat, too, and reads again what it has not committed", async () => {
    await using live = await liveTopic();
    await live.send(0, ["a", "b"]);
    const member = live.member();
    await member.untilCount(2);
    await member.member.commit([{ partition: partitionOf(member, live.unit(0)), place: "0" }]);
    await putOut(live);
    expect(await member.untilCount(3)).toEqual(["a", "b", "b"]);
  });

  test("M-810, TM-46: a partition that goes while it is paused, and comes back, is read again", async () => {
    await using live = await liveTopic({ partitionCount: 2 });
    const first = live.member();
    await first.until(holds(2));
    first.member.pause([...standingEpochs(first).values()]);
    const second = live.member();
    await second.until(holds(1));
    const [gone = ""] = unitsOf(second);
    await second.close();
    await first.until(holds(2));
    await live.send(numberOf(gone), ["a"]);
    expect(await first.untilCount(1)).toEqual(["a"]);
  });

  test("M-202: a foreign member has its share, and gives it back", async () => {
    await using live = await liveTopic({ partitionCount: 4 });
    const member = live.member();
    await member.until(holds(4));
    const foreign = live.client.consumer({ groupId: live.groupId, heartbeatInterval: 200 });
    await foreign.connect();
    await foreign.subscribe({ topic: live.topic, fromBeginning: true });
    const heard: number[] = [];
    await foreign.run({ eachMessage: ({ partition }) => Promise.resolve(void heard.push(partition)) });
    await member.until(holds(2));
    for (const partition of [0, 1, 2, 3]) await live.send(partition, ["a"]);
    await member.untilCount(2);
    await live.eventually(() => Promise.resolve(heard.length === 2));
    const ours = unitsOf(member).map(numberOf);
    expect([...heard, ...ours].sort((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    await foreign.disconnect();
    await member.until(holds(4));
  });

  test("M-203: more members than partitions: who has none says so, and takes over", async () => {
    await using live = await liveTopic();
    const first = live.member();
    await first.until(holds(1));
    const second = live.member();
    await second.until(({ events }) => events.find(({ kind }) => kind === "assigned"));
    const [busy, idle] = standingEpochs(first).size === 1 ? [first, second] : [second, first];
    expect(unitsOf(idle)).toEqual([]);
    await busy.close();
    expect(await idle.until(holds(1))).toEqual([live.unit(0)]);
  });

  test("M-504, M-819, TM-42: a partition that is added is read from its first record", async () => {
    await using live = await liveTopic();
    const member = live.member();
    await member.until(holds(1));
    await live.admin.createPartitions({ topicPartitions: [{ topic: live.topic, count: 2 }] });
    await live.send(1, ["a", "b"]);
    expect(await member.untilCount(2)).toEqual(["a", "b"]);
  });

  test("M-803: all partitions paused for longer than the session, nothing is lost of the membership", async () => {
    await using live = await liveTopic();
    // The shortest session that the broker takes.
    const sessionMs = 6_000;
    const member = live.member({ times: { sessionMs, heartbeatMs: 1_000 } });
    await member.until(holds(1));
    const partition = partitionOf(member, live.unit(0));
    member.member.pause([partition]);
    await live.pastMs(sessionMs + 1_000);
    await live.send(0, ["a"]);
    member.member.resume([partition]);
    expect(await member.untilCount(1)).toEqual(["a"]);
    expect(partitionOf(member, live.unit(0))).toBe(partition);
  });

  test("M-806, TM-62: members come and go all the time: each record comes, and committed offsets never go back", async () => {
    await using live = await liveTopic({ partitionCount: 3 });
    const steady = live.member();
    await steady.until(holds(3));
    const seen: bigint[] = [];
    for (let round = 0; round < 8; round += 1) {
      const guest = live.member();
      for (const partition of [0, 1, 2]) await live.send(partition, [`${round}`]);
      await guest.until(({ events }) => events.find(({ kind }) => kind === "assigned"));
      await commitAll(steady);
      await commitAll(guest);
      seen.push(BigInt((await live.committed(0)) ?? "0"));
      await guest.close();
    }
    await steady.until(holds(3));
    for (const partition of [0, 1, 2]) await live.send(partition, ["last"]);
    await steady.until((told) => (told.values.filter((value) => value === "last").length >= 3 ? true : null));
    expect(seen).toEqual([...seen].sort((a, b) => Number(a - b)));
    const all = live
      .readBy()
      .flatMap((member) => member.records.map(({ offset, partition }) => `${partition.unit} ${offset}`));
    expect(new Set(all).size).toBe(27);
  });
});

const numberOf = (unit: string) => Number(unit.split("-").at(-1));

/** As an administrator does. */
async function putOut(
  live: { readonly groupId: string; readonly server: string; readonly topic: string } & {
    readonly admin: Awaited<ReturnType<typeof liveTopic>>["admin"];
  },
) {
  const { groups } = await live.admin.describeGroups([live.groupId]);
  const cluster = await openKafkaCluster({ brokers: [live.server], logLevel: 0 });
  await cluster.topic(live.topic);
  const coordinator = await cluster.coordinator(live.groupId);
  for (const { memberId } of groups[0]?.members ?? []) await coordinator.leave(memberId);
  await cluster.close();
}

/** Of each epoch that stands, up to the last record that was read. */
async function commitAll(member: LiveMember): Promise<void> {
  const places = [...standingEpochs(member).values()].flatMap((partition) => {
    const last = member.records.filter((record) => record.partition === partition).at(-1);
    return last === undefined ? [] : [{ partition, place: last.offset }];
  });
  if (places.length > 0) await member.member.commit(places);
}
