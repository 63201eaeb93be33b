// The Redis side of one poller thread: a connection for commands, one blocking read for all idle shards, and sources over them.
// Connections are made with the first mapping that needs them.

import type { Redis } from "ioredis";
import type { KinesisEventContext, KinesisRecord } from "../../src/kinds/kinesis/kinesis-record.ts";
import type { SourceAddress } from "../../src/ports/mapping-spec.ts";
import type { Source } from "../../src/ports/source.ts";
import type { RedisAddress } from "../../src/threads/protocol.ts";
import { type BlockedReads, createBlockedReads } from "./blocked-reads.ts";
import { connectRedis } from "./redis-connection.ts";
import { streamKeys } from "./redis-layout.ts";
import { createRedisSource, type RedisStreamForm } from "./redis-source.ts";

export interface RedisSources {
  open(
    address: Exclude<SourceAddress, { kind: "embeddedKinesis" }>,
    context: KinesisEventContext,
  ): Source<KinesisRecord>;
  close(): void;
}

/** `wakeName` is unique among all threads of all processes that share the Redis. */
export function createRedisSources(options: {
  readonly address: RedisAddress;
  readonly wakeName: string;
  readonly monotonicMs: () => number;
  readonly nowMs: () => number;
}): RedisSources {
  const { address } = options;
  const keys = streamKeys(address.keyPrefix);
  let commands: Redis | null = null;
  let blocked: BlockedReads | null = null;

  return {
    open(source, context) {
      commands ??= connectRedis(address, "commands");
      blocked ??= createBlockedReads({
        address,
        commands,
        wakeKey: `${address.keyPrefix}wake:${options.wakeName}`,
      });
      const form: RedisStreamForm =
        source.kind === "plainRedis"
          ? { ...source, kind: "plain" }
          : { kind: "laidOut", streamName: source.streamName, keys };
      return createRedisSource({
        address,
        commands,
        blocked,
        form,
        context,
        arn: context.eventSourceArn,
        monotonicMs: options.monotonicMs,
        nowMs: options.nowMs,
      });
    },
    close() {
      blocked?.close();
      commands?.disconnect();
    },
  };
}
