// Mappings that sign in to a real Kafka, by the whole server: a login that is wrong and is mended, or is not, and certificates, each from the
// server's secrets.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SourceAccessConfiguration } from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { scramUser, secureListenersOf } from "../../scripts/brokers/kafka-listeners.ts";
import { updated } from "./support/aws-clients.ts";
import { aKafkaHouse } from "./support/kafka-house.ts";
import { ownKafka } from "./support/kafka-side.ts";
import { aFolder, inTime } from "./support/live-server.ts";

const secretArn = (name: string) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-abcdef`;
const SASL_TEXT = "PROBLEM: SASL authentication failed";
/** As mappings name them; where they are the configuration says. */
const servers = { login: "kafka.internal:9096", impatient: "kafka.internal:9097", mutual: "kafka.internal:9098" };
const wrong = JSON.stringify({ ...scramUser, password: "no" });

const by = (server: string, access: readonly SourceAccessConfiguration[]) => ({
  SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: [server] } },
  SourceAccessConfigurations: [...access],
});

test("TM-51, M-602, M-605, M-702, M-703, M-705: a wrong login is told; mended in time all goes on, else the mapping is disabled; certificates by secrets", async () => {
  const broker = await ownKafka({ kafka: { isSecured: true } });
  const at = await secureListenersOf(broker);
  const folder = aFolder();
  const file = join(folder, "login.json");
  writeFileSync(file, wrong);
  const house = await aKafkaHouse({
    broker,
    folder,
    members: {
      secrets: {
        [secretArn("login")]: { file },
        [secretArn("wrong")]: wrong,
        [secretArn("right")]: scramUser,
        [secretArn("authority")]: { certificate: readFileSync(at.caFile, "utf8") },
        [secretArn("client")]: {
          certificate: readFileSync(at.clientCertificateFile, "utf8"),
          privateKey: readFileSync(at.clientKeyFile, "utf8"),
        },
      },
      sources: {
        [`kafka://${servers.login}`]: { engine: "KAFKA", servers: [at.saslTls], caFile: at.caFile },
        [`kafka://${servers.impatient}`]: {
          engine: "KAFKA",
          servers: [at.saslTls],
          caFile: at.caFile,
          disabledAfterSeconds: 1,
        },
        [`kafka://${servers.mutual}`]: { engine: "KAFKA", servers: [at.mutualTls] },
      },
    },
  });
  const { kafka, witness, server, lambda } = house;
  const [mended, given, mutual] = [await kafka.topic(), await kafka.topic(), await kafka.topic()];
  for (const topic of [mended, given, mutual]) await kafka.send(topic, [`of ${topic}`]);
  const scram = (name: string) => [{ Type: "SASL_SCRAM_512_AUTH" as const, URI: secretArn(name) }];
  const group = (ConsumerGroupId: string) => ({ SelfManagedKafkaEventSourceConfig: { ConsumerGroupId } });

  const first = await house.map(mended, { ...by(servers.login, scram("login")), ...group("mended") });
  await expect
    .poll(() => house.get(first), inTime)
    .toMatchObject({ State: "Enabled", LastProcessingResult: SASL_TEXT });
  writeFileSync(file, JSON.stringify(scramUser));
  await expect.poll(() => witness.texts(), { timeout: 120_000, interval: 100 }).toEqual([`of ${mended}`]);
  await expect
    .poll(() => house.get(first), inTime)
    .toMatchObject({ State: "Enabled", LastProcessingResult: "OK", StateTransitionReason: "USER_INITIATED" });

  const second = await house.map(given, { ...by(servers.impatient, scram("wrong")), ...group("given") });
  await expect.poll(async () => (await house.get(second)).State, inTime).toBe("Disabled");
  expect(await house.get(second)).toMatchObject({
    StateTransitionReason: "EVENT_SOURCE_AUTHN_ERROR",
    LastProcessingResult: SASL_TEXT,
  });
  await updated(server, lambda, {
    UUID: second,
    Enabled: true,
    SourceAccessConfigurations: scram("right"),
    state: "Enabled",
  });
  await expect.poll(() => witness.texts(), inTime).toContain(`of ${given}`);

  await house.map(mutual, {
    ...by(servers.mutual, [
      { Type: "CLIENT_CERTIFICATE_TLS_AUTH", URI: secretArn("client") },
      { Type: "SERVER_ROOT_CA_CERTIFICATE", URI: secretArn("authority") },
    ]),
    ...group("mutual"),
  });
  await expect.poll(() => witness.texts(), inTime).toContain(`of ${mutual}`);
  // Nothing of a secret is ever told.
  const told = JSON.stringify(server.log.entries);
  expect([scramUser.password, "PRIVATE KEY"].filter((secret) => told.includes(secret))).toEqual([]);
}, 240_000);
