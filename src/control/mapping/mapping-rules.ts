// The service layer: what the model lets through and the service refuses, in the order of checks and with the texts recorded
// (section 2.4). Model-layer faults have been told before; reachability and duplicates come after.

import { assertNever } from "../../core/assert-never.ts";
import { compileFilters } from "../../core/filter/compile-filters.ts";
import type { FilteredKind } from "../../core/filter/filter-view.ts";
import { type ApiAnswer, failure, type Json } from "../api-answer.ts";
import { fault, lowerFirst, validationText } from "../shape.ts";
import type { CreateRequest, MemberName, UpdateRequest } from "./mapping-members.ts";
import type { MappingSettings } from "./mapping-settings.ts";
import { mappingTable, memberNames } from "./mapping-table.ts";
import {
  builtKinds,
  isKafkaKind,
  isQueueKind,
  isStreamKind,
  parseArn,
  type SourceKind,
  sourceKindOfArn,
  sourceNames,
} from "./source-kinds.ts";

const BAD_FILTER = "Invalid filter pattern definition.";

/** Documents differ by source; DocumentDB has no filters, so it never comes here with any. */
const filteredKinds: { readonly [K in SourceKind]: FilteredKind } = {
  sqs: "sqs",
  fifo: "sqs",
  kinesis: "kinesis",
  kinesisConsumer: "kinesis",
  dynamodb: "dynamodb",
  msk: "kafka",
  selfManagedKafka: "kafka",
  activeMq: "mq",
  rabbitMq: "mq",
  documentDb: "mq",
};

export const refusal = (text: string): ApiAnswer => failure("InvalidParameterValueException", text);

export type FoundKind =
  | { readonly kind: "kind"; readonly source: SourceKind }
  | { readonly kind: "refused"; readonly answer: ApiAnswer };

/** V1: which kind of source the request means. */
export function sourceOfRequest(request: CreateRequest): FoundKind {
  const source =
    request.EventSourceArn === undefined
      ? request.SelfManagedEventSource === undefined
        ? null
        : "selfManagedKafka"
      : sourceKindOfArn(request.EventSourceArn);
  return source === null
    ? { kind: "refused", answer: refusal("Unrecognized event source.") }
    : { kind: "kind", source };
}

/** V3, V4, V9: members that this kind of source does not take. */
export function refuseForeignMembers(kind: SourceKind, request: UpdateRequest): ApiAnswer | null {
  const sent: { readonly [name: string]: unknown } = request;
  for (const member of memberNames) {
    const cell = mappingTable[member].cells[kind];
    if (cell.kind === "refused" && sent[member] !== undefined && !isIdleWindow(kind, member, sent[member])) {
      return refusal(cell.text);
    }
  }
  if (request.DestinationConfig?.OnSuccess !== undefined) {
    return refusal("OnSuccess configuration is not supported for event source mappings.");
  }
  return null;
}

const isIdleWindow = (kind: SourceKind, member: MemberName, value: unknown): boolean =>
  kind === "fifo" && member === "MaximumBatchingWindowInSeconds" && value === 0;

/** What only a create is asked: members that must be there, and the starting position (V5, V7, V8, V20, V21). */
export function refuseCreateValues(kind: SourceKind, request: CreateRequest, nowMs: number): ApiAnswer | null {
  return refuseMissingMembers(kind, request) ?? refusePosition(kind, request, nowMs);
}

function refuseMissingMembers(kind: SourceKind, request: CreateRequest): ApiAnswer | null {
  const missing = (name: string): ApiAnswer => refusal(`Required '${name}' parameter is missing.`);
  if (isKafkaKind(kind) && request.Topics === undefined) return missing("topics");
  if (kind === "selfManagedKafka" && request.SourceAccessConfigurations === undefined) {
    return missing("sourceAccessConfigurations");
  }
  if ((kind === "activeMq" || kind === "rabbitMq") && request.Queues === undefined) return missing("queues");
  if (kind === "documentDb" && request.DocumentDBEventSourceConfig?.DatabaseName === undefined) {
    return refusal("Invalid parameters: documentDBEventSourceConfig, databaseName");
  }
  return null;
}

