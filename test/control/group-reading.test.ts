// What a poller is handed of a mapping on Kafka, by its own settings and by what the configuration says of its cluster.

import { expect, test } from "vitest";
import {
  clusterOf,
  embeddedTopicName,
  groupReading,
  type KafkaSettings,
  usualKafka,
} from "../../src/control/group-reading.ts";
import { laneSettings } from "../../src/control/lane-settings.ts";
import type { SourceKind } from "../../src/control/mapping/source-kinds.ts";
import { created } from "./doubles/settings.ts";

const mskArn = "arn:aws:kafka:us-east-1:123456789012:cluster/events/f3bb8a1e-0a0e-4c3c-9d3a-111111111111-1";
const secret = (name: string): string => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}`;
const own = (...servers: readonly string[]): object => ({
  SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: servers } },
});
const queue = { OnFailure: { Destination: "arn:aws:sqs:us-east-1:123456789012:dead" } };
const controls = {
  MaximumRetryAttempts: 2,
  MaximumRecordAgeInSeconds: 60,
  BisectBatchOnFunctionError: true,
  FunctionResponseTypes: ["ReportBatchItemFailures"],
};
const inForce = { retries: 2, maxAgeMs: 60_000, isBisecting: true, isReporting: true };
const notInForce = { retries: -1, maxAgeMs: -1, isBisecting: false, isReporting: false };

function readingOf(kind: SourceKind, members: object, clusters: readonly KafkaSettings[] = []) {
  const settings = created(kind, { Topics: ["orders"], ...members });
  const lane = laneSettings(kind, settings, { idleCloseMs: 0 });
  return groupReading(settings, { lane, clusters, registries: [] });
}

test.each([
  { name: "on demand", members: {}, cluster: {}, expected: notInForce },
  { name: "by the setting", members: {}, cluster: { hasErrorControls: true }, expected: inForce },
  { name: "without pollers", members: { ProvisionedPollerConfig: {} }, cluster: {}, expected: notInForce },
  { name: "with pollers", members: { ProvisionedPollerConfig: { MinimumPollers: 1 } }, cluster: {}, expected: inForce },
])("M-001: error controls are in force $name: $expected.isBisecting", ({ members, cluster, expected }) => {
  const clusters = [{ ...usualKafka("kafka://k:1", ["k:1"]), ...cluster }];
  const { lane } = readingOf("selfManagedKafka", { ...own("k:1"), ...controls, ...members }, clusters);
  expect(lane).toEqual({ ...expected, isOversizedGivenUp: true });
});

test.each([
  { members: {}, retries: -1 },
  { members: { DestinationConfig: queue }, retries: 10 },
  { members: { DestinationConfig: queue, MaximumRetryAttempts: 3 }, retries: 10 },
  { members: { DestinationConfig: queue, ProvisionedPollerConfig: { MinimumPollers: 1 } }, retries: 10 },
  {
    members: { DestinationConfig: queue, ProvisionedPollerConfig: { MinimumPollers: 1 }, MaximumRetryAttempts: 0 },
    retries: 0,
  },
])("M-405: $members: $retries retries", ({ members, retries }) => {
  expect(readingOf("msk", { EventSourceArn: mskArn, ...members }).lane.retries).toBe(retries);
});

test("M-302: the window begins where the last batch has ended, half a second where none was set (M-002)", () => {
  const lane = laneSettings("msk", created("msk"), { idleCloseMs: 0 });
  expect(lane).toMatchObject({ windowFrom: "previousInvocation", windowMs: 500, batchSize: 100 });
});

test("M-204, M-205: pollers as they are provisioned; on demand it begins with one", () => {
  const pollersOf = (members: object) => {
    const { leastPollerCount, mostPollerCount, isProvisioned } = readingOf("msk", {
      EventSourceArn: mskArn,
      ...members,
    }).group;
    return [leastPollerCount, mostPollerCount, isProvisioned];
  };
  expect(pollersOf({})).toEqual([1, 10, false]);
  expect(pollersOf({ ProvisionedPollerConfig: { MinimumPollers: 2 } })).toEqual([2, 200, true]);
  expect(pollersOf({ ProvisionedPollerConfig: { MaximumPollers: 3 } })).toEqual([1, 3, true]);
});

test("an MSK cluster without servers is embedded, under its name", () => {
  expect(readingOf("msk", { EventSourceArn: mskArn })).toMatchObject({
    source: { kind: "embeddedKafka", storedName: "kafka/events/orders", topic: "orders" },
    group: { flavour: "msk", bootstrapServers: "localhost:9092" },
  });
  const viaVpc = "arn:aws:kafka:us-east-1:123456789012:vpc-connection/210987654321/events/uuid-1";
  expect(embeddedTopicName(viaVpc, "orders")).toBe("kafka/events/orders");
});

test("M-103: events of one's own cluster name its servers in the order in which the mapping does", () => {
  const { source, group } = readingOf("selfManagedKafka", own("z:1", "a:1"));
  expect(group).toMatchObject({ flavour: "selfManaged", bootstrapServers: "z:1,a:1" });
  expect(source).toMatchObject({ kind: "kafka", servers: ["z:1", "a:1"] });
});

test("the configuration says where a cluster really is; one server in common makes it the same", () => {
  const cluster = usualKafka("kafka://a:1,b:1", ["127.0.0.1:9092"]);
  const { source, group } = readingOf("selfManagedKafka", own("b:1"), [cluster]);
  expect(source).toMatchObject({ kind: "kafka", servers: ["127.0.0.1:9092"] });
  expect(group.bootstrapServers).toBe("b:1");
  expect(clusterOf(created("selfManagedKafka", own("c:1")), [cluster])).toMatchObject({ servers: ["c:1"] });
});

test("one's own cluster may be embedded, under its servers as the configuration names them", () => {
  const { source } = readingOf("selfManagedKafka", own("b:1"), [usualKafka("kafka://a:1,b:1", null)]);
  expect(source).toEqual({ kind: "embeddedKafka", storedName: "kafka/a:1,b:1/orders", topic: "orders", groupId: id });
});

test("M-601, M-602: how it is signed in to, over TLS unless the configuration says otherwise", () => {
  const securityOf = (types: readonly string[], cluster: Partial<KafkaSettings> = {}) => {
    const access = types.map((Type) => ({ Type, URI: secret(Type) }));
    const clusters = [{ ...usualKafka("kafka://k:1", ["k:1"]), ...cluster }];
    const { source } = readingOf("selfManagedKafka", { ...own("k:1"), SourceAccessConfigurations: access }, clusters);
    return source.kind === "kafka" ? source.security : null;
  };
  const tls = { caFile: null, caSecretArn: null, clientSecretArn: null };
  const sasl = (mechanism: string, type: string) => ({ mechanism, secretArn: secret(type) });
  expect(securityOf(["VPC_SUBNET"])).toEqual({ tls: null, sasl: null });
  expect(securityOf(["VPC_SUBNET"], { isTls: true })).toEqual({ tls, sasl: null });
  expect(securityOf(["BASIC_AUTH"])).toEqual({ tls, sasl: sasl("plain", "BASIC_AUTH") });
  expect(securityOf(["BASIC_AUTH"], { isTls: false })).toEqual({ tls: null, sasl: sasl("plain", "BASIC_AUTH") });
  expect(securityOf(["SASL_SCRAM_256_AUTH"])?.sasl).toEqual(sasl("scram-sha-256", "SASL_SCRAM_256_AUTH"));
  expect(securityOf(["SASL_SCRAM_512_AUTH"])?.sasl).toEqual(sasl("scram-sha-512", "SASL_SCRAM_512_AUTH"));
  expect(securityOf(["CLIENT_CERTIFICATE_TLS_AUTH", "SERVER_ROOT_CA_CERTIFICATE"])).toEqual({
    tls: {
      caFile: null,
      caSecretArn: secret("SERVER_ROOT_CA_CERTIFICATE"),
      clientSecretArn: secret("CLIENT_CERTIFICATE_TLS_AUTH"),
    },
    sasl: null,
  });
  expect(securityOf([], { caFile: "/ca.pem" })).toEqual({ tls: { ...tls, caFile: "/ca.pem" }, sasl: null });
});

test("M-611: a schema registry, and where the configuration says that it is", () => {
  const registry = {
    SchemaRegistryURI: "https://registry.example.com",
    EventRecordFormat: "SOURCE",
    AccessConfigs: [{ Type: "BASIC_AUTH", URI: secret("r") }],
    SchemaValidationConfigs: [{ Attribute: "VALUE" }],
  };
  const settings = created("msk", { AmazonManagedKafkaEventSourceConfig: { SchemaRegistryConfig: registry } });
  const lane = laneSettings("msk", settings, { idleCloseMs: 0 });
  const reading = {
    caFile: null,
    basicAuthSecretArn: secret("r"),
    clientSecretArn: null,
    caSecretArn: null,
    format: "SOURCE",
    attributes: ["VALUE"],
  };
  const place = { uri: registry.SchemaRegistryURI, url: "http://127.0.0.1:8081", caFile: null };
  expect(groupReading(settings, { lane, clusters: [], registries: [] }).group.registry).toEqual({
    ...reading,
    url: registry.SchemaRegistryURI,
  });
  expect(groupReading(settings, { lane, clusters: [], registries: [place] }).group.registry).toEqual({
    ...reading,
    url: place.url,
  });
});

/** Of a mapping that names none. */
const id = created("selfManagedKafka").SelfManagedKafkaEventSourceConfig?.ConsumerGroupId;
