// kill -9 in mid-reshard: the parent is half delivered, its children hold records, and the next start goes on with the parent. The handler's
// diary outlasts the process and is what is judged.

import { SplitShardCommand } from "@aws-sdk/client-kinesis";
import { CreateEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { startCommand } from "../cli/run-command.ts";
import { kinesisAt, lambdaAt, put } from "./support/aws-clients.ts";
import { type DiaryLine, diaryOf, textsAt } from "./support/diary-lines.ts";
import { base, numbered } from "./support/house.ts";
import { aFolder, configIn, inTime, toldBy } from "./support/live-server.ts";
import { aGate, aWitness, goOn } from "./support/witness.ts";

const shard = (index: number): string => `shardId-${String(index).padStart(12, "0")}`;
const KEYS = 6;
const FREE_CALLS = 4;
const keyed = (from: number, count: number) =>
  numbered(count, from).map((text, index) => ({
    text: `${(from + index) % KEYS}/${text}`,
    key: `k${(from + index) % KEYS}`,
  }));

/** Shard and text of every record that had ended, each once, in the order of their first end. */
function endedOf(lines: readonly DiaryLine[]): readonly { readonly shardId: string; readonly text: string }[] {
  const seen = new Map<string, string>();
  for (const { at, records } of lines) {
    if (at !== "ended") continue;
    for (const { id, text } of records) if (!seen.has(text)) seen.set(text, id.split(":")[0] ?? "");
  }
  return [...seen].map(([text, shardId]) => ({ shardId, text }));
}

test.for(["the embedded store", "Redis"] as const)(
  "P-8, P-12: after kill -9 in mid-reshard the parent is finished before its children, and nothing is lost, on %s",
  async (store) => {
    const redis = store === "Redis" ? await startBroker("redis", { own: true, durable: true }) : null;
    onTestFinished(() => redis?.stop());
    const witness = await aWitness();
    const folder = aFolder();
    const diary = join(folder, "diary.jsonl");
    configIn(folder, {
      ...(redis === null ? {} : { brokers: { redis: { url: redis.url } } }),
      streams: { orders: {} },
      functions: { f: toldBy(witness.url, { Handler: "diary.keep" }, { DIARY: diary }) },
    });
    const words = ["start", "--port", "0", "--config", "millrace.config.json", "--state", "state"];
    const start = async () => {
      const running = startCommand(folder, words);
      const url = (await running.line(/^ready http:/)).replace(/^ready /, "");
      return { running, lambda: lambdaAt(url), kinesis: kinesisAt(url) };
    };

    const first = await start();
    const never = aGate();
    witness.orders(async () => {
      if (witness.deliveries.length > FREE_CALLS) await never.opened;
      return goOn;
    });
    await put(first.kinesis, "orders", keyed(0, 60));
    await first.lambda.send(new CreateEventSourceMappingCommand({ ...base, BatchSize: 5 }));
    await witness.sees((deliveries) => deliveries.length === FREE_CALLS + 1);
    const half = (2n ** 127n).toString();
    await first.kinesis.send(
      new SplitShardCommand({ StreamName: "orders", ShardToSplit: shard(0), NewStartingHashKey: half }),
    );
    await put(first.kinesis, "orders", keyed(60, 60));
    await expect.poll(() => textsAt(diaryOf(diary), "ended").length, inTime).toBe(5 * FREE_CALLS);
    first.running.signal("SIGKILL");
    expect((await first.running.ended).code).toBe(null);

    witness.orders(() => goOn);
    const second = await start();
    await put(second.kinesis, "orders", keyed(120, 12));
    await expect.poll(() => endedOf(diaryOf(diary)).length, inTime).toBe(132);
    second.running.signal("SIGINT");
    expect((await second.running.ended).code).toBe(0);

    const ended = endedOf(diaryOf(diary));
    const order = ended.map(({ shardId }) => shardId);
    expect(order.lastIndexOf(shard(0))).toBe(59);
    const sent = keyed(0, 132).map(({ text }) => text);
    for (let key = 0; key < KEYS; key += 1) {
      const ofKey = (texts: readonly string[]) => texts.filter((text) => text.startsWith(`${key}/`));
      expect(ofKey(ended.map(({ text }) => text))).toEqual(ofKey(sent));
    }
  },
);
