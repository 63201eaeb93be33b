// The configuration as the rest of the house sees it: parsed once, frozen, every default filled in, every path absolute, every
// short name expanded to its ARN. How files are read, checked and merged is load-config.ts and its neighbours; the settings
// themselves, their bounds and defaults are config-schema.ts.

import type { ConfiguredDestinations } from "./destination-endpoints.ts";
import type { QueuePace } from "../core/queue/polling.ts";
import type { FunctionSettings, InvokeEndpoint } from "../ports/functions.ts";
import type { QueueSettings } from "../ports/queues.ts";

export interface ConfiguredFunction {
  readonly settings: FunctionSettings;
  /** Where it runs, if not in threads of ours; then the other members mean nothing. */
  readonly endpoint: InvokeEndpoint | null;
  /** As written: `handlers/orders.process`. */
  readonly handler: string;
  /** Absolute folder that the handler's path is relative to: the configuration file's. */
  readonly baseDir: string;
  /** False: Node loads the file as it is. */
  readonly isBundled: boolean;
}

export interface ConfiguredStream {
  readonly name: string;
  /** 1 to 1,000; default 1. */
  readonly shardCount: number;
  /** 24 to 8,760; default 24. */
  readonly retentionHours: number;
}

export interface ConfiguredKey {
  readonly name: string;
  readonly type: "S" | "N" | "B";
}

export interface ConfiguredTable {
  readonly name: string;
  readonly key: ConfiguredKey;
  readonly sortKey: ConfiguredKey | null;
  /** What its stream shows; null: no stream is switched on. */
  readonly stream: "KEYS_ONLY" | "NEW_IMAGE" | "OLD_IMAGE" | "NEW_AND_OLD_IMAGES" | null;
}

/** A Redis stream that knows nothing of Millrace: one shard, never made, trimmed or deleted by us. */
export interface ConfiguredPlainStream {
  readonly kind: "plain";
  readonly name: string;
  readonly redisKey: string;
  /** Field whose value is the data; null: the whole entry as JSON. */
  readonly dataField: string | null;
  /** Field whose value is the partition key; null: the entry id. */
  readonly partitionKeyField: string | null;
}

export interface ConfiguredQueue {
  readonly name: string;
  /** What is said of it; of the rest its store has the defaults. A FIFO queue is one by its name. */
  readonly settings: Partial<QueueSettings>;
}

export interface ConfiguredTopic {
  readonly name: string;
  readonly queues: readonly string[];
  /** True: subscribers get the message alone, without the envelope of SNS. */
  readonly isRaw: boolean;
}

export interface ConfiguredSecret {
  /** A name, or an ARN with its last seven characters or without. */
  readonly id: string;
  /** Never shown, logged or journaled. */
  readonly text: string;
}

/** What a message broker's ARN does not tell by itself. */
export interface ConfiguredSource {
  /** Of an Amazon MQ broker. */
  readonly arn: string;
  readonly engine: "activeMq" | "rabbitMq";
  /** `amqp:` or `amqps:`, host and port; null: embedded. */
  readonly url: string | null;
  /** Absolute; null: authorities that the system knows. */
  readonly caFile: string | null;
  /** What follows a failed call: the batch is kept, or all goes back. */
  readonly onFailure: "hold" | "requeue";
  /** Null: the broker waits for ever. */
  readonly consumerTimeoutMs: number | null;
  /** M-705. */
  readonly disabledAfterMs: number;
  /** Null: no limit. */
  readonly mostCalls: number | null;
  /** Null: the growing pause (E-20). */
  readonly retryPauseMs: number | null;
  /** What AWS's accounts of ActiveMQ's event differ in; RabbitMQ's has none of it. */
  readonly activeMqEvent: {
    readonly eventSource: "aws:mq" | "aws:amq";
    readonly expiration: "number" | "string";
  };
  /** */
  readonly consumerCount: number;
}

