// What on-failure documents say of a batch of Kafka: its partitions with their first and last records (M-421), or of one record, for a
// destination that is a topic (M-424).

import { recordBytesOf } from "../../core/batch.ts";
import { javaInstant } from "../../core/instant.ts";
import type { BatchInfo } from "../../core/on-failure-document.ts";
import { type Run, runsOf } from "../../core/partitions/runs.ts";
import type { KafkaEventContext } from "./event-text.ts";
import type { KafkaRecord } from "./kafka-record.ts";

const NAME = "KafkaBatchInfo";
/** Greatest instant that a date can have; a producer may write any number. */
const GREATEST_DATE_MS = 8.64e15;

export function batchInfo(
  context: KafkaEventContext,
  envelopeBytes: number,
  records: readonly KafkaRecord[],
): BatchInfo {
  const recordsInfo = Object.fromEntries(runsOf(records).map((run) => [run.partition?.unit ?? "", runInfo(run)]));
  return { name: NAME, members: { ...shared(context, envelopeBytes, records), recordsInfo } };
}

export function recordInfo(context: KafkaEventContext, envelopeBytes: number, record: KafkaRecord): BatchInfo {
  const { offset, arrivedAtMs } = record;
  const info = { offset, timestamp: timestampText(arrivedAtMs) };
  return { name: NAME, members: { ...shared(context, envelopeBytes, [record]), recordInfo: info } };
}

/** `eventSourceArn` is left out where the source has none. `payloadSize`: bytes of the event. */
function shared(
  { eventSourceArn, bootstrapServers }: KafkaEventContext,
  envelopeBytes: number,
  records: readonly KafkaRecord[],
): BatchInfo["members"] {
  return {
    batchSize: records.length,
    ...(eventSourceArn === null ? {} : { eventSourceArn }),
    bootstrapServers,
    payloadSize: envelopeBytes + recordBytesOf(records),
  };
}

function runInfo({ records }: Run<KafkaRecord>): Readonly<Record<string, string>> {
  const first = records[0];
  const last = records.at(-1);
  if (first === undefined || last === undefined) return {};
  return {
    firstRecordOffset: first.offset,
    lastRecordOffset: last.offset,
    firstRecordTimestamp: timestampText(first.arrivedAtMs),
    lastRecordTimestamp: timestampText(last.arrivedAtMs),
  };
}

/** O-4 */
function timestampText(atMs: number): string {
  return javaInstant(Math.max(-GREATEST_DATE_MS, Math.min(atMs, GREATEST_DATE_MS)));
}
