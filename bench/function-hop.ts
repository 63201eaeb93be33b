// The row "function hop": batches of 1 KB records from a poller's invoker to a handler in a function thread and back, beside the
// same packed batches over a bare thread's port. One invocation in flight, as in a lane.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { createPermitsBuffer, openPermits } from "../src/functions/permits.ts";
import { createThreadInvoker } from "../src/functions/thread-invoker.ts";
import { createKinesisKind } from "../src/kinds/kinesis/kinesis-kind.ts";
import type { KinesisRecord } from "../src/kinds/kinesis/kinesis-record.ts";
import { createSystemClock } from "../src/platform/system-clock.ts";
import { createSystemRandom } from "../src/platform/system-random.ts";
import type { DeployedFunction } from "../src/ports/functions.ts";
import type { Call } from "../src/ports/invoker.ts";
import type { PackedBatch } from "../src/ports/source-kind.ts";
import { workerEntry } from "../src/threads/entries.ts";
import type { Figure, RowResult } from "./results.ts";
import { spreadOf } from "./spread.ts";

const ROUNDS = 5;
const RECORD_BYTES = 1_024;
const SIZES = [
  { batchSize: 1, callCount: 8_000 },
  { batchSize: 10, callCount: 4_000 },
  { batchSize: 100, callCount: 1_000 },
  { batchSize: 1_000, callCount: 150 },
] as const;
const ARN = "arn:aws:lambda:us-east-1:000000000000:function:hop";

/** Calls once and resolves when the answer is there. */
type Hop = (pack: () => PackedBatch) => Promise<void>;

export async function measureFunctionHop(isQuick: boolean): Promise<RowResult> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-hop-"));
  const ours = openInvoker(folder);
  const bare = openBareThread();
  try {
    const figures: Figure[] = [];
    for (const { batchSize, callCount } of SIZES) {
      const count = isQuick ? Math.ceil(callCount / 8) : callCount;
      figures.push(...(await measureSize(batchSize, count, ours.hop, bare.hop)));
    }
    return {
      row: "function hop",
      measures:
        "packed batches of 1 KB records to an async handler and back, one in flight; our invoker against a bare port",
      leavesOut: "reading, filters, deciding, checkpoints",
      figures,
    };
  } finally {
    await ours.close();
    await bare.close();
    rmSync(folder, { recursive: true });
  }
}

async function measureSize(batchSize: number, callCount: number, ours: Hop, bare: Hop): Promise<readonly Figure[]> {
  const kind = createKinesisKind({
    eventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/hop",
    region: "us-east-1",
    roleArn: ARN,
  });
  const records = Array.from({ length: batchSize }, (_, index) => aRecord(index));
  const pack = (): PackedBatch => kind.pack("shardId-000000000000", records, null);
  const [oursRates, bareRates]: [number[], number[]] = [[], []];
  await rateOf(ours, pack, Math.ceil(callCount / 4));
  await rateOf(bare, pack, Math.ceil(callCount / 4));
  for (let round = 0; round < ROUNDS; round += 1) {
    oursRates.push(await rateOf(ours, pack, callCount));
    bareRates.push(await rateOf(bare, pack, callCount));
  }
  const perSecond = (name: string, rates: readonly number[]): Figure => ({
    name: `batch ${batchSize}, ${name}`,
    unit: "records/s",
    spread: spreadOf(rates.map((rate) => rate * batchSize)),
    digits: 0,
    goal: null,
    isMoreBetter: true,
  });
  const ratios = oursRates.map((rate, round) => rate / (bareRates[round] ?? Number.NaN));
  return [
    perSecond("invoker", oursRates),
    perSecond("bare port", bareRates),
    {
      name: `batch ${batchSize}, ratio`,
      unit: "",
      spread: spreadOf(ratios),
      digits: 2,
      goal: null,
      isMoreBetter: true,
    },
  ];
}

/** Calls a second. */
async function rateOf(hop: Hop, pack: () => PackedBatch, callCount: number): Promise<number> {
  const startedMs = performance.now();
  for (let call = 0; call < callCount; call += 1) await hop(pack);
  return callCount / ((performance.now() - startedMs) / 1_000);
}

function openInvoker(folder: string): { readonly hop: Hop; close(): Promise<void> } {
  const modulePath = join(folder, "hop.mjs");
  writeFileSync(modulePath, "export const handler = async ({ Records }) => (Records.length > 0 ? null : 'empty');");
  const deployed: DeployedFunction = {
    settings: {
      name: "hop",
      arn: ARN,
      timeoutMs: 60_000,
      memoryMb: 512,
      environment: {},
      reservedConcurrency: null,
      runtime: "nodejs24.x",
      roleArn: ARN,
    },
    code: {
      codeSha256: "hop",
      modulePath,
      exportName: "handler",
      handlerText: "hop.handler",
      taskRoot: folder,
      buildError: null,
    },
    version: "$LATEST",
    permitSlot: 0,
    published: [],
    aliases: [],
  };
  const invoker = createThreadInvoker({
    functions: [deployed],
    permits: openPermits(createPermitsBuffer({ pollerCount: 1, slotCount: 1, maxRunning: 4 }), 0, 4),
    workerUrl: workerEntry("function"),
    endpointUrl: "http://127.0.0.1:4566",
    region: "us-east-1",
    clock: createSystemClock(),
    random: createSystemRandom(),
    hostEnvironment: {},
    onLog: () => {},
    maxThreads: 4,
  });
  const never = new AbortController().signal;
  const call = {
    functionArn: ARN,
    mappingUuid: "hop",
    requestId: "hop",
    recordCount: 1,
    isAnswerWanted: false,
  } as const;
  return {
    async hop(pack) {
      const request: Call = { ...call, pack, text: () => "" };
      const answer = await invoker.invoke(request, never);
      if (answer.kind !== "returned") throw new Error(answer.message);
    },
    close: () => invoker.close(0),
  };
}

function openBareThread(): { readonly hop: Hop; close(): Promise<unknown> } {
  const thread = new Worker(new URL("function-hop-thread.ts", import.meta.url));
  let answered: (() => void) | null = null;
  thread.on("message", () => answered?.());
  return {
    hop: (pack) =>
      new Promise((resolve) => {
        answered = resolve;
        const batch = pack();
        thread.postMessage(batch, [batch.buffer]);
      }),
    close: () => thread.terminate(),
  };
}

function aRecord(index: number): KinesisRecord {
  return {
    ordinal: index,
    entryId: `1780000000000-${index}`,
    partitionKey: Buffer.from(`key-${index % 16}`),
    data: Buffer.alloc(RECORD_BYTES, 97 + (index % 26)),
    arrivedAtMs: 1_780_000_000_000,
    sizeBytes: 0,
  };
}
