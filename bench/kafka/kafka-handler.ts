// The handler of the contestants on Kafka that have one: looks at every record, and tells of a partition's first and last one.

import { monotonicMs, openMarks } from "../road/marks.ts";
import { FIRST_KEY, LAST_KEY } from "../road/record-shape.ts";

export interface KafkaEventRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly timestampType: string;
  readonly key: string;
  readonly value: string;
  readonly headers: readonly unknown[];
}

export interface KafkaEvent {
  readonly eventSource: string;
  readonly eventSourceArn: string;
  readonly bootstrapServers: string;
  readonly records: Readonly<Record<string, readonly KafkaEventRecord[]>>;
}

const FIRST = Buffer.from(FIRST_KEY).toString("base64");
const LAST = Buffer.from(LAST_KEY).toString("base64");
const tell = openMarks();
let characterCount = 0;

export async function handle({ records }: KafkaEvent): Promise<void> {
  for (const unit in records) {
    const list = records[unit] ?? [];
    for (const { value } of list) characterCount += value.length;
    if (list[0]?.key === FIRST) mark("first");
    if (list[list.length - 1]?.key === LAST) mark("last");
  }
}

function mark(kind: "first" | "last"): void {
  tell({ kind, atMs: monotonicMs(), tookMs: characterCount, name: "" });
}
