// Where a queue lies in Redis: the names of its keys. It is a BullMQ queue, so whatever BullMQ names lies where BullMQ 6.7.0 puts it;
// what SQS has beyond that lies beside it (docs/redis-layout.md).
//
//   <queuePrefix>:NAME:…              BullMQ's: id, meta, wait, active, delayed, prioritized, marker, events, and a hash a job
//   <queuePrefix>:NAME:sqs:queue      hash: createdAtMs, modifiedAtMs, settings and tags (JSON), and settings by name for the scripts
//   <queuePrefix>:NAME:sqs:hidden     sorted set: ids of what we handed out, by the instant at which it is visible again
//   <queuePrefix>:NAME:sqs:…          FIFO: sequence, groups, busy, held, group:GROUP, sent:…
//   <keyPrefix>sqs:queues             set of names

import { QUEUE_DEFAULTS } from "../../../src/ports/queue-defaults.ts";
import type { QueueSettings, QueueView } from "../../../src/ports/queues.ts";
import type { RedisAddress } from "../../../src/threads/protocol.ts";

/** Told to BullMQ's tools as the library that made a queue; a test fails when the installed BullMQ is another. */
export const BULLMQ_LAYOUT = "bullmq:6.7.0";

export interface QueueKeys {
  /** What every key of a queue begins with; scripts put the queue's name behind it. */
  readonly base: string;
  readonly names: string;
  marker(queue: string): string;
  queue(queue: string): string;
}

export function queueKeys({ keyPrefix, queuePrefix }: RedisAddress): QueueKeys {
  const base = `${queuePrefix}:`;
  return {
    base,
    names: `${keyPrefix}sqs:queues`,
    marker: (queue) => `${base}${queue}:marker`,
    queue: (queue) => `${base}${queue}:sqs:queue`,
  };
}

/** Fields and values of a queue's hash, but for its instants. */
export function queueFields(change: Partial<QueueSettings>, tags: QueueView["tags"]): readonly string[] {
  const settings = { ...QUEUE_DEFAULTS, ...change };
  const { redrive } = settings;
  const fields: readonly (readonly [string, string | number])[] = [
    ["settings", JSON.stringify(change)],
    ["tags", JSON.stringify(tags)],
    ["isFifo", settings.isFifo ? 1 : 0],
    ["delayMs", settings.delayMs],
    ["visibilityMs", settings.visibilityMs],
    ["retentionMs", settings.retentionMs],
    ["maxMessageBytes", settings.maxMessageBytes],
    ["receiveWaitMs", settings.receiveWaitMs],
    ["deduplicationScope", settings.deduplicationScope],
    ["isDeduplicatedByContent", settings.isDeduplicatedByContent ? 1 : 0],
  ];
  const redriveFields =
    redrive === null
      ? []
      : ["deadLetterQueue", redrive.deadLetterQueue, "maxReceiveCount", String(redrive.maxReceiveCount)];
  return [...fields.flatMap(([name, value]) => [name, String(value)]), ...redriveFields];
}

/** Null: no such queue. */
export function parseQueue(name: string, fields: Readonly<Record<string, string>>): StoredQueue | null {
  const { settings, tags, createdAtMs, modifiedAtMs } = fields;
  if (settings === undefined || tags === undefined) return null;
  const changed = JSON.parse(settings) as Partial<QueueSettings>;
  return {
    name,
    settings: { ...QUEUE_DEFAULTS, ...changed },
    tags: JSON.parse(tags) as QueueView["tags"],
    createdAtMs: Number(createdAtMs),
    modifiedAtMs: Number(modifiedAtMs),
    changed,
    texts: { settings, tags },
  };
}

export interface StoredQueue extends QueueView {
  /** What differs from the defaults. */
  readonly changed: Partial<QueueSettings>;
  /** As they lie there, for a change that must find them so. */
  readonly texts: { readonly settings: string; readonly tags: string };
}
