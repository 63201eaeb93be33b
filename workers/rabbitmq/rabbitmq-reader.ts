// One epoch of a RabbitMQ consumer: a channel of its own, from the passive declare to its close. What it was handed waits
// here until it is read.
//
// C1  `held` has every delivery that is not settled, in order of its tag; a tag leaves it once, with its one settle.
// C2  Acknowledging up to a tag is done only where all up to it are meant.

import type { Channel, ConsumeMessage } from "amqplib";
import type { AckReader, SettleHow } from "../../src/ports/ack-source.ts";
import { type RabbitMqRecord, rabbitMqRecord } from "../../src/kinds/rabbitmq/rabbitmq-record.ts";
import { createDeliveryBuffer } from "../../src/runtime/delivery-buffer.ts";
import { amqpPropertiesOf } from "./amqp-properties.ts";
import type { RabbitMqConnection } from "./rabbitmq-connection.ts";
import {
  type BrokerPlace,
  cancelledProblem,
  channelProblem,
  streamQueueProblem,
  wordsOf,
} from "./rabbitmq-problems.ts";

/** An argument that only streams take, and a header that all their deliveries have. */
const STREAM_HEADER = "x-stream-offset";

/**
 * What epochs before have seen of the queue, for those after it. Only a stream takes a place to begin at, so that a refusal tells that it is
 * none; its deliveries tell that it is one, as older brokers take any argument.
 */
export interface RabbitMqQueueSeen {
  kind: "unknown" | "noStream" | "stream";
}

export interface RabbitMqReaderOptions {
  readonly connection: RabbitMqConnection;
  readonly place: BrokerPlace;
  /** 1 to 65,535. */
  readonly prefetch: number;
  readonly queue: RabbitMqQueueSeen;
  readonly epoch: string;
  readonly nowMs: () => number;
}

export function createRabbitMqReader(options: RabbitMqReaderOptions): AckReader<RabbitMqRecord> {
  const { place } = options;
  const held = new Map<number, ConsumeMessage>();
  const buffer = createDeliveryBuffer<RabbitMqRecord>();
  let channel: Channel | null = null;
  let consumerTag: string | null = null;
  let ordinal = 0;
  let isPaused = false;
  const opened = open();

  async function open(): Promise<void> {
    const made = await options.connection.channel();
    if ("problem" in made) return buffer.fail(made.problem);
    const opening = made.channel;
    let error: unknown = null;
    channel = opening;
    // The reason comes as an error, the end as a close.
    opening.on("error", (met) => {
      error = met;
    });
    opening.on("close", () => {
      channel = null;
      // An answer, and no fault: what waits for it hears of it, and opens another one.
      if (isStreamArgumentRefused(error)) return;
      buffer.fail(channelProblem(error ?? "its channel was closed", place));
    });
    try {
      await opening.checkQueue(place.queueName);
      if (isPaused) return;
      await opening.prefetch(options.prefetch);
      const asked = options.queue.kind === "noStream" ? {} : { arguments: { [STREAM_HEADER]: "first" } };
      ({ consumerTag } = await opening.consume(place.queueName, take, asked));
      // It was one and has taken the place again: no consumer stands, so that its fault goes on (M-705).
      if (options.queue.kind === "stream") return buffer.fail(streamQueueProblem(place));
      buffer.stands();
    } catch (met) {
      const reason = error ?? met;
      if (!isStreamArgumentRefused(reason)) return buffer.fail(channelProblem(reason, place));
      // The channel went with the refusal; what it said is what was asked.
      options.queue.kind = "noStream";
      await open();
    }
  }

  function take(message: ConsumeMessage | null): void {
    if (message === null) {
      consumerTag = null;
      return buffer.fail(cancelledProblem(place));
    }
    const { fields, properties, content } = message;
    if (properties.headers?.[STREAM_HEADER] !== undefined) {
      options.queue.kind = "stream";
      return buffer.fail(streamQueueProblem(place));
    }
    held.set(fields.deliveryTag, message);
    buffer.add([
      rabbitMqRecord({
        ordinal: ordinal++,
        tag: fields.deliveryTag,
        epoch: options.epoch,
        isRedelivered: fields.redelivered,
        properties: amqpPropertiesOf(properties),
        body: content,
        deliveredAtMs: options.nowMs(),
      }),
    ]);
  }

  /** Whether these are all that is held up to the last of them (C2). */
  function areAllUpTo(tags: readonly number[]): boolean {
    let index = 0;
    for (const tag of held.keys()) {
      if (index === tags.length) return true;
      if (tag !== tags[index]) return false;
      index += 1;
    }
    return index === tags.length;
  }

  function acknowledge(open: Channel, tags: readonly number[]): void {
    const last = held.get(tags.at(-1) ?? -1);
    const isAtOnce = tags.length > 1 && areAllUpTo(tags);
    if (isAtOnce && last !== undefined) open.ack(last, true);
    for (const tag of tags) {
      const message = held.get(tag);
      if (!isAtOnce && message !== undefined) open.ack(message, false);
      held.delete(tag);
    }
  }

  function settleOn(open: Channel, tags: readonly number[], how: SettleHow): void {
    if (how === "done") return acknowledge(open, tags);
    for (const tag of tags) {
      const message = held.get(tag);
      held.delete(tag);
      if (message === undefined) continue;
      if (how === "filtered") open.ack(message, false);
      else open.nack(message, false, false);
    }
  }

  return {
    read: (room) => buffer.read(room),
    async settle(records, how) {
      if (channel === null) return false;
      // A second settle of one would close the channel: it has nothing to settle any more.
      const tags = records.map(({ tag }) => tag).filter((tag) => held.has(tag));
      try {
        settleOn(channel, tags, how);
        return true;
      } catch {
        // The channel is closing, which ends the epoch: what was not settled goes back with it.
        return false;
      }
    },
    async pauseDeliveries() {
      isPaused = true;
      await opened;
      if (channel === null || consumerTag === null) return;
      const tag = consumerTag;
      consumerTag = null;
      try {
        await channel.cancel(tag);
      } catch (error) {
        buffer.fail(channelProblem(error, place));
      }
    },
    async close() {
      isPaused = true;
      await opened;
      const closing = channel;
      if (closing === null) return;
      try {
        const last = [...held.values()].at(-1);
        // One requeue of all keeps their order.
        if (last !== undefined) closing.nack(last, true, true);
        await closing.close();
      } catch {
        // The channel went first, and everything that it held has gone back with it.
      }
    },
  };
}

const isStreamArgumentRefused = (error: unknown): boolean => wordsOf(error).includes(`invalid arg '${STREAM_HEADER}'`);
