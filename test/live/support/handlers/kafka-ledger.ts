// The handler of the long runs on Kafka: one line for each record of each call, in a file that the environment names, written before a call
// ends; every so many calls fail, and each takes its time, as the environment says.

import { appendFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

interface KafkaEvent {
  readonly records: Readonly<
    Record<string, readonly { readonly partition: number; readonly offset: number; readonly value: string }[]>
  >;
}

let callCount = 0;

export async function book({ records }: KafkaEvent): Promise<void> {
  callCount += 1;
  const isFailing = callCount % Number(process.env["FAILING"] ?? "50") === 3;
  await delay(Number(process.env["PAUSE_MS"] ?? "0"));
  const verdict = isFailing ? "failed" : "done";
  const lines = Object.values(records)
    .flat()
    .map(({ partition, offset, value }) => {
      const number = Buffer.from(value, "base64").toString().trimEnd();
      return `${verdict} ${partition} ${offset} ${number}\n`;
    });
  appendFileSync(process.env["LEDGER"] ?? "", lines.join(""));
  if (isFailing) throw new Error("this call fails");
}
