// The handlers of the long runs: one line for each record of each call, in a file that the environment names, written before a call
// fails. `book` fails now and then, `sift` whenever there is poison.

import { appendFileSync } from "node:fs";
import type { KinesisStreamEvent } from "aws-lambda";

let callCount = 0;

export async function book(event: KinesisStreamEvent): Promise<void> {
  callCount += 1;
  enter(event, callCount % 7 === 3);
}

export async function sift(event: KinesisStreamEvent): Promise<void> {
  enter(
    event,
    event.Records.some(({ kinesis }) => textOf(kinesis.data).endsWith("poison")),
  );
}

const textOf = (data: string): string => Buffer.from(data, "base64").toString().trimEnd();

function enter({ Records }: KinesisStreamEvent, isFailing: boolean): void {
  const verdict = isFailing ? "failed" : "done";
  const lines = Records.map(({ eventID, kinesis }) => {
    const [number = ""] = textOf(kinesis.data).split(" ");
    return `${verdict} ${eventID.split(":")[0]} ${kinesis.sequenceNumber} ${kinesis.partitionKey} ${number}\n`;
  });
  appendFileSync(process.env["LEDGER"] ?? "", lines.join(""));
  if (isFailing) throw new Error("this call fails");
}
