// A message broker's queue without a broker: the messages lie in a queue of the store (R-202 to R-206 of docs/rules/brokers.md hold as with
// one). Acknowledging deletes, giving back makes visible again, and what a process that died had in hand comes again when its lease is over.
//
// E1  A message that is held is hidden from all others by a lease, which is renewed while it is held.
// E2  What is settled as poison goes to the queue for dead letters, and only then leaves its own.

import type { StoredDelivery } from "../kinds/stored-delivery.ts";
import type { Rec } from "../core/record.ts";
import type { AckReader, AckSource } from "../ports/ack-source.ts";
import type { Cancel, Clock } from "../ports/clock.ts";
import type { QueueMessage, Queues, VisibilityChange } from "../ports/queues.ts";
import { createDeliveryBuffer } from "../runtime/delivery-buffer.ts";

/** How long after the death of a process its messages come again. */
const LEASE_MS = 60_000;
const RENEW_MS = 20_000;
const RENEWED_AT_ONCE = 1_000;
const WAIT_MS = 20_000;
/** One receive takes no more. */
const MOST_RECEIVED = 10_000;
/** One batch in hand, and the next. */
const PREFETCH_BATCHES = 2;

/** As long as the store keeps anything in a queue: brokers keep messages for good. */
const KEPT = { settings: { retentionMs: 1_209_600_000 } };

export interface EmbeddedMqOptions<R extends Rec> {
  readonly queues: Queues;
  readonly clock: Clock;
  /** Reserved names of the store: no queue of SQS has one. */
  readonly queueName: string;
  readonly deadLetterQueueName: string;
  readonly consumerCount: number;
  readonly recordOf: (delivery: StoredDelivery) => R;
  readonly redeliveryKey: (record: R) => string | null;
}

export function createEmbeddedMqSource<R extends Rec>(options: EmbeddedMqOptions<R>): AckSource<R> {
  return {
    units: Array.from({ length: options.consumerCount }, (_, index) => String(index)),
    open: (_unit, { lane }) => openReader(options, Math.min(PREFETCH_BATCHES * lane.batchSize, MOST_RECEIVED)),
    redeliveryKey: options.redeliveryKey,
    close: () => Promise.resolve(),
  };
}

const hiddenFor =
  (visibilityMs: number) =>
  (receiptHandle: string): VisibilityChange => ({ receiptHandle, visibilityMs });

function openReader<R extends Rec>(options: EmbeddedMqOptions<R>, prefetch: number): AckReader<R> {
  const { queues, clock, queueName } = options;
  /** By ordinal, in order: the receipt by which it is settled, and the body for dead letters. */
  const held = new Map<number, Pick<QueueMessage, "receiptHandle" | "body">>();
  const buffer = createDeliveryBuffer<R>();
  const ending = new AbortController();
  let ordinal = 0;
  let onSettled: (() => void) | null = null;
  let cancelRenewal: Cancel = renewLater();
  let renewal: Promise<void> = Promise.resolve();
  const taking = takeAll();

  async function takeAll(): Promise<void> {
    try {
      // An embedded broker makes a queue that is asked for, as ActiveMQ does.
      await queues.createQueue(queueName, KEPT);
      buffer.stands();
      while (!ending.signal.aborted) {
        if (held.size < prefetch) await takeSome();
        else await room();
      }
    } catch (error) {
      buffer.fail({
        code: "unreachable",
        text: "PROBLEM: Connection error. Please check your event source connection configuration.",
        detail: `the store cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      });
    }
  }

  async function takeSome(): Promise<void> {
    const received = await queues.receive(
      queueName,
      { max: prefetch - held.size, visibilityMs: LEASE_MS, waitMs: WAIT_MS },
      ending.signal,
    );
    const deliveredAtMs = clock.nowMs();
    const records = (received?.messages ?? []).map((message) => {
      const record = options.recordOf({ message, ordinal: ordinal++, deliveredAtMs });
      held.set(record.ordinal, message);
      return record;
    });
    if (records.length > 0) buffer.add(records);
    if (received === null) await queues.createQueue(queueName, KEPT);
  }

  async function room(): Promise<void> {
    await new Promise<void>((resolve) => {
      onSettled = resolve;
    });
  }

  function renewLater(): Cancel {
    return clock.wakeAt(clock.nowMs() + RENEW_MS, () => {
      renewal = renew();
    });
  }

  async function renew(): Promise<void> {
    try {
      // In steps, between which others of the store are served.
      const receipts = [...held.values()].map(({ receiptHandle }) => receiptHandle);
      for (let from = 0; from < receipts.length && !ending.signal.aborted; from += RENEWED_AT_ONCE) {
        const step = receipts.slice(from, from + RENEWED_AT_ONCE);
        await queues.changeVisibilityMany(queueName, step.map(hiddenFor(LEASE_MS)));
      }
    } catch {
      // The store says so itself in the next receive, and the leases end by themselves.
    }
    if (!ending.signal.aborted) cancelRenewal = renewLater();
  }

  function letGo(): void {
    ending.abort();
    cancelRenewal();
    onSettled?.();
  }

  return {
    read: (room_) => buffer.read(room_),
    async settle(records, how) {
      const messages = records.flatMap((record) => held.get(record.ordinal) ?? []);
      try {
        if (how === "poison") await bury(messages.map(({ body }) => body));
        const deleted = await queues.deleteMany(
          queueName,
          messages.map(({ receiptHandle }) => receiptHandle),
        );
        return deleted.every((each) => each);
      } catch {
        // They come again with the end of their lease; the store's trouble shows in the next receive.
        return false;
      } finally {
        for (const record of records) held.delete(record.ordinal);
        onSettled?.();
        onSettled = null;
      }
    },
    async pauseDeliveries() {
      letGo();
      await taking;
      await renewal;
    },
    async close() {
      letGo();
      await taking;
      await renewal;
      try {
        const receipts = [...held.values()].map(({ receiptHandle }) => receiptHandle);
        await queues.changeVisibilityMany(queueName, receipts.map(hiddenFor(0)));
      } catch {
        // They come again with the end of their lease.
      }
      held.clear();
    },
  };

  async function bury(bodies: readonly string[]): Promise<void> {
    await queues.createQueue(options.deadLetterQueueName, KEPT);
    const messages = bodies.map((body) => ({ body, attributes: null, sizeBytes: 0, delayMs: null }));
    await queues.sendMany(options.deadLetterQueueName, messages);
  }
}
