// The body of CreateEventSourceMapping that a load plan asks for: its own members, and those that its source and function make. Short names
// of destinations and patterns as objects are taken as the configuration takes them.

import type { MappingBody } from "../../config/config.ts";
import { expandSource, type Home } from "../../config/expand-names.ts";
import { mappingSchema } from "../../config/mapping-schema.ts";
import { mappingBody } from "../../config/resolve-config.ts";
import type { LoadPlan, PlannedSource } from "../../load/plan/plan.ts";

/** What AWS gives a cluster's and a broker's ARN at its end. */
const CLUSTER_END = "f3bb8a1e-0a0e-4c3c-9d3a-111111111111-1";
const BROKER_END = "b-1";

/** `sourceArn`: where the source is known by another ARN than its name makes, as a table's stream is; else null. */
export function mappingBodyOf(plan: LoadPlan, home: Home, sourceArn: string | null = null): MappingBody {
  const { source } = plan;
  const made = {
    ...placeMembers(source, home, sourceArn),
    ...(isPlaced(source) && plan.mapping["StartingPosition"] === undefined ? { StartingPosition: "TRIM_HORIZON" } : {}),
    ...(needsLogin(source) && plan.mapping["SourceAccessConfigurations"] === undefined
      ? { SourceAccessConfigurations: [{ Type: "BASIC_AUTH", URI: loadSecretArn(home) }] }
      : {}),
  };
  const own = source.kind === "documentdb" ? withCollection(plan.mapping, source) : plan.mapping;
  return mappingBody(mappingSchema.parse({ ...made, ...own, FunctionName: plan.function.name }), home);
}

/** Of the secret that a broker's or DocumentDB's mapping names where the plan names none: AWS asks for one, embedded sources do not check it. */
export const loadSecretArn = ({ account, region }: Home): string =>
  `arn:aws:secretsmanager:${region}:${account}:secret:millrace-load-abcdef`;

/** The source's ARN, as its name makes it; null: a Kafka cluster that goes by its servers. A table's ends in `latest`. */
export function sourceArnOf(source: PlannedSource, home: Home): string | null {
  const { account, region } = home;
  switch (source.kind) {
    case "kinesis":
    case "dynamodb":
    case "sqs":
      return expandSource(source.text, home);
    case "rabbitmq":
    case "activemq":
      return isArn(source.broker)
        ? source.broker
        : `arn:aws:mq:${region}:${account}:broker:${source.broker}:${BROKER_END}`;
    case "kafka":
      if (isArn(source.cluster)) return source.cluster;
      return hasServers(source.cluster)
        ? null
        : `arn:aws:kafka:${region}:${account}:cluster/${source.cluster}/${CLUSTER_END}`;
    case "documentdb":
      return isArn(source.cluster) ? source.cluster : `arn:aws:rds:${region}:${account}:cluster:${source.cluster}`;
  }
}

function placeMembers(source: PlannedSource, home: Home, known: string | null): Readonly<Record<string, unknown>> {
  const arn = known ?? sourceArnOf(source, home);
  const ofArn = arn === null ? {} : { EventSourceArn: arn };
  switch (source.kind) {
    case "kinesis":
    case "dynamodb":
    case "sqs":
    case "documentdb":
      return ofArn;
    case "rabbitmq":
    case "activemq":
      return { ...ofArn, Queues: [source.queue] };
    case "kafka":
      return arn === null
        ? {
            SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: source.cluster.split(",") } },
            Topics: [source.topic],
          }
        : { ...ofArn, Topics: [source.topic] };
  }
}

const isPlaced = ({ kind }: PlannedSource): boolean =>
  kind === "kinesis" || kind === "dynamodb" || kind === "kafka" || kind === "documentdb";

const needsLogin = ({ kind }: PlannedSource): boolean =>
  kind === "rabbitmq" || kind === "activemq" || kind === "documentdb";

function withCollection(
  mapping: LoadPlan["mapping"],
  { database, collection }: PlannedSource & { readonly kind: "documentdb" },
): LoadPlan["mapping"] {
  const own = mapping["DocumentDBEventSourceConfig"];
  const settings = typeof own === "object" && own !== null ? own : {};
  return {
    ...mapping,
    DocumentDBEventSourceConfig: { ...settings, DatabaseName: database, CollectionName: collection },
  };
}

const isArn = (text: string): boolean => text.startsWith("arn:");

/** `127.0.0.1:9092,127.0.0.1:9093`. */
const hasServers = (cluster: string): boolean => /^[^\s,/@:]+:\d{1,5}(,[^\s,/@:]+:\d{1,5})*$/.test(cluster);
