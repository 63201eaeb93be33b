// Registers consumers of streams and forgets them. Every change is one row; a consumer goes with the stream that it was registered with, also
// when that was deleted behind our back.
//
// C1  Changes are made one after another, so limits hold whatever comes at once.
// C2  Whoever reads by a consumer is told when it is deleted, before the call is answered.
// C3  An ARN is never given twice: a consumer that is registered again in the same second counts on.

import type { Clock } from "../../ports/clock.ts";
import { parseConsumer, type StreamConsumer } from "../../ports/consumers.ts";
import type { StreamDescription } from "../../ports/streams.ts";
import type { Tables } from "../../ports/tables.ts";
import { createSerialQueue } from "../serial-queue.ts";

/** AWS's quotas: consumers of a stream, and of these in state CREATING. */
export const MOST_CONSUMERS = 20;
const MOST_CREATING = 5;

export type ConsumerStatus = "CREATING" | "ACTIVE" | "DELETING";

export type Registered =
  | { readonly kind: "registered"; readonly consumer: StreamConsumer }
  | { readonly kind: "exists" }
  | { readonly kind: "tooMany" }
  | { readonly kind: "tooManyCreating" };

export interface ConsumerRegistry {
  register(stream: StreamDescription, consumerName: string, streamArn: string): Promise<Registered>;
  /** In order of name; those being deleted are among them until they are gone. */
  list(stream: StreamDescription): Promise<readonly StreamConsumer[]>;
  find(consumerArn: string): Promise<StreamConsumer | null>;
  /** False: it is not there, or is being deleted already. */
  deregister(consumerArn: string): Promise<boolean>;
  /** With its stream: all of them, at once. */
  forgetStream(streamName: string): Promise<void>;
  statusOf(consumer: StreamConsumer): ConsumerStatus;
  /** Calls back once, when the consumer is deleted (C2). Answers a function that ends the watch. */
  watch(consumerArn: string, onDeleted: () => void): () => void;
}

export function createConsumerRegistry(options: {
  readonly tables: Tables;
  readonly clock: Clock;
  /** How long CREATING and DELETING last. */
  readonly transitionsMs: number;
  readonly onGone: (consumerArn: string) => void;
}): ConsumerRegistry {
  const { tables, clock, transitionsMs } = options;
  const queue = createSerialQueue();
  /** C3: the last second that was given to a name which is free again; older ones are let go. */
  const lastSeconds = new Map<string, number>();
  const watchers = new Map<string, Set<() => void>>();

  function onGone(consumerArn: string): void {
    options.onGone(consumerArn);
    const watching = watchers.get(consumerArn) ?? [];
    watchers.delete(consumerArn);
    for (const onDeleted of watching) onDeleted();
  }

  async function all(): Promise<readonly StreamConsumer[]> {
    const rows = await tables.list("consumers");
    const consumers = rows.map(({ value }) => parseConsumer(value)).filter((each) => each !== null);
    const over = consumers.filter(isOver);
    if (over.length > 0) await tables.change(over.map(({ arn }) => ({ kind: "delete", table: "consumers", key: arn })));
    return consumers.filter((each) => !isOver(each));
  }

  const isOver = ({ deletedAtMs }: StreamConsumer): boolean =>
    deletedAtMs !== null && clock.nowMs() >= deletedAtMs + transitionsMs;

  async function list({ name, createdAtMs }: StreamDescription): Promise<readonly StreamConsumer[]> {
    const ofName = (await all()).filter(({ streamName }) => streamName === name);
    const stale = ofName.filter(({ streamCreatedAtMs }) => streamCreatedAtMs !== createdAtMs);
    if (stale.length > 0) await remove(stale);
    return ofName.filter((each) => !stale.includes(each)).toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  async function remove(consumers: readonly StreamConsumer[]): Promise<void> {
    await tables.change(consumers.map(({ arn }) => ({ kind: "delete", table: "consumers", key: arn })));
    for (const { arn } of consumers) onGone(arn);
  }

  const put = (consumer: StreamConsumer): Promise<void> =>
    tables.change([{ kind: "put", table: "consumers", key: consumer.arn, value: JSON.stringify(consumer) }]);

  function statusOf({ createdAtMs, deletedAtMs }: StreamConsumer): ConsumerStatus {
    if (deletedAtMs !== null) return "DELETING";
    return clock.nowMs() < createdAtMs + transitionsMs ? "CREATING" : "ACTIVE";
  }

  function secondsFor(key: string): number {
    const nowSeconds = Math.floor(clock.nowMs() / 1_000);
    for (const [each, seconds] of lastSeconds) if (seconds < nowSeconds) lastSeconds.delete(each);
    const seconds = Math.max(nowSeconds, (lastSeconds.get(key) ?? 0) + 1);
    lastSeconds.set(key, seconds);
    return seconds;
  }

  return {
    register: (stream, consumerName, streamArn) =>
      queue.run(async () => {
        const there = await list(stream);
        if (there.some(({ name }) => name === consumerName)) return { kind: "exists" };
        if (there.length >= MOST_CONSUMERS) return { kind: "tooMany" };
        if (there.filter((each) => statusOf(each) === "CREATING").length >= MOST_CREATING) {
          return { kind: "tooManyCreating" };
        }
        const consumer: StreamConsumer = {
          arn: `${streamArn}/consumer/${consumerName}:${secondsFor(`${stream.name}/${consumerName}`)}`,
          name: consumerName,
          streamName: stream.name,
          streamCreatedAtMs: stream.createdAtMs,
          createdAtMs: clock.nowMs(),
          deletedAtMs: null,
        };
        await put(consumer);
        return { kind: "registered", consumer };
      }),
    list: (stream) => queue.run(() => list(stream)),
    find: (consumerArn) => queue.run(async () => (await all()).find(({ arn }) => arn === consumerArn) ?? null),
    deregister: (consumerArn) =>
      queue.run(async () => {
        const consumer = (await all()).find(({ arn }) => arn === consumerArn);
        if (consumer === undefined || consumer.deletedAtMs !== null) return false;
        if (transitionsMs === 0) await remove([consumer]);
        else {
          await put({ ...consumer, deletedAtMs: clock.nowMs() });
          onGone(consumerArn);
        }
        return true;
      }),
    forgetStream: (name) =>
      queue.run(async () => {
        const gone = (await all()).filter(({ streamName }) => streamName === name);
        if (gone.length > 0) await remove(gone);
      }),
    statusOf,
    watch(consumerArn, onDeleted) {
      const watching = watchers.get(consumerArn) ?? new Set();
      watchers.set(consumerArn, watching.add(onDeleted));
      return () => {
        watching.delete(onDeleted);
        if (watching.size === 0 && watchers.get(consumerArn) === watching) watchers.delete(consumerArn);
      };
    },
  };
}
