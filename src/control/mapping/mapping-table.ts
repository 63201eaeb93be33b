// One row a member, one column a kind of source: whether AWS takes it there, what it shows when it was not sent (section 2.2, B-8), and
// whether this version carries it out. Validation, answers and docs/honoured.md all read this table.

import type { Json } from "../api-answer.ts";
import { lowerFirst } from "../shape.ts";
import type { MemberName } from "./mapping-members.ts";
import { type SourceKind, sourceKinds } from "./source-kinds.ts";

export type Cell =
  /** AWS refuses the member for this kind of source, with this text (V3, V4, V9). */
  | { readonly kind: "refused"; readonly text: string }
  /** Taken, and carried out. `default` undefined: null in answers until it is set. */
  | { readonly kind: "honoured"; readonly default: Json | undefined };

export interface Row {
  /** Whether the member is part of an update at all (section 1.5). */
  readonly isUpdatable: boolean;
  readonly cells: { readonly [K in SourceKind]: Cell };
  /** For docs/honoured.md. */
  readonly note: string;
}

const honoured = (value?: Json): Cell => ({ kind: "honoured", default: value });
const refusedAs = (text: string): Cell => ({ kind: "refused", text });
/** V4, in the casing that AWS uses for most members. */
const unsupported = (name: MemberName): Cell =>
  refusedAs(`Unsupported '${lowerFirst(name)}' parameter for given event source mapping type.`);
/** DocumentDB names what it does not take, and what it misses, in one list (document-db-rules.ts). */
const invalid = (name: MemberName): Cell => refusedAs(`Invalid parameters: ${lowerFirst(name)}`);
/** V3, in the casing of structures. */
const unsupportedPlain = (name: MemberName): Cell =>
  refusedAs(`Unsupported ${name} parameter for given event source mapping type.`);

const row = (
  name: MemberName,
  cells: Partial<{ readonly [K in SourceKind]: Cell }>,
  options: { readonly isUpdatable?: boolean; readonly note?: string; readonly otherwise?: Cell } = {},
): Row => {
  const otherwise = options.otherwise ?? unsupported(name);
  return {
    isUpdatable: options.isUpdatable ?? true,
    note: options.note ?? "",
    cells: {
      sqs: cells.sqs ?? otherwise,
      fifo: cells.fifo ?? otherwise,
      kinesis: cells.kinesis ?? otherwise,
      kinesisConsumer: cells.kinesisConsumer ?? otherwise,
      dynamodb: cells.dynamodb ?? otherwise,
      msk: cells.msk ?? otherwise,
      selfManagedKafka: cells.selfManagedKafka ?? otherwise,
      activeMq: cells.activeMq ?? otherwise,
      rabbitMq: cells.rabbitMq ?? otherwise,
      documentDb: cells.documentDb ?? (otherwise.kind === "refused" ? invalid(name) : otherwise),
    },
  };
};

const queues = (cell: Cell) => ({ sqs: cell, fifo: cell });
const streams = (cell: Cell) => ({ kinesis: cell, kinesisConsumer: cell, dynamodb: cell });
const kafka = (cell: Cell) => ({ msk: cell, selfManagedKafka: cell });
const brokers = (cell: Cell) => ({ activeMq: cell, rabbitMq: cell });

const REGISTRY_NOTE =
  "A schema registry is one that speaks Confluent's HTTP protocol; Glue's, and OAUTHBEARER_AUTH of one, are not built.";

