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

export type SourceAddress = StreamAddress | QueueAddress | BrokerAddress;

/** Told apart by `queue` and `broker`. */
export type MappingSpec = StreamSpec | QueueSpec | BrokerSpec;

export interface StreamSpec extends AnySpec {
  readonly source: StreamAddress;
  readonly queue: null;
  readonly broker?: never;
}

/** Of `lane` only batchSize, windowMs, isReporting and eventLimitBytes mean something, of the others neither start nor factor. */
export interface QueueSpec extends AnySpec {
  readonly source: QueueAddress;
  readonly queue: QueuePolling;
  readonly broker?: never;
}

/** `lane.acknowledged` is there; neither start nor factor mean anything. */
export interface BrokerSpec extends AnySpec {
  readonly source: BrokerAddress;
  readonly queue: null;
  readonly broker: {
    /** A fault that waiting does not mend disables the mapping once it has lasted so long (M-705). */
    readonly disabledAfterMs: number;
    /** Consumers, each with a lane of its own: at least 1. */
    readonly consumerCount: number;
    /** RabbitMQ: means nothing. */
    readonly activeMqEvent: ActiveMqEvent;
  };
}

/** What AWS's accounts of ActiveMQ's event differ in. `expiration`: as what a message's is written, epoch ms either way. */
export interface ActiveMqEvent {
  readonly eventSource: "aws:mq" | "aws:amq";
  readonly expiration: "number" | "string";
}

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
