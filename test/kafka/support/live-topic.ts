// A topic of a test's own at the run's shared Kafka, with everything around a mapping's source: producers, other members, the broker's view.

import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type ITopicConfig, Kafka, logLevel } from "kafkajs";
import { type KafkaRecord, partitionUnit } from "../../../src/kinds/kafka/kafka-record.ts";
import type { PartitionEpoch } from "../../../src/core/record.ts";
import type { GroupMember, GroupSource, MemberEvent } from "../../../src/ports/group-source.ts";
import type { Position, UnitId } from "../../../src/ports/source.ts";
import { createSystemClock } from "../../../src/platform/system-clock.ts";
import { openKafkaCluster } from "../../../workers/kafka/kafka-cluster.ts";
import { isPassing } from "../../../workers/kafka/kafka-errors.ts";
import type { MemberTimes } from "../../../workers/kafka/kafka-member.ts";
import { createKafkaSource } from "../../../workers/kafka/kafka-source.ts";
import { sharedBrokerUrl } from "../../brokers/shared-broker.ts";

let epochCount = 0;

/** Heartbeats and metadata that let a test see a change soon. */
const quickTimes: Partial<MemberTimes> = { heartbeatMs: 200, metadataMs: 500, fetchWaitMs: 100 };

export interface LiveTopicOptions {
  /** Default: the run's shared broker. */
  readonly server?: string;
  readonly partitionCount?: number;
  readonly settings?: Readonly<Record<string, string>>;
  /** Default: it is made. */
  readonly isMade?: boolean;
}

export async function liveTopic(options: LiveTopicOptions = {}) {
  const server = options.server ?? new URL(await sharedBrokerUrl("kafka")).host;
  const topic = `t-${randomUUID()}`;
  const groupId = `g-${randomUUID()}`;
  const client = new Kafka({
    brokers: [server],
    logLevel: logLevel.NOTHING,
    retry: { retries: 10, initialRetryTime: 50 },
  });
  const admin = client.admin();
  const producer = client.producer({
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? 0,
  });
  const sources: GroupSource<KafkaRecord>[] = [];
  const members: LiveMember[] = [];
  await admin.connect();
  await producer.connect();
  if (options.isMade !== false) await make();

  async function make(): Promise<void> {
    const { partitionCount = 1, settings = {} } = options;
    const config: ITopicConfig = {
      topic,
      numPartitions: partitionCount,
      configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
    };
    await admin.createTopics({ topics: [config], waitForLeaders: true });
  }

  function source(times: Partial<MemberTimes> = {}): GroupSource<KafkaRecord> {
    const made = createKafkaSource({
      address: { kind: "kafka", servers: [server], security: { tls: null, sasl: null }, topic, groupId },
      clientId: "millrace-test",
      secretText: () => Promise.resolve(null),
      clock: createSystemClock(),
      nextEpoch: () => ++epochCount,
      times: { ...quickTimes, ...times },
    });
    sources.push(made);
    return made;
  }

  return {
    topic,
    groupId,
    server,
    unit: (partition: number) => partitionUnit(topic, partition),
    /** Asks again and again until it is so. */
    async eventually(isSo: () => Promise<boolean>): Promise<void> {
      while (!(await isSo())) await delay(50);
    },
    /** Waits out a time that the broker keeps. */
    pastMs: (ms: number) => delay(ms),
    readBy: (): readonly LiveMember[] => members,
    client,
    admin,
    producer,
    make,
    source,
    /** A member that is read all the time. */
    member(
      given: { readonly startOf?: (unit: UnitId) => Position | null; readonly times?: Partial<MemberTimes> } = {},
    ) {
      const opened = source(given.times).open(members.length, { startOf: given.startOf ?? (() => null) });
      const member = liveMember(opened);
      members.push(member);
      return member;
    },
    async send(partition: number, values: readonly string[]): Promise<void> {
      await producer.send({ topic, messages: values.map((value) => ({ partition, value })) });
    },
    /** The broker has nothing before this offset any more, as after its retention. */
    async forget(partition: number, offset: string): Promise<void> {
      // The client asks for what it has to know only here.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset }] });
    },
    /** As another program does while no member is there. */
    async commitAs(partition: number, offset: string, metadata = ""): Promise<void> {
      const cluster = await openKafkaCluster({ brokers: [server], logLevel: 0 });
      await cluster.topic(topic);
      const coordinator = await whenUp(() => cluster.coordinator(groupId));
      const offsets = new Map([[partition, { offset: BigInt(offset), metadata }]]);
      await whenUp(() => coordinator.commit({ memberId: "", generation: -1 }, topic, offsets));
      await cluster.close();
    },
    /** By partition; what the group has committed, null: nothing. */
    async committed(partition = 0): Promise<string | null> {
      const [found] = await whenUp(() => admin.fetchOffsets({ groupId, topics: [topic] }));
      const offset = found?.partitions.find((each) => each.partition === partition)?.offset ?? "-1";
      return offset === "-1" ? null : offset;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(members.map((member) => member.close()));
      await Promise.all(sources.map((each) => each.close()));
      await producer.disconnect();
      await admin.disconnect();
    },
  };
}

