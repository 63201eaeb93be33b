// The log lines of a mapping on Kafka (M-211), in the log of its function: what its pollers have been given, what went wrong, and once a
// minute where they are. It watches what a consumer group's source says, and changes nothing of it.

import type { PartitionEpoch } from "../src/core/record.ts";
import type { KafkaRecord } from "../src/kinds/kafka/kafka-record.ts";
import type { Cancel, Clock } from "../src/ports/clock.ts";
import type { CommitAnswer, GroupMember, GroupSource, MemberEvent, Place } from "../src/ports/group-source.ts";
import type { GroupSpec } from "../src/ports/mapping-spec.ts";
import type { Position, SourceProblem, UnitId } from "../src/ports/source.ts";

const LEVELS = ["DEBUG", "INFO", "WARN"] as const;
export type LogLevel = (typeof LEVELS)[number];

const STATUS_MS = 60_000;

export interface GroupLogOptions {
  /** Of this moment: the level may change. */
  readonly spec: () => GroupSpec;
  readonly clock: Clock;
  readonly write: (line: string) => void;
}

/** What is known of a partition; offsets are of the last record, but for the committed one, which is that behind it. */
interface Progress {
  readonly epoch: PartitionEpoch;
  consumed: bigint | null;
  committed: bigint | null;
}

export function withGroupLog(source: GroupSource<KafkaRecord>, options: GroupLogOptions): GroupSource<KafkaRecord> {
  const { clock } = options;
  const held = new Map<UnitId, Progress>();
  let startOf: (unit: UnitId) => Position | null = () => null;
  let cancelStatus: Cancel = () => undefined;
  let isClosed = false;

  function write(level: LogLevel, eventType: string, index: number, members: object): void {
    const spec = options.spec();
    const wanted = spec.group.logLevel;
    if (wanted === undefined || LEVELS.indexOf(level) < LEVELS.indexOf(wanted)) return;
    const line = {
      eventType,
      timestamp: clock.nowMs(),
      resourceArn: spec.functionArn.replace(/:function:.*$/, `:event-source-mapping:${spec.uuid}`),
      ...(spec.eventSourceArn === "" ? {} : { eventSourceArn: spec.eventSourceArn }),
      eventProcessorId: `${spec.uuid}/${index}`,
      logLevel: level,
      ...members,
    };
    options.write(JSON.stringify(line));
  }

  function tellStatus(): void {
    if (isClosed) return;
    cancelStatus = clock.wakeAt(clock.nowMs() + STATUS_MS, tellStatus);
    if (options.spec().group.logLevel !== "DEBUG" || held.size === 0) return;
    void source.unread(startOf).then((unread) => {
      const kafkaPartitionOffsets = [...held].map(([unit, progress]) => offsetsOf(unit, progress, unread));
      write("DEBUG", "KAFKA_STATUS_EVENT", 0, { kafkaPartitionOffsets });
    });
  }

  function tellAssignment(index: number, mine: ReadonlySet<UnitId>, generation: number): void {
    void source.unread().then((unread) => {
      const kafkaEventSourceConnection = connectionOf(options.spec(), index, {
        totalPartitionCount: unread?.size ?? null,
        assignedPartitionCount: mine.size,
        partitionsAssignmentGeneration: generation,
        assignedPartitions: [...mine],
      });
      write("INFO", "POLLER_STATUS_EVENT", index, { kafkaEventSourceConnection });
    });
  }

  function watched(member: GroupMember<KafkaRecord>, index: number): GroupMember<KafkaRecord> {
    const mine = new Set<UnitId>();
    let generation = 0;
    const hear = (event: MemberEvent<KafkaRecord>): void => {
      switch (event.kind) {
        case "assigned":
          for (const { partition, after } of event.partitions) {
            mine.add(partition.unit);
            const committed = after === null ? null : BigInt(after) + 1n;
            held.set(partition.unit, { epoch: partition, consumed: null, committed });
          }
          generation += 1;
          return tellAssignment(index, mine, generation);
        case "revoked":
          for (const partition of event.partitions) {
            mine.delete(partition.unit);
            if (held.get(partition.unit)?.epoch === partition) held.delete(partition.unit);
          }
          generation += 1;
          return tellAssignment(index, mine, generation);
        case "records": {
          const last = event.records.at(-1);
          const progress = held.get(event.partition.unit);
          if (last !== undefined && progress !== undefined) progress.consumed = BigInt(last.offset);
          return;
        }
        case "problem":
          return write("WARN", "ESM_PROCESSING_EVENT", index, { error: errorOf(event.problem) });
        case "passed":
        case "recovered":
          return;
      }
    };
    return {
      ...member,
      async read(signal) {
        const events = await member.read(signal);
        for (const event of events) hear(event);
        return events;
      },
      async commit(places) {
        const answer = await member.commit(places);
        noteCommit(answer, places, index);
        return answer;
      },
    };
  }

  function noteCommit(answer: CommitAnswer, places: readonly Place[], index: number): void {
    if (answer.kind === "failed") {
      const error = {
        errorMessage: answer.detail,
        errorCode: "org.apache.kafka.clients.consumer.CommitFailedException",
      };
      return write("WARN", "ESM_PROCESSING_EVENT", index, { error });
    }
    for (const { partition, place } of places) {
      const progress = held.get(partition.unit);
      if (progress?.epoch === partition) progress.committed = BigInt(place) + 1n;
    }
  }

  tellStatus();
  return {
    ...source,
    open(index, how) {
      ({ startOf } = how);
      return watched(source.open(index, how), index);
    },
    close() {
      isClosed = true;
      cancelStatus();
      return source.close();
    },
  };
}

function offsetsOf(unit: UnitId, { consumed, committed }: Progress, unread: ReadonlyMap<UnitId, number> | null) {
  const unreadCount = unread?.get(unit);
  const number = (offset: bigint | null): number | null => (offset === null ? null : Number(offset));
  return {
    partition: unit,
    endOffset: committed === null || unreadCount === undefined ? null : Number(committed) + unreadCount,
    consumedOffset: number(consumed),
    processedOffset: number(committed === null ? null : committed - 1n),
    committedOffset: number(committed),
  };
}

function connectionOf({ uuid, source, group }: GroupSpec, index: number, assigned: object): object {
  const security = source.kind === "kafka" ? source.security : { tls: null, sasl: null };
  const transport = security.tls === null ? "PLAINTEXT" : "SSL";
  return {
    brokerEndpoints: group.bootstrapServers,
    consumerId: `${uuid}-${index}`,
    topics: [source.topic],
    consumerGroupId: source.groupId,
    securityProtocol: security.sasl === null ? transport : `SASL_${transport}`,
    saslMechanism: security.sasl?.mechanism.toUpperCase() ?? null,
    ...assigned,
    networkConfig: null,
  };
}

/** AWS names the Java client's classes (M-704). */
const ERROR_CODES: { readonly [K in SourceProblem["code"]]: string } = {
  unreachable: "org.apache.kafka.common.errors.TimeoutException",
  missing: "org.apache.kafka.common.errors.TimeoutException",
  denied: "org.apache.kafka.common.errors.AuthorizationException",
  wrongType: "org.apache.kafka.common.config.ConfigException",
  broken: "org.apache.kafka.common.KafkaException",
};

const errorOf = ({ code, disablingReason, detail }: SourceProblem) => ({
  errorMessage: detail,
  errorCode:
    disablingReason === "EVENT_SOURCE_AUTHN_ERROR"
      ? "org.apache.kafka.common.errors.SaslAuthenticationException"
      : ERROR_CODES[code],
});
