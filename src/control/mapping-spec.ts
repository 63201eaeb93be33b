// A stored mapping as a poller needs it.

import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { Start } from "../ports/source.ts";
import type { FunctionLookup, StreamLookup } from "./lookups.ts";
import { laneSettings } from "./lane-settings.ts";
import { settingsOf } from "./mapping/function-reference.ts";
import type { MappingRecord } from "./mapping/mapping-record.ts";
import type { MappingSettings } from "./mapping/mapping-settings.ts";
import { parseArn, storedNameOfArn } from "./mapping/source-kinds.ts";

export function mappingSpec(
  record: MappingRecord,
  lookups: { readonly functions: FunctionLookup; readonly streams: StreamLookup; readonly idleCloseMs: number },
): MappingSpec {
  const { settings } = record;
  const eventSourceArn = settings.EventSourceArn ?? "";
  return {
    uuid: record.uuid,
    generation: record.generation,
    eventSourceArn,
    region: parseArn(eventSourceArn)?.region ?? "",
    functionArn: record.functionArn,
    functionName: record.functionName,
    // A function that is gone keeps its mapping (H-13); its calls are answered "function missing".
    roleArn: settingsOf(record.functionArn, lookups.functions)?.roleArn ?? "",
    source: lookups.streams.addressOf(storedNameOfArn(eventSourceArn) ?? ""),
    start: startOf(settings),
    parallelizationFactor: settings.ParallelizationFactor ?? 1,
    lane: laneSettings(record.kind, settings, lookups),
    filterPatterns: filterPatterns(settings),
    onFailureArn: settings.DestinationConfig?.OnFailure?.Destination ?? null,
    isCountingEvents: isCountingEvents(settings),
  };
}

export const filterPatterns = (settings: MappingSettings): readonly string[] =>
  (settings.FilterCriteria?.Filters ?? []).flatMap((filter) => (filter?.Pattern === undefined ? [] : [filter.Pattern]));

/** M-1: event counts are asked for by the mapping. */
export const isCountingEvents = (settings: MappingSettings): boolean =>
  settings.MetricsConfig?.Metrics?.includes("EventCount") ?? false;

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
