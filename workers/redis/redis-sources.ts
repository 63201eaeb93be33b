// The Redis side of one poller thread: a connection for commands, one blocking read for all idle shards, and sources over them.
// Connections are made with the first mapping that needs them.

import type { KinesisRecord } from "../../src/kinds/kinesis/kinesis-record.ts";
import type { StreamKind } from "../../src/kinds/stream-kind.ts";
import type { StreamAddress } from "../../src/ports/mapping-spec.ts";
import type { Source } from "../../src/ports/source.ts";
import type { RedisAddress } from "../../src/threads/protocol.ts";
import { type BlockedReads, createBlockedReads } from "./blocked-reads.ts";
import type { RedisStreamForm } from "./redis-entries.ts";
import { streamKeys } from "./redis-layout.ts";
import { openRedisLine, type RedisLine } from "./redis-line.ts";
import { createRedisSource } from "./redis-source.ts";

/** How long tidying up may take at the end. */
const TIDY_WITHIN_MS = 500;

/** A source whose records are in Redis. */
type RedisSourceAddress = Exclude<StreamAddress, { kind: "embeddedKinesis" | "embeddedDynamodb" }>;

export interface RedisSources {
  open(
    address: RedisSourceAddress,
    mapping: { readonly arn: string; readonly kind: StreamKind },
  ): Source<KinesisRecord>;
  /** The connections end soon after; nothing that fails then is of interest to anybody. */
  close(): void;
}

export interface RedisSourcesOptions {
  readonly address: RedisAddress;
  /** Unique among all threads of all processes that share the Redis. */
  readonly wakeName: string;
  readonly monotonicMs: () => number;
  readonly nowMs: () => number;
  /** How long a blocking read waits; default 5,000. */
  readonly blockMs?: number;
  /** How long any other answer may take; default 5,000. */
  readonly answerWithinMs?: number;
}

export function createRedisSources(options: RedisSourcesOptions): RedisSources {
  const { address, monotonicMs, nowMs } = options;
  const { answerWithinMs = null, blockMs = null } = options;
  const lineOptions = { name: options.wakeName, ...(answerWithinMs === null ? {} : { answerWithinMs }) };
  const keys = streamKeys(address.keyPrefix);
  let open: { readonly commands: RedisLine; readonly blocked: BlockedReads } | null = null;

  function connected(): { readonly commands: RedisLine; readonly blocked: BlockedReads } {
    const commands = openRedisLine(address, "commands", lineOptions);
    const blocked = createBlockedReads({
      commands,
      openBlocking: () => openRedisLine(address, "blocking", lineOptions),
      changesKey: keys.changes,
      wakeKey: `${address.keyPrefix}wake:${options.wakeName}`,
      ...(blockMs === null ? {} : { blockMs }),
    });
    return { commands, blocked };
  }

  return {
    open(source, mapping) {
      open ??= connected();
      const form: RedisStreamForm =
        source.kind === "plainRedis"
          ? { ...source, kind: "plain" }
          : { kind: "laidOut", streamName: source.streamName, keys };
      return createRedisSource({ ...open, ...mapping, form, monotonicMs, nowMs });
    },
    close() {
      if (open === null) return;
      const { blocked, commands } = open;
      // A Redis that is away must not keep a thread that ends.
      const timer = setTimeout(() => commands.close(), TIDY_WITHIN_MS);
      void blocked.close().finally(() => {
        clearTimeout(timer);
        commands.close();
      });
    },
  };
}