function refusePosition(kind: SourceKind, request: CreateRequest, nowMs: number): ApiAnswer | null {
  const { StartingPosition: position, StartingPositionTimestamp: timestamp } = request;
  if (isStreamKind(kind) && position === undefined) {
    // The service's own sentence, with a full stop that the model layer's lacks.
    return refusal(validationText([`${fault(null, "startingPosition", "Member must not be null")}.`]));
  }
  if (kind === "dynamodb" && position === "AT_TIMESTAMP") {
    return refusal(`Unsupported starting position for arn type: ${request.EventSourceArn}`);
  }
  if (position === "AT_TIMESTAMP" && timestamp === undefined) {
    return isStreamKind(kind)
      ? refusal("Need to specify a timestamp")
      : refusal("When the starting position is 'AT_TIMESTAMP', a starting position timestamp must be provided.");
  }
  if (isStreamKind(kind) && timestamp !== undefined) return refuseTimestamp(position, timestamp, nowMs);
  return null;
}

function refuseTimestamp(position: string | undefined, timestamp: number, nowMs: number): ApiAnswer | null {
  if (position !== "AT_TIMESTAMP") return refusal("Timestamp only valid with StartingPosition AT_TIMESTAMP");
  if (timestamp * 1_000 <= nowMs) return null;
  const wholeSecondMs = Math.floor(timestamp) * 1_000;
  return refusal(
    "Received Exception while reading from provided stream. The timestampInMillis parameter cannot be greater than the " +
      `currentTimestampInMillis. timestampInMillis: ${wholeSecondMs}, currentTimestampInMillis: ${nowMs}`,
  );
}

/** Rules on values, judged on the settings as they would be: on Create, and on Update after merging. */
export function refuseValues(kind: SourceKind, settings: MappingSettings, filterLimit: number): ApiAnswer | null {
  return (
    refuseQueueBatch(kind, settings) ??
    refuseFilters(kind, settings, filterLimit) ??
    refuseLimits(settings) ??
    refusePollers(kind, settings) ??
    refuseMetrics(kind, settings) ??
    refuseDestination(kind, settings)
  );
}

/** V10 to V12. */
function refuseQueueBatch(kind: SourceKind, settings: MappingSettings): ApiAnswer | null {
  if (!isQueueKind(kind)) return null;
  const windowSeconds = settings.MaximumBatchingWindowInSeconds ?? 0;
  if (kind === "fifo" && windowSeconds > 0) return refusal("Batching window is not supported for FIFO queues");
  if ((settings.BatchSize ?? 10) <= 10 || windowSeconds > 0) return null;
  return refusal("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10");
}

/** V18. Only the first text is AWS's; it publishes none for too many filters and for one that is too long. */
function refuseFilters(kind: SourceKind, settings: MappingSettings, filterLimit: number): ApiAnswer | null {
  const patterns = (settings.FilterCriteria?.Filters ?? []).map((filter) => filter?.Pattern);
  const texts = patterns.filter((pattern) => pattern !== undefined);
  if (texts.length < patterns.length) return refusal(BAD_FILTER);
  const answer = compileFilters(texts, filteredKinds[kind], { limit: filterLimit });
  switch (answer.kind) {
    case "filters":
    case "none":
      return null;
    case "tooMany":
      return refusal(`A mapping may have at most ${answer.limit} filters; this one has ${answer.count}.`);
    case "tooLong":
      return refusal(`A filter pattern may have at most ${answer.limit} characters; this one has ${answer.length}.`);
    case "invalid":
      return refusal(BAD_FILTER);
    default:
      return assertNever(answer);
  }
}

