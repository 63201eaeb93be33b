// Builds the Kafka event from a packed batch, inside a function thread: the same members in the same order as the event's text (M-101
// to M-113). It imports next to nothing, so that a function thread starts fast.

import type { PackedBatch } from "../../ports/source-kind.ts";
import { CELLS_A_HEADER, CELLS_A_RECORD, CELLS_A_RUN, headOf, NUMBERS_A_RECORD, tablesOf } from "./packed-layout.ts";

type Header = Readonly<Record<string, readonly number[] | null>>;

interface EventRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly timestampType: string;
  key?: string;
  value?: string;
  headers?: readonly Header[];
}

export function unpackKafka({ buffer, constants }: PackedBatch): unknown {
  const [recordCount = 0, runCount = 0, headerCount = 0] = headOf(buffer);
  const tables = tablesOf(buffer, { recordCount, runCount, headerCount });
  const { numbers, runs, cells } = tables;
  const bytes = Buffer.from(buffer);
  const topic = constants["topic"] ?? "";
  const records: Record<string, EventRecord[]> = {};
  let at = tables.bodyAt;
  let headerCell = 0;
  let index = 0;

  function headersOf(count: number): readonly Header[] {
    const headers: Header[] = [];
    for (let each = 0; each < count; each += 1) {
      const name = bytes.toString("utf8", at, (at += tables.headers[headerCell] ?? 0));
      const valueBytes = tables.headers[headerCell + 1] ?? -1;
      let value: number[] | null = null;
      if (valueBytes >= 0) {
        value = [];
        // Signed (M-110). A push each is far cheaper than Array.from.
        for (const to = at + valueBytes; at < to; at += 1) value.push(((bytes[at] ?? 0) << 24) >> 24);
      }
      headerCell += CELLS_A_HEADER;
      headers.push({ [name]: value });
    }
    return headers;
  }

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
        timestampType: cells[cell + 4] === 1 ? "LOG_APPEND_TIME" : "CREATE_TIME",
      };
      const keyBytes = cells[cell] ?? -1;
      if (keyBytes >= 0) record.key = bytes.toString("base64", at, (at += keyBytes));
      const valueBytes = cells[cell + 1] ?? -1;
      if (valueBytes >= 0) record.value = bytes.toString("base64", at, (at += valueBytes));
      record.headers = headersOf(cells[cell + 2] ?? 0);
      const schemaBytes = cells[cell + 3] ?? 0;
      if (schemaBytes > 0) Object.assign(record, JSON.parse(bytes.toString("utf8", at, (at += schemaBytes))));
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
