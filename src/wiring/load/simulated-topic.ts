// A topic of Kafka in a simulated load run: partitions in memory with a group of their own, and the pollers of production.

import { MillraceError } from "../../errors.ts";
import { createKafkaKind } from "../../kinds/kafka/kafka-kind.ts";
import { type KafkaRecord, kafkaRecord, partitionHeadBytes, partitionUnit } from "../../kinds/kafka/kafka-record.ts";
import type { SentRecord } from "../../load/observation.ts";
import type { LoadPlan, PlannedSource } from "../../load/plan/plan.ts";
import type { PlannedRecord } from "../../load/plan/planned-record.ts";
import type { MappingSpec } from "../../ports/mapping-spec.ts";
import type { SourceKind } from "../../ports/source-kind.ts";
import { createGroupRunner } from "../../runtime/group/group-runner.ts";
import type { MappingRunner } from "../../runtime/mapping-runner.ts";
import { remembered } from "../../sim/remembered.ts";
import { isObject } from "../../sim/scenario.ts";
import { calmTopic, type WrittenRecord } from "../../sim/virtual-log.ts";
import { createVirtualTopic } from "../../sim/virtual-topic.ts";
import { partitionOfKey } from "../../stores/topic-partitioner.ts";
import {
  modelEventText,
  type RunnerPorts,
  type SimulatedSource,
  type SourceWorld,
  withUnrecoverable,
} from "./simulated-source.ts";
import { streamEnds } from "./simulated-stream.ts";

type TopicSource = PlannedSource & { readonly kind: "kafka" };

interface Written {
  readonly record: PlannedRecord;
  readonly key: Uint8Array | null;
}

export function createSimulatedTopic(world: SourceWorld, source: TopicSource): SimulatedSource {
  refuseRegistry(world.plan);
  const { clock, isDataRead } = world;
  const { topic: name, partitions } = source;
  const topic = createVirtualTopic<KafkaRecord, Written>({
    clock,
    topic: name,
    partitionCount: partitions,
    fates: calmTopic,
    headBytesOf: partitionHeadBytes,
    record: recordOf,
  });
  const sent: SentRecord[] = [];
  const poisoned = new Set<string>();
  const written = Array.from({ length: partitions }, () => 0);
  const keyed = remembered((key: string) => {
    const bytes = Buffer.from(key);
    return { bytes, partition: partitionOfKey(bytes, partitions) };
  });
  /** What nobody looks at is only as long as it is. */
  const blank = remembered((bytes: number) => new Uint8Array(bytes));
  let matches: ((record: KafkaRecord) => boolean) | null = null;
  let keylessCount = 0;

  function recordOf({ value: { record, key }, writtenAtMs, ...place }: WrittenRecord<Written>): KafkaRecord {
    return kafkaRecord({
      ...place,
      arrivedAtMs: writtenAtMs,
      timestampType: "CREATE_TIME",
      key,
      value: isDataRead ? Buffer.from(record.data) : blank(record.bytes),
      headers: [],
      schema: null,
    });
  }

  function runnerOf(spec: MappingSpec, { events, isModelled, ...ports }: RunnerPorts): MappingRunner {
    const { group } = spec;
    if (group === undefined) throw new Error(`${spec.functionName} reads no topic`);
    const { flavour, bootstrapServers } = group;
    const eventSourceArn = flavour === "msk" ? spec.eventSourceArn : null;
    const kind = createKafkaKind({ flavour, eventSourceArn, bootstrapServers, topic: name });
    const filter = ports.compileFilter(spec.filterPatterns);
    if (filter !== null) matches = (record) => filter.passes(kind.filterView(record));
    return createGroupRunner<KafkaRecord>({
      ...ports,
      spec,
      kind: isModelled ? modelled(kind) : kind,
      source: topic.source(),
      events: withUnrecoverable(events),
    });
  }

  function modelled(kind: SourceKind<KafkaRecord>): SourceKind<KafkaRecord> {
    const isPoison = ({ partition, offset }: KafkaRecord): boolean => poisoned.has(placeOf(partition.unit, offset));
    return { ...kind, text: (_unit, records) => modelEventText(records, isPoison, itemOf) };
  }

  function put(record: PlannedRecord, startedAtMs: number): void {
    const of = record.key === null ? null : keyed(record.key);
    const partition = of?.partition ?? keylessCount++ % partitions;
    const unit = partitionUnit(name, partition);
    const offset = written[partition] ?? 0;
    written[partition] = offset + 1;
    const value = { record, key: of?.bytes ?? null };
    const { key, bytes, isPoison } = record;
    const id = String(offset);
    if (isPoison) poisoned.add(placeOf(unit, id));
    const plannedAtMs = startedAtMs + record.atMs;
    const isMatching = matches === null || matches(firstOf(value, { partition, unit, offset: id }));
    sent.push({ plannedAtMs, sentAtMs: plannedAtMs, unit, id, key, bytes, isPoison, isMatching });
    topic.produce(partition, [value]);
  }

  /** For the filter. */
  function firstOf(value: Written, at: { readonly partition: number; readonly unit: string; readonly offset: string }) {
    const partition = { unit: at.unit, epoch: 0, headBytes: partitionHeadBytes(at.unit) };
    const place = { partition, partitionNumber: at.partition, ordinal: 0, offset: at.offset };
    return recordOf({ ...place, writtenAtMs: clock.nowMs(), value });
  }

  return {
    sourceArn: null,
    unitCount: partitions,
    lookups: {},
    runnerOf,
    put(records, startedAtMs) {
      for (const record of records) put(record, startedAtMs);
    },
    handOver: () => false,
    sent,
    refusedCount: () => 0,
    endedBy: streamEnds,
    isAtRest: () => true,
    close: () => undefined,
  };
}

const placeOf = (unit: string, offset: string): string => `${unit} ${offset}`;

/** By which an answer names it (M-411). */
const itemOf = ({ partition, offset }: KafkaRecord) => ({ partition: partition.unit, offset: Number(offset) });

/** What a registry says is its server's to say. */
function refuseRegistry({ mapping }: LoadPlan): void {
  const member = ["AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig"].find((each) => {
    const config = mapping[each];
    return isObject(config) && config["SchemaRegistryConfig"] !== undefined;
  });
  if (member === undefined) return;
  throw new MillraceError(
    "bad-argument",
    `${member}.SchemaRegistryConfig asks a registry, which a simulated run has not`,
    {
      help: "millrace load PLAN --live",
    },
  );
}
