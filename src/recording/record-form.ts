// Records, lanes and events in the form that a recording has, and back. What is only remembered to save work (how far the open batch
// reaches, how what waits is cut) is left out: it follows from the rest.

import { isUtf8 } from "node:buffer";
import type { EndedRange, Watermark } from "../core/watermark.ts";
import { append, nothingWaits, visitFrom, type Waiting } from "../core/waiting.ts";
import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import type { Position } from "../ports/source.ts";
import type { Fed, LaneStart } from "../runtime/lane-feed.ts";
import type { Bytes, EventForm, LaneForm, LaneLine, RangeForm, RecordForm, UnitLine } from "./recording-line.ts";

/**
 * Every field of a record, optional ones too, so that a new one is not forgotten here. `entryIdBytes` follows from `entryId`; a record of
 * a stream has none of those that are for acknowledged sources or for consumer groups only.
 */
type Told = {
  readonly [Field in keyof Required<
    Omit<KinesisRecord, "entryIdBytes" | "expiresAtMs" | "failedBefore" | "partition">
  >]: KinesisRecord[Field] | undefined;
};

export function recordForm(record: KinesisRecord, isWithPayloads: boolean): RecordForm {
  const { ordinal, arrivedAtMs, sizeBytes, entryId, isFollowed } = record;
  const key = bytesForm(record.partitionKey);
  const data = isWithPayloads ? bytesForm(record.data) : null;
  return isFollowed === true
    ? [ordinal, arrivedAtMs, sizeBytes, entryId, key, data, true]
    : [ordinal, arrivedAtMs, sizeBytes, entryId, key, data];
}

export function recordFrom([
  ordinal,
  arrivedAtMs,
  sizeBytes,
  entryId,
  key,
  data,
  isFollowed,
]: RecordForm): KinesisRecord {
  const { isFollowed: isMoreToCome, ...record } = {
    ordinal,
    arrivedAtMs,
    sizeBytes,
    entryId,
    partitionKey: bytesFrom(key),
    data: data === null ? new Uint8Array(0) : bytesFrom(data),
    isFollowed,
  } satisfies Told;
  return isMoreToCome === true ? { ...record, isFollowed: isMoreToCome } : record;
}

export function eventForm(event: Fed<KinesisRecord>, isWithPayloads: boolean): EventForm {
  if (event.kind !== "arrived") return event;
  return { ...event, records: event.records.map((each) => recordForm(each, isWithPayloads)) };
}

export function eventFrom(form: EventForm): Fed<KinesisRecord> {
  if (form.kind !== "arrived") return form;
  return { ...form, records: form.records.map(recordFrom) };
}

export function laneForm({ lane }: LaneStart<KinesisRecord>, isWithPayloads: boolean): LaneForm {
  const { open: _open, withdrawn: _none, waiting, stack, steppedAtMs, ...rest } = lane;
  return {
    ...rest,
    waiting: recordsOf(waiting).map((each) => recordForm(each, isWithPayloads)),
    stack: stack.map((batch) => ({
      ...batch,
      records: batch.records.map((each) => recordForm(each, isWithPayloads)),
    })),
    steppedAtMs: Number.isFinite(steppedAtMs) ? steppedAtMs : null,
  };
}

export function laneStartFrom(line: LaneLine): LaneStart<KinesisRecord> {
  const { waiting, stack, steppedAtMs, ...rest } = line.lane;
  return {
    lane: {
      ...rest,
      open: null,
      withdrawn: [],
      waiting: append(nothingWaits, waiting.map(recordFrom)),
      stack: stack.map((batch) => ({ ...batch, records: batch.records.map(recordFrom) })),
      steppedAtMs: steppedAtMs ?? Number.NEGATIVE_INFINITY,
    },
    requestIds: line.requestIds,
    numbers: line.numbers,
    called: line.called,
  };
}

export function rangeForm({ first, last, place, deliveredCount }: EndedRange<Position>): RangeForm {
  return [first, last, place, deliveredCount];
}

export function rangeFrom([first, last, place, deliveredCount]: RangeForm): EndedRange<Position> {
  return { first, last, place, deliveredCount };
}

/** How far a unit had ended. */
export function watermarkFrom({ through, place, ahead }: UnitLine): Watermark<Position> {
  const ranges = ahead.map(rangeFrom);
  const aheadCount = ranges.reduce((sum, range) => sum + range.deliveredCount, 0);
  return { through, place, ahead: ranges, aheadCount };
}

/** Everything that waits, first to last. */
export function recordsOf(waiting: Waiting<KinesisRecord>): readonly KinesisRecord[] {
  const records: KinesisRecord[] = [];
  visitFrom(waiting, 0, (record) => {
    records.push(record);
    return true;
  });
  return records;
}

function bytesForm(bytes: Uint8Array): Bytes {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer) ? buffer.toString("utf8") : { base64: buffer.toString("base64") };
}

function bytesFrom(form: Bytes): Uint8Array {
  return typeof form === "string" ? Buffer.from(form, "utf8") : Buffer.from(form.base64, "base64");
}
