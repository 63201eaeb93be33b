// A mapping as a poller needs it: plain data that crosses threads. Made by src/control/mapping-spec.ts from the stored mapping.

import type { QueuePolling } from "../core/queue/polling.ts";
import type { LaneSettings } from "../core/settings.ts";
import type { Start } from "./source.ts";

/** Where a stream's records are. A table's stream goes by its stored name, `dynamodb/TABLE/LABEL`. */
export type StreamAddress =
  | { readonly kind: "embeddedKinesis"; readonly streamName: string }
  | { readonly kind: "redisKinesis"; readonly streamName: string }
  | { readonly kind: "embeddedDynamodb"; readonly streamName: string }
  | { readonly kind: "redisDynamodb"; readonly streamName: string }
  | {
      readonly kind: "plainRedis";
      readonly streamName: string;
      readonly redisKey: string;
      /** Field whose value is the data; null: the whole entry as JSON. */
      readonly dataField: string | null;
      /** Field whose value is the partition key; null: the entry id. */
      readonly partitionKeyField: string | null;
    };

/** Where a queue's messages are. */
export interface QueueAddress {
  readonly kind: "embeddedQueue" | "redisQueue";
  readonly queueName: string;
  readonly isFifo: boolean;
}

/** Where a broker's queue is. `virtualHost` is RabbitMQ's alone. */
export type BrokerAddress =
  | {
      readonly kind: "rabbitMq" | "activeMq";
      /** `amqp://HOST:PORT` or `amqps://HOST:PORT`, without a user. */
      readonly url: string;
      /** PEM file of the authority that has signed the broker's certificate; null: those that the system knows. */
      readonly caFile: string | null;
      /** Read anew at each connect (M-605). */
      readonly secretArn: string;
      readonly queueName: string;
      readonly virtualHost: string;
    }
  /** No broker: the messages are in the embedded store, in a queue of this name. */
  | {
      readonly kind: "embeddedMq";
      readonly engine: "rabbitMq" | "activeMq";
      readonly storedName: string;
      /** Where what is settled as poison goes. */
      readonly deadLetterName: string;
      readonly queueName: string;
      readonly virtualHost: string;
    };

/** Where a topic is, and who reads it. */
export type KafkaAddress =
  | {
      readonly kind: "kafka";
      /** `HOST:PORT` each: where they are reached from here. */
      readonly servers: readonly string[];
      readonly security: KafkaSecurity;
      readonly topic: string;
      readonly groupId: string;
    }
  /** No broker: the records and the group's places are in the embedded store, in a topic of this name. */
  | {
      readonly kind: "embeddedKafka";
      readonly storedName: string;
      readonly topic: string;
      readonly groupId: string;
    };

/** Secrets are read anew at each connect (M-605). */
export interface KafkaSecurity {
  /** Null: no TLS. */
  readonly tls: {
    /** PEM file of a private CA; null: those that the system knows, or the secret's. */
    readonly caFile: string | null;
    /** SERVER_ROOT_CA_CERTIFICATE: `{certificate}`. */
    readonly caSecretArn: string | null;
    /** CLIENT_CERTIFICATE_TLS_AUTH: `{certificate, privateKey, privateKeyPassword?}`. */
    readonly clientSecretArn: string | null;
  } | null;
  /** Null: none. `{username, password}`. */
  readonly sasl: {
    readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
    readonly secretArn: string;
  } | null;
}

/** Where a change stream is. */
export type ChangeStreamAddress =
  | {
      readonly kind: "mongo";
      /** `mongodb://HOST:PORT[,HOST:PORT]/[?options]`, without a user. */
      readonly url: string;
      readonly caFile: string | null;
      readonly secretArn: string;
      readonly database: string;
      /** Null: the whole database's. */
      readonly collection: string | null;
    }
  /** No server: documents and their changes are in the embedded store, in a cluster of this name. */
  | {
      readonly kind: "embeddedMongo";
      readonly clusterName: string;
      readonly database: string;
      readonly collection: string | null;
    };

export type SourceAddress = StreamAddress | QueueAddress | BrokerAddress | KafkaAddress | ChangeStreamAddress;

/** Told apart by `queue`, `broker`, `group` and `changes`: at most one of them is there and not null. */
export type MappingSpec = StreamSpec | QueueSpec | BrokerSpec | GroupSpec | ChangeSpec;

export interface StreamSpec extends AnySpec {
  readonly source: StreamAddress;
  readonly queue: null;
  readonly broker?: never;
  readonly group?: never;
  readonly changes?: never;
}

