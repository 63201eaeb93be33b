// Three starts on one state: the first is killed in mid-batch, the second is stopped by Ctrl-C, the third goes on. The handler's diary
// outlasts them all and is what is judged.

import {
  CreateEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  type GetEventSourceMappingCommandOutput,
} from "@aws-sdk/client-lambda";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { startCommand } from "../cli/run-command.ts";
import { kinesisAt, lambdaAt, put } from "./support/aws-clients.ts";
import { diaryOf, textsAt } from "./support/diary-lines.ts";
import { base, numbered } from "./support/house.ts";
import { aFolder, configIn, inTime, queueArn, toldBy } from "./support/live-server.ts";
import { aGate, aWitness, goOn } from "./support/witness.ts";

/** In two puts. Each of four lanes has more batches than there are free calls, so that each has one left to hold. */
const COUNT = 800;
/** Calls that end before the others are held. */
const FREE_CALLS = 12;

const settings = (mapping: GetEventSourceMappingCommandOutput) => ({
  ...mapping,
  $metadata: null,
  LastModified: null,
  LastProcessingResult: null,
});

test.for(["the embedded store", "Redis"] as const)(
  "P-12: after kill -9 in mid-batch nothing is lost; after Ctrl-C nothing comes twice, on %s",
  async (store) => {
    const redis = store === "Redis" ? await startBroker("redis", { own: true, durable: true }) : null;
    onTestFinished(() => redis?.stop());
    const witness = await aWitness();
    const folder = aFolder();
    const diary = join(folder, "diary.jsonl");
    configIn(folder, {
      ...(redis === null ? {} : { brokers: { redis: { url: redis.url } } }),
      streams: { orders: { shards: 2 } },
      queues: ["failed"],
      functions: { f: toldBy(witness.url, { Handler: "diary.keep" }, { DIARY: diary }) },
    });
    const start = async () => {
      const running = startCommand(folder, [
        "start",
        "--port",
        "0",
        "--config",
        "millrace.config.json",
        "--state",
        "state",
      ]);
      const url = (await running.line(/^ready http:/)).replace(/^ready /, "");
      return { running, lambda: lambdaAt(url), kinesis: kinesisAt(url) };
    };

    const first = await start();
    const never = aGate();
    witness.orders(async () => {
      if (witness.deliveries.length > FREE_CALLS) await never.opened;
      return goOn;
    });
    await put(first.kinesis, "orders", numbered(COUNT / 2));
    await put(first.kinesis, "orders", numbered(COUNT / 2, COUNT / 2));
    const { UUID } = await first.lambda.send(
      new CreateEventSourceMappingCommand({
        ...base,
        BatchSize: 10,
        ParallelizationFactor: 2,
        MaximumRetryAttempts: 3,
        BisectBatchOnFunctionError: true,
        FilterCriteria: { Filters: [{ Pattern: '{"partitionKey":[{"prefix":"r"}]}' }] },
        DestinationConfig: { OnFailure: { Destination: queueArn("failed") } },
      }),
    );
    const get = new GetEventSourceMappingCommand({ UUID });
    // Each of the four lanes has a call out.
    await witness.sees((deliveries) => deliveries.length === FREE_CALLS + 4);
    await expect.poll(() => diaryOf(diary).filter(({ at }) => at === "ended").length, inTime).toBe(FREE_CALLS);
    const before = await first.lambda.send(get);
    first.running.signal("SIGKILL");
    expect((await first.running.ended).code).toBe(null);
    const killedAt = diaryOf(diary);
    expect(textsAt(killedAt, "begun").length).toBeGreaterThan(textsAt(killedAt, "ended").length);

    witness.orders(() => goOn);
    const second = await start();
    const after = await second.lambda.send(get);
    expect(settings(after)).toEqual(settings(before));
    expect(after).toMatchObject({ State: "Enabled", BatchSize: 10, ParallelizationFactor: 2 });
    await put(second.kinesis, "orders", numbered(COUNT / 2, COUNT));
    const held = textsAt(killedAt, "begun").filter((text) => !textsAt(killedAt, "ended").includes(text));
    const isThrough = (): boolean => {
      const ended = new Set(textsAt(diaryOf(diary), "ended"));
      return held.every((text) => ended.has(text)) && ended.size === COUNT * 1.5;
    };
    await expect.poll(isThrough, inTime).toBe(true);
    second.running.signal("SIGINT");
    expect(await second.running.ended).toMatchObject({ code: 0, error: "" });
    const stoppedAt = diaryOf(diary);
    expect(textsAt(stoppedAt, "begun").length - textsAt(killedAt, "begun").length).toBe(
      textsAt(stoppedAt, "ended").length - textsAt(killedAt, "ended").length,
    );

    const third = await start();
    expect(settings(await third.lambda.send(get))).toEqual(settings(before));
    const news = numbered(40, COUNT * 1.5);
    const answers = await put(third.kinesis, "orders", news);
    // Both shards have news: what came twice would come before them.
    expect(new Set(answers.map(({ ShardId }) => ShardId)).size).toBe(2);
    const isTold = (): boolean => {
      const ended = textsAt(diaryOf(diary), "ended");
      return news.every((text) => ended.includes(text));
    };
    await expect.poll(isTold, inTime).toBe(true);
    third.running.signal("SIGINT");
    expect((await third.running.ended).code).toBe(0);
    const isNew = diaryOf(diary).slice(stoppedAt.length);
    expect(textsAt(isNew, "ended").toSorted()).toEqual(news.toSorted());
  },
);
