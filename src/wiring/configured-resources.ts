// What a configuration names, brought about at the start: streams, tables, queues, topics, buckets and functions. What is there already
// stays as it is, and where it is otherwise than configured that is told; nothing is ever taken away.

import type { BucketDirectory } from "../destinations/bucket-directory.ts";
import { MillraceError } from "../errors.ts";
import type { FunctionRegistry } from "../functions/function-registry.ts";
import { resolveHandler } from "../functions/handler-spec.ts";
import type { Config } from "../config/config.ts";
import type { ItemTables } from "../ports/item-tables.ts";
import type { Queues } from "../ports/queues.ts";
import type { Topics } from "../ports/topics.ts";
import type { StreamDescription, Streams, StreamsProblem } from "../ports/streams.ts";
import { makeConfiguredQueues } from "./configured-queues.ts";
import { makeConfiguredTables } from "./configured-tables.ts";
import { makeConfiguredTopics } from "./configured-topics.ts";

export async function makeConfiguredResources(
  config: Config,
  house: {
    readonly streams: Streams;
    readonly tables: ItemTables;
    readonly queues: Queues;
    readonly topics: Topics;
    readonly buckets: BucketDirectory;
    readonly functions: FunctionRegistry;
    /** For a person: something stays other than configured. */
    readonly onOtherwise: (text: string) => void;
  },
): Promise<void> {
  const functions = Promise.all(
    config.functions.map(({ settings, endpoint, handler, baseDir, isBundled }) =>
      house.functions.define({
        settings,
        source:
          endpoint === null
            ? resolveHandler(baseDir, handler, settings.name, isBundled)
            : { kind: "endpoint", ...endpoint },
      }),
    ),
  );
  for (const bucket of config.buckets) await house.buckets.create(bucket);
  await makeConfiguredQueues(config, house.queues, house.onOtherwise).catch((error: unknown) => {
    if (!(error instanceof MillraceError) || error.code !== "source-unreachable") throw error;
    throw unreachable("queues", error.message, config);
  });
  await makeConfiguredTopics(config, house.topics, house.onOtherwise);
  for (const { name, shardCount, retentionHours } of config.streams) {
    const created = await house.streams.create(name, { shardCount, mode: "PROVISIONED" });
    refuseProblem(created, config);
    if (created.kind === "created") refuseProblem(await house.streams.setRetentionHours(name, retentionHours), config);
    if (created.kind === "exists") {
      const described = await house.streams.describe(name);
      refuseProblem(described, config);
      if (described.kind === "stream")
        tellOtherwise({ name, shardCount, retentionHours }, described.stream, house.onOtherwise);
    }
  }
  await makeConfiguredTables(config.tables, house.tables, house.onOtherwise);
  await functions;
}

function tellOtherwise(
  wanted: { readonly name: string; readonly shardCount: number; readonly retentionHours: number },
  there: StreamDescription,
  onOtherwise: (text: string) => void,
): void {
  const { name, shardCount, retentionHours } = wanted;
  const openCount = there.shards.filter(({ endingSequenceNumber }) => endingSequenceNumber === null).length;
  if (openCount !== shardCount) {
    const open = openCount === 1 ? "1 open shard" : `${openCount} open shards`;
    onOtherwise(
      `the stream ${name} has ${open}, not ${shardCount} as configured, and keeps them: ` +
        `millrace reshard ${name} --count ${shardCount} changes that`,
    );
  }
  if (there.retentionHours !== retentionHours) {
    const call = retentionHours > there.retentionHours ? "Increase" : "Decrease";
    onOtherwise(
      `the stream ${name} keeps records for ${there.retentionHours} h, not ${retentionHours} as configured, and goes on so: ` +
        `${call}StreamRetentionPeriod changes that`,
    );
  }
}

function refuseProblem(answer: { readonly kind: string } | StreamsProblem, config: Config): void {
  if (answer.kind !== "problem" || !("problem" in answer)) return;
  throw unreachable("streams", answer.problem.detail, config);
}

function unreachable(what: "streams" | "queues", detail: string, { redis }: Config): MillraceError {
  const port = (redis === null ? "" : URL.parse(redis.url)?.port) || "6379";
  return new MillraceError("source-unreachable", `the configured ${what} cannot be made: ${detail}`, {
    help: `redis-server --port ${port}    # or: docker compose up redis; without \`brokers\` streams and queues are embedded`,
  });
}
