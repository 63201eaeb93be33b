// Apache Kafka as a test broker: one node that is broker and controller, its files, its address, and how to tell that it is ready. Its
// jars are `kafka-jars.ts`; finding and keeping the process is left to `start-broker.ts`. What else it listens on, with users and
// certificates, is `kafka-listeners.ts`.

import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { MillraceError } from "../../src/errors.ts";
import { loadKafkajs } from "../../workers/kafka/kafka-client.ts";
import type { BrokerKind, BrokerOptions, LaunchPlan } from "./broker.ts";
import { freePort } from "./free-port.ts";
import { areKafkaJarsCached, kafkaJars, usualKafkaVersion } from "./kafka-jars.ts";
import { planListeners, type SecureListeners } from "./kafka-listeners.ts";

const run = promisify(execFile);
const answerWithinMs = 5_000;
const formatWithinMs = 60_000;
/** 16 bytes in base64 as Kafka writes an id; the same for all, as none meets another. */
const clusterId = "bWlsbHJhY2UtdGVzdC0tLQ";

export const kafka: BrokerKind = {
  name: "kafka",
  variable: "MILLRACE_TEST_KAFKA_URL",
  binaries: () => (areKafkaJarsCached(usualKafkaVersion) ? ["java"] : ["java", "mvn"]),
  debianPackages: ["default-jdk-headless", "maven"],
  usualPort: 9092,
  // 4 s on two free cores, formatting its folder included.
  readyWithinMs: 90_000,
  otherWays: ["brew install openjdk maven", "docker compose up -d --wait kafka"],
  composeService: "kafka",
  composePortVariable: "MILLRACE_KAFKA_PORT",
  plan: planKafka,
  plainUrl: (host, port) => `kafka://${host}:${port}`,
  ask: (url) => askBroker(new URL(url).host),
};

async function planKafka(
  binaryPath: string,
  folder: string,
  port: number,
  options: BrokerOptions,
): Promise<LaunchPlan> {
  if (options.tls !== undefined || options.acl !== undefined) {
    throw new MillraceError("bad-argument", "tls and acl are no options of kafka: it listens in all ways at once", {
      help: `startBroker("kafka", { own: true, kafka: { isSecured: true } }), then secureListenersOf(broker)`,
    });
  }
  const jars = await kafkaJars(options.kafka?.version ?? usualKafkaVersion);
  const controllerPort = await freePort();
  const secure = options.kafka?.isSecured === true ? await planListeners(folder) : null;
  const file = join(folder, "server.properties");
  await writeFile(
    file,
    `${propertiesOf({ folder, port, controllerPort, secure, more: options.kafka?.settings ?? {} })}\n`,
  );
  await format(binaryPath, jars, file, secure);
  return {
    command: binaryPath,
    commandArguments: [
      "-Xmx256m",
      "-Xms64m",
      "-XX:+UseSerialGC",
      "-XX:TieredStopAtLevel=1",
      "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
      "-cp",
      join(jars, "*"),
      "kafka.Kafka",
      file,
    ],
    url: `kafka://127.0.0.1:${port}`,
    host: "127.0.0.1",
    port,
    caFile: secure?.caFile ?? null,
    ask: () => askBroker(`127.0.0.1:${port}`),
  };
}

function propertiesOf(plan: {
  readonly folder: string;
  readonly port: number;
  readonly controllerPort: number;
  readonly secure: SecureListeners | null;
  readonly more: Readonly<Record<string, string>>;
}): string {
  const { port, controllerPort, secure } = plan;
  const plain = `PLAINTEXT://127.0.0.1:${port}`;
  const others = secure?.listeners ?? [];
  const named = others.map(({ name, port: its }) => `${name}://127.0.0.1:${its}`);
  const protocols = others.map(({ name, protocol }) => `${name}:${protocol}`);
  const properties = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    listeners: [plain, `CONTROLLER://127.0.0.1:${controllerPort}`, ...named].join(","),
    "advertised.listeners": [plain, ...named].join(","),
    "listener.security.protocol.map": ["PLAINTEXT:PLAINTEXT", "CONTROLLER:PLAINTEXT", ...protocols].join(","),
    "log.dirs": join(plan.folder, "data"),
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    // A client that asks for what is not there must not make it (M-706); that we never do is seen only where it could be made.
    "auto.create.topics.enable": "true",
    // Its usual buffer of 128 MB is more than our whole heap.
    "log.cleaner.dedupe.buffer.size": "2097152",
    // What a topic is told to forget is looked for soon.
    "log.retention.check.interval.ms": "200",
    "log.initial.task.delay.ms": "200",
    "log.cleaner.backoff.ms": "100",
    "file.delete.delay.ms": "100",
    "num.network.threads": "2",
    "num.io.threads": "2",
    // A killed one waits at its next start until it has been forgotten.
    "broker.session.timeout.ms": "5000",
    "broker.heartbeat.interval.ms": "500",
    ...secure?.properties,
    ...plan.more,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}`)
    .join("\n");
}

async function format(java: string, jars: string, file: string, secure: SecureListeners | null): Promise<void> {
  const users = (secure?.scramUsers ?? []).flatMap((user) => ["--add-scram", user]);
  const tool = ["-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", join(jars, "*"), "kafka.tools.StorageTool", "format"];
  // A second try, on other ports, finds it formatted.
  const words = [...tool, "-t", clusterId, "-c", file, "--ignore-formatted", ...users];
  await run(java, words, { timeout: formatWithinMs });
}

/** It has told the cluster that it is there: before that its listener answers, and nobody is named. */
async function askBroker(server: string): Promise<void> {
  const { Kafka, logLevel } = await loadKafkajs();
  const client = new Kafka({
    brokers: [server],
    logLevel: logLevel.NOTHING,
    connectionTimeout: answerWithinMs,
    requestTimeout: answerWithinMs,
    retry: { retries: 0 },
  });
  const admin = client.admin();
  try {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    if (brokers.length === 0) throw new Error("no broker has joined its cluster yet");
  } finally {
    await admin.disconnect();
  }
}
