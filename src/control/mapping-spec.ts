// A stored mapping as a poller needs it.

import type { QueuePace, QueuePolling } from "../core/queue/polling.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { Start } from "../ports/source.ts";
import { type BrokerSettings, brokerReading, usualBroker } from "./broker-reading.ts";
import { changeReading, type DocumentDbSettings } from "./change-reading.ts";
import { groupReading, type KafkaSettings, type RegistrySettings } from "./group-reading.ts";
import type { FunctionLookup, QueueLookup, StreamLookup } from "./lookups.ts";
import { laneSettings } from "./lane-settings.ts";
import { settingsOf } from "./mapping/function-reference.ts";
import type { MappingRecord } from "./mapping/mapping-record.ts";
import type { MappingSettings } from "./mapping/mapping-settings.ts";
import { isKafkaKind, isQueueKind, parseArn, storedNameOfArn } from "./mapping/source-kinds.ts";

export interface SpecLookups {
  readonly functions: FunctionLookup;
  readonly streams: StreamLookup;
  readonly queues: QueueLookup;
  readonly idleCloseMs: number;
  readonly queuePace: QueuePace;
  /** Brokers of which the configuration says something. */
  readonly brokers: readonly BrokerSettings[];
  /** The same of Kafka's and DocumentDB's clusters, and of schema registries. */
  readonly kafkaClusters: readonly KafkaSettings[];
  readonly documentDbs: readonly DocumentDbSettings[];
  readonly registries: readonly RegistrySettings[];
}

export function mappingSpec(record: MappingRecord, lookups: SpecLookups): MappingSpec {
  const { settings } = record;
  const eventSourceArn = settings.EventSourceArn ?? "";
  const called = settingsOf(record.functionArn, lookups.functions);
  const common = {
    uuid: record.uuid,
    generation: record.generation,
    eventSourceArn,
    region: parseArn(eventSourceArn)?.region ?? "",
    functionArn: record.functionArn,
    functionName: record.functionName,
    // A function that is gone keeps its mapping (H-13); its calls are answered "function missing".
    roleArn: called?.roleArn ?? "",
    start: startOf(settings),
    parallelizationFactor: settings.ParallelizationFactor ?? 1,
    lane: laneSettings(record.kind, settings, lookups),
    filterPatterns: filterPatterns(settings),
    onFailureArn: settings.DestinationConfig?.OnFailure?.Destination ?? null,
    isCountingEvents: isCountingEvents(settings),
  };
  if (record.kind === "activeMq" || record.kind === "rabbitMq") {
    const broker =
      lookups.brokers.find(({ arn }) => arn === eventSourceArn) ?? usualBroker(eventSourceArn, record.kind);
    const timeoutMs = called?.timeoutMs ?? UNKNOWN_TIMEOUT_MS;
    const { retries, acknowledged, ...reading } = brokerReading(settings, broker, timeoutMs);
    return { ...common, ...reading, queue: null, lane: { ...common.lane, retries, acknowledged } };
  }
  if (isKafkaKind(record.kind)) {
    const { kafkaClusters: clusters, registries } = lookups;
    const reading = groupReading(settings, { lane: common.lane, clusters, registries });
    return { ...common, ...reading, queue: null, lane: { ...common.lane, ...reading.lane } };
  }
  if (record.kind === "documentDb") {
    const lane = { ...common.lane, isOversizedGivenUp: true };
    return { ...common, ...changeReading(settings, lookups.documentDbs), queue: null, lane };
  }
  return isQueueKind(record.kind)
    ? {
        ...common,
        source: lookups.queues.addressOf(parseArn(eventSourceArn)?.resource ?? ""),
        queue: queuePolling(settings, called?.timeoutMs ?? UNKNOWN_TIMEOUT_MS, lookups.queuePace),
      }
    : { ...common, source: lookups.streams.addressOf(storedNameOfArn(eventSourceArn) ?? ""), queue: null };
}

/** Lambda's own default, for a function that is gone. */
const UNKNOWN_TIMEOUT_MS = 3_000;

function queuePolling(settings: MappingSettings, functionTimeoutMs: number, pace: QueuePace): QueuePolling {
  const pollers = settings.ProvisionedPollerConfig;
  return {
    maximumConcurrency: settings.ScalingConfig?.MaximumConcurrency ?? null,
    provisioned:
      pollers === undefined
        ? null
        : { leastCount: pollers.MinimumPollers ?? 2, mostCount: pollers.MaximumPollers ?? 200 },
    functionTimeoutMs,
    pace,
  };
}

export const filterPatterns = (settings: MappingSettings): readonly string[] =>
  (settings.FilterCriteria?.Filters ?? []).flatMap((filter) => (filter?.Pattern === undefined ? [] : [filter.Pattern]));

/** M-1: event counts are asked for by the mapping. */
export const isCountingEvents = (settings: MappingSettings): boolean =>
  settings.MetricsConfig?.Metrics?.includes("EventCount") ?? false;

/** M-210: so are a topic's errors, and how far its group is behind. */
export const isCountingErrors = (settings: MappingSettings): boolean =>
  settings.MetricsConfig?.Metrics?.includes("ErrorCount") ?? false;
export const isTellingLag = (settings: MappingSettings): boolean =>
  settings.MetricsConfig?.Metrics?.includes("KafkaMetrics") ?? false;

/** M-10: its pollers are counted as provisioned. */
export const isProvisioned = (settings: MappingSettings): boolean => settings.ProvisionedPollerConfig !== undefined;

function startOf(settings: MappingSettings): Start {
  switch (settings.StartingPosition) {
    case "AT_TIMESTAMP":
      return { kind: "atTimestamp", atMs: Math.round((settings.StartingPositionTimestamp ?? 0) * 1_000) };
    case "LATEST":
      return { kind: "latest" };
    default:
      return { kind: "trimHorizon" };
  }
}
