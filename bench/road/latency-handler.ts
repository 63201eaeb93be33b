// Tells how long ago each record was written: its data begins with the writer's instant on the system's monotonic clock.

import type { KinesisEvent } from "./event.ts";
import { monotonicMs, openMarks } from "./marks.ts";

const tell = openMarks();

export async function handle(event: KinesisEvent): Promise<void> {
  const atMs = monotonicMs();
  for (const { kinesis } of event.Records) {
    const [name = "", writtenMs = ""] = Buffer.from(kinesis.data, "base64").toString().split(" ");
    tell({ kind: "latency", atMs, tookMs: atMs - Number(writtenMs), name });
  }
}
