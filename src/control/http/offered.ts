// What the port offers, service by service, for the one line that every other call is answered with.

import { streamOperations } from "../dynamodb/stream-shapes.ts";
import { tableOperations } from "../../ports/item-tables.ts";
import { kinesisOperations, SUBSCRIBE_OPERATION } from "../kinesis/kinesis-shapes.ts";
import { secretsOperations } from "../secrets/secret-calls.ts";
import { cloudWatchOperations } from "../cloudwatch/cloudwatch-shapes.ts";
import { s3Operations } from "../s3/s3-calls.ts";
import { snsOperations } from "../sns/sns-calls.ts";
import { sqsOperations } from "../sqs/sqs-shapes.ts";
import { stsOperations } from "../sts/sts-calls.ts";
import { functionOperations } from "./function-routes.ts";
import { mappingOperations } from "../control-plane.ts";

interface Service {
  readonly name: string;
  /** Its name in signatures. */
  readonly signingName: string;
  /** What stands before the operation in X-Amz-Target; null: it has no target. */
  readonly target: string | null;
  readonly operations: readonly string[];
}

export const KINESIS_TARGET = "Kinesis_20131202.";
export const SQS_TARGET = "AmazonSQS.";
export const TABLES_TARGET = "DynamoDB_20120810.";
export const TABLE_STREAMS_TARGET = "DynamoDBStreams_20120810.";
export const CLOUDWATCH_TARGET = "GraniteServiceVersion20100801.";
export const SECRETS_TARGET = "secretsmanager.";

const services: readonly Service[] = [
  {
    name: "Lambda",
    signingName: "lambda",
    target: null,
    operations: [...mappingOperations, ...functionOperations, "Invoke"],
  },
  {
    name: "Kinesis",
    signingName: "kinesis",
    target: KINESIS_TARGET,
    operations: [...kinesisOperations, SUBSCRIBE_OPERATION],
  },
  { name: "SQS", signingName: "sqs", target: SQS_TARGET, operations: sqsOperations },
  { name: "SNS", signingName: "sns", target: null, operations: snsOperations },
  { name: "S3", signingName: "s3", target: null, operations: s3Operations },
  { name: "CloudWatch", signingName: "monitoring", target: CLOUDWATCH_TARGET, operations: cloudWatchOperations },
  { name: "DynamoDB", signingName: "dynamodb", target: TABLES_TARGET, operations: tableOperations },
  {
    name: "DynamoDB Streams",
    signingName: "dynamodb",
    target: TABLE_STREAMS_TARGET,
    operations: streamOperations,
  },
  { name: "Secrets Manager", signingName: "secretsmanager", target: SECRETS_TARGET, operations: secretsOperations },
  { name: "STS", signingName: "sts", target: null, operations: stsOperations },
];

/** All of them, by the names of their services. */
export const offeredOperations: readonly string[] = services.flatMap(({ operations }) => operations);

/** What a call that is not offered tells of itself. */
export interface UnknownCall {
  /** X-Amz-Target; empty: none. */
  readonly target: string;
  /** Null: unsigned. */
  readonly signedService: string | null;
  readonly path: string;
}

/** One line. Of a service that is offered in part, its operations; else the services. */
export function offeredText(call: UnknownCall): string {
  const signed = call.signedService ?? (isLambdaPath(call.path) ? "lambda" : null);
  const service = services.find(({ signingName, target }) =>
    call.target === "" ? signingName === signed : target !== null && call.target.startsWith(target),
  );
  if (service !== undefined) {
    return `Millrace offers of ${service.name} ${service.operations.join(", ")}.`;
  }
  const names = services.map(({ name }) => name);
  return `Millrace offers calls of ${names.slice(0, -1).join(", ")} and ${names.at(-1)}: docs/aws-calls.md lists them.`;
}

/** Lambda's paths begin with the date of their version, and name what they are about. */
const isLambdaPath = (path: string): boolean =>
  /^\/20\d\d-\d\d-\d\d\/(?:functions|event-source-mappings|layers|tags|code-signing-configs|account-settings)/.test(
    path,
  );
