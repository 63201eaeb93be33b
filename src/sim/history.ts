// What went into a simulated run and what came out of it, in order. Checkers read this and nothing else: never the runtime's state.

import type { Fault } from "./fault.ts";
import type { Position, Start, UnitId } from "../ports/source.ts";

export interface PutRecord {
  readonly unit: UnitId;
  readonly position: Position;
  /** Its number among all records of the story. */
  readonly number: number;
  readonly key: string;
  readonly atMs: number;
  /** The mapping's filter passes it over. */
  readonly isFiltered: boolean;
}

/** The window part of a call as its function sees it. */
export interface SeenWindow {
  readonly startMs: number;
  readonly endMs: number;
  readonly isFinal: boolean;
  /** The final call of a window that ends early (W-12). */
  readonly isEarly: boolean;
  /** Numbers of the records that the window's earlier calls have put into its state. */
  readonly counted: readonly number[];
  /** Its function keeps such numbers; else nothing can be told from its state. */
  readonly isCounted: boolean;
  /** Length of the state's JSON. */
  readonly stateBytes: number;
}

export type Happening =
  | { readonly kind: "shard"; readonly unit: UnitId; readonly parents: readonly UnitId[] }
  | { readonly kind: "put"; readonly record: PutRecord }
  /** A process begins, from what is stored. One that it replaces may still run. */
  | { readonly kind: "started"; readonly life: number; readonly atMs: number }
  /** Its mapping has its places: it may be shown Enabled (H-2). */
  | { readonly kind: "positioned"; readonly life: number }
  /** Its lanes have been made anew at the common checkpoint, for another factor (E-66): what had ended beyond it may come again. */
  | { readonly kind: "relaned"; readonly life: number }
  /** It was asked to stop and has: nothing of it runs (H-6, H-7). */
  | {
      readonly kind: "stopped";
      readonly life: number;
      /** Its grace may have been over: what was not stored by then is delivered again. */
      readonly isForced: boolean;
    }
  | { readonly kind: "crashed"; readonly life: number }
  | {
      readonly kind: "called";
      readonly call: number;
      readonly life: number;
      readonly requestId: string;
      readonly unit: UnitId;
      readonly positions: readonly Position[];
      readonly eventBytes: number;
      readonly window: SeenWindow | null;
      readonly atMs: number;
    }
  | {
      readonly kind: "returned";
      readonly call: number;
      /** Index of the first record that has not ended well; the count of records: all ended. */
      readonly failedFrom: number;
      /** It counts as an attempt (E-1 to E-5). */
      readonly isCounted: boolean;
      readonly atMs: number;
    }
  | {
      readonly kind: "reported";
      /** The process that sent it; it may arrive after that one's end. */
      readonly life: number;
      readonly requestId: string;
      readonly unit: UnitId;
      /** The records that the document covers, from the event that it carries. */
      readonly positions: readonly Position[];
      /** False: it names a range only, and among its records may be some of other lanes. */
      readonly isExact: boolean;
      /** Length of that event. */
      readonly eventBytes: number;
      /** The document's count of invocations. */
      readonly count: number;
      readonly atMs: number;
    }
  /** The source handed records of this unit out a second time, as a store may. */
  | { readonly kind: "repeated"; readonly unit: UnitId }
  /** A checkpoint was answered as kept; `isLost`: and yet it was never written. */
  | {
      readonly kind: "saved";
      readonly unit: UnitId;
      readonly after: Position | null;
      readonly isLost: boolean;
      readonly atMs: number;
    }
  /** Records left the source. */
  | { readonly kind: "trimmed"; readonly unit: UnitId; readonly through: Position }
  /** A fault befell, the so-manieth of the run. For people: no checker excuses anything by it. */
  | { readonly kind: "fault"; readonly fault: Fault; readonly number: number; readonly atMs: number }
  /** The world has had its time, and the mapping still runs: everything is owed now. */
  | { readonly kind: "over"; readonly atMs: number };

/** What the mapping's settings allow: the widest that were ever in force. */
export interface Limits {
  readonly batchSize: number;
  readonly eventLimitBytes: number;
  readonly stateLimitBytes: number;
  readonly parallelizationFactor: number;
  /** -1: no limit. */
  readonly retries: number;
  /** The least age at which a record is given up; -1: none. */
  readonly leastAgeMs: number;
  readonly start: Start;
  /** False: what is given up goes nowhere, so that nobody sees it. */
  readonly isReportingGivenUp: boolean;
}

export interface History {
  readonly limits: Limits;
  readonly happenings: readonly Happening[];
}
