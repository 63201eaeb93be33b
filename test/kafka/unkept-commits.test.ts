// What a member does with a commit that its coordinator did not take, as the coordinator hears it.

import { expect, test } from "vitest";
import type { KafkaRecord } from "../../src/kinds/kafka/kafka-record.ts";
import type { MemberEvent, Place } from "../../src/ports/group-source.ts";
import { createGroupMembership } from "../../workers/kafka/group-membership.ts";
import type { Coordinator, KafkaCluster, TopicSeen } from "../../workers/kafka/kafka-cluster.ts";

const topic = "orders";
const seen: TopicSeen = { id: "one", leaders: new Map([[0, 1]]) };

function aMember() {
  const heard: string[] = [];
  const events: MemberEvent<KafkaRecord>[] = [];
  let isAway = false;
  let generation = 0;
  const hear = (what: string) => {
    if (isAway) throw new Error("Closed connection");
    heard.push(what);
  };
  const coordinator: Coordinator = {
    async join({ metadata }) {
      hear("join");
      generation += 1;
      return { memberId: "a", generation, members: [{ memberId: "a", metadata }] };
    },
    sync: async (_place, assignments) => assignments.get("a") ?? Buffer.alloc(0),
    async heartbeat() {
      hear("heartbeat");
    },
    async leave() {},
    async commit(place, _topic, offsets) {
      hear(`commit of generation ${place.generation}: ${offsets.get(0)?.offset}`);
    },
    committed: async (_topic, partitions) => new Map(partitions.map((each) => [each, { offset: 5n, metadata: "" }])),
  };
  const unused = async (): Promise<never> => {
    throw new Error("not asked for here");
  };
  const cluster: KafkaCluster = {
    topic: async () => seen,
    coordinator: async () => coordinator,
    offsets: unused,
    fetch: unused,
    decompress: unused,
    close: async () => {},
  };
  let epochCount = 0;
  const membership = createGroupMembership({
    topic,
    sessionMs: 30_000,
    rebalanceMs: 60_000,
    startOf: () => null,
    nextEpoch: () => ++epochCount,
    tell: (told) => events.push(...told),
  });
  const group = { cluster, coordinator };
  return {
    membership,
    heard,
    keepUp: (topicSeen = seen) => membership.keepUp(group, topicSeen),
    commit: (places: readonly Place[]) => membership.commit(() => (isAway ? null : group), places),
    goAway: () => (isAway = true),
    comeBack: () => (isAway = false),
    placesUpTo: (place: string): readonly Place[] =>
      [...membership.readings.values()].map(({ partition }) => ({ partition, place })),
  };
}

test("M-806: what a coordinator did not take while it was away is committed before the next join, once", async () => {
  const { membership, heard, keepUp, commit, goAway, comeBack, placesUpTo } = aMember();
  membership.look(seen);
  await keepUp();
  goAway();
  expect(await commit(placesUpTo("7"))).toMatchObject({ kind: "failed" });
  expect(await commit(placesUpTo("9"))).toMatchObject({ kind: "failed" });
  // A partition has come to the topic meanwhile: its leader joins anew.
  const grown: TopicSeen = { id: "one", leaders: new Map([...seen.leaders, [1, 1]]) };
  membership.look(grown);
  comeBack();
  await keepUp(grown);
  await keepUp(grown);
  expect(heard).toEqual(["join", "commit of generation 1: 10", "join", "heartbeat"]);
});

test("M-806: a commit that was taken is not sent again", async () => {
  const { membership, heard, keepUp, commit, placesUpTo } = aMember();
  membership.look(seen);
  await keepUp();
  expect(await commit(placesUpTo("7"))).toEqual({ kind: "kept", ended: [] });
  await keepUp();
  expect(heard).toEqual(["join", "commit of generation 1: 8", "heartbeat"]);
});
