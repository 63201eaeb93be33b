// A mapping's poller as a member of a consumer group of Kafka: connects, keeps its standing (`group-membership.ts`), fetches
// (`partition-fetching.ts`), and when the cluster cannot be reached begins anew, after a delay that grows (M-813). Its epochs last
// while it is away, as the coordinator keeps its place for a session.

import type { KafkaConfig } from "kafkajs";
import type { PartitionEpoch } from "../../src/core/record.ts";
import type { KafkaRecord } from "../../src/kinds/kafka/kafka-record.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { GroupMember, MemberEvent } from "../../src/ports/group-source.ts";
import type { Position, SourceProblem, UnitId } from "../../src/ports/source.ts";
import { createGrowingDelay } from "../../src/runtime/growing-delay.ts";
import { createBell } from "./bell.ts";
import { type ConnectedGroup, createGroupMembership } from "./group-membership.ts";
import { type KafkaCluster, openKafkaCluster, type TopicSeen } from "./kafka-cluster.ts";
import { isPassing } from "./kafka-errors.ts";
import { type KafkaPlace, kafkaProblem } from "./kafka-problems.ts";
import { createMemberEvents } from "./member-events.ts";
import { eventsOfResume } from "./partition-reading.ts";
import { fetchFromNode, type PartitionFetchingOptions } from "./partition-fetching.ts";
import { endsWithin, sleep } from "./sleep.ts";

export interface MemberTimes {
  readonly sessionMs: number;
  readonly rebalanceMs: number;
  readonly heartbeatMs: number;
  /** Metadata is at most so old (M-819). */
  readonly metadataMs: number;
  readonly fetchWaitMs: number;
}

/** M-821, M-819. */
export const usualTimes: MemberTimes = {
  sessionMs: 30_000,
  rebalanceMs: 60_000,
  heartbeatMs: 3_000,
  metadataMs: 30_000,
  fetchWaitMs: 500,
};

/** A cluster that is away comes back soon, or is looked for often enough. */
const UNREACHABLE = { firstMs: 200, mostMs: 10_000 };
/** What waiting may not mend: a topic that is missing (M-706), a login (M-705). */
const REFUSED = { firstMs: 1_000, mostMs: 60_000 };
/** Before something that is about to change is asked for again. */
const SHORT_MS = 200;
/** For a join that is out when the member is to go. */
const CLOSE_MS = 5_000;

/** So often it comes up, each time a little later; then it is told. */
const PASSING_TRIES = 50;

/** Problem: null where the member was closed. */
interface ConnectionEnd {
  readonly problem: SourceProblem | null;
  readonly isPassing: boolean;
}

export interface KafkaMemberOptions {
  readonly place: KafkaPlace;
  /** Asked anew at each connect (M-605). */
  readonly config: () => Promise<KafkaConfig | { readonly problem: SourceProblem }>;
  readonly clock: Clock;
  readonly startOf: (unit: UnitId) => Position | null;
  readonly nextEpoch: () => number;
  readonly times: MemberTimes;
}

