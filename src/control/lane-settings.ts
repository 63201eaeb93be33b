// From the API's names and units to the core's: the one place where a mapping's settings become lane settings.

import { EVENT_LIMIT_BYTES, type LaneSettings, STATE_LIMIT_BYTES } from "../core/settings.ts";
import type { MappingSettings } from "./mapping/mapping-settings.ts";
import { isBrokerKind, isQueueKind, type SourceKind } from "./mapping/source-kinds.ts";

/** Window where none was ever set: Kafka, MQ and DocumentDB wait half a second (section 2.2). */
const UNSET_WINDOW_MS = 500;

/** `idleCloseMs` is the house's, no mapping's (W-9). */
export function laneSettings(
  kind: SourceKind,
  settings: MappingSettings,
  { idleCloseMs }: Pick<LaneSettings, "idleCloseMs">,
): Omit<LaneSettings, "envelopeBytes"> {
  const windowSeconds = settings.MaximumBatchingWindowInSeconds;
  const ageSeconds = settings.MaximumRecordAgeInSeconds ?? -1;
  return {
    batchSize: settings.BatchSize ?? (isQueueKind(kind) ? 10 : 100),
    windowMs: windowSeconds === undefined ? UNSET_WINDOW_MS : windowSeconds * 1_000,
    // M-302: Kafka's begins where the last batch has ended.
    windowFrom: isBrokerKind(kind) || kind === "documentDb" ? "firstRecord" : "previousInvocation",
    retries: settings.MaximumRetryAttempts ?? -1,
    maxAgeMs: ageSeconds === -1 ? -1 : ageSeconds * 1_000,
    isBisecting: settings.BisectBatchOnFunctionError ?? false,
    isReporting: settings.FunctionResponseTypes?.includes("ReportBatchItemFailures") ?? false,
    tumblingMs: (settings.TumblingWindowInSeconds ?? 0) * 1_000,
    idleCloseMs,
    eventLimitBytes: EVENT_LIMIT_BYTES,
    stateLimitBytes: STATE_LIMIT_BYTES,
  };
}
