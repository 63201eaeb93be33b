// From what the file says to what the house uses: paths absolute, short names expanded, seconds as milliseconds, and the address
// of Redis with its variables filled in and its certificate read.

import { configuredDestinations } from "./destination-endpoints.ts";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { QueuePace } from "../core/queue/polling.ts";
import type { Config, ConfiguredFunction, ConfiguredKey, Environment, MappingBody } from "./config.ts";
import type { Flaw } from "./config-errors.ts";
import type { ConfigInput, MappingInput } from "./config-schema.ts";
import { configuredQueue } from "./configured-queue.ts";
import { patternText } from "./cross-checks.ts";
import { configuredSources } from "./resolve-source.ts";
import { originOf, secretText } from "./secret-text.ts";
import { expandDestination, expandSource, type Home } from "./expand-names.ts";

export interface Surroundings {
  readonly file: string | null;
  /** Absolute: the file's folder, else the current one. */
  readonly baseDir: string;
  /** Absolute: what a relative state directory is relative to. */
  readonly stateBaseDir: string;
  readonly env: Environment;
}

export interface Resolved {
  readonly config: Config;
  readonly flaws: readonly Flaw[];
}

export function resolveConfig(input: ConfigInput, surroundings: Surroundings): Resolved {
  const { file, baseDir, stateBaseDir, env } = surroundings;
  const flaws: Flaw[] = [];
  const streams = Object.entries(input.streams);
  const secrets = Object.entries(input.secrets).map(([id, value]) => {
    const origin = originOf(value);
    const text = secretText(value, ["secrets", id], { baseDir, env, flaws });
    return { id, text, ...(origin?.kind === "file" ? { file: resolve(baseDir, origin.name) } : {}) };
  });
  const config: Config = {
    file,
    account: input.account,
    region: input.region,
    host: input.host,
    port: input.port,
    stateDir: resolve(stateBaseDir, input.stateDir),
    allowedHosts: input.allowedHosts,
    pollers: input.pollers,
    maxFunctionThreads: input.maxFunctionThreads,
    journalBytes: input.journalBytes,
    logBytes: input.logBytes,
    filtersPerMapping: input.filtersPerMapping,
    windowIdleMs: input.windowIdleSeconds * 1_000,
    transitionsMs: input.transitionsMs,
    functions: Object.entries(input.functions).map(([name, each]) => configuredFunction(name, each, input, baseDir)),
    streams: streams
      .filter(([, stream]) => stream.redisKey === undefined)
      .map(([name, { shards, retentionHours }]) => ({ name, shardCount: shards, retentionHours })),
    plainStreams: streams.flatMap(([name, stream]) =>
      stream.redisKey === undefined
        ? []
        : [
            {
              kind: "plain" as const,
              name,
              redisKey: stream.redisKey,
              dataField: stream.dataField ?? null,
              partitionKeyField: stream.partitionKeyField ?? null,
            },
          ],
    ),
    tables: Object.entries(input.tables).map(([name, { key, sortKey, stream }]) => ({
      name,
      key: configuredKey(key),
      sortKey: sortKey === undefined ? null : configuredKey(sortKey),
      stream: stream ?? null,
    })),
    queues: input.queues.map((queue) => configuredQueue(queue, input)),
    queuePace: queuePace(input.sqs),
    topics: Object.entries(input.topics).map(([name, { queues, raw }]) => ({ name, queues, isRaw: raw })),
    buckets: input.buckets,
    secrets,
    destinations: configuredDestinations(input.destinations, { region: input.region, env, secrets, flaws }),
    ...configuredSources(input, { baseDir, env, flaws }),
    mappings: input.mappings.map((mapping) => mappingBody(mapping, input)),
    redis: redisAddress(input, { baseDir, env, flaws }),
  };
  return { config, flaws };
}

const queuePace = (input: ConfigInput["sqs"]): QueuePace => ({
  idlePollerCount: input.idlePollers,
  growthPerMinute: input.pollersPerMinute,
  mostPollerCount: input.maxPollers,
  provisionedGrowthPerMinute: input.provisionedPerMinute,
  isHidingLonger: input.hideForWindow,
  isMixingGroups: input.fifoMixedGroups,
});

