// The listeners of a test Kafka beside the plain one: with SASL, with TLS, with both, and with certificates of clients. All are open at
// once; who comes in is anybody whom the listener lets in, and rights are given by ACLs of a test's own.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunningBroker } from "./broker.ts";
import { createCertificates, createClientCertificate } from "./certificates.ts";
import { freePort } from "./free-port.ts";

interface Listener {
  readonly name: string;
  readonly protocol: "SASL_PLAINTEXT" | "SASL_SSL" | "SSL";
  readonly port: number;
}

export interface SecureListeners {
  readonly listeners: readonly Listener[];
  readonly properties: Readonly<Record<string, string>>;
  /** As the tool that formats the folder takes them. */
  readonly scramUsers: readonly string[];
  readonly caFile: string;
}

/** Where a secured Kafka listens, `HOST:PORT` each, and whom it knows. */
export interface SecureAddresses {
  readonly plain: string;
  readonly sasl: string;
  readonly saslTls: string;
  readonly tls: string;
  readonly mutualTls: string;
  readonly caFile: string;
  readonly clientCertificateFile: string;
  readonly clientKeyFile: string;
}

export const plainUser = { username: "alice", password: "alice-secret" };
/** For both SCRAM mechanisms. */
export const scramUser = { username: "bob", password: "bob-secret" };

const noteOf = (folder: string) => join(folder, "listeners.json");

export async function planListeners(folder: string): Promise<SecureListeners> {
  const certificates = await createCertificates(folder);
  const client = await createClientCertificate(folder, certificates);
  const pem = join(folder, "broker.pem");
  const parts = [certificates.keyFile, certificates.certificateFile, certificates.caFile];
  await writeFile(pem, (await Promise.all(parts.map((file) => readFile(file, "utf8")))).join(""), { mode: 0o600 });
  const listeners: readonly Listener[] = [
    { name: "SASL", protocol: "SASL_PLAINTEXT", port: await freePort() },
    { name: "SASLTLS", protocol: "SASL_SSL", port: await freePort() },
    { name: "TLS", protocol: "SSL", port: await freePort() },
    { name: "MUTUAL", protocol: "SSL", port: await freePort() },
  ];
  const at = (name: string) => `localhost:${listeners.find((each) => each.name === name)?.port ?? 0}`;
  const addresses: Omit<SecureAddresses, "plain"> = {
    sasl: at("SASL"),
    saslTls: at("SASLTLS"),
    tls: at("TLS"),
    mutualTls: at("MUTUAL"),
    caFile: certificates.caFile,
    clientCertificateFile: client.certificateFile,
    clientKeyFile: client.keyFile,
  };
  await writeFile(noteOf(folder), JSON.stringify(addresses));
  return {
    listeners,
    caFile: certificates.caFile,
    scramUsers: ["SCRAM-SHA-256", "SCRAM-SHA-512"].map(
      (mechanism) => `${mechanism}=[name=${scramUser.username},password=${scramUser.password}]`,
    ),
    properties: {
      "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
      ...saslProperties("sasl"),
      ...saslProperties("sasltls"),
      "ssl.keystore.type": "PEM",
      "ssl.keystore.location": pem,
      "ssl.truststore.type": "PEM",
      "ssl.truststore.location": certificates.caFile,
      "listener.name.mutual.ssl.client.auth": "required",
      "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
      "super.users": "User:ANONYMOUS",
      "allow.everyone.if.no.acl.found": "true",
    },
  };
}

function saslProperties(listener: string): Record<string, string> {
  const security = "org.apache.kafka.common.security";
  const scram = `${security}.scram.ScramLoginModule required;`;
  const plain = `${security}.plain.PlainLoginModule required user_${plainUser.username}="${plainUser.password}";`;
  return {
    [`listener.name.${listener}.plain.sasl.jaas.config`]: plain,
    [`listener.name.${listener}.scram-sha-256.sasl.jaas.config`]: scram,
    [`listener.name.${listener}.scram-sha-512.sasl.jaas.config`]: scram,
  };
}

/** Of a broker that was started with `kafka: { isSecured: true }`. */
export async function secureListenersOf(broker: RunningBroker): Promise<SecureAddresses> {
  const text = await readFile(noteOf(broker.folder ?? ""), "utf8");
  const addresses = JSON.parse(text) as Omit<SecureAddresses, "plain">;
  return { plain: `${broker.host}:${broker.port}`, ...addresses };
}
