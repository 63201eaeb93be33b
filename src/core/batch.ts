// A batch: the records of one invocation, and its identity. Cutting one gives new identities, never a changed old one.
//
// I1  A batch's members never change (H-10, B-6).
// I2  `id` is one identity: same id, same counter, same request id (E-12). Within a lane ids only rise.
// I3  A batch without records is a final call of a tumbling window (W-8, W-12).

import type { Closer } from "./closer.ts";
import type { Rec } from "./record.ts";

export interface Batch<R extends Rec> {
  /** One identity within its lane (E-12). A runtime draws a new request id when it meets an id for the first time. */
  readonly id: number;
  /** The lane's count of first batches, from 1; halves and rests keep it. With `path` it makes the name, see batch-name.ts. */
  readonly number: number;
  /** "" for a first batch; ".1" and ".2" for halves, "+" for a rest, appended at each cut. */
  readonly path: string;
  readonly records: readonly R[];
  /** Bytes of the records in the event's JSON, commas between them included; without the envelope and the state. */
  readonly recordBytes: number;
  /** What closed the first batch that this one comes from. */
  readonly closer: Closer;
  readonly call: "records" | "final" | "early";
  /** Ended calls that count against the limits (E-1 to E-3). */
  readonly attempts: number;
  /** Refusals in a row, not counted against the limits (E-22). */
  readonly refusals: number;
}

/** Bytes that records take in the event, with a comma between neighbours and what each partition has once (B-11, M-303). */
export function recordBytesOf(records: readonly Rec[]): number {
  let bytes = Math.max(0, records.length - 1);
  let epoch: number | undefined;
  for (const { sizeBytes, partition } of records) {
    bytes += sizeBytes;
    if (partition === undefined || partition.epoch === epoch) continue;
    epoch = partition.epoch;
    bytes += partition.headBytes;
  }
  return bytes;
}

/** What a lane has closed or was handed, never called yet. */
export function firstBatch<R extends Rec>(
  lane: { readonly nextId: number; readonly nextNumber: number },
  records: readonly R[],
  closer: Closer,
): Batch<R> {
  return {
    id: lane.nextId,
    number: lane.nextNumber,
    path: "",
    records,
    recordBytes: recordBytesOf(records),
    closer,
    call: "records",
    attempts: 0,
    refusals: 0,
  };
}

/** A part of a batch as a new identity with counters of 0 (E-12). */
export function partOf<R extends Rec>(
  batch: Batch<R>,
  part: { readonly from: number; readonly to: number; readonly id: number; readonly path: string },
): Batch<R> {
  return withRecords(batch, batch.records.slice(part.from, part.to), part);
}

/** The records with these ascending indexes, likewise (M-411). */
export function keptOf<R extends Rec>(
  batch: Batch<R>,
  part: { readonly kept: readonly number[]; readonly id: number; readonly path: string },
): Batch<R> {
  const kept = new Set(part.kept);
  return withRecords(
    batch,
    batch.records.filter((_, index) => kept.has(index)),
    part,
  );
}

/** These records of a batch as a new identity with counters of 0 (E-12). */
export function withRecords<R extends Rec>(
  batch: Batch<R>,
  records: readonly R[],
  { id, path }: { readonly id: number; readonly path: string },
): Batch<R> {
  return { ...batch, id, path, records, recordBytes: recordBytesOf(records), attempts: 0, refusals: 0 };
}
