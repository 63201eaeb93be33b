// What a configuration names, brought about at the start: streams, tables, queues, topics, buckets and functions. What is there already
// stays as it is; nothing is ever taken away.

import type { BucketDirectory } from "../destinations/bucket-directory.ts";
import { MillraceError } from "../errors.ts";
import type { FunctionRegistry } from "../functions/function-registry.ts";
import { resolveHandler } from "../functions/handler-spec.ts";
import type { Config } from "../config/config.ts";
import type { ItemTables } from "../ports/item-tables.ts";
import type { Queues } from "../ports/queues.ts";
import type { Streams, StreamsProblem } from "../ports/streams.ts";
import { makeConfiguredTables } from "./configured-tables.ts";

export async function makeConfiguredResources(
  config: Config,
  house: {
    readonly streams: Streams;
    readonly tables: ItemTables;
    readonly queues: Queues;
    readonly buckets: BucketDirectory;
    readonly functions: FunctionRegistry;
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
  for (const queue of config.queues) await house.queues.createQueue(queue);
  for (const topic of config.topics) {
    await house.queues.createTopic(topic.name);
    for (const queue of topic.queues) await house.queues.subscribe(topic.name, queue, { isRaw: topic.isRaw });
  }
  for (const { name, shardCount, retentionHours } of config.streams) {
    const created = await house.streams.create(name, { shardCount, mode: "PROVISIONED" });
    refuseProblem(created, config);
    if (created.kind === "created") refuseProblem(await house.streams.setRetentionHours(name, retentionHours), config);
  }
  await makeConfiguredTables(config.tables, house.tables);
  await functions;
}

function refuseProblem(answer: { readonly kind: string } | StreamsProblem, { redis }: Config): void {
  if (answer.kind !== "problem" || !("problem" in answer)) return;
  const port = (redis === null ? "" : URL.parse(redis.url)?.port) || "6379";
  throw new MillraceError("source-unreachable", `the configured streams cannot be made: ${answer.problem.detail}`, {
    help: `redis-server --port ${port}    # or: docker compose up redis; without \`brokers\` streams are embedded`,
  });
}
