// 100,000 records over four shards, with poison among them that only bisecting finds. The handler keeps a ledger of every record of
// every call; the ledger and the queue of what was given up are what is judged.

import { join } from "node:path";
import { expect, test } from "vitest";
import { kinesisAt, lambdaAt, mapped, put } from "./support/aws-clients.ts";
import { disorder, doneLines, doneNumbers, ledgerOf } from "./support/ledger-lines.ts";
import { aFolder, aServer, inTime, queueArn, streamArn } from "./support/live-server.ts";

const RECORD_COUNT = 100_000;
const MOST_A_PUT = 500;
const KEY_COUNT = 1_000;
/** A prime, so that poison falls on all shards; fewer in all than one look at the queue shows. */
const POISON_EVERY = 4_001;

interface GivenUp {
  readonly requestContext: { readonly condition: string; readonly approximateInvokeCount: number };
  readonly KinesisBatchInfo: {
    readonly shardId: string;
    readonly startSequenceNumber: string;
    readonly endSequenceNumber: string;
    readonly batchSize: number;
  };
}

const isPoison = (number: number): boolean => number % POISON_EVERY === 7;

test("E-17, E-18, E-60: of 100,000 records each is done, in order, but the poison ones, each given up alone", async () => {
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(
    {
      streams: { orders: { shards: 4 } },
      queues: ["failed"],
      functions: { f: { Handler: "ledger.sift", Timeout: 30, Environment: { Variables: { LEDGER: ledger } } } },
    },
    { folder },
  );
  const [lambda, kinesis] = [lambdaAt(server.url), kinesisAt(server.url)];
  await mapped(server, lambda, {
    EventSourceArn: streamArn("orders"),
    FunctionName: "f",
    StartingPosition: "TRIM_HORIZON",
    BatchSize: 500,
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: 1,
    DestinationConfig: { OnFailure: { Destination: queueArn("failed") } },
  });

  const poison: string[] = [];
  for (let from = 0; from < RECORD_COUNT; from += MOST_A_PUT) {
    const numbers = Array.from({ length: MOST_A_PUT }, (_, index) => from + index);
    const answers = await put(
      kinesis,
      "orders",
      numbers.map((number) => ({
        text: isPoison(number) ? `${number} poison` : `${number}`,
        key: `k${number % KEY_COUNT}`,
      })),
    );
    answers.forEach(({ ErrorCode, ShardId = "", SequenceNumber = "" }, index) => {
      expect(ErrorCode).toBe(undefined);
      if (isPoison(from + index)) poison.push(`${ShardId} ${SequenceNumber}`);
    });
  }
  const isThrough = async (): Promise<boolean> =>
    (await server.messages("failed")).length === poison.length &&
    doneNumbers(ledgerOf(ledger)).size === RECORD_COUNT - poison.length;
  await expect.poll(isThrough, { ...inTime, timeout: 60_000, interval: 200 }).toBe(true);
  const documents = (await server.messages("failed")).map((body) => JSON.parse(body) as GivenUp);
  expect(await server.stop()).toEqual([]);

  const lines = ledgerOf(ledger);
  const done = doneNumbers(lines);
  const numbers = Array.from({ length: RECORD_COUNT }, (_, number) => number);
  expect(numbers.filter((number) => done.has(`${number}`) === isPoison(number))).toEqual([]);
  for (const some of [lines, doneLines(lines)]) {
    expect(disorder(some, ({ shard }) => shard)).toEqual([]);
    expect(disorder(some, ({ key }) => key)).toEqual([]);
  }
  // What was done was done once: nothing but failing calls brings a record again.
  expect(doneLines(lines).length).toBe(RECORD_COUNT - poison.length);
  const alone = documents.map(({ KinesisBatchInfo: { shardId, startSequenceNumber } }) => {
    return `${shardId} ${startSequenceNumber}`;
  });
  expect(alone.toSorted()).toEqual(poison.toSorted());
  expect(new Set(poison.map((each) => each.split(" ")[0])).size).toBe(4);
  for (const { requestContext, KinesisBatchInfo } of documents) {
    expect(KinesisBatchInfo).toMatchObject({ batchSize: 1, endSequenceNumber: KinesisBatchInfo.startSequenceNumber });
    expect(requestContext).toMatchObject({ condition: "RetryAttemptsExhausted", approximateInvokeCount: 2 });
  }
});
