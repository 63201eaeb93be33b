// A member's standing and its fetches against a cluster that is told what to answer: what a real one does too rarely to be waited for.

import { describe, expect, test } from "vitest";
import type { MemberEvent } from "../../src/ports/group-source.ts";
import type { KafkaRecord } from "../../src/kinds/kafka/kafka-record.ts";
import { createBell } from "../../workers/kafka/bell.ts";
import type { FetchedPartition } from "../../workers/kafka/fetch-answer.ts";
import { createGroupMembership } from "../../workers/kafka/group-membership.ts";
import { assignmentBytes, subscriptionBytes } from "../../workers/kafka/group-protocol.ts";
import type { Coordinator, FetchRequest, KafkaCluster, TopicSeen } from "../../workers/kafka/kafka-cluster.ts";
import { kafkaProblem } from "../../workers/kafka/kafka-problems.ts";
import { fetchFromNode, type PartitionFetchingOptions } from "../../workers/kafka/partition-fetching.ts";
import { type PartitionReading, partitionReading } from "../../workers/kafka/partition-reading.ts";

const seen = (id: string, partitionCount: number): TopicSeen => ({
  id,
  leaders: new Map(Array.from({ length: partitionCount }, (_, partition) => [partition, 1])),
});

const unknownTopic = Object.assign(new Error("told to"), { type: "UNKNOWN_TOPIC_OR_PARTITION" });

function toldCluster(fetch: KafkaCluster["fetch"] = () => Promise.resolve([])): KafkaCluster {
  return {
    topic: (topic) => (topic === "t" ? Promise.resolve(seen("a", 2)) : Promise.reject(unknownTopic)),
    coordinator: () => Promise.reject(new Error("nobody asks")),
    offsets: (_topic, _at, partitions) => Promise.resolve(new Map(partitions.map((each) => [each, 0n]))),
    fetch,
    decompress: (_codec, bytes) => Promise.resolve(bytes),
    close: () => Promise.resolve(),
  };
}

/** A group that this member leads; `given` says what it gets, null: what it gave itself. */
function toldGroup(given: readonly (readonly number[] | null)[], foreignTopics: readonly string[] = []) {
  let generation = 0;
  const metadata = (topics: readonly string[]) => subscriptionBytes({ topics, owned: new Map() });
  const coordinator: Coordinator = {
    join: () =>
      Promise.resolve({
        memberId: "m",
        generation: ++generation,
        members: [
          { memberId: "m", metadata: metadata(["t"]) },
          ...foreignTopics.map((topic) => ({ memberId: `of-${topic}`, metadata: metadata([topic]) })),
        ],
      }),
    sync(_place, assignments) {
      const told = given[generation - 1];
      const own = assignments.get("m") ?? Buffer.alloc(0);
      return Promise.resolve(told === undefined || told === null ? own : assignmentBytes(new Map([["t", told]])));
    },
    heartbeat: () => Promise.reject(Object.assign(new Error("told to"), { type: "REBALANCE_IN_PROGRESS" })),
    leave: () => Promise.resolve(),
    commit: () => Promise.resolve(),
    committed: () => Promise.resolve(new Map()),
  };
  const events: MemberEvent<KafkaRecord>[] = [];
  let epoch = 0;
  const membership = createGroupMembership({
    topic: "t",
    sessionMs: 30_000,
    rebalanceMs: 60_000,
    startOf: () => "99",
    nextEpoch: () => ++epoch,
    tell: (told) => void events.push(...told),
  });
  return {
    membership,
    connected: { cluster: toldCluster(), coordinator },
    places: () =>
      events.flatMap((event) =>
        event.kind === "assigned" ? event.partitions.map(({ partition, after }) => `${partition.unit}:${after}`) : [],
      ),
  };
}

describe("a member's standing", () => {
  test("M-707: of a topic that was made anew no partition begins where the old one's would, however late it is given", async () => {
    const { membership, connected, places } = toldGroup([[0], [0], [0, 1]]);
    membership.look(seen("a", 2));
    await membership.keepUp(connected, seen("a", 2));
    membership.look(seen("b", 2));
    await membership.keepUp(connected, seen("b", 2));
    await membership.keepUp(connected, seen("b", 2)); // A rebalance is on.
    await membership.keepUp(connected, seen("b", 2));
    expect(places()).toEqual(["t-0:99", "t-0:null", "t-1:null"]);
  });

  test("M-202: a foreign member's topic that is not there keeps the leader from nothing", async () => {
    const { membership, connected, places } = toldGroup([null], ["gone"]);
    membership.look(seen("a", 2));
    await membership.keepUp(connected, seen("a", 2));
    expect(places()).toEqual(["t-0:99", "t-1:99"]);
  });

  test("M-806: a commit whose turn comes when the connection has gone is not sent over it", async () => {
    const { membership, connected } = toldGroup([[0]]);
    await membership.keepUp(connected, seen("a", 2));
    const [reading] = membership.readings.values();
    const places = reading === undefined ? [] : [{ partition: reading.partition, place: "5" }];
    expect(await membership.commit(() => null, places)).toMatchObject({ kind: "failed" });
    expect(await membership.commit(() => connected, places)).toEqual({ kind: "kept", ended: [] });
  });
});

