// The long run: 100,000 records in the soak, and fewer otherwise, through two mappings, calls that fail now and then, and a poller that
// dies on the way. The handler keeps a ledger of every record of every call, and the ledger is what is judged.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { grouped, inSoakElse } from "../in-soak.ts";
import { kinesisAt, lambdaAt, mapped, put } from "./support/aws-clients.ts";
import { disorder, doneLines, doneNumbers, ledgerOf } from "./support/ledger-lines.ts";
import { aFolder, aServer, inTime, streamArn } from "./support/live-server.ts";

const RECORD_COUNT = inSoakElse(100_000, 40_000);
const MOST_A_PUT = 500;
const KEY_COUNT = 1_000;

const stores = ["the embedded store", "Redis, killed and restarted on the way"] as const;

test.for(stores)(
  `P-12, E-60, E-62: ${grouped(RECORD_COUNT)} records, each done at least once, in order by shard and key, on %s`,
  async (store) => {
    const redis = store === "the embedded store" ? null : await startBroker("redis", { own: true, durable: true });
    onTestFinished(() => redis?.stop());
    const threads: Worker[] = [];
    const onThread = (worker: Worker): void => void threads.push(worker);
    process.on("worker", onThread);
    onTestFinished(() => void process.off("worker", onThread));
    const folder = aFolder();
    const [byShard, byKey] = [join(folder, "by-shard.txt"), join(folder, "by-key.txt")];
    const booking = (LEDGER: string) => ({
      Handler: "ledger.book",
      Timeout: 30,
      Environment: { Variables: { LEDGER } },
    });
    const server = await aServer(
      {
        pollers: 1,
        ...(redis === null ? {} : { brokers: { redis: { url: redis.url } } }),
        streams: { orders: { shards: 4 } },
        functions: { "by-shard": booking(byShard), "by-key": booking(byKey) },
      },
      { folder },
    );
    const [lambda, kinesis] = [lambdaAt(server.url), kinesisAt(server.url)];
    const base = { EventSourceArn: streamArn("orders"), StartingPosition: "TRIM_HORIZON", BatchSize: 500 } as const;
    const uuids = [
      await mapped(server, lambda, { ...base, FunctionName: "by-shard" }),
      await mapped(server, lambda, {
        ...base,
        FunctionName: "by-key",
        ParallelizationFactor: 4,
        BisectBatchOnFunctionError: true,
      }),
    ];

    const numbers = Array.from({ length: RECORD_COUNT }, (_, index) => index);
    for (let from = 0; from < RECORD_COUNT; from += MOST_A_PUT) {
      const records = numbers.slice(from, from + MOST_A_PUT).map((number) => ({
        text: `${number}`.padEnd(64),
        key: `k${number % KEY_COUNT}`,
      }));
      const answers = await put(kinesis, "orders", records);
      expect(answers.every(({ ErrorCode }) => ErrorCode === undefined)).toBe(true);
      if (from === RECORD_COUNT / 2) await threads.at(-1)?.terminate();
    }
    await redis?.kill();
    await redis?.restart();
    const isThrough = async (): Promise<readonly boolean[]> => {
      const answer = await fetch(`${server.url}/_millrace/mappings`);
      const { mappings } = JSON.parse(await answer.text()) as {
        readonly mappings: readonly { readonly uuid: string; readonly summary: { readonly lagCount: number } | null }[];
      };
      const ledgers = [byShard, byKey];
      return uuids.map((uuid, index) => {
        const ledger = ledgers[index] ?? "";
        // Reading ledgers is dear, so a mapping that has work left is not looked at closely.
        if (mappings.find((each) => each.uuid === uuid)?.summary?.lagCount !== 0) return false;
        return existsSync(ledger) && doneNumbers(ledgerOf(ledger)).size === RECORD_COUNT;
      });
    };
    await expect.poll(isThrough, { ...inTime, timeout: 90_000, interval: 100 }).toEqual([true, true]);
    expect(await server.stop()).toEqual([]);

    const [shardLines, keyLines] = [ledgerOf(byShard), ledgerOf(byKey)];
    expect([doneNumbers(shardLines).size, doneNumbers(keyLines).size]).toEqual([RECORD_COUNT, RECORD_COUNT]);
    expect(disorder(doneLines(shardLines), ({ shard }) => shard)).toEqual([]);
    expect(disorder(doneLines(keyLines), ({ key }) => key)).toEqual([]);
    // The run was what it says: calls failed, and the poller died.
    expect(shardLines.some(({ verdict }) => verdict === "failed")).toBe(true);
    expect(threads.length).toBe(3);
  },
);
