// Packs a batch into one buffer to be transferred to a function thread; unpack-kafka.ts builds the event from it there.

import { runsOf } from "../../core/partitions/runs.ts";
import type { PackedBatch } from "../../ports/source-kind.ts";
import { headersText, type KafkaEventContext, metadataText } from "./event-text.ts";
import type { KafkaRecord } from "./kafka-record.ts";
import { bodyOffset, CELLS_A_RECORD, CELLS_A_RUN, headOf, NUMBERS_A_RECORD, tablesOf } from "./packed-layout.ts";

/** Name of the kind, and of its unpacker. */
export const KAFKA = "kafka";

export function packKafka(context: KafkaEventContext, records: readonly KafkaRecord[]): PackedBatch {
  const runs = runsOf(records);
  const extras = records.map(extraOf);
  let bodyBytes = 0;
  for (const { key, value } of records) bodyBytes += (key?.length ?? 0) + (value?.length ?? 0);
  for (const extra of extras) bodyBytes += extra?.length ?? 0;
  const buffer = new ArrayBuffer(bodyOffset(records.length, runs.length) + bodyBytes);
  const tables = tablesOf(buffer, records.length, runs.length);
  const bytes = new Uint8Array(buffer);
  headOf(buffer).set([records.length, runs.length]);
  for (const [index, run] of runs.entries())
    tables.runs.set([run.records[0]?.partitionNumber ?? 0, run.records.length], index * CELLS_A_RUN);
  let at = tables.bodyAt;
  for (let index = 0; index < records.length; index += 1) {
    const record = records[index];
    if (record === undefined) continue;
    const { key, value } = record;
    tables.numbers[index * NUMBERS_A_RECORD] = record.arrivedAtMs;
    tables.numbers[index * NUMBERS_A_RECORD + 1] = Number(record.offset);
    const cell = index * CELLS_A_RECORD;
    tables.cells[cell] = key === null ? -1 : key.length;
    tables.cells[cell + 1] = value === null ? -1 : value.length;
    tables.cells[cell + 2] = extras[index]?.length ?? 0;
    tables.cells[cell + 3] = record.timestampType === "LOG_APPEND_TIME" ? 1 : 0;
    if (key !== null) bytes.set(key, at);
    at += key?.length ?? 0;
    if (value !== null) bytes.set(value, at);
    at += value?.length ?? 0;
  }
  for (const extra of extras) {
    if (extra === null) continue;
    bytes.set(extra, at);
    at += extra.length;
  }
  return { kind: KAFKA, buffer, constants: constantsOf(context) };
}

/** Most records have neither headers nor schemas. */
function extraOf({ headers, schema }: KafkaRecord): Uint8Array | null {
  if (headers.length === 0 && schema === null) return null;
  return Buffer.from(`{"headers":${headersText(headers)}${schema === null ? "" : metadataText(schema)}}`, "utf8");
}

function constantsOf({ flavour, eventSourceArn, bootstrapServers, topic }: KafkaEventContext): Record<string, string> {
  return { flavour, bootstrapServers, topic, ...(eventSourceArn === null ? {} : { eventSourceArn }) };
}