function answered(partition: number, given: Partial<FetchedPartition> = {}): FetchedPartition {
  return { partition, errorCode: 0, lastStableOffset: 0n, aborted: [], batches: Buffer.alloc(0), ...given };
}

/** Fetches until it throws, or `turnCount` times, of which the last one's answer comes too late. */
async function fetches(
  turnCount: number,
  answer: (request: FetchRequest) => readonly FetchedPartition[],
  onUnpack: (readings: readonly PartitionReading[]) => void = () => {},
) {
  const over = new AbortController();
  const readings = [0, 1, 2].map((each) => partitionReading("t", each, { epoch: each, next: 0n, lost: null }));
  const asked: (readonly number[])[] = [];
  const told: MemberEvent<KafkaRecord>[] = [];
  const answeredNodes: number[] = [];
  let pauseCount = 0;
  const cluster = toldCluster((_node, request) => {
    asked.push([...request.offsets.keys()]);
    if (asked.length === turnCount) over.abort();
    return Promise.resolve(answer(request));
  });
  const options: PartitionFetchingOptions = {
    topic: "t",
    cluster: {
      ...cluster,
      decompress() {
        onUnpack(readings);
        return Promise.resolve(Buffer.alloc(0));
      },
    },
    changed: createBell(),
    waitMs: 0,
    readings: new Map(readings.map((each) => [each.partitionNumber, each])),
    leaderOf: () => 1,
    hasRoom: () => true,
    tell: (events) => void told.push(...events),
    renew: () => {},
    onFetched: (node) => void answeredNodes.push(node),
    onStale: () => {},
    pause: () => {
      pauseCount += 1;
      return Promise.resolve();
    },
  };
  const failure: unknown = await fetchFromNode(1, options, over.signal).catch((error: unknown) => error);
  return { asked, told, answeredNodes, pauseCount, failure };
}

describe("fetches from a node", () => {
  test("M-802: each partition is asked for first in its turn, as a broker fills its answer in that order", async () => {
    const { asked } = await fetches(4, () => []);
    expect(asked).toEqual([
      [0, 1, 2],
      [1, 2, 0],
      [2, 0, 1],
      [0, 1, 2],
    ]);
  });

  test("M-802: partitions that the node no longer leads cost one pause together", async () => {
    const { pauseCount } = await fetches(2, () => [0, 1, 2].map((each) => answered(each, { errorCode: 6 })));
    expect(pauseCount).toBe(1);
  });

  test("M-705: a node that lets nothing be read has not answered, and what it says is told", async () => {
    const { answeredNodes, failure } = await fetches(2, () => [answered(0, { errorCode: 29 })]);
    expect(answeredNodes).toEqual([]);
    const problem = kafkaProblem(failure, { servers: ["h:1"], topic: "t", groupId: "g" });
    expect(problem).toMatchObject({ code: "denied", disablingReason: "EVENT_SOURCE_AUTHZ_ERROR" });
  });

  test("M-704: what cannot be read is not called a broker that cannot be reached", async () => {
    const batches = Buffer.alloc(61);
    batches.writeInt32BE(49, 8);
    const { failure } = await fetches(2, () => [answered(0, { batches })]);
    expect(kafkaProblem(failure, { servers: ["h:1"], topic: "t", groupId: "g" })).toMatchObject({
      code: "broken",
      detail:
        "Kafka at h:1 answers, but t-0 cannot be read from offset 0 on: the topic has records in the format before Kafka 0.11",
    });
  });

  test.each([
    { of: "the leader before, to what the new one has brought already, is left out", brought: 7n, toldCount: 0 },
    { of: "the only leader is told", brought: null, toldCount: 2 },
  ])("K2: an answer of $of", async ({ brought, toldCount }) => {
    const packed = Buffer.alloc(61);
    packed.writeInt32BE(49, 8);
    packed.writeInt8(2, 16);
    packed.writeInt16BE(1, 21); // gzip
    packed.writeInt32BE(4, 23); // Offsets 0 to 4, of which compaction has left no record.
    const { told } = await fetches(
      2,
      () => [answered(0, { batches: packed })],
      (readings) => {
        const [reading] = readings;
        if (reading !== undefined && brought !== null) reading.next = brought;
      },
    );
    expect(told).toHaveLength(toldCount);
  });
});
