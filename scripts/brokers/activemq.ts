// ActiveMQ Classic as a test broker, spoken to by AMQP 1.0: its start, its address, and how to tell that it is ready. Its jars are
// `activemq-jars.ts`, its program `activemq/AmqpBroker.java`; finding and keeping the process is left to `start-broker.ts`.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import rhea, { type ConnectionOptions } from "rhea";
import { activeMqJars, areActiveMqJarsCached, brokerSource } from "./activemq-jars.ts";
import type { BrokerKind, BrokerOptions, LaunchPlan } from "./broker.ts";
import { createCertificates, createKeyStore } from "./certificates.ts";

const answerWithinMs = 5_000;
const usualUser = { user: "admin", password: "admin" };

export const activemq: BrokerKind = {
  name: "activemq",
  variable: "MILLRACE_TEST_ACTIVEMQ_URL",
  // The compiler is looked for since a JDK is needed, not only a JRE: the program runs from its source.
  binaries: () => (areActiveMqJarsCached() ? ["java", "javac"] : ["java", "javac", "mvn"]),
  debianPackages: ["default-jdk-headless", "maven"],
  usualPort: 5672,
  // 2 s on two free cores.
  readyWithinMs: 90_000,
  otherWays: ["brew install openjdk maven", "docker compose up -d --wait activemq"],
  composeService: "activemq",
  composePortVariable: "MILLRACE_ACTIVEMQ_PORT",
  plan: planActiveMq,
  plainUrl: (host, port) => `amqp://admin:admin@${host}:${port}`,
  ask: logIn,
};

async function planActiveMq(
  binaryPath: string,
  folder: string,
  port: number,
  options: BrokerOptions,
): Promise<LaunchPlan> {
  const { user, password } = options.acl ?? usualUser;
  const jars = await activeMqJars();
  const certificates = options.tls === true ? await createCertificates(folder) : null;
  const keyStore = certificates === null ? null : await createKeyStore(folder, certificates);
  const host = certificates === null ? "127.0.0.1" : "localhost";
  // Without this transformer a message would reach other protocols' clients, and come from them, as raw AMQP.
  const connector = `${certificates === null ? "amqp" : "amqp+ssl"}://127.0.0.1:${port}?transport.transformer=jms`;
  const scheme = certificates === null ? "amqp" : "amqps";
  const url = `${scheme}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}`;
  const caFile = certificates?.caFile ?? null;
  return {
    command: binaryPath,
    commandArguments: [
      "-Xmx256m",
      "-XX:+UseSerialGC",
      "-XX:TieredStopAtLevel=1",
      "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
      ...(keyStore === null ? [] : keyStoreWords(keyStore)),
      "-cp",
      join(jars, "*"),
      brokerSource,
      join(folder, "data"),
      user,
      password,
      connector,
    ],
    url,
    host,
    port,
    caFile,
    ask: () => logIn(url, caFile),
  };
}

function keyStoreWords(keyStore: { readonly file: string; readonly password: string }): readonly string[] {
  return [
    `-Djavax.net.ssl.keyStore=${keyStore.file}`,
    `-Djavax.net.ssl.keyStorePassword=${keyStore.password}`,
    "-Djavax.net.ssl.keyStoreType=PKCS12",
  ];
}

/** Logs in and out again. Rejects with what came instead. */
async function logIn(address: string, caFile: string | null): Promise<void> {
  const url = new URL(address);
  const plain = {
    host: url.hostname,
    port: Number(url.port === "" ? "5672" : url.port),
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    reconnect: false,
  };
  const options: ConnectionOptions =
    url.protocol === "amqps:"
      ? { ...plain, transport: "tls", servername: url.hostname, ca: caFile === null ? [] : [await readFile(caFile)] }
      : plain;
  const connection = rhea.create_container().connect(options);
  await new Promise<void>((resolve, reject) => {
    const tooLate = setTimeout(() => fail(new Error(`no answer within ${answerWithinMs} ms`)), answerWithinMs);
    const fail = (reason: unknown) => {
      clearTimeout(tooLate);
      reject(reason instanceof Error ? reason : new Error(`login refused: ${JSON.stringify(reason)}`));
    };
    connection.on("connection_open", () => {
      clearTimeout(tooLate);
      connection.close();
    });
    connection.on("connection_close", () => resolve());
    connection.on("connection_error", () => fail(connection.error ?? new Error("login refused")));
    connection.on("disconnected", (context) => fail(context.error ?? new Error("closed without an answer")));
  });
}