/** A group's coordinator comes up with the first that asks, and anew with its broker. */
async function whenUp<T>(question: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await question();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await delay(50);
    }
  }
}

export interface LiveMember {
  readonly member: GroupMember<KafkaRecord>;
  readonly events: readonly MemberEvent<KafkaRecord>[];
  readonly records: readonly KafkaRecord[];
  readonly values: readonly string[];
  /** Resolves with the first answer that is not null, looked for after each read. */
  until<T>(answer: (told: LiveMember) => T | null | undefined): Promise<T>;
  /** Resolves once so many values have been read. */
  untilCount(count: number): Promise<readonly string[]>;
  /** Closes it, once. */
  close(): Promise<void>;
}

export function liveMember(member: GroupMember<KafkaRecord>): LiveMember {
  const events: MemberEvent<KafkaRecord>[] = [];
  const over = new AbortController();
  let wake = Promise.withResolvers<void>();
  let closing: Promise<void> | null = null;
  const reading = readAll();

  async function readAll(): Promise<void> {
    while (!over.signal.aborted) {
      events.push(...(await member.read(over.signal)));
      wake.resolve();
      wake = Promise.withResolvers();
    }
  }

  const live: LiveMember = {
    member,
    events,
    get records() {
      return events.flatMap((event) => (event.kind === "records" ? event.records : []));
    },
    get values() {
      return live.records.map(({ value }) => (value === null ? "null" : Buffer.from(value).toString()));
    },
    async until(answer) {
      for (;;) {
        const found = answer(live);
        if (found !== null && found !== undefined) return found;
        await wake.promise;
      }
    },
    untilCount: (count) => live.until(({ values }) => (values.length >= count ? values : null)),
    close() {
      closing ??= end();
      return closing;
    },
  };

  async function end(): Promise<void> {
    over.abort();
    await reading;
    await member.close();
  }

  return live;
}

/** The epoch of a unit that a member was told of and that lasts. */
export function partitionOf(member: LiveMember, unit: string): PartitionEpoch {
  const partition = standingEpochs(member).get(unit);
  if (partition === undefined) throw new Error(`${unit} is not this member's`);
  return partition;
}

export function standingEpochs(member: LiveMember): ReadonlyMap<string, PartitionEpoch> {
  const standing = new Map<string, PartitionEpoch>();
  for (const event of member.events) {
    if (event.kind === "assigned")
      for (const { partition } of event.partitions) standing.set(partition.unit, partition);
    if (event.kind === "revoked") for (const { unit } of event.partitions) standing.delete(unit);
  }
  return standing;
}
