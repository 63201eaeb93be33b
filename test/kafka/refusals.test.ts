// What a cluster that refuses a mapping makes it say, and that it gets in once that is mended (M-605, M-705).

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import kafkajs from "kafkajs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunningBroker } from "../../scripts/brokers/broker.ts";
import {
  plainUser,
  type SecureAddresses,
  scramUser,
  secureListenersOf,
} from "../../scripts/brokers/kafka-listeners.ts";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import type { KafkaSecurity } from "../../src/ports/mapping-spec.ts";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import { createKafkaSource } from "../../workers/kafka/kafka-source.ts";
import { liveMember, liveTopic } from "./support/live-topic.ts";

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
let broker: RunningBroker;
let at: SecureAddresses;
let epochCount = 0;

beforeAll(async () => {
  broker = await startBroker("kafka", { own: true, kafka: { isSecured: true } });
  at = await secureListenersOf(broker);
});
afterAll(() => broker.stop());

const tlsOf = (caFile: string | null, clientSecretArn: string | null = null) => ({
  caFile,
  caSecretArn: null,
  clientSecretArn,
});

function securedMember(
  live: { readonly topic: string; readonly groupId: string },
  server: string,
  security: KafkaSecurity,
  secretText: (arn: string) => string,
) {
  const source = createKafkaSource({
    address: { kind: "kafka", servers: [server], security, topic: live.topic, groupId: live.groupId },
    clientId: "millrace-test",
    secretText: (arn) => Promise.resolve(secretText(arn)),
    clock: createSystemClock(),
    nextEpoch: () => ++epochCount,
  });
  const member = liveMember(source.open(0, { startOf: () => null }));
  return {
    ...member,
    told: () => member.until(({ events }) => events.find((event) => event.kind === "problem")),
    values: () => member.untilCount(1),
    async [Symbol.asyncDispose]() {
      await member.close();
      await source.close();
    },
  };
}

async function liveSecured() {
  const live = await liveTopic({ server: at.plain });
  await live.send(0, ["a"]);
  return live;
}

describe("a cluster with logins", () => {
  test("M-602: reads by SASL with TLS, by TLS alone, and by a client certificate", async () => {
    await using live = await liveSecured();
    const certificate = JSON.stringify({
      certificate: await readFile(at.clientCertificateFile, "utf8"),
      privateKey: await readFile(at.clientKeyFile, "utf8"),
    });
    const scram = { mechanism: "scram-sha-512", secretArn: "login" } as const;
    const ways: readonly [string, KafkaSecurity][] = [
      [at.saslTls, { tls: tlsOf(at.caFile), sasl: scram }],
      [at.tls, { tls: tlsOf(at.caFile), sasl: null }],
      [at.mutualTls, { tls: tlsOf(at.caFile, "certificate"), sasl: null }],
    ];
    for (const [server, security] of ways) {
      const secretText = (arn: string) => (arn === "login" ? JSON.stringify(scramUser) : certificate);
      await using member = securedMember(live, server, security, secretText);
      expect(await member.values()).toEqual(["a"]);
    }
  });

  test("M-605, M-705, TM-51: a wrong password is told, and once it is mended the mapping reads, without anybody's help", async () => {
    await using live = await liveSecured();
    let password = "wrong";
    const security: KafkaSecurity = { tls: null, sasl: { mechanism: "plain", secretArn: "login" } };
    await using member = securedMember(live, at.sasl, security, () => JSON.stringify({ ...plainUser, password }));
    expect(await member.told()).toMatchObject({
      problem: {
        code: "denied",
        text: "PROBLEM: SASL authentication failed",
        disablingReason: "EVENT_SOURCE_AUTHN_ERROR",
      },
    });
    password = plainUser.password;
    expect(await member.values()).toEqual(["a"]);
  });

  test("M-702: an authority that is not known", async () => {
    await using live = await liveSecured();
    const stranger = join(broker.folder ?? "", "stranger.crt");
    await writeFile(stranger, await readFile(at.clientCertificateFile, "utf8"));
    await using member = securedMember(live, at.tls, { tls: tlsOf(stranger), sasl: null }, () => "");
    expect(await member.told()).toMatchObject({
      problem: { text: "PROBLEM: Lambda failed to authenticate server" },
    });
  });

  test("M-702: a cluster that wants a client certificate, and is shown none", async () => {
    await using live = await liveSecured();
    await using member = securedMember(live, at.mutualTls, { tls: tlsOf(at.caFile), sasl: null }, () => "");
    expect(await member.told()).toMatchObject({
      problem: {
        text: "PROBLEM: Server failed to authenticate Lambda",
        disablingReason: "EVENT_SOURCE_AUTHN_ERROR",
      },
    });
  });

  test.each(["topic", "group"] as const)("M-704: a user who may not read the %s", async (what) => {
    await using live = await liveSecured();
    await live.admin.createAcls({
      acl: [
        {
          resourceType: what === "topic" ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
          resourceName: what === "topic" ? live.topic : live.groupId,
          resourcePatternType: ResourcePatternTypes.LITERAL,
          principal: `User:${plainUser.username}`,
          host: "*",
          operation: AclOperationTypes.READ,
          permissionType: AclPermissionTypes.DENY,
        },
      ],
    });
    const security: KafkaSecurity = { tls: null, sasl: { mechanism: "plain", secretArn: "login" } };
    await using member = securedMember(live, at.sasl, security, () => JSON.stringify(plainUser));
    expect(await member.told()).toMatchObject({
      problem: {
        code: "denied",
        text: "PROBLEM: Cluster failed to authorize Lambda",
        disablingReason: "EVENT_SOURCE_AUTHZ_ERROR",
      },
    });
  });

  test("M-202: a group whose members share out in ways that we do not know", async () => {
    await using live = await liveSecured();
    const foreign = live.client.consumer({
      groupId: live.groupId,
      partitionAssigners: [
        () => ({
          name: "of-its-own",
          version: 0,
          assign: ({ members }) =>
            Promise.resolve(members.map(({ memberId }) => ({ memberId, memberAssignment: Buffer.alloc(0) }))),
          protocol: () => ({ name: "of-its-own", metadata: Buffer.alloc(0) }),
        }),
      ],
    });
    await foreign.connect();
    await foreign.subscribe({ topic: live.topic });
    const joined = new Promise((resolve) => foreign.on(foreign.events.GROUP_JOIN, resolve));
    await foreign.run({ eachMessage: () => Promise.resolve() });
    await joined;
    await using member = securedMember(live, at.plain, { tls: null, sasl: null }, () => "");
    expect(await member.told()).toMatchObject({
      problem: { code: "wrongType", disablingReason: "ESM_CONFIG_NOT_VALID" },
    });
    await foreign.disconnect();
  });
});
