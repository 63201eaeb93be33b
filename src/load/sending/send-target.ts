// Where a live load run sends its records, as the thread that sends is told: plain data. What cannot be told from outside, such as a login,
// is read before and stands here as a value.

import type { KafkaSecurity } from "../../ports/mapping-spec.ts";

/** Of a message broker or a database, null: none is asked for. */
export type SendLogin = { readonly username: string; readonly password: string } | null;

export type SendTarget =
  | { readonly kind: "kinesis"; readonly url: string; readonly stream: string }
  | { readonly kind: "dynamodb"; readonly url: string; readonly table: string; readonly keyName: string }
  /** `idPrefix`: of deduplication ids, which no other run has; null: a standard queue. */
  | { readonly kind: "sqs"; readonly url: string; readonly queueUrl: string; readonly idPrefix: string | null }
  | {
      readonly kind: "embeddedMq";
      readonly url: string;
      readonly engine: "rabbitmq" | "activemq";
      readonly broker: string;
      readonly queue: string;
    }
  | {
      readonly kind: "embeddedKafka";
      readonly url: string;
      readonly cluster: string;
      readonly topic: string;
      readonly partitions: number;
    }
  | {
      readonly kind: "embeddedDocumentDb";
      readonly url: string;
      readonly cluster: string;
      readonly database: string;
      readonly collection: string;
      /** Of the documents' `_id`, which no other run has. */
      readonly idPrefix: string;
    }
  /** `address`: `amqp://HOST:PORT` or `amqps://HOST:PORT`. */
  | {
      readonly kind: "rabbitmq";
      readonly address: string;
      readonly caFile: string | null;
      readonly login: SendLogin;
      readonly virtualHost: string;
      readonly queue: string;
    }
  | {
      readonly kind: "activemq";
      readonly address: string;
      readonly caFile: string | null;
      readonly login: SendLogin;
      readonly queue: string;
      readonly idPrefix: string;
      /** Messages are of no use for longer, and no dead letters; null: they stay until they are taken. */
      readonly keptMs: number | null;
    }
  | {
      readonly kind: "kafka";
      readonly servers: readonly string[];
      readonly security: KafkaSecurity;
      /** Texts of the secrets that `security` names, by ARN. */
      readonly secrets: Readonly<Record<string, string>>;
      readonly topic: string;
      /** It is made with so many where it is not there. */
      readonly partitions: number;
    }
  | {
      readonly kind: "mongo";
      readonly address: string;
      readonly caFile: string | null;
      readonly login: SendLogin;
      readonly database: string;
      readonly collection: string;
      readonly idPrefix: string;
    };

/** By what the journal names a record that was taken; `unit` "" where the source has none. An empty `id` is found out later. */
export interface TakenPlace {
  readonly unit: string;
  readonly id: string;
}

/** A way into a source. */
export interface Outlet {
  /** Of one call. */
  readonly mostRecords: number;
  readonly mostBytes: number;
  /**
   * Answers for each record, in order: where it is, or null where the source has refused it, after a few tries. Rejects with MillraceError
   * where the source cannot be reached.
   */
  send(records: readonly OutgoingRecord[]): Promise<readonly (TakenPlace | null)[]>;
  /** Messages that lie there already, as far as the source tells; absent: of a source where they make no difference. */
  heldCount?(): Promise<number>;
  /** After the last send: what has to be awaited before places are known, as a change stream's answers. */
  close(): Promise<void>;
  /** Takes away what was made for a measure, before `close`; absent: whoever made it does. */
  discard?(): Promise<void>;
}

/** A record as an outlet needs it. */
export interface OutgoingRecord {
  readonly n: number;
  readonly key: string | null;
  readonly groupId: string | null;
  readonly data: string;
  readonly bytes: number;
}
