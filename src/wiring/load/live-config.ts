// The configuration of a live load run's own server: what the user's says of brokers, limits and secrets, with the plan's source and function
// in the place of the user's own mappings. State is in a temporary folder, and what lies in Redis is under a prefix of its own.

import { writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import type { Config, ConfiguredFunction, ConfiguredSource } from "../../config/config.ts";
import { usualBroker } from "../../control/broker-reading.ts";
import { usualDocumentDb } from "../../control/change-reading.ts";
import { usualKafka } from "../../control/group-reading.ts";
import { MillraceError } from "../../errors.ts";
import type { HandlerFile, LoadPlan, PlannedSource } from "../../load/plan/plan.ts";
import { liveHandlerText } from "./live-handler.ts";
import { loadSecretArn, sourceArnOf } from "./plan-mapping.ts";
import { SCRATCH } from "./live-source.ts";

/** The journal has to be whole: it may take the disk that it needs. */
const JOURNAL_BYTES = 1_000_000_000_000;
/** Embedded sources look at no login, but a mapping has to name one. */
const ANY_LOGIN = JSON.stringify({ username: "load", password: "load" });

/** `folder`: temporary, absolute. `ownPrefix`: what no other run has. */
export function liveConfig(
  plan: LoadPlan,
  user: Config,
  { folder, ownPrefix }: { readonly folder: string; readonly ownPrefix: string },
): Config {
  const arn = knownArn(user, plan.source);
  return {
    ...user,
    ...madeSources(user, plan.source, arn),
    file: null,
    host: "127.0.0.1",
    port: 0,
    stateDir: join(folder, "state"),
    allowedHosts: [],
    journalBytes: JOURNAL_BYTES,
    transitionsMs: 0,
    functions: [liveFunction(plan, user, folder)],
    plainStreams: [],
    mappings: [],
    secrets: [...user.secrets, { id: loadSecretArn(user), text: ANY_LOGIN }],
    redis:
      user.redis === null ? null : { ...user.redis, keyPrefix: `${ownPrefix}:`, queuePrefix: `${ownPrefix}-queues` },
  };
}

/** Under which ARN the user's configuration knows a broker or cluster; null: under none, or the source goes by its name. */
export function knownArn(user: Config, source: PlannedSource): string | null {
  switch (source.kind) {
    case "rabbitmq":
    case "activemq":
      return user.sources.find(({ arn }) => arn === source.broker || brokerName(arn) === source.broker)?.arn ?? null;
    case "kafka":
      return user.kafkaClusters.find(({ key }) => /:cluster\/([^/]+)/.exec(key)?.[1] === source.cluster)?.key ?? null;
    case "documentdb":
      return user.documentDbs.find(({ arn }) => arn.split(":").at(-1) === source.cluster)?.arn ?? null;
    default:
      return null;
  }
}

const brokerName = (arn: string): string | undefined => arn.split(":broker:")[1]?.split(":")[0];

type Made = Partial<Pick<Config, "streams" | "tables" | "queues" | "sources" | "kafkaClusters" | "documentDbs">>;

/** The plan's source, and one beside it at which the generator's ceiling is measured. */
function madeSources(user: Config, source: PlannedSource, known: string | null): Made {
  const arn = known ?? sourceArnOf(source, user);
  switch (source.kind) {
    case "kinesis": {
      const stream = (name: string) => ({ name, shardCount: source.shards, retentionHours: 24 });
      return { streams: [stream(source.stream), stream(SCRATCH)], tables: [], queues: user.queues };
    }
    case "dynamodb": {
      const table = (name: string) =>
        ({ name, key: { name: source.keyName, type: "S" }, sortKey: null, stream: source.view }) as const;
      return { streams: [], tables: [table(source.table), table(SCRATCH)], queues: user.queues };
    }
    case "sqs":
      return { streams: [], tables: [], queues: madeQueues(user, source) };
    case "rabbitmq":
    case "activemq": {
      const engine = source.kind === "rabbitmq" ? "rabbitMq" : "activeMq";
      const found = user.sources.find((each) => each.arn === arn);
      if (found !== undefined && found.engine !== engine)
        throw new MillraceError(
          "bad-argument",
          `${source.broker} is configured as ${found.engine}, not ${source.kind}`,
        );
      const made: readonly ConfiguredSource[] =
        found === undefined ? [...user.sources, usualBroker(arn ?? "", engine)] : user.sources;
      return { streams: [], tables: [], sources: made };
    }
    case "kafka": {
      const isKnown = arn === null || user.kafkaClusters.some(({ key }) => key === arn);
      return {
        streams: [],
        tables: [],
        kafkaClusters: isKnown ? user.kafkaClusters : [...user.kafkaClusters, usualKafka(arn, null)],
      };
    }
    case "documentdb": {
      const isKnown = user.documentDbs.some((each) => each.arn === arn);
      return {
        streams: [],
        tables: [],
        documentDbs: isKnown ? user.documentDbs : [...user.documentDbs, usualDocumentDb(arn ?? "")],
      };
    }
  }
}

export const DEAD_LETTERS = "millrace-load-dead-letters";

function madeQueues(user: Config, source: Extract<PlannedSource, { kind: "sqs" }>): Config["queues"] {
  const { queue, isFifo, visibilityMs, deadLetters } = source;
  const end = isFifo ? ".fifo" : "";
  const deadLetterName = `${DEAD_LETTERS}${end}`;
  const kind = isFifo ? { isFifo } : {};
  const redrive =
    deadLetters === null
      ? {}
      : { redrive: { deadLetterQueue: deadLetterName, maxReceiveCount: deadLetters.maxReceiveCount } };
  return [
    ...user.queues.filter(({ name }) => name !== queue),
    ...(deadLetters === null ? [] : [{ name: deadLetterName, settings: kind }]),
    { name: queue, settings: { ...kind, visibilityMs, ...redrive } },
    { name: `${SCRATCH}${end}`, settings: kind },
  ];
}

function liveFunction(plan: LoadPlan, user: Config, folder: string): ConfiguredFunction {
  const { name, timeoutMs, memoryMb, reservedConcurrency, does } = plan.function;
  const settings: ConfiguredFunction["settings"] = {
    name,
    arn: `arn:aws:lambda:${user.region}:${user.account}:function:${name}`,
    timeoutMs,
    memoryMb,
    environment: does.kind === "file" ? does.environment : {},
    reservedConcurrency,
    runtime: "nodejs24.x",
    roleArn: `arn:aws:iam::${user.account}:role/${name}`,
  };
  if (does.kind === "file") return { settings, endpoint: null, ...handlerPlace(does) };
  writeFileSync(join(folder, "handler.mjs"), liveHandlerText(plan, does));
  return { settings, endpoint: null, handler: "handler.handler", baseDir: folder, isBundled: false };
}

const handlerPlace = ({ file, exportName, isBundled }: HandlerFile) => ({
  handler: `${basename(file, extname(file))}.${exportName}`,
  baseDir: dirname(file),
  isBundled,
});
