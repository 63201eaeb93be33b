// The handler of the long run: one line for each record of each call, in a file that the environment names, and a failure now and
// then, before or after it has written.

import { appendFileSync } from "node:fs";
import type { KinesisStreamEvent } from "aws-lambda";

let callCount = 0;

export async function book({ Records }: KinesisStreamEvent): Promise<void> {
  callCount += 1;
  const isFailing = callCount % 7 === 3;
  const verdict = isFailing ? "failed" : "done";
  const lines = Records.map(({ eventID, kinesis }) => {
    const number = Buffer.from(kinesis.data, "base64").toString().trimEnd();
    return `${verdict} ${eventID.split(":")[0]} ${kinesis.sequenceNumber} ${kinesis.partitionKey} ${number}\n`;
  });
  appendFileSync(process.env["LEDGER"] ?? "", lines.join(""));
  if (isFailing) throw new Error(`call ${callCount} fails`);
}
