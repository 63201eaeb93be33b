// What went into a simulated run and what came out of it, in order. Checkers read this and nothing else: never the runtime's state.

import type { Position, UnitId } from "../ports/source.ts";

export interface PutRecord {
  readonly unit: UnitId;
  readonly position: Position;
  readonly key: string;
  readonly atMs: number;
  /** The mapping's filter passes it over. */
  readonly isFiltered: boolean;
}

export type Happening =
  | { readonly kind: "put"; readonly record: PutRecord }
  /** A process begins, from what is stored. */
  | { readonly kind: "started"; readonly life: number }
  | { readonly kind: "crashed" }
  | {
      readonly kind: "called";
      readonly call: number;
      readonly unit: UnitId;
      readonly positions: readonly Position[];
      readonly eventBytes: number;
      readonly atMs: number;
    }
  /** `failedFrom`: index of the first record that has not ended well; the count of records: all ended. */
  | { readonly kind: "returned"; readonly call: number; readonly failedFrom: number; readonly atMs: number }
  | {
      readonly kind: "reported";
      readonly unit: UnitId;
      /** The process that sent it; it may arrive after that one's end. */
      readonly life: number;
      /** The records that the document covers, from the event that it carries. */
      readonly positions: readonly Position[];
      readonly atMs: number;
    }
  /** The source handed records of this unit out a second time, as a store may. */
  | { readonly kind: "repeated"; readonly unit: UnitId }
  | { readonly kind: "saved"; readonly unit: UnitId; readonly after: Position | null; readonly atMs: number }
  /** Records left the source unread. */
  | { readonly kind: "trimmed"; readonly unit: UnitId; readonly through: Position }
  | { readonly kind: "healed"; readonly atMs: number }
  | { readonly kind: "over"; readonly atMs: number };

export interface Limits {
  readonly batchSize: number;
  readonly eventLimitBytes: number;
  readonly parallelizationFactor: number;
}

export interface History {
  readonly limits: Limits;
  readonly happenings: readonly Happening[];
}
