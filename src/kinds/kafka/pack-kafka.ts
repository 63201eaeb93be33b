// Packs a batch into one buffer to be transferred to a function thread; unpack-kafka.ts builds the event from it there.

import { runsOf } from "../../core/partitions/runs.ts";
import type { PackedBatch } from "../../ports/source-kind.ts";
import { type KafkaEventContext, metadataText } from "./event-text.ts";
import type { KafkaRecord } from "./kafka-record.ts";
import {
  bodyOffset,
  CELLS_A_HEADER,
  CELLS_A_RECORD,
  CELLS_A_RUN,
  headOf,
  NUMBERS_A_RECORD,
  tablesOf,
} from "./packed-layout.ts";

/** Name of the kind, and of its unpacker. */
export const KAFKA = "kafka";

export function packKafka(context: KafkaEventContext, records: readonly KafkaRecord[]): PackedBatch {
  const runs = runsOf(records);
  let headerCount = 0;
  let bodyBytes = 0;
  for (const { key, value, headers, schema } of records) {
    headerCount += headers.length;
    bodyBytes += (key?.length ?? 0) + (value?.length ?? 0);
    for (const [name, each] of headers) bodyBytes += Buffer.byteLength(name, "utf8") + (each?.length ?? 0);
    if (schema !== null) bodyBytes += Buffer.byteLength(schemaText(schema), "utf8");
  }
  const counts = { recordCount: records.length, runCount: runs.length, headerCount };
  const buffer = new ArrayBuffer(bodyOffset(counts) + bodyBytes);
  const tables = tablesOf(buffer, counts);
  const bytes = Buffer.from(buffer);
  headOf(buffer).set([records.length, runs.length, headerCount]);
  for (const [index, run] of runs.entries())
    tables.runs.set([run.records[0]?.partitionNumber ?? 0, run.records.length], index * CELLS_A_RUN);
  let at = tables.bodyAt;
  /** Gives the cell: how many bytes, or that there is nothing. */
  const put = (each: Uint8Array | null): number => {
    if (each === null) return -1;
    bytes.set(each, at);
    at += each.length;
    return each.length;
  };
  const putText = (text: string): number => {
    const length = bytes.write(text, at, "utf8");
    at += length;
    return length;
  };
  let headerCell = 0;
  for (let index = 0; index < records.length; index += 1) {
    const record = records[index];
    if (record === undefined) continue;
    const { headers, schema } = record;
    tables.numbers[index * NUMBERS_A_RECORD] = record.arrivedAtMs;
    tables.numbers[index * NUMBERS_A_RECORD + 1] = Number(record.offset);
    const cell = index * CELLS_A_RECORD;
    tables.cells[cell] = put(record.key);
    tables.cells[cell + 1] = put(record.value);
    tables.cells[cell + 2] = headers.length;
    for (const [name, value] of headers) {
      tables.headers[headerCell] = putText(name);
      tables.headers[headerCell + 1] = put(value);
      headerCell += CELLS_A_HEADER;
    }
    tables.cells[cell + 3] = schema === null ? 0 : putText(schemaText(schema));
    tables.cells[cell + 4] = record.timestampType === "LOG_APPEND_TIME" ? 1 : 0;
  }
  return { kind: KAFKA, buffer, constants: constantsOf(context) };
}

/** An object of what follows the headers. */
function schemaText(schema: NonNullable<KafkaRecord["schema"]>): string {
  return `{${metadataText(schema).slice(1)}}`;
}

function constantsOf({ flavour, eventSourceArn, bootstrapServers, topic }: KafkaEventContext): Record<string, string> {
  return { flavour, bootstrapServers, topic, ...(eventSourceArn === null ? {} : { eventSourceArn }) };
}
