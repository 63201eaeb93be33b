// The handlers of the long runs on queues: one line for each message of each call, in a file that the environment names, written before the
// call ends. `book` fails now and then, as a whole or by its answer; a message whose body ends in `poison` fails whenever it comes.

import { appendFileSync } from "node:fs";
import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";

let callCount = 0;

/** Of each twenty calls of a thread the third throws, and the eleventh reports every fourth message. */
export async function book({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  callCount += 1;
  const isThrowing = callCount % 20 === 3;
  const isFailed = ({ body }: SQSRecord, index: number): boolean =>
    isThrowing || body.endsWith("poison") || (callCount % 20 === 11 && index % 4 === 0);
  const failed = Records.filter(isFailed);
  enter(Records, (record) => failed.includes(record));
  if (isThrowing) throw new Error("this call fails");
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

/** FIFO: at its first failure it stops, and reports that message and all behind it. Of this thread's calls every fifth fails so. */
export async function inOrder({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  callCount += 1;
  const firstFailed = callCount % 5 === 2 ? Math.trunc(Records.length / 2) : Records.length;
  const failed = Records.slice(firstFailed);
  enter(Records, (record) => failed.includes(record));
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

function enter(records: readonly SQSRecord[], isFailed: (record: SQSRecord) => boolean): void {
  const lines = records.map((record) => {
    const { messageId, body, attributes } = record;
    const verdict = isFailed(record) ? "failed" : "done";
    const { ApproximateReceiveCount, MessageGroupId = "-", SequenceNumber = "-" } = attributes;
    return `${verdict} ${messageId} ${ApproximateReceiveCount} ${MessageGroupId} ${SequenceNumber} ${body}\n`;
  });
  appendFileSync(process.env["LEDGER"] ?? "", lines.join(""));
}
