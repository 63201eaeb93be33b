// The handler of the long runs on queues: one line for each message of each call, in a file that the environment names, written before a
// call fails; every so many calls fail, as the environment says.

import { appendFileSync } from "node:fs";
import type { SQSEvent } from "aws-lambda";

let callCount = 0;

export async function book({ Records }: SQSEvent): Promise<void> {
  callCount += 1;
  const isFailing = callCount % Number(process.env["FAILING"] ?? "50") === 3;
  const lines = Records.map(({ messageId, body, attributes }) => {
    const { ApproximateReceiveCount: count, MessageGroupId: group = "none" } = attributes;
    return `${isFailing ? "failed" : "done"} ${messageId} ${count} ${group} ${body}\n`;
  });
  appendFileSync(process.env["LEDGER"] ?? "", lines.join(""));
  if (isFailing) throw new Error("this call fails");
}
