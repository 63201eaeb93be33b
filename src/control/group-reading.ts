// How a mapping on Kafka reads: where its topic is, who its pollers are, and what the configuration says of its cluster. A self-managed
// cluster of which it says nothing is where the mapping's servers are; an MSK cluster without servers is embedded.

import type { LaneSettings } from "../core/settings.ts";
import type { GroupReading, KafkaAddress, KafkaSecurity, RegistryReading } from "../ports/mapping-spec.ts";
import type { MappingSettings } from "./mapping/mapping-settings.ts";
import { accessOf } from "./source-access.ts";

/** What the configuration says of a cluster. Figures: docs/config.md. */
export interface KafkaSettings {
  /** Of an MSK cluster its ARN, of another `kafka://` and its servers as mappings name them. */
  readonly key: string;
  /** `HOST:PORT` each; null: embedded. */
  readonly servers: readonly string[] | null;
  /** Null: as the mapping's access configurations ask for. */
  readonly isTls: boolean | null;
  readonly caFile: string | null;
  readonly isMixing: boolean;
  readonly callsAPoller: number;
  readonly partialAnswers: GroupReading["partialAnswers"];
  /** Retry limit, record age, bisect and partial answers are in force without provisioned pollers, too (M-001). */
  readonly hasErrorControls: boolean;
  /** M-705. */
  readonly disabledAfterMs: number;
}

/** Where a schema registry really is. */
export interface RegistrySettings {
  /** As mappings name it. */
  readonly uri: string;
  readonly url: string;
  readonly caFile: string | null;
}

/** Of a cluster that the configuration does not name. */
export const usualKafka = (key: string, servers: readonly string[] | null): KafkaSettings => ({
  key,
  servers,
  isTls: null,
  caFile: null,
  isMixing: true,
  callsAPoller: 5,
  partialAnswers: "checkpoint",
  hasErrorControls: false,
  disabledAfterMs: 600_000,
});

const SCHEME = "kafka://";

export const serversOfKey = (key: string): readonly string[] =>
  key.startsWith(SCHEME) ? key.slice(SCHEME.length).split(",") : [];

/** What holds of the mapping's cluster. One server in common makes two lists of them the same one (M-604). */
export function clusterOf(settings: MappingSettings, clusters: readonly KafkaSettings[]): KafkaSettings {
  const arn = settings.EventSourceArn;
  if (arn !== undefined) return clusters.find(({ key }) => key === arn) ?? usualKafka(arn, null);
  const servers = serversOf(settings);
  const named = clusters.find(({ key }) => serversOfKey(key).some((server) => servers.includes(server)));
  return named ?? usualKafka(clusterKeyOf(settings), servers);
}

/** What names a cluster of one's own. */
export const clusterKeyOf = (settings: MappingSettings): string => `${SCHEME}${serversOf(settings).join(",")}`;

const serversOf = (settings: MappingSettings): readonly string[] =>
  (settings.SelfManagedEventSource?.Endpoints?.KAFKA_BOOTSTRAP_SERVERS ?? []).filter((server) => server !== null);

/** Under which name the store keeps an embedded cluster's topic: the cluster's name in its ARN, else its servers as they are configured. */
export function embeddedTopicName(key: string, topic: string): string {
  const inArn = /:cluster\/([^/]+)/.exec(key)?.[1] ?? /:vpc-connection\/[^/]+\/([^/]+)/.exec(key)?.[1];
  return `kafka/${inArn ?? key.replace(SCHEME, "")}/${topic}`;
}

export interface ReadAsGroup {
  readonly source: KafkaAddress;
  readonly group: GroupReading;
  readonly lane: Pick<LaneSettings, "retries" | "maxAgeMs" | "isBisecting" | "isReporting" | "isOversizedGivenUp">;
}

export function groupReading(
  settings: MappingSettings,
  {
    lane,
    clusters,
    registries,
  }: {
    /** As the mapping asks for it. */
    readonly lane: Pick<LaneSettings, "retries" | "maxAgeMs" | "isBisecting" | "isReporting">;
    readonly clusters: readonly KafkaSettings[];
    readonly registries: readonly RegistrySettings[];
  },
): ReadAsGroup {
  const cluster = clusterOf(settings, clusters);
  const pollers = settings.ProvisionedPollerConfig;
  const hasControls = pollers !== undefined || cluster.hasErrorControls;
  const retries = hasControls ? lane.retries : -1;
  const hasDestination = settings.DestinationConfig?.OnFailure?.Destination !== undefined;
  const servers = serversOf(settings);
  return {
    source: addressOf(settings, cluster),
    group: {
      flavour: settings.EventSourceArn === undefined ? "selfManaged" : "msk",
      bootstrapServers: (servers.length > 0 ? servers : (cluster.servers ?? EMBEDDED_SERVERS)).join(","),
      leastPollerCount: pollers === undefined ? 1 : (pollers.MinimumPollers ?? 1),
      mostPollerCount: pollers === undefined ? MOST_ON_DEMAND : (pollers.MaximumPollers ?? 200),
      isProvisioned: pollers !== undefined,
      callsAPoller: cluster.callsAPoller,
      isMixing: cluster.isMixing,
      partialAnswers: cluster.partialAnswers,
      disabledAfterMs: cluster.disabledAfterMs,
      ...logLevelOf(settings),
      registry: registryReading(settings, registries),
    },
    lane: {
      retries: retries === -1 && hasDestination ? RETRIES_BEFORE_DESTINATION : retries,
      maxAgeMs: hasControls ? lane.maxAgeMs : -1,
      isBisecting: hasControls && lane.isBisecting,
      isReporting: hasControls && lane.isReporting,
      isOversizedGivenUp: true,
    },
  };
}