/** Of `lane` only batchSize, windowMs, isReporting and eventLimitBytes mean something, of the others neither start nor factor. */
export interface QueueSpec extends AnySpec {
  readonly source: QueueAddress;
  readonly queue: QueuePolling;
  readonly broker?: never;
  readonly group?: never;
  readonly changes?: never;
}

/** `lane.acknowledged` is there; neither start nor factor mean anything. */
export interface BrokerSpec extends AnySpec {
  readonly source: BrokerAddress;
  readonly queue: null;
  readonly group?: never;
  readonly changes?: never;
  readonly broker: {
    /** A fault that waiting does not mend disables the mapping once it has lasted so long (M-705). */
    readonly disabledAfterMs: number;
    /** Consumers, each with a lane of its own: at least 1. */
    readonly consumerCount: number;
    /** RabbitMQ: means nothing. */
    readonly activeMqEvent: ActiveMqEvent;
  };
}

/** A mapping on Kafka. `lane` has the error controls that are in force (M-001); factor means nothing. */
export interface GroupSpec extends AnySpec {
  readonly source: KafkaAddress;
  readonly queue: null;
  readonly broker?: never;
  readonly changes?: never;
  readonly group: GroupReading;
}

export interface GroupReading {
  readonly flavour: "msk" | "selfManaged";
  /** As the event has them (M-103): comma-joined, in the configured order. */
  readonly bootstrapServers: string;
  /** Members of the group: equal numbers switch scaling off (M-205). Never more than partitions (M-203). */
  readonly leastPollerCount: number;
  readonly mostPollerCount: number;
  /** ProvisionedPollerConfig is set. */
  readonly isProvisioned: boolean;
  /** Batches in flight a poller, 1 to 100; default 5 (M-207). */
  readonly callsAPoller: number;
  /** Whether a batch may hold records of several partitions (M-304). */
  readonly isMixing: boolean;
  /** After a partial answer: all from the lowest reported record of a partition on, or the reported records alone (M-411). */
  readonly partialAnswers: "checkpoint" | "items";
  /** A fault that waiting does not mend disables the mapping once it has lasted so long (M-705). */
  readonly disabledAfterMs: number;
  /** Least level of the log lines that its pollers write (M-211); left out: none are. */
  readonly logLevel?: "DEBUG" | "INFO" | "WARN";
  readonly registry: RegistryReading | null;
}

/** A Confluent-compatible schema registry (M-611). */
export interface RegistryReading {
  readonly url: string;
  readonly caFile: string | null;
  /** Secrets by type, each at most once. */
  readonly basicAuthSecretArn: string | null;
  readonly clientSecretArn: string | null;
  readonly caSecretArn: string | null;
  readonly format: "JSON" | "SOURCE";
  readonly attributes: readonly ("KEY" | "VALUE")[];
}

/** A mapping on DocumentDB: one unit, strictly in order. `lane` has no limits; factor means nothing. */
export interface ChangeSpec extends AnySpec {
  readonly source: ChangeStreamAddress;
  readonly queue: null;
  readonly broker?: never;
  readonly group?: never;
  readonly changes: {
    readonly fullDocument: "Default" | "UpdateLookup";
    /** Fields that MongoDB has and DocumentDB has not are left in the event. */
    readonly isKeepingServerFields: boolean;
    /** As GroupReading has it. A position that is lost disables at once. */
    readonly disabledAfterMs: number;
  };
}

/** What AWS's accounts of ActiveMQ's event differ in. `expiration`: as what a message's is written, epoch ms either way. */
export interface ActiveMqEvent {
  readonly eventSource: "aws:mq" | "aws:amq";
  readonly expiration: "number" | "string";
}

export const isStreamSpec = (spec: MappingSpec): spec is StreamSpec =>
  spec.queue === null && spec.broker === undefined && spec.group === undefined && spec.changes === undefined;

interface AnySpec {
  readonly uuid: string;
  readonly generation: number;
  readonly eventSourceArn: string;
  readonly region: string;
  /** As the mapping has it, with alias or version. */
  readonly functionArn: string;
  readonly functionName: string;
  readonly roleArn: string;
  readonly start: Start;
  readonly parallelizationFactor: number;
  readonly lane: Omit<LaneSettings, "envelopeBytes">;
  /** Pattern texts; empty: everything is delivered. */
  readonly filterPatterns: readonly string[];
  readonly onFailureArn: string | null;
  /** For M-1 and for people: whether the ESM metrics are asked for. */
  readonly isCountingEvents: boolean;
}
