// Where the records of a live load run go: the plan's source as the sending thread is to reach it, by what the mapping and the configuration
// say of it, and the source beside it at which the generator's ceiling is measured.

import type { Config, MappingBody } from "../../config/config.ts";
import { brokerReading, usualBroker } from "../../control/broker-reading.ts";
import { changeReading } from "../../control/change-reading.ts";
import { kafkaAddressOf } from "../../control/group-reading.ts";
import type { MappingSettings } from "../../control/mapping/mapping-settings.ts";
import { createSecretTable } from "../../control/secrets/secret-table.ts";
import { secretFileText } from "../../config/secret-text.ts";
import { MillraceError } from "../../errors.ts";
import type { LoadPlan, PlannedSource } from "../../load/plan/plan.ts";
import type { SendLogin, SendTarget } from "../../load/sending/send-target.ts";
import { createSystemClock } from "../../platform/system-clock.ts";

/** Name of the stream, queue, topic and so on at which the ceiling is measured. */
export const SCRATCH = "millrace-load-ceiling";
/** Messages that ActiveMQ is given to measure it go by themselves. */
const SCRATCH_KEPT_MS = 10_000;

export interface LiveSource {
  readonly target: SendTarget;
  readonly scratch: SendTarget;
  /** `the embedded store`, `Redis at 127.0.0.1:6379`, `RabbitMQ at 127.0.0.1:5672`. */
  readonly place: string;
  /** It is no store of ours: what was there before stays, and what is left is left. */
  readonly isForeign: boolean;
}

/** Throws `bad-argument` where a broker's login is not known. `body`: of the mapping. */
export function liveSource(
  plan: LoadPlan,
  body: MappingBody,
  given: { readonly config: Config; readonly url: string; readonly idPrefix: string },
): LiveSource {
  const { config, url, idPrefix } = given;
  const { source } = plan;
  const settings = body as MappingSettings;
  const own = {
    place: config.redis === null ? "the embedded store" : `Redis at ${hostOf(config.redis.url)}`,
    isForeign: false,
  };
  switch (source.kind) {
    case "kinesis": {
      const target = (stream: string): SendTarget => ({ kind: "kinesis", url, stream });
      return { target: target(source.stream), scratch: target(SCRATCH), ...own };
    }
    case "dynamodb": {
      const target = (table: string): SendTarget => ({ kind: "dynamodb", url, table, keyName: source.keyName });
      return { target: target(source.table), scratch: target(SCRATCH), ...own };
    }
    case "sqs": {
      const end = source.isFifo ? ".fifo" : "";
      const target = (name: string, prefix: string): SendTarget => ({
        kind: "sqs",
        url,
        queueUrl: new URL(`/${config.account}/${name}`, url).href,
        idPrefix: source.isFifo ? prefix : null,
      });
      return {
        target: target(source.queue, idPrefix),
        scratch: target(`${SCRATCH}${end}`, `${idPrefix}-ceiling`),
        ...own,
      };
    }
    case "rabbitmq":
    case "activemq":
      return brokerSource(source, settings, given);
    case "kafka":
      return kafkaSource(source, settings, given);
    case "documentdb":
      return changesSource(source, settings, given);
  }
}

type Given = { readonly config: Config; readonly url: string; readonly idPrefix: string };

const embedded = { place: "the embedded store", isForeign: false } as const;

function brokerSource(
  source: Extract<PlannedSource, { kind: "rabbitmq" | "activemq" }>,
  settings: MappingSettings,
  { config, url, idPrefix }: Given,
): LiveSource {
  const arn = settings.EventSourceArn ?? "";
  const engine = source.kind === "rabbitmq" ? "rabbitMq" : "activeMq";
  const broker = config.sources.find((each) => each.arn === arn) ?? usualBroker(arn, engine);
  const { source: address } = brokerReading(settings, broker, 0);
  if (address.kind === "embeddedMq") {
    const target = (queue: string): SendTarget => ({
      kind: "embeddedMq",
      url,
      engine: source.kind,
      broker: arn,
      queue,
    });
    return { target: target(source.queue), scratch: target(SCRATCH), ...embedded };
  }
  const { url: where, caFile, secretArn, virtualHost } = address;
  const login = loginOf(config, secretArn, source.text);
  const common = { address: where, caFile, login };
  const target = (queue: string, isScratch: boolean): SendTarget =>
    source.kind === "rabbitmq"
      ? { kind: "rabbitmq", ...common, virtualHost, queue }
      : { kind: "activemq", ...common, queue, idPrefix, keptMs: isScratch ? SCRATCH_KEPT_MS : null };
  const place = `${source.kind === "rabbitmq" ? "RabbitMQ" : "ActiveMQ"} at ${hostOf(where)}`;
  return { target: target(source.queue, false), scratch: target(SCRATCH, true), place, isForeign: true };
}

