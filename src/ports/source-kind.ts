// What a kind of source means to the pipeline, beside being read: one contract that ties together a record's size, its form in
// the event and the filter's view of it. Kinds live in src/kinds, one folder each; they are pure.
//
// Laws, property-tested for every kind: unpack(pack(b)) equals JSON.parse(text(b)), and the envelope plus the sum of
// `sizeBytes` plus the commas, plus the window part and the state where there is a window, equals the number of UTF-8 bytes of
// text(b).

import type { FilterView } from "../core/filter/filter-view.ts";
import type { BatchInfo } from "../core/on-failure-document.ts";
import type { Rec } from "../core/record.ts";
import type { WindowPart } from "../core/tumbling.ts";
import type { Position, UnitId } from "./source.ts";

export type { FilterView } from "../core/filter/filter-view.ts";

/** A batch in one buffer that can be transferred to a function thread, which builds the event there. */
export interface PackedBatch {
  /** Names the unpacker: a kind's name. */
  readonly kind: string;
  readonly buffer: ArrayBuffer;
  /** Constant members of the event for this mapping and unit: small, structured-cloneable. */
  readonly constants: Readonly<Record<string, string>>;
}

export interface SourceKind<R extends Rec> {
  readonly name: string;
  /** Bytes of the event around its records, without a window part. */
  readonly envelopeBytes: number;
  /** Bytes of the window part of a call with records, its state left out (W-1). */
  windowBytes(unit: UnitId): number;
  /** UTF-8 bytes by which ParallelizationFactor chooses a lane (E-62). */
  laneKey(record: R): Uint8Array;
  /** The text by which `itemIdentifier` names a record (S-1). */
  identifier(record: R): string;
  position(record: R): Position;
  /**
   * How far a checkpoint may go once this record and all before it have ended; left out where that is always its position. Records that
   * share a position have it before that, but for the last of them.
   */
  place?(record: R): Position;
  /** Why no function can be given it, whatever the filter says; null: it can. Left out: all records of this kind can. */
  refusal?(record: R): string | null;
  /** Why a record cannot be decoded (M-414): it is given up by itself, before the filter. Null: it can. Left out: all of this kind can. */
  fault?(record: R): "SCHEMA_NOT_FOUND" | "DESERIALIZATION_ERROR" | null;
  /** What a filter sees of the record (F-65): the metadata as JSON text pieces and the decoded data. */
  filterView(record: R): FilterView;
  /** `attempt` counts from 1, the default: an event that says whether it is a repetition may then be shorter than the sizes say. */
  pack(unit: UnitId, records: readonly R[], window: WindowPart | null, attempt?: number): PackedBatch;
  /** The event as JSON text, exactly as long as the sizes say. */
  text(unit: UnitId, records: readonly R[], window: WindowPart | null, attempt?: number): string;
  /** The member of an on-failure document that names the batch (O-2, O-3). `records` is empty for a final window call. */
  batchInfo(unit: UnitId, records: readonly R[]): BatchInfo;
  /** The same of a document on one record alone, and the key by which its topic places it (M-424); left out: there are none. */
  recordInfo?(record: R): { readonly batchInfo: BatchInfo; readonly key: Uint8Array | null };
}
