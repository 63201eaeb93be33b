// What of `sources` and `schemaRegistries` would mean nothing: settings of another engine, an engine that does not fit its key, TLS's file
// without TLS, two entries for one cluster.

import type { Path } from "./config-document.ts";
import type { Flaw } from "./config-errors.ts";
import type { ConfigInput } from "./config-schema.ts";
import { enginesByKey, type SourceEngine } from "./source-schema.ts";

type SourceInput = ConfigInput["sources"][string];

export function sourceFlaws(input: ConfigInput): readonly Flaw[] {
  const sources = Object.entries(input.sources).flatMap(([key, source]) => {
    const wrongEngine = engineFlaws(key, source);
    if (wrongEngine.length > 0) return wrongEngine;
    return [...foreignFlaws(key, source), ...authorityFlaws(key, source), ...holdFlaws(input, key)];
  });
  return [...sources, ...sharedServerFlaws(input), ...registryFlaws(input)];
}

function engineFlaws(key: string, { engine }: SourceInput): readonly Flaw[] {
  const fitting = enginesByKey.find((each) => each.key.test(key))?.engines ?? [];
  if (fitting.includes(engine)) return [];
  return [flaw(["sources", key, "engine"], `${engine} does not run behind such a key`, "value", fitting.join(" or "))];
}

/** Whose each setting is that not every engine has. */
const OWNERS = {
  url: ["ACTIVEMQ", "RABBITMQ", "DOCDB"],
  servers: ["KAFKA"],
  tls: ["KAFKA"],
  mixPartitions: ["KAFKA"],
  callsAPoller: ["KAFKA"],
  partialAnswers: ["KAFKA"],
  errorControlsWithoutProvisioned: ["KAFKA"],
  keepServerFields: ["DOCDB"],
  consumers: ["ACTIVEMQ", "RABBITMQ"],
  redeliveries: ["ACTIVEMQ"],
  redeliveryPauseMs: ["ACTIVEMQ"],
  eventSource: ["ACTIVEMQ"],
  expiration: ["ACTIVEMQ"],
  onFailure: ["RABBITMQ"],
  consumerTimeoutSeconds: ["RABBITMQ"],
} as const satisfies { readonly [setting: string]: readonly SourceEngine[] };

function foreignFlaws(key: string, source: SourceInput): readonly Flaw[] {
  const settings: { readonly [name: string]: unknown } = source;
  return Object.entries(OWNERS).flatMap(([setting, owners]: readonly [string, readonly SourceEngine[]]) => {
    if (settings[setting] === undefined || owners.includes(source.engine)) return [];
    return [flaw(["sources", key, setting], `\`${setting}\` is not for ${source.engine}`, "name", "take it away")];
  });
}

function authorityFlaws(key: string, source: SourceInput): readonly Flaw[] {
  const { engine, url, caFile, servers, tls } = source;
  const path = ["sources", key, "caFile"];
  const isKafka = engine === "KAFKA";
  if (isKafka && tls !== undefined && servers === undefined) {
    return [flaw(["sources", key, "tls"], "`tls` is for a cluster with `servers`", "name", "servers: [HOST:PORT]")];
  }
  if (caFile === undefined) return [];
  if (isKafka) {
    if (servers === undefined) {
      return [flaw(path, "`caFile` is for a cluster with `servers`", "name", "servers: [HOST:PORT]")];
    }
    return tls === false ? [flaw(path, "`caFile` is for TLS, and `tls` is false", "name", "tls: true")] : [];
  }
  const isMongo = engine === "DOCDB";
  const example = isMongo ? "mongodb://HOST:PORT/?tls=true" : "amqps://HOST:PORT";
  if (url === undefined) {
    const what = isMongo ? "`caFile` is for a server with a `url`" : "`caFile` is for a broker with a `url`";
    return [flaw(path, what, "name", `url: ${example}`)];
  }
  // Of a variable its value says whether there is TLS.
  if (url.includes("${")) return [];
  const isPlain = isMongo ? !/[?&](?:tls|ssl)=true(?:&|$)/.test(url) : url.startsWith("amqp:");
  return isPlain ? [flaw(path, "`caFile` is for TLS, and `url` has none", "name", `url: ${example}`)] : [];
}

/** R-803: a call that could outlast what the broker grants may never begin. */
function holdFlaws({ sources, mappings, functions }: ConfigInput, arn: string): readonly Flaw[] {
  const grantedSeconds = sources[arn]?.consumerTimeoutSeconds;
  if (grantedSeconds === undefined) return [];
  const called = mappings
    .filter(({ EventSourceArn }) => EventSourceArn === arn)
    .map(({ FunctionName }) => FunctionName.replace(/^.*:function:/, ""));
  return called.flatMap((name) => {
    const timeoutSeconds = functions[name]?.Timeout;
    if (timeoutSeconds === undefined || grantedSeconds >= timeoutSeconds + 60) return [];
    const what = `\`consumerTimeoutSeconds\` leaves no time for a call of \`${name}\`, whose Timeout is ${timeoutSeconds} s`;
    const help = `at least ${timeoutSeconds + 60}: what is held goes back a minute before`;
    return [flaw(["sources", arn, "consumerTimeoutSeconds"], what, "value", help)];
  });
}

/** A server in common makes two lists of servers one cluster (M-604). */
function sharedServerFlaws({ sources }: ConfigInput): readonly Flaw[] {
  const seen = new Map<string, string>();
  return Object.keys(sources).flatMap((key) => {
    if (!key.startsWith("kafka://")) return [];
    const servers = key.slice("kafka://".length).split(",");
    const shared = servers.find((server) => seen.has(server));
    for (const server of servers) seen.set(server, key);
    if (shared === undefined) return [];
    return [flaw(["sources", key], `\`${shared}\` is a server of another source`, "name", "take one of the two away")];
  });
}

function registryFlaws({ schemaRegistries }: ConfigInput): readonly Flaw[] {
  return Object.entries(schemaRegistries).flatMap(([uri, { url, caFile }]) => {
    if (caFile === undefined || url.startsWith("https:")) return [];
    const path = ["schemaRegistries", uri, "caFile"];
    return [flaw(path, "`caFile` is for TLS, and `url` has none", "name", "url: https://HOST:PORT")];
  });
}

function flaw(path: Path, what: string, part: Flaw["part"], help: string): Flaw {
  return { code: "config-invalid", what, path, part, label: "", help };
}
