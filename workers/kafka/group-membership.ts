// A member's standing in its group: joins, heartbeats, the epochs of what it is given, and commits (M-803, M-805 to M-807).
//
// G1  `standing` is the last generation whose assignment this member has. Commits and heartbeats name it, so that the coordinator refuses
//     what comes too late; while a join is out, commits wait for it (M-806).
// G2  An epoch goes on over a join only where nobody else can have had its partition between: the same member, and the very next
//     generation (M-807). Whatever else happens ends it.
// G3  What the coordinator did not take while it was away is committed first of all when it is back: it takes commits of a generation
//     until the next one has begun.

import type { MemberEvent, CommitAnswer, Place } from "../../src/ports/group-source.ts";
import type { Lost, Position, UnitId } from "../../src/ports/source.ts";
import { type KafkaRecord, partitionUnit } from "../../src/kinds/kafka/kafka-record.ts";
import {
  assign,
  assignmentBytes,
  assignmentOf,
  PROTOCOLS,
  subscriptionBytes,
  subscriptionOf,
} from "./group-protocol.ts";
import {
  type Committed,
  type Coordinator,
  EARLIEST,
  type Joined,
  type KafkaCluster,
  type MemberPlace,
  type TopicSeen,
} from "./kafka-cluster.ts";
import { protocolErrorOf } from "./kafka-errors.ts";
import { createMutex } from "./mutex.ts";
import { type PartitionReading, partitionReading, placeBefore } from "./partition-reading.ts";

const NOBODY: MemberPlace = { memberId: "", generation: -1 };
/** Of a committed offset's metadata: which topic of this name it is an offset of (M-707). */
const TOPIC_NOTE = "topic ";
/** What is answered of a topic that is not there, or not for us. */
const NO_SUCH_TOPIC: ReadonlySet<string | null> = new Set([
  "UNKNOWN_TOPIC_OR_PARTITION",
  "INVALID_TOPIC_EXCEPTION",
  "TOPIC_AUTHORIZATION_FAILED",
]);

export interface GroupMembershipOptions {
  readonly topic: string;
  readonly sessionMs: number;
  readonly rebalanceMs: number;
  readonly startOf: (unit: UnitId) => Position | null;
  readonly nextEpoch: () => number;
  readonly tell: (events: readonly MemberEvent<KafkaRecord>[]) => void;
}

/** A cluster, while it is connected. */
export interface ConnectedGroup {
  readonly cluster: KafkaCluster;
  readonly coordinator: Coordinator;
}

export interface GroupMembership {
  /** What is read now, by partition. */
  readonly readings: ReadonlyMap<number, PartitionReading>;
  readonly isJoinDue: boolean;
  /** Joins where it is due, else says that it is there. Throws what the cluster answers that a join does not mend. */
  keepUp(group: ConnectedGroup, seen: TopicSeen): Promise<void>;
  /** The topic as it is now: another one under the same name ends all epochs, more partitions make the leader ask for a join (M-504, M-707). */
  look(seen: TopicSeen): void;
  /** One epoch ends, another begins there. */
  renew(reading: PartitionReading, next: bigint, lost: Lost): void;
  /** `groupNow`: asked once it is this commit's turn; null: not connected. */
  commit(groupNow: () => ConnectedGroup | null, places: readonly Place[]): Promise<CommitAnswer>;
  /** Never rejects. */
  leave(group: ConnectedGroup): Promise<void>;
}

