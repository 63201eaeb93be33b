// Which store a stream or a queue is in. The only place in src that reaches a broker client, and only when one is configured: it runs
// on main for the endpoint's doors, beside the threads' own adapters.

import type { Config } from "../config/config.ts";
import { familyOf } from "../kinds/stream-family.ts";
import type { Clock } from "../ports/clock.ts";
import type { StreamAddress } from "../ports/mapping-spec.ts";
import type { Queues } from "../ports/queues.ts";
import type { Streams } from "../ports/streams.ts";

/**
 * Where streams are administered and produced into: Redis where it is configured, else the embedded store. `onProblem` is told what keeps
 * a stream's retention from being looked after, in one line for a person.
 */
export async function openStreams(
  config: Config,
  embedded: Streams,
  around: { readonly clock: Clock; readonly onProblem: (detail: string) => void },
): Promise<Streams> {
  return (await openRedisStreams(config, around)) ?? embedded;
}

/** Null: no Redis is configured. */
export async function openRedisStreams(
  config: Config,
  { clock, onProblem }: { readonly clock: Clock; readonly onProblem: (detail: string) => void },
): Promise<Streams | null> {
  if (config.redis === null) return null;
  // Loaded only here: without a broker its client is never read.
  const { createRedisStreams } = await import("../../workers/redis/redis-streams.ts");
  const { redis: address, plainStreams } = config;
  return createRedisStreams({ address, plainStreams, nowMs: () => clock.nowMs(), onProblem });
}

export interface OpenedQueues {
  readonly queues: Queues;
  /** Where a mapping finds its queue. */
  readonly kind: "embeddedQueue" | "redisQueue";
  /** Gives back what is its own; the embedded store is its owner's. */
  close(): Promise<void>;
}

/** Queues are in Redis where it is configured, as BullMQ's, else in the embedded store. `onProblem` as for streams. */
export async function openQueues(
  config: Pick<Config, "redis">,
  embedded: Queues,
  { clock, onProblem }: { readonly clock: Clock; readonly onProblem: (detail: string) => void },
): Promise<OpenedQueues> {
  if (config.redis === null) return { queues: embedded, kind: "embeddedQueue", close: () => Promise.resolve() };
  const { createRedisQueues } = await import("../../workers/redis/queues/redis-queues.ts");
  const queues = createRedisQueues({ address: config.redis, clock, onProblem });
  return { queues, kind: "redisQueue", close: () => queues.close() };
}

/** Where the records of a stream of this name are, by the configuration alone. */
export function streamAddresses(config: Config): (streamName: string) => StreamAddress {
  const plain = new Map(config.plainStreams.map((each) => [each.name, each]));
  return (streamName) => {
    const found = plain.get(streamName);
    if (found !== undefined) {
      const { redisKey, dataField, partitionKeyField } = found;
      return { kind: "plainRedis", streamName, redisKey, dataField, partitionKeyField };
    }
    const isEmbedded = config.redis === null;
    if (familyOf(streamName) === "dynamodb")
      return { kind: isEmbedded ? "embeddedDynamodb" : "redisDynamodb", streamName };
    return { kind: isEmbedded ? "embeddedKinesis" : "redisKinesis", streamName };
  };
}
