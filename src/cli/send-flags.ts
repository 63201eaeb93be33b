// The flags of `millrace send`, and for which of its targets each is: one that would do nothing is refused.

import { MillraceError } from "../errors.ts";
import type { EndpointFlags } from "./server-url.ts";

export interface SendFlags extends EndpointFlags {
  readonly data?: string;
  readonly file?: string;
  readonly count?: number;
  readonly partitionKey?: string;
  readonly group?: string;
  readonly deduplicationId?: string;
  readonly attribute?: readonly string[];
  readonly delay?: number;
  readonly key?: string;
  readonly partition?: number;
  readonly partitions?: number;
  readonly timestamp?: string;
  readonly tombstone?: boolean;
  readonly base64?: boolean;
  readonly virtualHost?: string;
  readonly op?: DocumentOp;
  readonly json?: boolean;
}

export const documentOps = ["insert", "replace", "update", "delete", "drop", "drop-database"] as const;
export type DocumentOp = (typeof documentOps)[number];

const kafkaFlags = {
  key: "--key",
  partition: "--partition",
  partitions: "--partitions",
  timestamp: "--timestamp",
  tombstone: "--tombstone",
  base64: "--base64",
} as const satisfies Partial<Readonly<Record<keyof SendFlags, string>>>;

const queueFlags = {
  partitionKey: "--partition-key",
  group: "--group",
  deduplicationId: "--deduplication-id",
  delay: "--delay",
} as const satisfies Partial<Readonly<Record<keyof SendFlags, string>>>;

const EXAMPLES = { kafka: "kafka:CLUSTER/TOPIC", documentdb: "documentdb:CLUSTER/DATABASE/COLLECTION" };

/** Flags that are for other kinds of targets than this one. */
export function refuseStrangers(target: "kafka" | "documentdb" | "rabbitmq" | "other", flags: SendFlags): void {
  if (target !== "kafka") refuse(flags, kafkaFlags, "records of Kafka", EXAMPLES.kafka);
  if (target !== "documentdb") refuse(flags, { op: "--op" }, "documents", EXAMPLES.documentdb);
  if (target !== "rabbitmq")
    refuse(flags, { virtualHost: "--virtual-host" }, "queues of RabbitMQ", "rabbitmq:BROKER/QUEUE");
  if (target === "kafka" || target === "documentdb") refuse(flags, queueFlags, "streams and queues", "TARGET");
  if (target === "documentdb") refuse(flags, { attribute: "--attribute" }, "messages and records", "TARGET");
}

function refuse(
  flags: SendFlags,
  names: Partial<Readonly<Record<keyof SendFlags, string>>>,
  what: string,
  example: string,
): void {
  const [, flag] = Object.entries(names).find(([name]) => Reflect.get(flags, name) !== undefined) ?? [];
  if (flag === undefined) return;
  throw new MillraceError("bad-argument", `${flag} is for ${what}`, { help: `millrace send ${example} ${flag} …` });
}
