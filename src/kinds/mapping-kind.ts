// The kind of a mapping's records, from where its source is.

import { assertNever } from "../core/assert-never.ts";
import type { FilteredKind } from "../core/filter/filter-view.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import { createDynamodbKind } from "./dynamodb/dynamodb-kind.ts";
import { createKinesisKind } from "./kinesis/kinesis-kind.ts";
import type { StreamFamily } from "./stream-family.ts";
import type { StreamKind } from "./stream-kind.ts";

type Concerned = Pick<MappingSpec, "source" | "eventSourceArn" | "region" | "roleArn">;

export function createStreamKind({ source, eventSourceArn, region, roleArn }: Concerned): StreamKind {
  return familyOfSource(source) === "kinesis"
    ? createKinesisKind({ eventSourceArn, region, roleArn })
    : createDynamodbKind({ eventSourceArn, region });
}

/** By which rules the mapping's patterns are read (F-74). */
export function filteredKindOf({ source }: Pick<MappingSpec, "source">): FilteredKind {
  switch (source.kind) {
    case "embeddedQueue":
    case "redisQueue":
      return "sqs";
    case "rabbitMq":
    case "activeMq":
    case "embeddedMq":
      return "mq";
    case "kafka":
    case "embeddedKafka":
      return "kafka";
    case "mongo":
    case "embeddedMongo":
      throw new Error("a change stream has no filters");
    default:
      return familyOfSource(source);
  }
}

function familyOfSource(source: MappingSpec["source"]): StreamFamily {
  switch (source.kind) {
    case "embeddedKinesis":
    case "redisKinesis":
    case "plainRedis":
      return "kinesis";
    case "embeddedDynamodb":
    case "redisDynamodb":
      return "dynamodb";
    case "embeddedQueue":
    case "redisQueue":
    case "rabbitMq":
    case "activeMq":
    case "embeddedMq":
    case "kafka":
    case "embeddedKafka":
    case "mongo":
    case "embeddedMongo":
      throw new Error("not a stream's mapping");
    default:
      return assertNever(source);
  }
}
