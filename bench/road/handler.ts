// The handler of all contestants: looks at every record, and tells of a shard's first and last one. Nothing else, so that what is
// measured is the road to it.

import { FIRST_KEY, LAST_KEY } from "./record-shape.ts";
import { monotonicMs, openMarks } from "./marks.ts";
import type { KinesisEvent } from "./event.ts";

const tell = openMarks();
let characterCount = 0;

export async function handle(event: KinesisEvent): Promise<void> {
  const { Records: records } = event;
  for (const { kinesis } of records) characterCount += kinesis.data.length;
  if (records[0]?.kinesis.partitionKey === FIRST_KEY) mark("first");
  if (records[records.length - 1]?.kinesis.partitionKey === LAST_KEY) mark("last");
}

function mark(kind: "first" | "last"): void {
  tell({ kind, atMs: monotonicMs(), tookMs: characterCount, name: "" });
}
