// Rules on values that several kinds of source share: filters, limits, metrics, on-failure destinations (V18, V19, V24).

import { assertNever } from "../../core/assert-never.ts";
import { isBucketName } from "../../core/bucket-name.ts";
import { compileFilters } from "../../core/filter/compile-filters.ts";
import type { FilteredKind } from "../../core/filter/filter-view.ts";
import type { ApiAnswer } from "../api-answer.ts";
import type { MappingSettings } from "./mapping-settings.ts";
import { refusal } from "./refusal.ts";
import { isKafkaKind, type ParsedArn, parseArn, type SourceKind } from "./source-kinds.ts";

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

/** V18. Only the first text is AWS's; it publishes none for too many filters and for one that is too long. */
export function refuseFilters(kind: SourceKind, settings: MappingSettings, filterLimit: number): ApiAnswer | null {
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
export function refuseLimits(settings: MappingSettings): ApiAnswer | null {
  const age = settings.MaximumRecordAgeInSeconds ?? -1;
  if (age >= 0 && age < 60) {
    return refusal("MaximumRecordAgeInSeconds must be either -1 (forever) or between 60 and 604800 (inclusive)");
  }
  return (settings.TumblingWindowInSeconds ?? 0) > 0 ? refuseBesideWindow(settings) : null;
}

/** W-3. Only the first text is AWS's. An empty FilterCriteria has become none before. */
function refuseBesideWindow(settings: MappingSettings): ApiAnswer | null {
  if ((settings.ParallelizationFactor ?? 1) > 1) {
    return refusal("Parallelization factor must be equal to 1 when tumbling window period is configured");
  }
  if ((settings.FilterCriteria?.Filters ?? []).length === 0) return null;
  return refusal("Filter criteria must be empty when tumbling window period is configured");
}

/** M-1: queues and streams know the group EventCount only. */
export function refuseMetrics(kind: SourceKind, settings: MappingSettings): ApiAnswer | null {
  const foreign = (settings.MetricsConfig?.Metrics ?? []).find((name) => name !== "EventCount");
  if (foreign === undefined || isKafkaKind(kind)) return null;
  return refusal(`Unsupported metric group '${foreign}' for given event source mapping type.`);
}

/** O-1: a standard queue, a standard topic or a bucket, by an ARN that may be one's. Whether it is there is not asked. */
export function refuseDestination(kind: SourceKind, settings: MappingSettings): ApiAnswer | null {
  const text = settings.DestinationConfig?.OnFailure?.Destination;
  if (text === undefined || (isKafkaKind(kind) && text.startsWith("kafka://"))) return null;
  const arn = parseArn(text);
  if (arn !== null && isDestination(arn)) return null;
  return refusal(
    `The OnFailure destination must be a standard SQS queue, a standard SNS topic or an S3 bucket; '${text}' is none of these.`,
  );
}

function isDestination({ service, region, accountId, resource }: ParsedArn): boolean {
  switch (service) {
    case "sqs":
      return region !== "" && /^\d{12}$/.test(accountId) && /^[\w-]{1,80}$/.test(resource);
    case "sns":
      return region !== "" && /^\d{12}$/.test(accountId) && /^[\w-]{1,256}$/.test(resource);
    case "s3":
      return region === "" && accountId === "" && isBucketName(resource);
    default:
      return false;
  }
}
