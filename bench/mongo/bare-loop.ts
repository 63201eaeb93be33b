// The yardstick of change streams: the driver's own stream on one thread, one change after the other, each looked at and nothing stored.

import { type Document, MongoClient, Timestamp } from "mongodb";
import { serve } from "../child.ts";
import { monotonicMs } from "../road/marks.ts";
import { cpuMsSince, type RunAnswer } from "../road/run.ts";
import type { BenchDocument, ChangeRunRequest } from "./change-run.ts";

/** As many as a mapping asks the server for at a time. */
const ANSWER_EVENTS = 1_000;

async function run({ url, database, collection, fromSeconds }: ChangeRunRequest): Promise<RunAnswer> {
  const client = await new MongoClient(url).connect();
  const stream = client
    .db(database)
    .collection(collection)
    .watch<BenchDocument & Document>([], {
      startAtOperationTime: new Timestamp({ t: fromSeconds, i: 1 }),
      batchSize: ANSWER_EVENTS,
    });
  let firstMs = 0;
  let characterCount = 0;
  let cpu = process.cpuUsage();
  for await (const change of stream) {
    if (change.operationType !== "insert") continue;
    const { isFirst, isLast, text } = change.fullDocument;
    if (isFirst) {
      firstMs = monotonicMs();
      cpu = process.cpuUsage();
    }
    characterCount += text.length;
    if (isLast) break;
  }
  const wallMs = monotonicMs() - firstMs;
  const cpuMs = cpuMsSince(cpu);
  if (characterCount === 0) throw new Error("the changes have no documents");
  await stream.close();
  await client.close();
  return { wallMs, cpuMs, invocationCount: 0 };
}

serve({ run }, async () => {});
