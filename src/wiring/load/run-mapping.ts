// What an observation says of its mapping: from the plan, and from what CreateEventSourceMapping has answered, defaults and all. The same
// for a simulated and a live run.

import { settingRows } from "../../control/mapping/setting-rows.ts";
import { EVENT_LIMIT_BYTES } from "../../core/settings.ts";
import type { LoadObservation } from "../../load/observation.ts";
import type { LoadPlan } from "../../load/plan/plan.ts";
import { isObject, type JsonObject } from "../../sim/scenario.ts";

export type RunMapping = Pick<
  LoadObservation,
  "family" | "settings" | "allowedConcurrency" | "batchSize" | "windowMs" | "mapping"
>;

/** Of Kafka, MQ and DocumentDB, where none was set (B-3). */
const UNSET_WINDOW_MS = 500;
const MS_PER_S = 1_000;

export const familyOfPlan = ({ source }: LoadPlan): LoadObservation["family"] => familyOfKind(source.kind);

export function familyOfKind(kind: LoadPlan["source"]["kind"]): LoadObservation["family"] {
  switch (kind) {
    case "kinesis":
    case "dynamodb":
      return "stream";
    case "sqs":
      return "queue";
    case "rabbitmq":
    case "activemq":
      return "broker";
    case "kafka":
      return "topic";
    case "documentdb":
      return "changes";
  }
}

/** `body`: the mapping as the API shows it. `unitCount`: shards or partitions; 1 of another source. */
export function runMapping(plan: LoadPlan, body: JsonObject, unitCount: number): RunMapping {
  const family = familyOfPlan(plan);
  const factor = numberIn(body, "ParallelizationFactor") ?? 1;
  const windowS = numberIn(body, "MaximumBatchingWindowInSeconds");
  const retries = numberIn(body, "MaximumRetryAttempts") ?? -1;
  const ageS = numberIn(body, "MaximumRecordAgeInSeconds") ?? -1;
  const filters = memberIn(body["FilterCriteria"], "Filters");
  const types = body["FunctionResponseTypes"];
  return {
    family,
    settings: settingRows(body),
    allowedConcurrency: allowed(family, body, unitCount * factor),
    batchSize: numberIn(body, "BatchSize") ?? usualSize(family),
    windowMs: windowS === null ? (hasUnsetWindow(family) ? UNSET_WINDOW_MS : 0) : windowS * MS_PER_S,
    mapping: {
      uuid: String(body["UUID"]),
      factor,
      hasFilter: Array.isArray(filters) && filters.length > 0,
      retries: retries < 0 ? null : retries,
      ageMs: ageS < 0 ? null : ageS * MS_PER_S,
      isBisecting: body["BisectBatchOnFunctionError"] === true,
      isReporting: Array.isArray(types) && types.includes("ReportBatchItemFailures"),
      eventLimitBytes: EVENT_LIMIT_BYTES,
      unitCount,
      functionTimeoutMs: plan.function.timeoutMs,
      reservedConcurrency: plan.function.reservedConcurrency,
      visibilityMs: plan.source.kind === "sqs" ? plan.source.visibilityMs : null,
      maxReceiveCount: plan.source.kind === "sqs" ? (plan.source.deadLetters?.maxReceiveCount ?? null) : null,
    },
  };
}

const usualSize = (family: LoadObservation["family"]): number => (family === "queue" ? 10 : 100);

const hasUnsetWindow = (family: LoadObservation["family"]): boolean => family !== "stream" && family !== "queue";

/** Of streams a call a lane (P-6), of a change stream one; queues by their MaximumConcurrency (P-25). A topic's pollers come and go. */
function allowed(family: LoadObservation["family"], body: JsonObject, laneCount: number): number | null {
  if (family === "stream" || family === "changes") return laneCount;
  return numberOrNull(memberIn(body["ScalingConfig"], "MaximumConcurrency"));
}

const numberIn = (body: JsonObject, member: string): number | null => numberOrNull(body[member]);

const numberOrNull = (value: unknown): number | null => (typeof value === "number" ? value : null);

const memberIn = (value: unknown, member: string): unknown => (isObject(value) ? value[member] : undefined);
