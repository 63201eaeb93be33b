// What kafkajs is given to reach a cluster: servers, TLS, login (M-602), with each secret read anew (M-605). A client keeps what it was
// given, so whoever replaces a client that gave up asks anew. There is no weaker way than the one that is asked for.

import { readFile } from "node:fs/promises";
import type { ConnectionOptions } from "node:tls";
import type { KafkaConfig, SASLOptions } from "kafkajs";
import type { KafkaAddress, KafkaSecurity } from "../../src/ports/mapping-spec.ts";
import type { SourceProblem } from "../../src/ports/source.ts";
import { loginOf } from "../broker-login.ts";
import { type Authority, authorityOf, checkedAuthority, clientCertificateOf, type SecretText } from "./kafka-login.ts";
import { authorityProblem, certificateSecretProblem, loginSecretProblem } from "./kafka-problems.ts";

/** The client's own default, a second, is short where TLS is set up on a busy machine. */
const CONNECT_MS = 10_000;
/** The client writes to standard output else; what it has to say comes by its errors and events. */
const NO_LOG = 0;

const typeOf = {
  plain: "BASIC_AUTH",
  "scram-sha-256": "SASL_SCRAM_256_AUTH",
  "scram-sha-512": "SASL_SCRAM_512_AUTH",
} as const;

export interface KafkaReadings {
  readonly secretText: SecretText;
}

export async function kafkaClientOptions(
  { servers, security }: Pick<Extract<KafkaAddress, { kind: "kafka" }>, "servers" | "security">,
  { secretText }: KafkaReadings,
): Promise<KafkaConfig | { readonly problem: SourceProblem }> {
  const ssl = security.tls === null ? null : await tlsOptions(security.tls, secretText);
  if (ssl !== null && "problem" in ssl) return ssl;
  const sasl = security.sasl === null ? null : await saslOptions(security.sasl, secretText);
  if (sasl !== null && "problem" in sasl) return sasl;
  return {
    brokers: [...servers],
    connectionTimeout: CONNECT_MS,
    logLevel: NO_LOG,
    ...(ssl === null ? {} : { ssl }),
    ...(sasl === null ? {} : { sasl }),
  };
}

/** `ca` in place of what the system knows, where there is one; from the file and from the secret, if both are given. */
export async function tlsOptions(
  tls: NonNullable<KafkaSecurity["tls"]>,
  secretText: SecretText,
): Promise<ConnectionOptions | { readonly problem: SourceProblem }> {
  const authorities = [
    ...(tls.caFile === null ? [] : [await authorityOfFile(tls.caFile)]),
    ...(tls.caSecretArn === null ? [] : [authorityOf(await secretText(tls.caSecretArn), tls.caSecretArn)]),
  ];
  const ca: string[] = [];
  for (const authority of authorities) {
    if ("flaw" in authority) return { problem: authorityProblem(authority.flaw) };
    ca.push(authority.pem);
  }
  const client =
    tls.clientSecretArn === null
      ? null
      : clientCertificateOf(await secretText(tls.clientSecretArn), tls.clientSecretArn);
  if (typeof client === "string") return { problem: certificateSecretProblem(client) };
  return { rejectUnauthorized: true, ...(ca.length === 0 ? {} : { ca }), ...client };
}

async function authorityOfFile(file: string): Promise<Authority> {
  try {
    return checkedAuthority(await readFile(file, "utf8"), `the file ${file} (caFile)`);
  } catch (error) {
    return {
      flaw: `the file ${file} (caFile) cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

async function saslOptions(
  { mechanism, secretArn }: NonNullable<KafkaSecurity["sasl"]>,
  secretText: SecretText,
): Promise<SASLOptions | { readonly problem: SourceProblem }> {
  const login = loginOf(await secretText(secretArn), secretArn, typeOf[mechanism]);
  if (typeof login === "string") return { problem: loginSecretProblem(login) };
  return { mechanism, ...login };
}
