// A mapping's settings: what was asked for, completed by the defaults of its kind, and how an update changes them (section 1.5).
// Members keep AWS's names and units; src/control/mapping-spec.ts converts them for the pollers.

import type { CreateRequest, UpdateRequest } from "./mapping-members.ts";
import { mappingTable } from "./mapping-table.ts";
import { isKafkaKind, type SourceKind } from "./source-kinds.ts";

/** Stored as it is. Absent: null in answers. The function, the state and tags are kept beside it. */
export type MappingSettings = Omit<CreateRequest, "FunctionName" | "Enabled" | "Tags">;

/** `uuid` of the mapping: Kafka's consumer group is named by it unless the request names one. */
export function createdSettings(kind: SourceKind, request: CreateRequest, uuid: string): MappingSettings {
  const { Tags: _tags, StartingPositionTimestamp: timestamp, ...sent } = request;
  const settings = completed(kind, merged(kind, {}, sent), uuid);
  // Milliseconds at most (section 1.4).
  return timestamp === undefined
    ? settings
    : { ...settings, StartingPositionTimestamp: Math.round(timestamp * 1_000) / 1_000 };
}

/** A patch: what was not sent keeps its value, what was sent emptied goes back to the default. */
export function updatedSettings(kind: SourceKind, before: MappingSettings, request: UpdateRequest): MappingSettings {
  return completed(kind, merged(kind, before, request), "");
}

function merged(kind: SourceKind, before: MappingSettings, request: UpdateRequest): MappingSettings {
  const { FunctionName: _function, Enabled: _enabled, ...sent } = request;
  const tidy: { readonly [member: string]: unknown } = { ...tidied(request), ...keptWithin(kind, before, request) };
  const after: { [member: string]: unknown } = { ...before };
  for (const member of Object.keys(sent)) after[member] = tidy[member];
  // Clearing the filter takes its key along.
  const isCleared = sent.FilterCriteria !== undefined && tidy["FilterCriteria"] === undefined;
  if (isCleared && sent.KMSKeyArn === undefined) after["KMSKeyArn"] = undefined;
  return after;
}

/** What the request says, as answers will show it: emptied structures count as absent. */
function tidied(request: UpdateRequest): UpdateRequest {
  const filters = request.FilterCriteria?.Filters ?? [];
  const metrics = request.MetricsConfig?.Metrics ?? [];
  const destination = request.DestinationConfig?.OnFailure?.Destination ?? "";
  return {
    ...request,
    FilterCriteria: filters.length === 0 ? undefined : { Filters: filters },
    MetricsConfig: metrics.length === 0 ? undefined : { Metrics: metrics },
    ScalingConfig: filled(request.ScalingConfig),
    ProvisionedPollerConfig: filled(request.ProvisionedPollerConfig),
    LoggingConfig: filled(request.LoggingConfig),
    KMSKeyArn: request.KMSKeyArn === "" ? undefined : request.KMSKeyArn,
    DestinationConfig: destination === "" ? undefined : { OnFailure: { Destination: destination } },
  };
}

/** Structures of which an update may send a part: the rest stays, and what is fixed stays anyway (section 1.5). */
function keptWithin(kind: SourceKind, before: MappingSettings, request: UpdateRequest): Partial<MappingSettings> {
  const msk = { ...before.AmazonManagedKafkaEventSourceConfig, ...request.AmazonManagedKafkaEventSourceConfig };
  const smk = { ...before.SelfManagedKafkaEventSourceConfig, ...request.SelfManagedKafkaEventSourceConfig };
  const host = (before.SourceAccessConfigurations ?? []).filter((entry) => entry?.Type === "VIRTUAL_HOST");
  return {
    AmazonManagedKafkaEventSourceConfig: { ...msk, SchemaRegistryConfig: filled(msk.SchemaRegistryConfig) },
    SelfManagedKafkaEventSourceConfig: { ...smk, SchemaRegistryConfig: filled(smk.SchemaRegistryConfig) },
    DocumentDBEventSourceConfig: { ...before.DocumentDBEventSourceConfig, ...request.DocumentDBEventSourceConfig },
    ...(kind === "rabbitMq"
      ? { SourceAccessConfigurations: [...(request.SourceAccessConfigurations ?? []), ...host] }
      : {}),
  };
}

function filled<T extends object>(value: T | undefined): T | undefined {
  return value === undefined || Object.values(value).every((each) => each === undefined) ? undefined : value;
}

function completed(kind: SourceKind, settings: MappingSettings, uuid: string): MappingSettings {
  const completed: { [member: string]: unknown } = { ...settings };
  for (const [member, row] of Object.entries(mappingTable)) {
    const cell = row.cells[kind];
    if (cell.kind === "refused" || cell.default === undefined || member === "Enabled") continue;
    completed[member] ??= cell.default;
  }
  return { ...completed, ...defaultsWithin(kind, completed, uuid) };
}

/** Defaults within structures. */
function defaultsWithin(kind: SourceKind, settings: MappingSettings, uuid: string): Partial<MappingSettings> {
  const pollers = settings.ProvisionedPollerConfig;
  const least = isKafkaKind(kind) ? 1 : 2;
  const group = { ConsumerGroupId: uuid };
  return {
    ...(pollers === undefined
      ? {}
      : { ProvisionedPollerConfig: { MinimumPollers: least, MaximumPollers: 200, ...pollers } }),
    ...(kind === "msk"
      ? { AmazonManagedKafkaEventSourceConfig: { ...group, ...settings.AmazonManagedKafkaEventSourceConfig } }
      : {}),
    ...(kind === "selfManagedKafka"
      ? { SelfManagedKafkaEventSourceConfig: { ...group, ...settings.SelfManagedKafkaEventSourceConfig } }
      : {}),
    ...(kind === "documentDb"
      ? { DocumentDBEventSourceConfig: { FullDocument: "Default", ...settings.DocumentDBEventSourceConfig } }
      : {}),
  };
}