/** Order of the rows: the order in which a member that a source does not take is told of. */
export const mappingTable: { readonly [M in MemberName]: Row } = {
  EventSourceArn: row(
    "EventSourceArn",
    {
      ...queues(honoured()),
      ...streams(honoured()),
      msk: honoured(),
      ...brokers(honoured()),
      documentDb: honoured(),
    },
    { isUpdatable: false },
  ),
  SelfManagedEventSource: row("SelfManagedEventSource", { selfManagedKafka: honoured() }, { isUpdatable: false }),
  FunctionName: row(
    "FunctionName",
    {},
    { otherwise: honoured(), note: "By name or ARN, with a version or an alias or without." },
  ),
  Enabled: row("Enabled", {}, { otherwise: honoured(true) }),
  BatchSize: row("BatchSize", queues(honoured(10)), { otherwise: honoured(100) }),
  MaximumBatchingWindowInSeconds: row(
    "MaximumBatchingWindowInSeconds",
    { ...queues(honoured(0)), ...streams(honoured(0)) },
    { otherwise: honoured() },
  ),
  StartingPosition: row(
    "StartingPosition",
    {
      ...queues(refusedAs("StartingPosition is not valid for SQS event sources.")),
      ...streams(honoured()),
      ...kafka(honoured("TRIM_HORIZON")),
      documentDb: honoured(),
    },
    { isUpdatable: false },
  ),
  StartingPositionTimestamp: row(
    "StartingPositionTimestamp",
    { ...streams(honoured()), ...kafka(honoured()), documentDb: honoured() },
    { isUpdatable: false, note: "With AT_TIMESTAMP, which DynamoDB streams do not have." },
  ),
  ParallelizationFactor: row("ParallelizationFactor", streams(honoured(1))),
  BisectBatchOnFunctionError: row("BisectBatchOnFunctionError", { ...streams(honoured(false)), ...kafka(honoured()) }),
  MaximumRecordAgeInSeconds: row("MaximumRecordAgeInSeconds", { ...streams(honoured(-1)), ...kafka(honoured(-1)) }),
  MaximumRetryAttempts: row("MaximumRetryAttempts", { ...streams(honoured(-1)), ...kafka(honoured(-1)) }),
  TumblingWindowInSeconds: row("TumblingWindowInSeconds", streams(honoured(0)), {
    note: "With ParallelizationFactor 1 and without filters, as on AWS (W-3); [windows.md](windows.md).",
  }),
  FunctionResponseTypes: row("FunctionResponseTypes", {
    ...queues(honoured([])),
    ...streams(honoured([])),
    ...kafka(honoured()),
  }),
  DestinationConfig: row(
    "DestinationConfig",
    { ...streams(honoured({ OnFailure: {} })), ...kafka(honoured()) },
    {
      otherwise: unsupportedPlain("DestinationConfig"),
      note: "OnFailure to a standard SQS queue, a standard SNS topic or an S3 bucket, of Kafka with pollers also to a topic of the same cluster, which is not looked up when the mapping is made: a document that finds none is lost and told (O-15), as is one for another account or region without an endpoint under `destinations`. OnSuccess is refused, as on AWS.",
    },
  ),
  FilterCriteria: row("FilterCriteria", { documentDb: invalid("FilterCriteria") }, { otherwise: honoured() }),
  KMSKeyArn: row(
    "KMSKeyArn",
    {},
    { otherwise: honoured(), note: "Shown, and List then shows no filters; nothing is encrypted." },
  ),
  MetricsConfig: row(
    "MetricsConfig",
    { ...queues(honoured()), ...streams(honoured()), ...kafka(honoured()) },
    {
      note: "`EventCount`, and on Kafka `ErrorCount` and `KafkaMetrics`: read them from [CloudWatch's calls](aws-calls.md#cloudwatch) or `/_millrace/metrics`.",
    },
  ),
  LoggingConfig: row("LoggingConfig", kafka(honoured()), {
    note: "With pollers. Lines of JSON in the function's own log (STATE/logs), not in a stream of their own: what a poller was given (INFO), offsets each minute (DEBUG), what went wrong (WARN).",
  }),
  ScalingConfig: row("ScalingConfig", queues(honoured()), {
    otherwise: unsupportedPlain("ScalingConfig"),
    note: "At most `maxFunctionThreads` functions run at once over all mappings: until a call could start nothing is received ([queues.md](queues.md)).",
  }),
  ProvisionedPollerConfig: row(
    "ProvisionedPollerConfig",
    { ...queues(honoured()), ...kafka(honoured()) },
    {
      note: "On queues ten invocations a poller; a poller's 1 MB and 10 polls a second are not imitated. On Kafka members of the group, never more than partitions, with five invocations each (`callsAPoller` of its source); with it retry limit, record age, bisect and partial answers are in force (M-001). PollerGroupName is kept, and shares nothing.",
    },
  ),
  Topics: row("Topics", kafka(honoured()), { isUpdatable: false }),
  Queues: row("Queues", brokers(honoured()), {
    isUpdatable: false,
    note: "What holds on brokers, and what of their messages is not exact: [rabbitmq.md](rabbitmq.md), [activemq.md](activemq.md). `eventSource` and `expiration` of a broker in `sources` choose between AWS's two forms of ActiveMQ's event.",
  }),
  SourceAccessConfigurations: row(
    "SourceAccessConfigurations",
    { ...kafka(honoured()), ...brokers(honoured()), documentDb: honoured() },
    {
      note: "Secrets are read anew at each connect. VPC_SUBNET and VPC_SECURITY_GROUP are shown and mean nothing here. IAM_AUTH, IAM_OAUTHBEARER_AUTH and OAUTHBEARER_AUTH are not built: nothing here issues their tokens.",
    },
  ),
  AmazonManagedKafkaEventSourceConfig: row(
    "AmazonManagedKafkaEventSourceConfig",
    { msk: honoured() },
    { note: REGISTRY_NOTE },
  ),
  SelfManagedKafkaEventSourceConfig: row(
    "SelfManagedKafkaEventSourceConfig",
    { selfManagedKafka: honoured() },
    { note: `${REGISTRY_NOTE} ConsumptionMode Queue is not built (M-209).` },
  ),
  DocumentDBEventSourceConfig: row("DocumentDBEventSourceConfig", { documentDb: honoured() }),
  Tags: row("Tags", {}, { otherwise: honoured(), isUpdatable: false, note: "Shown by ListTags only, as on AWS." }),
};

export const memberNames: readonly MemberName[] = Object.keys(mappingTable).filter((name): name is MemberName =>
  Object.hasOwn(mappingTable, name),
);

/** docs/honoured.md, whole. */
export function honouredPage(names: { readonly [K in SourceKind]: string }): string {
  const head = ["member", ...sourceKinds.map((kind) => names[kind]), "note"];
  const lines = memberNames.map((member) => [
    // The terminal names a row by its address when something is refused.
    `<a id="${member.toLowerCase()}"></a>\`${member}\``,
    ...sourceKinds.map((kind) => mappingTable[member].cells[kind].kind),
    mappingTable[member].note,
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    "# What a mapping's members do",
    "",
    "Made by `scripts/honoured.ts` from `src/control/mapping/mapping-table.ts`; do not edit.",
    "",
    "*honoured*: stored, and carried out. *refused*: AWS refuses it for this kind of source, and so does Millrace, in the same words.",
    "What of a member is not built is refused with an error that says so, and nothing is stored; the notes name it.",
    "",
    line(head),
    line(head.map(() => "---")),
    ...lines.map(line),
    "",
  ].join("\n");
}
