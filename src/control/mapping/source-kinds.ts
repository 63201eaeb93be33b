// The kinds of source that a mapping may have, and how an ARN tells them apart (section 4.1).

import { dynamodbStreamName } from "../../kinds/stream-family.ts";

/** In the order of the columns of docs/honoured.md. */
export const sourceKinds = [
  "sqs",
  "fifo",
  "kinesis",
  "kinesisConsumer",
  "dynamodb",
  "msk",
  "selfManagedKafka",
  "activeMq",
  "rabbitMq",
  "documentDb",
] as const;

export type SourceKind = (typeof sourceKinds)[number];

export interface ParsedArn {
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly accountId: string;
  /** What follows the account, colons included. */
  readonly resource: string;
}

export function parseArn(arn: string): ParsedArn | null {
  const [prefix, partition, service, region, accountId, ...rest] = arn.split(":");
  if (prefix !== "arn" || partition === undefined || service === undefined) return null;
  if (region === undefined || accountId === undefined || rest.length === 0) return null;
  return { partition, service, region, accountId, resource: rest.join(":") };
}

/** An Amazon MQ broker's ARN does not tell its engine: the configuration does. */
export type BrokerEngine = "activeMq" | "rabbitMq";
export type EngineOf = (brokerArn: string) => BrokerEngine;

/** A broker of which nothing is said runs ActiveMQ. */
export const enginesOf =
  (brokers: readonly { readonly arn: string; readonly engine: BrokerEngine }[]): EngineOf =>
  (brokerArn) =>
    brokers.find(({ arn }) => arn === brokerArn)?.engine ?? "activeMq";

/** Null: no kind of source has such an ARN (V1). */
export function sourceKindOfArn(arn: string, engineOf: EngineOf): SourceKind | null {
  const parsed = parseArn(arn);
  if (parsed === null) return null;
  const { service, resource } = parsed;
  switch (service) {
    case "sqs":
      if (!/^[^:/]+$/.test(resource)) return null;
      return resource.endsWith(".fifo") ? "fifo" : "sqs";
    case "kinesis":
      if (/^stream\/[^/]+\/consumer\/.+$/.test(resource)) return "kinesisConsumer";
      return /^stream\/[a-zA-Z0-9_.-]+$/.test(resource) ? "kinesis" : null;
    case "dynamodb":
      return /^table\/[^/]+\/stream\/.+$/.test(resource) ? "dynamodb" : null;
    case "kafka":
      return /^(cluster|vpc-connection)\//.test(resource) ? "msk" : null;
    case "mq":
      return resource.startsWith("broker:") ? engineOf(arn) : null;
    case "rds":
      return resource.startsWith("cluster:") ? "documentDb" : null;
    default:
      return null;
  }
}

/** Under which name the stores keep the stream of a mapping's source (src/kinds/stream-family.ts); null: the source is no stream. */
export function storedNameOfArn(arn: string): string | null {
  const parsed = parseArn(arn);
  if (parsed?.service !== "dynamodb") return streamNameOfArn(arn);
  const [, tableName, label] = /^table\/([^/]+)\/stream\/(.+)$/.exec(parsed.resource) ?? [];
  return tableName === undefined || label === undefined ? null : dynamodbStreamName(tableName, label);
}

/** Name of the stream in a Kinesis stream's ARN. */
export function streamNameOfArn(arn: string): string | null {
  const parsed = parseArn(arn);
  if (parsed === null || parsed.service !== "kinesis" || !parsed.resource.startsWith("stream/")) return null;
  return parsed.resource.slice("stream/".length).split("/")[0] ?? null;
}

/** Mappings on queues report other words and pass quietly through changes while disabled (H-11, section 3.4). */
export const isStreamKind = (kind: SourceKind): boolean =>
  kind === "kinesis" || kind === "kinesisConsumer" || kind === "dynamodb";

export const isQueueKind = (kind: SourceKind): boolean => kind === "sqs" || kind === "fifo";

export const isKafkaKind = (kind: SourceKind): boolean => kind === "msk" || kind === "selfManagedKafka";

export const isBrokerKind = (kind: SourceKind): boolean => kind === "activeMq" || kind === "rabbitMq";