const configuredKey = (key: ConfigInput["tables"][string]["key"]): ConfiguredKey =>
  typeof key === "string" ? { name: key, type: "S" } : key;

function configuredFunction(
  name: string,
  input: ConfigInput["functions"][string],
  { account, region }: Home,
  baseDir: string,
): ConfiguredFunction {
  return {
    settings: {
      name,
      arn: `arn:aws:lambda:${region}:${account}:function:${name}`,
      timeoutMs: input.Timeout * 1_000,
      memoryMb: input.MemorySize,
      environment: input.Environment?.Variables ?? {},
      reservedConcurrency: input.ReservedConcurrentExecutions ?? null,
      runtime: input.Runtime,
      roleArn: input.Role ?? `arn:aws:iam::${account}:role/${name}`,
    },
    endpoint: input.url === undefined ? null : { url: input.url, functionName: input.name ?? name },
    handler: input.Handler ?? "",
    baseDir,
    isBundled: input.bundle,
  };
}

/** As a client of the API would send it: absent members stay absent, so that AWS's defaults are the control plane's alone. */
export function mappingBody(mapping: MappingInput, home: Home): MappingBody {
  const { EventSourceArn, FilterCriteria, DestinationConfig, StartingPositionTimestamp, ...rest } = mapping;
  const onFailure = DestinationConfig?.OnFailure;
  return {
    ...rest,
    ...(EventSourceArn === undefined ? {} : { EventSourceArn: expandSource(EventSourceArn, home) }),
    ...(StartingPositionTimestamp === undefined
      ? {}
      : { StartingPositionTimestamp: epochSeconds(StartingPositionTimestamp) }),
    ...(FilterCriteria === undefined
      ? {}
      : {
          FilterCriteria: { Filters: FilterCriteria.Filters.map(({ Pattern }) => ({ Pattern: patternText(Pattern) })) },
        }),
    ...(DestinationConfig === undefined
      ? {}
      : {
          DestinationConfig: {
            ...DestinationConfig,
            ...(onFailure?.Destination === undefined
              ? {}
              : { OnFailure: { Destination: expandDestination(onFailure.Destination, home) } }),
          },
        }),
  };
}

function epochSeconds(instant: number | string): number {
  return typeof instant === "number" ? instant : Date.parse(instant) / 1_000;
}

function redisAddress(
  { brokers }: ConfigInput,
  context: { readonly baseDir: string; readonly env: Environment; readonly flaws: Flaw[] },
): Config["redis"] {
  const { redis } = brokers;
  if (redis === undefined) return null;
  const path = ["brokers", "redis"];
  let isUrlWhole = true;
  const complain = (member: string, what: string, help: string): void => {
    const flaw = { code: "config-invalid", what, path: [...path, member], part: "value", label: "", help } as const;
    context.flaws.push(flaw);
  };
  const url = redis.url.replace(/\$\{(\w+)\}/g, (_whole, name: string) => {
    const value = context.env[name];
    if (value !== undefined) return value;
    isUrlWhole = false;
    complain("url", `the variable \`${name}\` is not set`, `${name}=redis://127.0.0.1:6379`);
    return "";
  });
  if (isUrlWhole && !/^rediss?:\/\/[^/\s]/.test(url)) {
    complain("url", "`url` is no address of Redis", "redis://HOST:PORT, or rediss://HOST:PORT for TLS");
  }
  const { keyPrefix, queuePrefix = keyPrefix === "millrace:" ? "bull" : `${keyPrefix}bull` } = redis;
  return { url, keyPrefix, queuePrefix, caPem: redis.caFile === undefined ? null : readCa(redis.caFile) };

  function readCa(caFile: string): string | null {
    const file = resolve(context.baseDir, caFile);
    try {
      return readFileSync(file, "utf8");
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      complain(
        "caFile",
        `the certificate cannot be read: ${reason}`,
        "a PEM file, from the configuration file's folder",
      );
      return null;
    }
  }
}
