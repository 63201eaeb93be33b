// A mapping as answers show it: all 33 members, null where there is no value, in the order in which AWS writes them (section 2.3).

import { mappingStateName } from "../../core/mapping-state.ts";
import type { Json, JsonObject } from "../api-answer.ts";
import type { Surroundings } from "../lookups.ts";
import type { MappingRecord } from "./mapping-record.ts";
import type { MappingSettings } from "./mapping-settings.ts";
import { isQueueKind, isStreamKind } from "./source-kinds.ts";

export const mappingArn = (uuid: string, settings: Surroundings): string =>
  `arn:${settings.partition}:lambda:${settings.region}:${settings.accountId}:event-source-mapping:${uuid}`;

const MINUTE_MS = 60_000;

/** Seconds; streams show whole minutes but in the answers of Create and Update (section 1.4). */
function shownLastModified(record: MappingRecord, isExact: boolean): number {
  const atMs = record.lastModifiedAtMs;
  return (isExact || !isStreamKind(record.kind) ? atMs : Math.floor(atMs / MINUTE_MS) * MINUTE_MS) / 1_000;
}

export function mappingBody(
  record: MappingRecord,
  options: {
    readonly surroundings: Surroundings;
    readonly isExact: boolean;
    /** Lists do not show filters that have a key (F-88). */
    readonly isListed: boolean;
    readonly lastResult: string;
  },
): JsonObject {
  const { settings } = record;
  return {
    StartingPosition: settings.StartingPosition ?? null,
    SelfManagedEventSource: shownServers(settings.SelfManagedEventSource),
    ParallelizationFactor: settings.ParallelizationFactor ?? null,
    FilterCriteria: options.isListed && settings.KMSKeyArn !== undefined ? null : plain(settings.FilterCriteria),
    FilterCriteriaError: null,
    ProvisionedPollerConfig: whole(settings.ProvisionedPollerConfig, "PollerGroupName"),
    MetricsConfig: plain(settings.MetricsConfig),
    LastModified: shownLastModified(record, options.isExact),
    LastProcessingResult: isQueueKind(record.kind) ? null : options.lastResult,
    DestinationConfig: plain(settings.DestinationConfig),
    AmazonManagedKafkaEventSourceConfig: whole(settings.AmazonManagedKafkaEventSourceConfig, "SchemaRegistryConfig"),
    SourceAccessConfigurations: settings.SourceAccessConfigurations?.map((entry) => whole(entry, "URI")) ?? null,
    UUID: record.uuid,
    MaximumBatchingWindowInSeconds: settings.MaximumBatchingWindowInSeconds ?? null,
    BatchSize: settings.BatchSize ?? null,
    FunctionArn: record.functionArn,
    KMSKeyArn: settings.KMSKeyArn ?? null,
    MaximumRetryAttempts: settings.MaximumRetryAttempts ?? null,
    ScalingConfig: plain(settings.ScalingConfig),
    Topics: plain(settings.Topics),
    EventSourceArn: settings.EventSourceArn ?? null,
    SelfManagedKafkaEventSourceConfig: whole(settings.SelfManagedKafkaEventSourceConfig, "SchemaRegistryConfig"),
    DocumentDBEventSourceConfig: whole(settings.DocumentDBEventSourceConfig, "CollectionName"),
    TumblingWindowInSeconds: settings.TumblingWindowInSeconds ?? null,
    BisectBatchOnFunctionError: settings.BisectBatchOnFunctionError ?? null,
    EventSourceMappingArn: mappingArn(record.uuid, options.surroundings),
    State: mappingStateName(record.state),
    LoggingConfig: plain(settings.LoggingConfig),
    MaximumRecordAgeInSeconds: settings.MaximumRecordAgeInSeconds ?? null,
    StartingPositionTimestamp: settings.StartingPositionTimestamp ?? null,
    Queues: plain(settings.Queues),
    StateTransitionReason: record.transitionReason,
    FunctionResponseTypes: plain(settings.FunctionResponseTypes),
  };
}

/** Sorted (section 2.3); events name them in the order in which they were given (M-103). */
function shownServers(source: MappingSettings["SelfManagedEventSource"]): Json {
  const servers = source?.Endpoints?.KAFKA_BOOTSTRAP_SERVERS;
  if (servers === undefined) return plain(source);
  const sorted = servers.toSorted((one, other) => (String(one) < String(other) ? -1 : 1));
  return { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: sorted } };
}

/** With the member that AWS shows as null where it has no value. */
const whole = (value: object | null | undefined, member: string): Json =>
  value === undefined || value === null ? null : { [member]: null, ...plainObject(value) };

/** Parsed members are plain JSON already, but for what is absent. */
function plain(value: unknown): Json {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map((each: unknown) => plain(each));
  if (typeof value === "object" && value !== null) return plainObject(value);
  return null;
}

function plainObject(value: object): JsonObject {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .map(([name, each]) => [name, plain(each)]),
  );
}