function logLevelOf({ LoggingConfig: config }: MappingSettings): Pick<GroupReading, "logLevel"> {
  const logLevel = (["DEBUG", "INFO", "WARN"] as const).find((level) => level === config?.SystemLogLevel);
  return logLevel === undefined ? {} : { logLevel };
}

/** M-204. AWS publishes no figure; more would share a thread with these. */
const MOST_ON_DEMAND = 10;

/** Retries without a limit end here where there is a destination (M-405). */
const RETRIES_BEFORE_DESTINATION = 10;

/** What an embedded MSK cluster's events name: there is no broker, and the member is never left out (M-103). */
const EMBEDDED_SERVERS = ["localhost:9092"];

/** Where a mapping's topic is, and its group. */
export const kafkaAddressOf = (settings: MappingSettings, clusters: readonly KafkaSettings[]): KafkaAddress =>
  addressOf(settings, clusterOf(settings, clusters));

function addressOf(settings: MappingSettings, cluster: KafkaSettings): KafkaAddress {
  const topic = settings.Topics?.[0] ?? "";
  const config = settings.AmazonManagedKafkaEventSourceConfig ?? settings.SelfManagedKafkaEventSourceConfig;
  const groupId = config?.ConsumerGroupId ?? "";
  const { key, servers } = cluster;
  return servers === null
    ? { kind: "embeddedKafka", storedName: embeddedTopicName(key, topic), topic, groupId }
    : { kind: "kafka", servers, security: securityOf(settings, cluster), topic, groupId };
}

const MECHANISMS = {
  BASIC_AUTH: "plain",
  SASL_SCRAM_256_AUTH: "scram-sha-256",
  SASL_SCRAM_512_AUTH: "scram-sha-512",
} as const;

/** Accesses that are nothing without TLS. */
export const TLS_TYPES = ["CLIENT_CERTIFICATE_TLS_AUTH", "SERVER_ROOT_CA_CERTIFICATE"] as const;

/** M-601, M-602. Without a word in the configuration whoever signs in does so over TLS, as on AWS. */
function securityOf(settings: MappingSettings, { isTls, caFile }: KafkaSettings): KafkaSecurity {
  const sasl = saslOf(settings);
  const asksForTls = sasl !== null || caFile !== null || TLS_TYPES.some((type) => accessOf(settings, type) !== null);
  if (!(isTls ?? asksForTls)) return { tls: null, sasl };
  const [clientSecretArn, caSecretArn] = [accessOf(settings, TLS_TYPES[0]), accessOf(settings, TLS_TYPES[1])];
  return { tls: { caFile, caSecretArn, clientSecretArn }, sasl };
}

function saslOf(settings: MappingSettings): KafkaSecurity["sasl"] {
  for (const type of ["BASIC_AUTH", "SASL_SCRAM_256_AUTH", "SASL_SCRAM_512_AUTH"] as const) {
    const secretArn = accessOf(settings, type);
    if (secretArn !== null) return { mechanism: MECHANISMS[type], secretArn };
  }
  return null;
}

/** M-611. */
function registryReading(settings: MappingSettings, registries: readonly RegistrySettings[]): RegistryReading | null {
  const config = settings.AmazonManagedKafkaEventSourceConfig ?? settings.SelfManagedKafkaEventSourceConfig;
  const registry = config?.SchemaRegistryConfig;
  if (registry === undefined) return null;
  const { SchemaRegistryURI: uri = "", EventRecordFormat, AccessConfigs = [], SchemaValidationConfigs = [] } = registry;
  const place = registries.find((each) => each.uri === uri);
  const secretOf = (type: string): string | null => AccessConfigs.find((entry) => entry?.Type === type)?.URI ?? null;
  return {
    url: place?.url ?? uri,
    caFile: place?.caFile ?? null,
    basicAuthSecretArn: secretOf("BASIC_AUTH"),
    clientSecretArn: secretOf("CLIENT_CERTIFICATE_TLS_AUTH"),
    caSecretArn: secretOf("SERVER_ROOT_CA_CERTIFICATE"),
    format: EventRecordFormat === "SOURCE" ? "SOURCE" : "JSON",
    attributes: SchemaValidationConfigs.flatMap((each) => {
      const attribute = each?.Attribute;
      return attribute === "KEY" || attribute === "VALUE" ? [attribute] : [];
    }),
  };
}
