// The brokers and clusters of `sources`, and schema registries: seconds as milliseconds, each engine's own defaults, and addresses with
// their variables filled in.

import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type {
  Config,
  ConfiguredDocumentDb,
  ConfiguredKafka,
  ConfiguredRegistry,
  ConfiguredSource,
  Environment,
} from "./config.ts";
import type { Path } from "./config-document.ts";
import type { Flaw } from "./config-errors.ts";
import type { ConfigInput } from "./config-schema.ts";

interface Context {
  readonly baseDir: string;
  readonly env: Environment;
  readonly flaws: Flaw[];
}

type SourceInput = ConfigInput["sources"][string];

export function configuredSources(
  input: ConfigInput,
  context: Context,
): Pick<Config, "sources" | "kafkaClusters" | "documentDbs" | "schemaRegistries"> {
  const entries = Object.entries(input.sources);
  const of = (...engines: readonly SourceInput["engine"][]) =>
    entries.filter(([, { engine }]) => engines.includes(engine));
  return {
    sources: of("ACTIVEMQ", "RABBITMQ").map(([arn, source]) => configuredBroker(arn, source, context)),
    kafkaClusters: of("KAFKA").map(([key, source]) => configuredKafka(key, source, context)),
    documentDbs: of("DOCDB").map(([arn, source]) => configuredDocumentDb(arn, source, context)),
    schemaRegistries: Object.entries(input.schemaRegistries).map(([uri, registry]) =>
      configuredRegistry(uri, registry, context),
    ),
  };
}

function configuredBroker(arn: string, input: SourceInput, context: Context): ConfiguredSource {
  const isRabbit = input.engine === "RABBITMQ";
  const path = ["sources", arn];
  return {
    arn,
    engine: isRabbit ? "rabbitMq" : "activeMq",
    url: input.url === undefined ? null : addressOf(input.url, BROKER, [...path, "url"], context),
    caFile: input.caFile === undefined ? null : authorityFile(input.caFile, [...path, "caFile"], context),
    onFailure: input.onFailure ?? "hold",
    consumerTimeoutMs: isRabbit ? (input.consumerTimeoutSeconds ?? 1_800) * 1_000 : null,
    disabledAfterMs: input.disabledAfterSeconds * 1_000,
    mostCalls: isRabbit ? null : (input.redeliveries ?? 6) + 1,
    retryPauseMs: isRabbit ? null : (input.redeliveryPauseMs ?? 1_000),
    activeMqEvent: { eventSource: input.eventSource ?? "aws:mq", expiration: input.expiration ?? "number" },
    consumerCount: input.consumers ?? (isRabbit ? 1 : 5),
  };
}

function configuredKafka(key: string, input: SourceInput, context: Context): ConfiguredKafka {
  const path = ["sources", key];
  return {
    key,
    servers: input.servers?.map((server, at) => addressOf(server, SERVER, [...path, "servers", at], context)) ?? null,
    isTls: input.tls ?? null,
    caFile: input.caFile === undefined ? null : authorityFile(input.caFile, [...path, "caFile"], context),
    isMixing: input.mixPartitions ?? true,
    callsAPoller: input.callsAPoller ?? 5,
    partialAnswers: input.partialAnswers ?? "checkpoint",
    hasErrorControls: input.errorControlsWithoutProvisioned ?? false,
    disabledAfterMs: input.disabledAfterSeconds * 1_000,
  };
}

function configuredDocumentDb(arn: string, input: SourceInput, context: Context): ConfiguredDocumentDb {
  const path = ["sources", arn];
  return {
    arn,
    url: input.url === undefined ? null : addressOf(input.url, MONGO, [...path, "url"], context),
    caFile: input.caFile === undefined ? null : authorityFile(input.caFile, [...path, "caFile"], context),
    isKeepingServerFields: input.keepServerFields ?? false,
    disabledAfterMs: input.disabledAfterSeconds * 1_000,
  };
}

function configuredRegistry(
  uri: string,
  { url, caFile }: ConfigInput["schemaRegistries"][string],
  context: Context,
): ConfiguredRegistry {
  const path = ["schemaRegistries", uri, "caFile"];
  return { uri, url, caFile: caFile === undefined ? null : authorityFile(caFile, path, context) };
}

/** A form of address, and what is said of one that has another. A login in it would be shown with every fault, and mappings have theirs (M-605). */
interface AddressForm {
  readonly pattern: RegExp;
  readonly what: string;
  readonly help: string;
  readonly example: string;
}

const BROKER: AddressForm = {
  pattern: /^amqps?:\/\/[^\s/@]+\/?$/,
  what: "`url` is no address of a broker",
  help: "amqp://HOST:PORT, or amqps://HOST:PORT for TLS; without user and path",
  example: "amqp://127.0.0.1:5672",
};
const MONGO: AddressForm = {
  pattern: /^mongodb:\/\/[^\s/@,]+(?:,[^\s/@,]+)*(?:\/(?:\?[^\s#]*)?)?$/,
  what: "`url` is no address of a MongoDB server",
  help: "mongodb://HOST:PORT[,HOST:PORT]/[?replicaSet=NAME&tls=true]; without user and database",
  example: "mongodb://127.0.0.1:27017/?replicaSet=rs0",
};
const SERVER: AddressForm = {
  pattern: /^(?:\[[\da-fA-F:.]+\]|[^\s,/@:]+):\d{1,5}$/,
  what: "this is no address of a Kafka server",
  help: "HOST:PORT",
  example: "127.0.0.1:9092",
};

function addressOf(written: string, form: AddressForm, path: Path, { env, flaws }: Context): string {
  const complain = (what: string, help: string): void => {
    flaws.push({ code: "config-invalid", what, path, part: "value", label: "", help });
  };
  const missing: string[] = [];
  const address = written.replace(/\$\{(\w+)\}/g, (_whole, name: string) => {
    const value = env[name];
    if (value === undefined) missing.push(name);
    return value ?? "";
  });
  for (const name of missing) complain(`the variable \`${name}\` is not set`, `${name}=${form.example}`);
  if (missing.length > 0) return address;
  // Hosts of a list are no URL.
  const isBroken = form === BROKER && !URL.canParse(address);
  if (!form.pattern.test(address) || isBroken) complain(form.what, form.help);
  return address;
}

/** It is read again at each connect; that it can be is told before. */
function authorityFile(written: string, path: Path, { baseDir, flaws }: Context): string {
  const file = resolve(baseDir, written);
  const what = authorityFault(file);
  if (what !== null) {
    const help = "a PEM file, from the configuration file's folder";
    flaws.push({
      code: "config-invalid",
      what: `\`caFile\` ${what}`,
      path,
      part: "value",
      label: "",
      help,
    });
  }
  return file;
}

const NO_CERTIFICATE = "has no certificate in PEM";

function authorityFault(file: string): string | null {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return `cannot be read: ${code}`;
  }
  // The class takes DER, too, which a connection does not.
  if (!/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/.test(text)) return NO_CERTIFICATE;
  try {
    return new X509Certificate(text).raw.length > 0 ? null : NO_CERTIFICATE;
  } catch {
    // What OpenSSL says of it helps nobody.
    return NO_CERTIFICATE;
  }
}