/** A Kafka cluster. */
export interface ConfiguredKafka {
  /** Its ARN, or `kafka://` and its servers as mappings name them. */
  readonly key: string;
  /** Where they are reached from here; null: embedded. */
  readonly servers: readonly string[] | null;
  /** Null: as the mapping's access configurations ask for. */
  readonly isTls: boolean | null;
  /** Absolute; null: authorities that the system knows, or a secret's. */
  readonly caFile: string | null;
  /** M-304. */
  readonly isMixing: boolean;
  /** M-207. */
  readonly callsAPoller: number;
  /** M-411. */
  readonly partialAnswers: "checkpoint" | "items";
  /** M-001. */
  readonly hasErrorControls: boolean;
  /** M-705. */
  readonly disabledAfterMs: number;
}

export interface ConfiguredDocumentDb {
  readonly arn: string;
  /** `mongodb:` with its hosts and options; null: embedded. */
  readonly url: string | null;
  readonly caFile: string | null;
  /** */
  readonly isKeepingServerFields: boolean;
  /** M-705. */
  readonly disabledAfterMs: number;
}

/** Where a schema registry really is (M-611). */
export interface ConfiguredRegistry {
  readonly uri: string;
  readonly url: string;
  readonly caFile: string | null;
}

/** The body of a CreateEventSourceMapping call, all ARNs in full. */
export type MappingBody = Readonly<Record<string, unknown>>;

export interface Config {
  /** Absolute path of the file it was read from; null: there was none. */
  readonly file: string | null;
  /** 12 digits. */
  readonly account: string;
  readonly region: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Absolute. */
  readonly stateDir: string;
  /** Names that a Host header may have besides the loopback's and `host`; beyond loopback any address counts. */
  readonly allowedHosts: readonly string[];
  /** Poller threads, 1 to 4. */
  readonly pollers: number;
  /** Most function threads that run at once, all functions and pollers together. */
  readonly maxFunctionThreads: number;
  /** Bound of the journal's files, a thread. */
  readonly journalBytes: number;
  /** Bound of the log files of each function. */
  readonly logBytes: number;
  /** Most filters of a mapping (F-4). */
  readonly filtersPerMapping: number;
  /** Silence behind a tumbling window's end that closes it, 0 to 3,600,000 (W-9). */
  readonly windowIdleMs: number;
  /** How long a mapping stays at least in a state that passes, 0 to 600,000. */
  readonly transitionsMs: number;
  readonly functions: readonly ConfiguredFunction[];
  /** Streams to make where they are not there; plain ones are apart. */
  readonly streams: readonly ConfiguredStream[];
  readonly plainStreams: readonly ConfiguredPlainStream[];
  /** Tables to make where they are not there. */
  readonly tables: readonly ConfiguredTable[];
  /** Queues to make where they are not there. */
  readonly queues: readonly ConfiguredQueue[];
  /** How mappings poll their queues (P-20 to P-32). */
  readonly queuePace: QueuePace;
  readonly topics: readonly ConfiguredTopic[];
  readonly buckets: readonly string[];
  readonly secrets: readonly ConfiguredSecret[];
  /** Message brokers of `sources`. */
  readonly sources: readonly ConfiguredSource[];
  /** Clusters of `sources`. */
  readonly kafkaClusters: readonly ConfiguredKafka[];
  readonly documentDbs: readonly ConfiguredDocumentDb[];
  readonly schemaRegistries: readonly ConfiguredRegistry[];
  readonly destinations: ConfiguredDestinations;
  /** To apply at the start: a mapping is created where none has this source and function, else updated. */
  readonly mappings: readonly MappingBody[];
  /** Same shape as RedisAddress of src/threads/protocol.ts; null: streams are in the embedded store. */
  readonly redis: {
    readonly url: string;
    readonly keyPrefix: string;
    readonly queuePrefix: string;
    readonly caPem: string | null;
  } | null;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the command line says; null: nothing. It wins over the environment, which wins over the file (then the default). */
export interface CliOptions {
  readonly host: string | null;
  readonly port: number | null;
  readonly stateDir: string | null;
  readonly transitionsMs?: number | null;
}

export interface LoadOptions {
  /** The file that `--config` names; null: `millrace.config.*` in `cwd`, or none at all. */
  readonly file: string | null;
  /** Absolute. */
  readonly cwd: string;
  readonly env: Environment;
  readonly cliOptions: CliOptions;
}

/** Implemented by `loadConfig` of load-config.ts. Rejects with ConfigErrors (all that is wrong), or MillraceError config-not-found. */
export type LoadConfig = (options: LoadOptions) => Promise<Config>;