/** V19 and the tumbling rule of V24. */
function refuseLimits(settings: MappingSettings): ApiAnswer | null {
  const age = settings.MaximumRecordAgeInSeconds ?? -1;
  if (age >= 0 && age < 60) {
    return refusal("MaximumRecordAgeInSeconds must be either -1 (forever) or between 60 and 604800 (inclusive)");
  }
  if ((settings.TumblingWindowInSeconds ?? 0) > 0 && (settings.ParallelizationFactor ?? 1) > 1) {
    return refusal("Parallelization factor must be equal to 1 when tumbling window period is configured");
  }
  return null;
}

/** V24, V25. */
function refusePollers(kind: SourceKind, settings: MappingSettings): ApiAnswer | null {
  const pollers = settings.ProvisionedPollerConfig;
  if (isKafkaKind(kind) && settings.MetricsConfig !== undefined && pollers === undefined) {
    return refusal(
      "MetricsConfig is only available for Provisioned Mode. To configure MetricsConfig, please enable Provisioned Mode by " +
        "specifying MinimumPollers in ProvisionedPollerConfig.",
    );
  }
  if (!isQueueKind(kind) || pollers === undefined) return null;
  if (settings.ScalingConfig !== undefined) {
    return refusal(
      "Provisioned mode for SQS ESM does not support maximum concurrency feature. Use MaximumPollers as the control mechanism " +
        "and remove maximum concurrency.",
    );
  }
  const least = pollers.MinimumPollers ?? 2;
  const most = pollers.MaximumPollers ?? 200;
  if (least >= 2 && least <= 200 && most >= least) return null;
  return refusal(
    "MinimumPollers should be between [2, 200] and MaximumPollers should be between [MinimumPollers, 10000]",
  );
}

/** M-1: queues and streams know the group EventCount only. */
function refuseMetrics(kind: SourceKind, settings: MappingSettings): ApiAnswer | null {
  const foreign = (settings.MetricsConfig?.Metrics ?? []).find((name) => name !== "EventCount");
  if (foreign === undefined || isKafkaKind(kind)) return null;
  return refusal(`Unsupported metric group '${foreign}' for given event source mapping type.`);
}

/** O-rules: a standard queue, a standard topic or a bucket. */
function refuseDestination(kind: SourceKind, settings: MappingSettings): ApiAnswer | null {
  const text = settings.DestinationConfig?.OnFailure?.Destination;
  if (text === undefined || (isKafkaKind(kind) && text.startsWith("kafka://"))) return null;
  const arn = parseArn(text);
  const isKnown = arn !== null && (arn.service === "sqs" || arn.service === "sns" || arn.service === "s3");
  if (isKnown && arn.resource !== "" && !arn.resource.endsWith(".fifo")) return null;
  return refusal(
    `The OnFailure destination must be a standard SQS queue, a standard SNS topic or an S3 bucket; '${text}' is none of these.`,
  );
}

/** V23. */
export function refuseEmptyDestination(request: UpdateRequest): ApiAnswer | null {
  const onFailure = request.DestinationConfig?.OnFailure;
  return onFailure !== undefined && (onFailure.Destination ?? "") === ""
    ? refusal("The Destination field is required for an OnFailure configuration.")
    : null;
}

/** What AWS would take and this version does not carry out: refused in one sentence, nothing stored (docs/honoured.md). */
export function refuseUnbuilt(kind: SourceKind, request: UpdateRequest): ApiAnswer | null {
  if (!builtKinds.includes(kind)) {
    const built = builtKinds.map((each) => sourceNames[each]).join(", ");
    return refusal(
      `Event source mappings on ${sourceNames[kind]} are not built yet in this version of Millrace, which polls ${built} only.`,
    );
  }
  const sent: { readonly [name: string]: unknown } = request;
  for (const member of memberNames) {
    const cell = mappingTable[member].cells[kind];
    if (cell.kind !== "unbuilt" || sent[member] === undefined) continue;
    if (cell.idle.some((idle: Json) => idle === sent[member])) continue;
    return refusal(
      `The '${lowerFirst(member)}' parameter is not built yet for ${sourceNames[kind]} in this version of Millrace.`,
    );
  }
  return null;
}
