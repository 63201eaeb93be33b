// A recorded mapping's settings by AWS's names and units, as Create takes them.

import type { MappingSpec } from "../../ports/mapping-spec.ts";

export function recordedSettings(spec: MappingSpec): Readonly<Record<string, unknown>> {
  const { lane } = spec;
  return {
    EventSourceArn: spec.eventSourceArn,
    FunctionArn: spec.functionArn,
    BatchSize: lane.batchSize,
    MaximumBatchingWindowInSeconds: lane.windowMs / 1_000,
    MaximumRetryAttempts: lane.retries,
    MaximumRecordAgeInSeconds: lane.maxAgeMs < 0 ? -1 : lane.maxAgeMs / 1_000,
    BisectBatchOnFunctionError: lane.isBisecting,
    ParallelizationFactor: spec.parallelizationFactor,
    TumblingWindowInSeconds: lane.tumblingMs / 1_000,
    FunctionResponseTypes: lane.isReporting ? ["ReportBatchItemFailures"] : [],
    FilterCriteria: { Filters: spec.filterPatterns.map((Pattern) => ({ Pattern })) },
    DestinationConfig: spec.onFailureArn === null ? {} : { OnFailure: { Destination: spec.onFailureArn } },
  };
}
