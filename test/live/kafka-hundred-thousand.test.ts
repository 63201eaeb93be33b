// The long run on Kafka: 100,000 records through 12 partitions, while calls fail now and then, the broker is killed, and somebody else's
// program joins the group and leaves it. The handler keeps a ledger of every record of every call, and the ledger is what is judged.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lambdaAt, mapped } from "./support/aws-clients.ts";
import { kafkaSide, ownKafka } from "./support/kafka-side.ts";
import { aFolder, aServer } from "./support/live-server.ts";

const RECORD_COUNT = 100_000;
const PARTITION_COUNT = 12;
const BATCH_SIZE = 200;
const CALLS_A_POLLER = 5;
const A_SEND = 5_000;
const arn = "arn:aws:kafka:us-east-1:000000000000:cluster/shop/f3bb8a1e-0a0e-4c3c-9d3a-111111111111-1";
const LONG = { timeout: 240_000, interval: 250 };

interface Line {
  readonly verdict: string;
  readonly partition: number;
  readonly offset: number;
}

function linesOf(ledger: string): readonly Line[] {
  if (!existsSync(ledger)) return [];
  const lines = readFileSync(ledger, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => {
    const [verdict = "", partition, offset] = line.split(" ");
    return { verdict, partition: Number(partition), offset: Number(offset) };
  });
}

const placeOf = ({ partition, offset }: { readonly partition: number; readonly offset: number }): string =>
  `${partition}-${offset}`;

/** Records whose first line comes before that of one with a lower offset of its partition. */
function disorder(lines: readonly Line[]): readonly Line[] {
  const seen = new Set<string>();
  const last = new Map<number, number>();
  return lines.filter((line) => {
    if (seen.has(placeOf(line))) return false;
    seen.add(placeOf(line));
    const isWrong = (last.get(line.partition) ?? -1) > line.offset;
    last.set(line.partition, line.offset);
    return isWrong;
  });
}

test("M-401, M-402, M-202, M-806: 100,000 records, each done at least once and in order by partition, over a killed broker, a foreign member and calls that fail", async () => {
  const broker = await ownKafka();
  const kafka = await kafkaSide(broker);
  const topic = await kafka.topic({ partitionCount: PARTITION_COUNT });
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(
    {
      sources: { [arn]: { engine: "KAFKA", servers: [kafka.server], callsAPoller: CALLS_A_POLLER } },
      functions: {
        f: {
          Handler: "kafka-ledger.book",
          Timeout: 30,
          Environment: { Variables: { LEDGER: ledger, FAILING: "50", PAUSE_MS: "100" } },
        },
      },
    },
    { folder },
  );
  const groupId = "the-group";
  await mapped(server, lambdaAt(server.url), {
    EventSourceArn: arn,
    FunctionName: "f",
    Topics: [topic],
    StartingPosition: "TRIM_HORIZON",
    BatchSize: BATCH_SIZE,
    AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: groupId },
  });
  const sendUpTo = async (from: number, to: number): Promise<void> => {
    for (let first = from; first < to; first += A_SEND) {
      await kafka.send(
        topic,
        Array.from({ length: A_SEND }, (_, index) => ({
          partition: (first + index) % PARTITION_COUNT,
          value: `${first + index}`.padEnd(64),
        })),
      );
    }
  };

  await sendUpTo(0, RECORD_COUNT / 2);
  await expect.poll(() => linesOf(ledger).length, LONG).toBeGreaterThan(0);
  const foreign: { readonly partition: number; readonly offset: number }[] = [];
  const member = await kafka.foreignMember(groupId, topic, (partition, offsets) => {
    foreign.push(...offsets.map((offset) => ({ partition, offset })));
  });
  await expect.poll(() => foreign.length, LONG).toBeGreaterThan(0);
  await member.disconnect();
  // All partitions are ours once more.
  const openedCount = (): number => server.log.entries.filter(({ kind }) => kind === "unit-opened").length;
  await expect.poll(openedCount, LONG).toBeGreaterThanOrEqual(PARTITION_COUNT * 1.5);
  const lineCount = linesOf(ledger).length;
  await sendUpTo(RECORD_COUNT / 2, RECORD_COUNT);
  await expect.poll(() => linesOf(ledger).length, LONG).toBeGreaterThan(lineCount + RECORD_COUNT / 10);
  await broker.kill();
  await broker.restart();

  const committedCount = async (): Promise<number> =>
    (await kafka.committed(groupId, topic)).reduce<number>((sum, offset) => sum + (offset ?? 0), 0);
  await expect.poll(committedCount, LONG).toBe(RECORD_COUNT);
  expect(await server.stop()).toEqual([]);

  const lines = linesOf(ledger);
  const done = lines.filter(({ verdict }) => verdict === "done");
  const places = new Set([...done, ...foreign].map(placeOf));
  expect(places.size).toBe(RECORD_COUNT);
  expect(disorder(done)).toEqual([]);
  // What comes twice was in flight as the broker died, or as partitions changed hands twice.
  const repeatedCount = done.length + foreign.length - places.size;
  expect(repeatedCount).toBeLessThanOrEqual(3 * CALLS_A_POLLER * BATCH_SIZE);
  // The run was what it says: calls failed, and somebody else had a share.
  expect(lines.some(({ verdict }) => verdict === "failed")).toBe(true);
  expect(foreign.length).toBeGreaterThan(0);
  expect(server.fatal).toEqual([]);
}, 400_000);
