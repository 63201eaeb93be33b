// All ways into a real Kafka, by the source that a mapping has: with each login and certificate, and with none or a wrong one.

import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import kafkajs, { type Admin, type Producer } from "kafkajs";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { RunningBroker } from "../../scripts/brokers/broker.ts";
import {
  plainUser,
  type SecureAddresses,
  scramUser,
  secureListenersOf,
} from "../../scripts/brokers/kafka-listeners.ts";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import type { MemberEvent } from "../../src/ports/group-source.ts";
import type { KafkaSecurity } from "../../src/ports/mapping-spec.ts";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import type { KafkaRecord } from "../../src/kinds/kafka/kafka-record.ts";
import { createKafkaSource } from "../../workers/kafka/kafka-source.ts";

let broker: RunningBroker;
let at: SecureAddresses;
let secrets: { [arn: string]: unknown } = {};
let admin: Admin;
let producer: Producer;
let epochCount = 0;

beforeAll(async () => {
  broker = await startBroker("kafka", { own: true, kafka: { isSecured: true } });
  at = await secureListenersOf(broker);
  const kafka = new kafkajs.Kafka({ brokers: [at.plain], logLevel: 0 });
  admin = kafka.admin();
  producer = kafka.producer({ createPartitioner: () => () => 0 });
  await admin.connect();
  await producer.connect();
  const privateKey = await readFile(at.clientKeyFile, "utf8");
  const certificate = await readFile(at.clientCertificateFile, "utf8");
  const sealing = ["pkcs8", "-topk8", "-in", at.clientKeyFile, "-passout", "pass:opensesame"];
  const sealed = execFileSync("openssl", sealing, { encoding: "utf8" });
  secrets = {
    alice: plainUser,
    bob: scramUser,
    ca: { certificate: await readFile(at.caFile, "utf8") },
    client: { certificate, privateKey },
    sealed: { certificate, privateKey: sealed, privateKeyPassword: "opensesame" },
  };
}, 120_000);

afterAll(async () => {
  await producer.disconnect();
  await admin.disconnect();
  await broker.stop();
});

const tls = { caFile: null, caSecretArn: "ca", clientSecretArn: null };
const plain = { mechanism: "plain", secretArn: "alice" } as const;

async function aTopic(value: string): Promise<string> {
  const topic = `t-${randomUUID()}`;
  await admin.createTopics({ topics: [{ topic }], waitForLeaders: true });
  await producer.send({ topic, messages: [{ value }] });
  return topic;
}

/** A member that is read until it has said what is looked for, then or before. */
function aMember(server: string, security: KafkaSecurity, topic: string) {
  const source = createKafkaSource({
    address: { kind: "kafka", servers: [server], security, topic, groupId: `g-${randomUUID()}` },
    clientId: "millrace-test",
    secretText: async (arn) => (arn in secrets ? JSON.stringify(secrets[arn]) : null),
    clock: createSystemClock(),
    nextEpoch: () => ++epochCount,
    times: { heartbeatMs: 200, metadataMs: 500, fetchWaitMs: 100 },
  });
  const member = source.open(0, { startOf: () => null });
  onTestFinished(async () => {
    await member.close();
    await source.close();
  });
  const said: MemberEvent<KafkaRecord>[] = [];
  return {
    source,
    async until<T>(look: (event: MemberEvent<KafkaRecord>) => T | null): Promise<T> {
      for (;;) {
        for (const event of said) {
          const found = look(event);
          if (found !== null) return found;
        }
        said.push(...(await member.read(new AbortController().signal)));
      }
    },
  };
}

const valueOf = (event: MemberEvent<KafkaRecord>): string | null => {
  const value = event.kind === "records" ? event.records[0]?.value : undefined;
  return value === undefined || value === null ? null : Buffer.from(value).toString();
};
const problemOf = (event: MemberEvent<KafkaRecord>) => (event.kind === "problem" ? event.problem : null);

// The client's tables have no names of their own as an ES module.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

describe("M-602: each way in", () => {
  const ways: readonly (readonly [string, () => string, KafkaSecurity])[] = [
    ["none", () => at.plain, { tls: null, sasl: null }],
    ["SASL/PLAIN without TLS", () => at.sasl, { tls: null, sasl: plain }],
    ["SASL/PLAIN", () => at.saslTls, { tls, sasl: plain }],
    ["SCRAM-SHA-256", () => at.saslTls, { tls, sasl: { mechanism: "scram-sha-256", secretArn: "bob" } }],
    ["SCRAM-SHA-512", () => at.saslTls, { tls, sasl: { mechanism: "scram-sha-512", secretArn: "bob" } }],
    ["TLS", () => at.tls, { tls, sasl: null }],
    ["mutual TLS", () => at.mutualTls, { tls: { ...tls, clientSecretArn: "client" }, sasl: null }],
    ["mutual TLS, the key encrypted", () => at.mutualTls, { tls: { ...tls, clientSecretArn: "sealed" }, sasl: null }],
  ];

  test.each(ways)("%s", async (name, server, security) => {
    const topic = await aTopic(name);
    const member = aMember(server(), security, topic);
    expect(await member.until(valueOf)).toBe(name);
    expect(await member.source.places({ kind: "trimHorizon" })).toMatchObject({ kind: "places" });
  });

  test("an authority from a file", async () => {
    const topic = await aTopic("by file");
    const security = { tls: { ...tls, caSecretArn: null, caFile: at.caFile }, sasl: null };
    expect(await aMember(at.tls, security, topic).until(valueOf)).toBe("by file");
  });
});

