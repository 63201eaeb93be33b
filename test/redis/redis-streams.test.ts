import { randomUUID } from "node:crypto";
import { createBlockedReads } from "../../workers/redis/blocked-reads.ts";
import { streamKeys } from "../../workers/redis/redis-layout.ts";
import { openRedisLine } from "../../workers/redis/redis-line.ts";
import { createRedisSource } from "../../workers/redis/redis-source.ts";
import { createRedisStreams } from "../../workers/redis/redis-streams.ts";
import { trimAll } from "../../workers/redis/redis-trimming.ts";
import { redisUrl } from "../brokers/redis-url.ts";
import { describeReshardContract } from "../contracts/reshard-contract.ts";
import { describeTableStreamsContract } from "../contracts/table-streams-contract.ts";
import { describeStreamsContract, type StoreUnderTest } from "../contracts/streams-contract.ts";

/** Long after every record of a test: retention is over. */
const LATER_MS = 40 * 24 * 3_600_000;

async function makeStore(): Promise<StoreUnderTest> {
  const keyPrefix = `test:${randomUUID()}:`;
  const address = { url: redisUrl(), keyPrefix, queuePrefix: `${keyPrefix}bull`, caPem: null };
  const keys = streamKeys(keyPrefix);
  const commands = openRedisLine(address, "commands");
  const blocked = createBlockedReads({
    commands,
    openBlocking: () => openRedisLine(address, "blocking"),
    changesKey: keys.changes,
    wakeKey: `${keyPrefix}wake`,
  });
  const streams = createRedisStreams({ address, plainStreams: [], nowMs: () => Date.now() });
  return {
    streams,
    source: (streamName, kind) =>
      createRedisSource({
        commands,
        blocked,
        form: { kind: "laidOut", streamName, keys },
        arn: streamName,
        kind,
        monotonicMs: () => performance.now(),
        nowMs: () => Date.now(),
      }),
    async trim() {
      await trimAll({ commands, keys, nowMs: () => Date.now() + LATER_MS });
    },
    async close() {
      await streams.close();
      await blocked.close();
      await commands.ask(async (redis) => {
        const left = await redis.keys(`${keyPrefix}*`);
        if (left.length > 0) await redis.del(left);
      });
      commands.close();
    },
  };
}

describeStreamsContract("Redis Streams", makeStore);
describeReshardContract("Redis Streams", makeStore);
describeTableStreamsContract("Redis Streams", makeStore);
