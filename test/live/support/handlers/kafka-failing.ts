// Writes each event of Kafka that it is given as one line of a file that the environment names, and names as failed the offset that
// FAILED says; without it, it throws.

import { appendFileSync } from "node:fs";

interface KafkaEvent {
  readonly records: Readonly<Record<string, readonly unknown[]>>;
}

export async function book(event: KafkaEvent): Promise<unknown> {
  appendFileSync(process.env["LEDGER"] ?? "", `${JSON.stringify(event)}\n`);
  const offset = process.env["FAILED"];
  if (offset === undefined) throw new Error("this call fails");
  return {
    batchItemFailures: [{ itemIdentifier: { partition: Object.keys(event.records)[0], offset: Number(offset) } }],
  };
}
