// Packs a batch into one buffer to be transferred to a function thread; unpack-kinesis.ts builds the event from it there.

import type { WindowPart } from "../../core/tumbling.ts";
import type { UnitId } from "../../ports/source.ts";
import type { PackedBatch } from "../../ports/source-kind.ts";
import { windowEdgeText } from "../event-window.ts";
import type { KinesisEventContext, KinesisRecord } from "./kinesis-record.ts";
import { bodyOffset, tablesOf } from "./packed-layout.ts";

/** Name of the kind, and of its unpacker. */
export const KINESIS = "kinesis";

export function packKinesis(
  context: KinesisEventContext,
  unit: UnitId,
  records: readonly KinesisRecord[],
  window: WindowPart | null,
): PackedBatch {
  const state = window === null ? null : Buffer.from(window.stateJson, "utf8");
  let idBytes = 0;
  let keyBytes = 0;
  let dataBytes = 0;
  for (const record of records) {
    idBytes += (record.entryIdBytes ?? record.entryId).length;
    keyBytes += record.partitionKey.length;
    dataBytes += record.data.length;
  }
  let idAt = bodyOffset(records.length);
  let keyAt = idAt + idBytes;
  let dataAt = keyAt + keyBytes;
  const buffer = new ArrayBuffer(dataAt + dataBytes + (state?.length ?? 0));
  const { head, arrivals, lengths } = tablesOf(buffer, records.length);
  const bytes = new Uint8Array(buffer);
  head.set([records.length, idBytes, keyBytes, state?.length ?? 0]);
  for (let index = 0; index < records.length; index++) {
    const record = records[index];
    if (record === undefined) continue;
    const { partitionKey, data } = record;
    arrivals[index] = record.arrivedAtMs;
    const nextIdAt = putEntryId(bytes, idAt, record);
    lengths[index * 3] = nextIdAt - idAt;
    lengths[index * 3 + 1] = partitionKey.length;
    lengths[index * 3 + 2] = data.length;
    idAt = nextIdAt;
    // A short copy by hand is cheaper than a call of `set`.
    for (let each = 0; each < partitionKey.length; each++) bytes[keyAt++] = partitionKey[each] ?? 0;
    bytes.set(data, dataAt);
    dataAt += data.length;
  }
  if (state !== null) bytes.set(state, dataAt);
  return { kind: KINESIS, buffer, constants: constantsOf(context, unit, window) };
}

/** Gives where the next byte goes. */
function putEntryId(bytes: Uint8Array, from: number, record: KinesisRecord): number {
  const ascii = record.entryIdBytes;
  let at = from;
  if (ascii !== undefined) for (let each = 0; each < ascii.length; each++) bytes[at++] = ascii[each] ?? 0;
  else for (let each = 0; each < record.entryId.length; each++) bytes[at++] = record.entryId.charCodeAt(each);
  return at;
}

function constantsOf(context: KinesisEventContext, unit: UnitId, window: WindowPart | null): Record<string, string> {
  const constants: Record<string, string> = {
    unit,
    eventSourceArn: context.eventSourceArn,
    region: context.region,
    roleArn: context.roleArn,
  };
  if (window !== null) {
    constants["windowStart"] = windowEdgeText(window.startMs);
    constants["windowEnd"] = windowEdgeText(window.endMs);
    constants["isFinal"] = String(window.isFinal);
    constants["isTerminatedEarly"] = String(window.isTerminatedEarly);
  }
  return constants;
}