function kafkaSource(
  source: Extract<PlannedSource, { kind: "kafka" }>,
  settings: MappingSettings,
  { config, url }: Given,
): LiveSource {
  const address = kafkaAddressOf(settings, config.kafkaClusters);
  const { partitions } = source;
  if (address.kind === "embeddedKafka") {
    const cluster = /^kafka\/(.+)\/[^/]+$/.exec(address.storedName)?.[1] ?? source.cluster;
    const target = (topic: string): SendTarget => ({ kind: "embeddedKafka", url, cluster, topic, partitions });
    return { target: target(source.topic), scratch: target(SCRATCH), ...embedded };
  }
  const { servers, security } = address;
  const arns = [security.tls?.caSecretArn, security.tls?.clientSecretArn, security.sasl?.secretArn];
  const secrets = Object.fromEntries(
    arns.flatMap((arn) => (typeof arn === "string" ? [[arn, secretText(config, arn, source.text)] as const] : [])),
  );
  const target = (topic: string): SendTarget => ({ kind: "kafka", servers, security, secrets, topic, partitions });
  const place = `Kafka at ${servers.join(", ")}`;
  return { target: target(source.topic), scratch: target(SCRATCH), place, isForeign: true };
}

function changesSource(
  source: Extract<PlannedSource, { kind: "documentdb" }>,
  settings: MappingSettings,
  { config, url, idPrefix }: Given,
): LiveSource {
  const { source: address } = changeReading(settings, config.documentDbs);
  const { database, collection } = source;
  if (address.kind === "embeddedMongo") {
    const cluster = address.clusterName;
    const target = (name: string): SendTarget => ({
      kind: "embeddedDocumentDb",
      url,
      cluster,
      database,
      collection: name,
      idPrefix,
    });
    return { target: target(collection), scratch: target(SCRATCH), ...embedded };
  }
  if (address.kind !== "mongo") throw new MillraceError("bad-argument", `${source.text} has no change stream`);
  const { url: where, caFile, secretArn } = address;
  const login = loginOf(config, secretArn, source.text);
  const target = (name: string): SendTarget => ({
    kind: "mongo",
    address: where,
    caFile,
    login,
    database,
    collection: name,
    idPrefix,
  });
  const place = `MongoDB at ${hostOf(where)}`;
  return { target: target(collection), scratch: target(SCRATCH), place, isForeign: true };
}

/** Host and port, without a user. */
const hostOf = (url: string): string => /^[a-z+]+:\/\/(?:[^@/]*@)?([^/?]+)/.exec(url)?.[1] ?? url;

function secretText(config: Config, secretArn: string, source: string): string {
  const table = createSecretTable(config.secrets, {
    settings: { partition: "aws", region: config.region, accountId: config.account },
    clock: createSystemClock(),
    versionId: () => "",
    textOf: secretFileText,
  });
  const found = table.find(secretArn)?.text;
  if (found !== undefined) return found;
  throw new MillraceError("bad-argument", `the login of ${source} is not known: there is no secret ${secretArn}`, {
    help: `secrets: { "${secretArn}": { username: …, password: … } }    # in the configuration`,
  });
}

function loginOf(config: Config, secretArn: string, source: string): SendLogin {
  const text = secretText(config, secretArn, source);
  const value: unknown = JSON.parse(text);
  const { username, password } = Object(value) as { readonly username?: unknown; readonly password?: unknown };
  if (typeof username !== "string" || typeof password !== "string")
    throw new MillraceError("bad-argument", `the secret ${secretArn} is not an object with username and password`);
  return { username, password };
}
