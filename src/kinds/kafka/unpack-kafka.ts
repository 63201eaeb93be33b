// Builds the Kafka event from a packed batch, inside a function thread: the same members in the same order as the event's text (M-101
// to M-113). It imports next to nothing, so that a function thread starts fast.

import type { PackedBatch } from "../../ports/source-kind.ts";
import { CELLS_A_RECORD, CELLS_A_RUN, headOf, NUMBERS_A_RECORD, tablesOf } from "./packed-layout.ts";

interface EventRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly timestampType: string;
  key?: string;
  value?: string;
  headers?: unknown;
}

export function unpackKafka({ buffer, constants }: PackedBatch): unknown {
  const [recordCount = 0, runCount = 0] = headOf(buffer);
  const { numbers, runs, cells, bodyAt } = tablesOf(buffer, recordCount, runCount);
  const bytes = Buffer.from(buffer);
  const topic = constants["topic"] ?? "";
  const records: Record<string, EventRecord[]> = {};
  let at = bodyAt;
  let extraAt = bodyAt;
  for (let index = 0; index < recordCount; index += 1) {
    const cell = index * CELLS_A_RECORD;
    extraAt += Math.max(0, cells[cell] ?? 0) + Math.max(0, cells[cell + 1] ?? 0);
  }
  let index = 0;
  for (let run = 0; run < runCount; run += 1) {
    const partition = runs[run * CELLS_A_RUN] ?? 0;
    const end = index + (runs[run * CELLS_A_RUN + 1] ?? 0);
    const list: EventRecord[] = [];
    for (; index < end; index += 1) {
      const cell = index * CELLS_A_RECORD;
      const record: EventRecord = {
        topic,
        partition,
        offset: numbers[index * NUMBERS_A_RECORD + 1] ?? 0,
        timestamp: numbers[index * NUMBERS_A_RECORD] ?? 0,
        timestampType: cells[cell + 3] === 1 ? "LOG_APPEND_TIME" : "CREATE_TIME",
      };
      const keyBytes = cells[cell] ?? -1;
      const valueBytes = cells[cell + 1] ?? -1;
      const extraBytes = cells[cell + 2] ?? 0;
      if (keyBytes >= 0) record.key = bytes.toString("base64", at, (at += keyBytes));
      if (valueBytes >= 0) record.value = bytes.toString("base64", at, (at += valueBytes));
      if (extraBytes === 0) record.headers = [];
      else Object.assign(record, JSON.parse(bytes.toString("utf8", extraAt, (extraAt += extraBytes))));
      list.push(record);
    }
    records[`${topic}-${partition}`] = list;
  }
  const { eventSourceArn } = constants;
  return {
    eventSource: constants["flavour"] === "msk" ? "aws:kafka" : "SelfManagedKafka",
    ...(eventSourceArn === undefined ? {} : { eventSourceArn }),
    bootstrapServers: constants["bootstrapServers"],
    records,
  };
}