export function createKafkaMember(options: KafkaMemberOptions): GroupMember<KafkaRecord> {
  const { place, times, clock } = options;
  const { topic, groupId } = place;
  const changed = createBell();
  /** The next heartbeat, join or look at the metadata is due now. */
  const hurry = createBell();
  const events = createMemberEvents<KafkaRecord>(() => changed.ring());
  const closing = new AbortController();
  let group: ConnectedGroup | null = null;
  let seen: TopicSeen | null = null;
  /** Nodes that have answered a fetch over the connection that there is. */
  const answered = new Set<number>();
  let isLookDue = false;
  const tell = (told: readonly MemberEvent<KafkaRecord>[]) => {
    events.add(told);
    changed.ring();
  };
  const membership = createGroupMembership({
    topic,
    startOf: options.startOf,
    nextEpoch: options.nextEpoch,
    tell,
    sessionMs: times.sessionMs,
    rebalanceMs: times.rebalanceMs,
  });
  const ended = run();

  async function run(): Promise<void> {
    const unreachable = createGrowingDelay(UNREACHABLE);
    const refused = createGrowingDelay(REFUSED);
    let passingCount = 0;
    while (!closing.signal.aborted) {
      const { problem, isPassing } = await connection(() => {
        passingCount = 0;
        unreachable.reset();
        refused.reset();
      });
      passingCount = isPassing ? passingCount + 1 : 0;
      const isTold = passingCount === 0 || passingCount > PASSING_TRIES;
      if (isTold && problem !== null && !closing.signal.aborted) events.fault(problem);
      const delay = problem?.code === "unreachable" ? unreachable : refused;
      await sleep(clock, isTold ? delay.nextMs() : SHORT_MS, closing.signal);
    }
  }

  /** From one connect to what ends it. */
  async function connection(onStanding: () => void): Promise<ConnectionEnd> {
    try {
      const config = await options.config();
      if ("problem" in config) return { problem: config.problem, isPassing: false };
      const cluster = await openKafkaCluster(config);
      const failure = await stay(cluster, onStanding);
      if (failure === null) return { problem: null, isPassing: false };
      throw failure;
    } catch (error) {
      return { problem: kafkaProblem(error, place), isPassing: isPassing(error) };
    }
  }

  /** Until the member is closed, or something fails; closes the cluster. */
  async function stay(cluster: KafkaCluster, onStanding: () => void): Promise<Error | null> {
    const over = new AbortController();
    const end = () => over.abort();
    closing.signal.addEventListener("abort", end, { once: true });
    if (closing.signal.aborted) end();
    // Of the connection before; this one does not know its nodes yet.
    seen = null;
    answered.clear();
    let failure: Error | null = null;
    const fail = (error: unknown) => {
      failure ??= error instanceof Error ? error : new Error(String(error));
      end();
    };
    const standing = keepStanding(cluster, over.signal, onStanding).catch(fail);
    const work = Promise.all([standing, fetchAll(cluster, over.signal, fail)]);
    await aborted(over.signal);
    // A join that is out takes as long as others let it; then the group finds out by itself that this member has gone.
    const isAtRest = failure === null && (await endsWithin(clock, CLOSE_MS, work));
    if (isAtRest && group !== null) await membership.leave(group);
    group = null;
    await cluster.close();
    await work;
    closing.signal.removeEventListener("abort", end);
    return failure;
  }

  async function keepStanding(cluster: KafkaCluster, signal: AbortSignal, onStanding: () => void): Promise<void> {
    let topicNow = await look(cluster);
    let lookedAtMs = clock.monotonicMs();
    const connected = { cluster, coordinator: await cluster.coordinator(groupId) };
    group = connected;
    while (!signal.aborted) {
      if (isLookDue || clock.monotonicMs() - lookedAtMs >= times.metadataMs) {
        topicNow = await look(cluster);
        lookedAtMs = clock.monotonicMs();
      }
      await membership.keepUp(connected, topicNow);
      if (membership.isJoinDue) continue;
      if (isReading()) {
        onStanding();
        events.recovered();
      }
      changed.ring();
      await sleep(clock, Math.min(times.heartbeatMs, times.metadataMs), signal, hurry);
    }
  }

  /** A standing in the group is not all: whoever leads what is to be read now has to have let it be read (M-705). */
  const isReading = (): boolean =>
    [...membership.readings.values()].every(({ isPaused, partitionNumber }) => {
      const leader = seen?.leaders.get(partitionNumber);
      return isPaused || (leader !== undefined && answered.has(leader));
    });

  async function look(cluster: KafkaCluster): Promise<TopicSeen> {
    isLookDue = false;
    const now = await cluster.topic(topic);
    seen = now;
    membership.look(now);
    changed.ring();
    return now;
  }

  async function fetchAll(cluster: KafkaCluster, signal: AbortSignal, fail: (error: unknown) => void): Promise<void> {
    const loops = new Map<number, Promise<void>>();
    const fetching = fetchingOptions(cluster, signal);
    while (!signal.aborted) {
      for (const node of new Set(seen?.leaders.values())) {
        if (!loops.has(node)) loops.set(node, fetchFromNode(node, fetching, signal).catch(fail));
      }
      await changed.wait(signal);
    }
    await Promise.all(loops.values());
  }

  const fetchingOptions = (cluster: KafkaCluster, signal: AbortSignal): PartitionFetchingOptions => ({
    topic,
    cluster,
    changed,
    tell,
    waitMs: times.fetchWaitMs,
    readings: membership.readings,
    leaderOf: (partitionNumber) => seen?.leaders.get(partitionNumber),
    hasRoom: () => events.isTaken,
    renew: (reading, next, lost) => membership.renew(reading, next, lost),
    onFetched: (node) => {
      if (answered.has(node)) return;
      answered.add(node);
      hurry.ring();
    },
    onStale: () => {
      isLookDue = true;
      hurry.ring();
    },
    pause: () => sleep(clock, SHORT_MS, signal),
  });

  function setPaused(partitions: readonly PartitionEpoch[], isPaused: boolean): void {
    const epochs = new Set(partitions.map(({ epoch }) => epoch));
    for (const reading of membership.readings.values()) {
      if (!epochs.has(reading.partition.epoch)) continue;
      if (isPaused) reading.isPaused = true;
      else tell(eventsOfResume(reading));
    }
    changed.ring();
  }

  return {
    read: (signal) => events.read(signal),
    pause: (partitions) => setPaused(partitions, true),
    resume: (partitions) => setPaused(partitions, false),
    async commit(places) {
      const answer = await membership.commit(() => group, places);
      if (membership.isJoinDue) hurry.ring();
      return answer;
    },
    async close() {
      closing.abort();
      await ended;
    },
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
