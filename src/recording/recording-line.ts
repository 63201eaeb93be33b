// The lines of a recording: what each says. A recording is text, a JSON object a line, each named by its member `k`; `docs/recordings.md`
// is the page for people. Written by recorder.ts, read by read-recording.ts.
//
// L1  The first line is the header. A file is readable at any time up to its last whole line.
// L2  Every other line follows from what came before it in the file alone: a mapping before its units, a unit before its lanes.

import type { HandedEvent, Lane, LaneEvent, Phase } from "../core/lane-state.ts";
import type { Batch } from "../core/batch.ts";
import type { Rec } from "../core/record.ts";
import type { Fact } from "../ports/journal.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { Position, UnitId } from "../ports/source.ts";
import type { Called } from "../runtime/call-outcome.ts";

/** Changes with any change that an older reader would read wrongly. */
export const RECORDING_VERSION = 1;

/** UTF-8 text as it is, other bytes in base64. */
export type Bytes = string | { readonly base64: string };

/** Ordinal, arrival (epoch ms), bytes in the event, entry id, partition key, data; data is null in a recording without payloads. */
export type RecordForm = readonly [
  ordinal: number,
  arrivedAtMs: number,
  sizeBytes: number,
  entryId: string,
  key: Bytes,
  data: Bytes | null,
  /** Of a KPL aggregate's records: others with the same entry id follow. */
  isFollowed?: true,
];

/** First and last ordinal, the last one's position, how many of them were delivered or given up. */
export type RangeForm = readonly [first: number, last: number, place: Position, deliveredCount: number];

export interface HeaderLine {
  readonly k: "recording";
  readonly version: number;
  /** Of the Millrace that wrote it. */
  readonly millrace: string;
  readonly atMs: number;
  readonly isWithPayloads: boolean;
  readonly limitBytes: number;
  /** Set where it was made afterwards, from the journal: what is known of one batch's tree. */
  readonly madeFrom?: string;
  /** What journal or source no longer had. */
  readonly missing?: readonly string[];
  /** Set where states of tumbling windows are known by their size alone: other bytes stand in their place. */
  readonly isWithoutStates?: true;
}

export type BatchForm = Omit<Batch<Rec>, "records"> & { readonly records: readonly RecordForm[] };

export type LaneForm = Omit<Lane<Rec>, "waiting" | "open" | "stack" | "steppedAtMs" | "phase" | "withdrawn"> & {
  readonly phase: Phase;
  readonly waiting: readonly RecordForm[];
  readonly stack: readonly BatchForm[];
  /** Null: no step was taken yet. */
  readonly steppedAtMs: number | null;
};

export type EventForm =
  | Exclude<LaneEvent<Rec>, HandedEvent<Rec> | { kind: "returned" | "arrived" }>
  | { readonly kind: "arrived"; readonly records: readonly RecordForm[]; readonly isCaughtUp: boolean }
  | { readonly kind: "returned"; readonly called: Called };

/** A fresh start of a mapping, or the state of a running one as the recording begins. */
export interface MappingLine {
  readonly k: "mapping";
  readonly m: string;
  readonly atMs: number;
  readonly batchCount: number;
  readonly spec: MappingSpec;
}

export interface SettingsLine {
  readonly k: "settings";
  readonly m: string;
  readonly atMs: number;
  readonly spec: MappingSpec;
}

export interface UnitLine {
  readonly k: "unit";
  readonly m: string;
  readonly u: UnitId;
  readonly atMs: number;
  readonly through: number;
  readonly place: Position | null;
  readonly ahead: readonly RangeForm[];
  /** Units that are read to their end before it; absent: not known. */
  readonly parents?: readonly UnitId[];
}

export interface LaneLine {
  readonly k: "lane";
  readonly m: string;
  /** The lane's path in the journal: mapping, unit, index. */
  readonly l: string;
  readonly atMs: number;
  readonly lane: LaneForm;
  readonly requestIds: readonly (readonly [number, string])[];
  readonly numbers: readonly (readonly [number, number])[];
  readonly called: Called | null;
}

export interface FedLine {
  readonly k: "fed";
  readonly l: string;
  readonly atMs: number;
  readonly e: EventForm;
}

export interface DrewLine {
  readonly k: "drew";
  readonly l: string;
  readonly id: string;
}

export interface ReportedLine {
  readonly k: "reported";
  readonly l: string;
  readonly atMs: number;
  readonly batch: string;
  readonly requestId: string;
  readonly destination: string;
  readonly answer: "delivered" | "refused";
  readonly detail: string;
  readonly recordCount: number;
  readonly ranges: readonly RangeForm[];
}

export interface PassedLine {
  readonly k: "passed";
  readonly m: string;
  readonly u: UnitId;
  readonly atMs: number;
  readonly ranges: readonly RangeForm[];
}

export interface EntryLine {
  readonly k: "entry";
  readonly m: string;
  readonly l: string;
  readonly atMs: number;
  readonly fact: Fact;
}

export interface EndLine {
  readonly k: "end";
  readonly atMs: number;
  readonly why: EndReason;
}

/** `stopped`: as asked. `limit`: the file has as many bytes as it may. `behind`: it was not written as fast as things happened. */
export type EndReason = "stopped" | "limit" | "behind";

export type CourseLine =
  | MappingLine
  | SettingsLine
  | UnitLine
  | LaneLine
  | FedLine
  | DrewLine
  | ReportedLine
  | PassedLine
  | EntryLine
  | EndLine;

export type RecordingLine = HeaderLine | CourseLine;
