// A mapping's settings: what was asked for, completed by the defaults of its kind, and how an update changes them (section 1.5).
// Members keep AWS's names and units; src/control/mapping-spec.ts converts them for the pollers.

import type { SourceKind } from "./source-kinds.ts";
import type { CreateRequest, UpdateRequest } from "./mapping-members.ts";
import { mappingTable } from "./mapping-table.ts";

/** Stored as it is. Absent: null in answers. The function, the state and tags are kept beside it. */
export type MappingSettings = Omit<CreateRequest, "FunctionName" | "Enabled" | "Tags">;

/** What the request says, as answers will show it: emptied structures count as absent. */
function tidied<R extends UpdateRequest>(request: R): R {
  const filters = request.FilterCriteria?.Filters ?? [];
  const metrics = request.MetricsConfig?.Metrics ?? [];
  const destination = request.DestinationConfig?.OnFailure?.Destination ?? "";
  return {
    ...request,
    FilterCriteria: filters.length === 0 ? undefined : { Filters: filters },
    MetricsConfig: metrics.length === 0 ? undefined : { Metrics: metrics },
    ScalingConfig: isEmpty(request.ScalingConfig) ? undefined : request.ScalingConfig,
    ProvisionedPollerConfig: isEmpty(request.ProvisionedPollerConfig) ? undefined : request.ProvisionedPollerConfig,
    LoggingConfig: isEmpty(request.LoggingConfig) ? undefined : request.LoggingConfig,
    KMSKeyArn: request.KMSKeyArn === "" ? undefined : request.KMSKeyArn,
    DestinationConfig: destination === "" ? undefined : { OnFailure: { Destination: destination } },
  };
}

const isEmpty = (value: object | undefined): boolean =>
  value === undefined || Object.values(value).every((each) => each === undefined);

function withDefaults(kind: SourceKind, settings: MappingSettings): MappingSettings {
  const completed: { [member: string]: unknown } = { ...settings };
  for (const [member, row] of Object.entries(mappingTable)) {
    const cell = row.cells[kind];
    if (cell.kind === "refused" || cell.default === undefined || member === "Enabled") continue;
    completed[member] ??= cell.default;
  }
  return completed;
}

export function createdSettings(kind: SourceKind, request: CreateRequest): MappingSettings {
  const { FunctionName: _function, Enabled: _enabled, Tags: _tags, ...rest } = tidied(request);
  return withDefaults(kind, rest);
}

/** A patch: what was not sent keeps its value, what was sent emptied goes back to the default. */
export function updatedSettings(kind: SourceKind, before: MappingSettings, request: UpdateRequest): MappingSettings {
  const { FunctionName: _function, Enabled: _enabled, ...sent } = request;
  const tidy: { readonly [member: string]: unknown } = tidied(request);
  const merged: { [member: string]: unknown } = { ...before };
  for (const member of Object.keys(sent)) merged[member] = tidy[member];
  // Clearing the filter takes its key along.
  const isCleared = sent.FilterCriteria !== undefined && tidy["FilterCriteria"] === undefined;
  if (isCleared && sent.KMSKeyArn === undefined) merged["KMSKeyArn"] = undefined;
  return withDefaults(kind, merged);
}