export function createGroupMembership(options: GroupMembershipOptions): GroupMembership {
  const { topic, tell } = options;
  const readings = new Map<number, PartitionReading>();
  const mutex = createMutex();
  let standing: MemberPlace = NOBODY;
  let memberId = "";
  let isLeader = false;
  let isJoinDue = true;
  let seenBefore: TopicSeen | null = null;
  /** For good: where the mapping starts was looked up in the topic before (M-707). */
  let isMadeAnew = false;
  /** What the last commit was for, if the coordinator did not take it. */
  let unkept: readonly Place[] = [];

  function end(over: readonly PartitionReading[]): void {
    for (const reading of over) {
      reading.isOver = true;
      readings.delete(reading.partitionNumber);
    }
    if (over.length > 0) tell([{ kind: "revoked", partitions: over.map(({ partition }) => partition) }]);
  }

  const endAll = () => end([...readings.values()]);

  function open(partitionNumber: number, next: bigint, lost: Lost | null): PartitionReading {
    const reading = partitionReading(topic, partitionNumber, { epoch: options.nextEpoch(), next, lost });
    readings.set(partitionNumber, reading);
    return reading;
  }

  /** What the coordinator says of this member's standing; false: it is something else. */
  function hears(error: unknown): boolean {
    switch (protocolErrorOf(error)) {
      case "REBALANCE_IN_PROGRESS":
        isJoinDue = true;
        return true;
      case "UNKNOWN_MEMBER_ID":
      case "FENCED_INSTANCE_ID":
        memberId = "";
        standing = NOBODY;
        isJoinDue = true;
        endAll();
        return true;
      case "ILLEGAL_GENERATION":
        standing = NOBODY;
        isJoinDue = true;
        endAll();
        return true;
      default:
        return false;
    }
  }

  async function join({ cluster, coordinator }: ConnectedGroup, seen: TopicSeen): Promise<void> {
    const metadata = subscriptionBytes({ topics: [topic], owned: new Map([[topic, [...readings.keys()]]]) });
    const { sessionMs, rebalanceMs } = options;
    const joined = await coordinator.join({ memberId, protocols: PROTOCOLS, metadata, sessionMs, rebalanceMs });
    const isUnbroken = joined.memberId === standing.memberId && joined.generation === standing.generation + 1;
    memberId = joined.memberId;
    isLeader = joined.members.length > 0;
    const place = { memberId, generation: joined.generation };
    const given = assignmentOf(await coordinator.sync(place, await assignmentsOf(joined, cluster, seen)));
    const mine = given.get(topic) ?? [];
    end([...readings.values()].filter(({ partitionNumber }) => !isUnbroken || !mine.includes(partitionNumber)));
    standing = place;
    const fresh = mine.filter((partitionNumber) => !readings.has(partitionNumber));
    const started = await startsOf(fresh, { cluster, coordinator }, seen);
    isJoinDue = false;
    tell([
      { kind: "assigned", partitions: started.map(({ partition, next }) => ({ partition, after: placeBefore(next) })) },
    ]);
  }

  /** By the leader alone. Foreign members may read other topics, too (M-202). */
  async function assignmentsOf(
    joined: Joined,
    cluster: KafkaCluster,
    seen: TopicSeen,
  ): Promise<ReadonlyMap<string, Buffer>> {
    const members = joined.members.map((each) => ({
      memberId: each.memberId,
      subscription: subscriptionOf(each.metadata),
    }));
    const others = new Set(members.flatMap(({ subscription }) => subscription.topics));
    others.delete(topic);
    const partitionsOf = new Map<string, readonly number[]>([[topic, [...seen.leaders.keys()].sort((a, b) => a - b)]]);
    for (const other of others) partitionsOf.set(other, await partitionsNow(cluster, other));
    return new Map([...assign(members, partitionsOf)].map(([id, given]) => [id, assignmentBytes(given)]));
  }

  /** Of somebody else's topic; none where there is no such topic, which must not keep ours from being shared out. */
  async function partitionsNow(cluster: KafkaCluster, other: string): Promise<readonly number[]> {
    try {
      const { leaders } = await cluster.topic(other);
      return [...leaders.keys()].sort((a, b) => a - b);
    } catch (error) {
      if (NO_SUCH_TOPIC.has(protocolErrorOf(error))) return [];
      throw error;
    }
  }

  /** Where each begins: at what the group committed, else where the mapping starts (M-502, M-504), and never within another topic (M-707). */
  async function startsOf(fresh: readonly number[], { cluster, coordinator }: ConnectedGroup, seen: TopicSeen) {
    if (fresh.length === 0) return [];
    const committed = await coordinator.committed(topic, fresh);
    const starts = fresh.map((partitionNumber) => startOf(partitionNumber, committed.get(partitionNumber), seen));
    const unplaced = starts.filter(({ next }) => next === null).map(({ partitionNumber }) => partitionNumber);
    const earliest = unplaced.length === 0 ? null : await cluster.offsets(topic, EARLIEST, unplaced);
    return starts.map(({ partitionNumber, next, lost }) =>
      open(partitionNumber, next ?? earliest?.get(partitionNumber) ?? 0n, lost),
    );
  }

  function startOf(partitionNumber: number, committed: Committed | undefined, { id }: TopicSeen) {
    if (committed === undefined) {
      const after = isMadeAnew ? null : options.startOf(partitionUnit(topic, partitionNumber));
      return { partitionNumber, next: after === null ? null : BigInt(after) + 1n, lost: null };
    }
    const noted = committed.metadata.startsWith(TOPIC_NOTE) ? committed.metadata.slice(TOPIC_NOTE.length) : null;
    if (noted === null || id === null || noted === id) return { partitionNumber, next: committed.offset, lost: null };
    return { partitionNumber, next: null, lost: { after: placeBefore(committed.offset), before: null, count: null } };
  }

  async function send(group: ConnectedGroup | null, places: readonly Place[]): Promise<CommitAnswer> {
    const byEpoch = new Map([...readings.values()].map((reading) => [reading.partition.epoch, reading]));
    const offsets = new Map<number, Committed>();
    const metadata = seenBefore?.id === null || seenBefore === null ? "" : `${TOPIC_NOTE}${seenBefore.id}`;
    for (const { partition, place } of places) {
      const reading = byEpoch.get(partition.epoch);
      if (reading === undefined) continue;
      offsets.set(reading.partitionNumber, { offset: BigInt(place) + 1n, metadata });
    }
    const ended = places.map(({ partition }) => partition).filter(({ epoch }) => !byEpoch.has(epoch));
    if (offsets.size === 0) return { kind: "kept", ended };
    if (group === null) return { kind: "failed", detail: `${topic}: not connected to the group's coordinator` };
    try {
      await group.coordinator.commit(standing, topic, offsets);
      return { kind: "kept", ended };
    } catch (error) {
      hears(error);
      return { kind: "failed", detail: `${topic}: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  /** G3: what others are given by the join that may follow would be delivered twice. */
  async function sendUnkept(group: ConnectedGroup): Promise<void> {
    const places = unkept;
    if (places.length === 0) return;
    const answer = await send(group, places);
    unkept = answer.kind === "failed" ? places : [];
  }

  return {
    readings,
    get isJoinDue() {
      return isJoinDue;
    },
    keepUp: (group, seen) =>
      mutex.hold(async () => {
        try {
          await sendUnkept(group);
          if (isJoinDue) await join(group, seen);
          else await group.coordinator.heartbeat(standing);
        } catch (error) {
          if (!hears(error)) throw error;
        }
      }),
    look(seen) {
      const before = seenBefore;
      seenBefore = seen;
      if (before === null) return;
      if (before.id !== null && seen.id !== null && before.id !== seen.id) {
        isMadeAnew = true;
        isJoinDue = true;
        endAll();
      }
      if (isLeader && seen.leaders.size > before.leaders.size) isJoinDue = true;
    },
    renew(reading, next, lost) {
      if (reading.isOver) return;
      end([reading]);
      const { partition } = open(reading.partitionNumber, next, lost);
      tell([{ kind: "assigned", partitions: [{ partition, after: placeBefore(next) }] }]);
    },
    commit: (groupNow, places) =>
      mutex.hold(async () => {
        const answer = await send(groupNow(), places);
        unkept = answer.kind === "failed" ? places : [];
        return answer;
      }),
    async leave({ coordinator }) {
      if (memberId === "") return;
      try {
        await coordinator.leave(memberId);
      } catch {
        // The group notices by its session's end.
      }
      memberId = "";
      standing = NOBODY;
      isJoinDue = true;
      endAll();
    },
  };
}