describe("M-702, M-705: ways that are shut", () => {
  const sasl = "PROBLEM: SASL authentication failed";
  const connection = "PROBLEM: Connection error. Please check your event source connection configuration.";
  const shut: readonly (readonly [string, () => string, KafkaSecurity, string, string | undefined])[] = [
    [
      "a user that the broker does not know",
      () => at.sasl,
      { tls: null, sasl: { mechanism: "plain", secretArn: "bob" } },
      sasl,
      "EVENT_SOURCE_AUTHN_ERROR",
    ],
    [
      "SCRAM with another's login",
      () => at.saslTls,
      { tls, sasl: { mechanism: "scram-sha-512", secretArn: "alice" } },
      sasl,
      "EVENT_SOURCE_AUTHN_ERROR",
    ],
    [
      "a secret that is not there",
      () => at.sasl,
      { tls: null, sasl: { mechanism: "plain", secretArn: "gone" } },
      sasl,
      "EVENT_SOURCE_AUTHN_ERROR",
    ],
    [
      "an authority that the system does not know",
      () => at.tls,
      { tls: { ...tls, caSecretArn: null }, sasl: null },
      "PROBLEM: Lambda failed to authenticate server",
      undefined,
    ],
    [
      "no client certificate",
      () => at.mutualTls,
      { tls, sasl: null },
      "PROBLEM: Server failed to authenticate Lambda",
      "EVENT_SOURCE_AUTHN_ERROR",
    ],
    ["no login where one is wanted", () => at.sasl, { tls: null, sasl: null }, connection, undefined],
    ["TLS to a listener without", () => at.plain, { tls, sasl: null }, connection, undefined],
    ["no TLS to a listener with it", () => at.tls, { tls: null, sasl: null }, connection, undefined],
  ];

  test.each(shut)("%s", async (_name, server, security, text, disablingReason) => {
    const member = aMember(server(), security, await aTopic("unread"));
    const problem = await member.until(problemOf);
    expect([problem.text, problem.disablingReason]).toEqual([text, disablingReason]);
    expect(await member.source.places({ kind: "latest" })).toMatchObject({ kind: "problem", problem: { text } });
    expect(JSON.stringify(problem)).not.toMatch(/alice-secret|bob-secret/);
  });

  test("a client certificate that nobody signed", async () => {
    const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=other", "-keyout", "-"];
    const pem = execFileSync("openssl", [...made, "-out", "-"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const parts = pem.split(/(?=-----BEGIN )/);
    secrets["other"] = {
      certificate: parts.find((part) => part.startsWith("-----BEGIN CERTIFICATE")),
      privateKey: parts.find((part) => part.startsWith("-----BEGIN PRIVATE KEY")),
    };
    const security = { tls: { ...tls, clientSecretArn: "other" }, sasl: null };
    const problem = await aMember(at.mutualTls, security, await aTopic("unread")).until(problemOf);
    expect(problem).toMatchObject({
      text: "PROBLEM: Server failed to authenticate Lambda",
      disablingReason: "EVENT_SOURCE_AUTHN_ERROR",
    });
  });

  test("TM-51, M-605: a wrong password, mended in the secret, goes on without anything else", async () => {
    const topic = await aTopic("in the end");
    secrets["mended"] = { ...plainUser, password: "wrong" };
    const member = aMember(at.sasl, { tls: null, sasl: { mechanism: "plain", secretArn: "mended" } }, topic);
    expect(await member.until(problemOf)).toMatchObject({ text: sasl });
    secrets["mended"] = plainUser;
    expect(await member.until((event) => (event.kind === "recovered" ? true : null))).toBe(true);
    expect(await member.until(valueOf)).toBe("in the end");
  });

  test.each([
    ["topic", "read the topic"],
    ["group", "join the group"],
  ] as const)("a user who may not read the %s", async (what, detail) => {
    const topic = await aTopic("forbidden");
    const isTopic = what === "topic";
    await admin.createAcls({
      acl: [
        {
          resourceType: isTopic ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
          resourceName: isTopic ? topic : "*",
          resourcePatternType: ResourcePatternTypes.LITERAL,
          principal: "User:carol",
          host: "*",
          operation: AclOperationTypes.ALL,
          permissionType: AclPermissionTypes.ALLOW,
        },
      ],
    });
    onTestFinished(async () => {
      await admin.deleteAcls({
        filters: [
          {
            resourceType: AclResourceTypes.ANY,
            resourcePatternType: ResourcePatternTypes.ANY,
            operation: AclOperationTypes.ANY,
            permissionType: AclPermissionTypes.ANY,
          },
        ],
      });
    });
    const member = aMember(at.sasl, { tls: null, sasl: plain }, topic);
    expect(await member.until(problemOf)).toMatchObject({
      code: "denied",
      text: "PROBLEM: Cluster failed to authorize Lambda",
      detail: expect.stringContaining(detail),
      disablingReason: "EVENT_SOURCE_AUTHZ_ERROR",
    });
  });
});
