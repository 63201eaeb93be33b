import { randomUUID } from "node:crypto";
import { createBlockedReads } from "../../workers/redis/blocked-reads.ts";
import { connectRedis } from "../../workers/redis/redis-connection.ts";
import { streamKeys } from "../../workers/redis/redis-layout.ts";
import { createRedisSource } from "../../workers/redis/redis-source.ts";
import { createRedisStreams } from "../../workers/redis/redis-streams.ts";
import { trimAll } from "../../workers/redis/redis-trimming.ts";
import { redisUrl } from "../brokers/redis-url.ts";
import { describeStreamsContract, type StoreUnderTest } from "../contracts/streams-contract.ts";

/** Long after every record of a test: retention is over. */
const LATER_MS = 40 * 24 * 3_600_000;

async function makeStore(): Promise<StoreUnderTest> {
  const keyPrefix = `test:${randomUUID()}:`;
  const address = { url: redisUrl(), keyPrefix, caPem: null };
  const keys = streamKeys(keyPrefix);
  const commands = connectRedis(address, "commands");
  await new Promise<void>((resolve) => commands.once("ready", resolve));
  const blocked = createBlockedReads({ address, commands, wakeKey: `${keyPrefix}wake` });
  const streams = createRedisStreams({ address, plainStreams: [], nowMs: () => Date.now() });
  return {
    streams,
    source: (streamName, context) =>
      createRedisSource({
        address,
        commands,
        blocked,
        form: { kind: "laidOut", streamName, keys },
        arn: context.eventSourceArn,
        context,
        monotonicMs: () => performance.now(),
        nowMs: () => Date.now(),
      }),
    trim: () => trimAll({ commands, keys, nowMs: () => Date.now() + LATER_MS }),
    async close() {
      await streams.close();
      blocked.close();
      const left = await commands.keys(`${keyPrefix}*`);
      if (left.length > 0) await commands.del(left);
      await new Promise<void>((resolve) => {
        commands.once("end", () => resolve());
        commands.disconnect();
      });
    },
  };
}

describeStreamsContract("Redis Streams", makeStore);
