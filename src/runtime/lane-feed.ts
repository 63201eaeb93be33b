// What a recorder is handed of a running mapping: the state in which each lane begins, every event that it takes with its instant, and
// what cannot be told from these (request ids, answers of destinations, records that a filter passed over). Fed to a lane in the same
// state under the same settings, it is an exact replay. Nothing is handed out while nobody records.
//
// R1  A lane is `opened` before anything else is said of it; a second `opened` is another lane in its place.
// R2  What an event leads to (`drew`, `noted`) comes after it and before the next event of any lane.

import type { HandedEvent, Lane, LaneEvent } from "../core/lane-state.ts";
import type { Rec } from "../core/record.ts";
import type { EndedRange, Watermark } from "../core/watermark.ts";
import type { Fact } from "../ports/journal.ts";
import type { Position, UnitId } from "../ports/source.ts";
import type { Called } from "./call-outcome.ts";

/** An event as a lane's mailbox takes it: a call that has ended brings what the journal says of it. */
export type Fed<R extends Rec> =
  | Exclude<LaneEvent<R>, HandedEvent<R> | { kind: "returned" }>
  | { readonly kind: "returned"; readonly called: Called };

/** Everything that a lane's further course depends on, beside what it is fed and its mapping's settings. */
export interface LaneStart<R extends Rec> {
  readonly lane: Lane<R>;
  /** By batch id. */
  readonly requestIds: readonly (readonly [number, string])[];
  /** By the lane's number of a first batch in hand: the mapping's number. */
  readonly numbers: readonly (readonly [number, number])[];
  readonly called: Called | null;
}

/** A unit that goes on from where another run of it was met; what that had read and not ended is in its lanes. */
export interface UnitStart<R extends Rec> {
  readonly watermark: Watermark<Position>;
  /** Of the first record that is read from now on. */
  readonly firstOrdinal: number;
  /** By index; `underWay`: what the call that is out comes to. */
  readonly lanes: readonly (LaneStart<R> & { readonly underWay: Promise<Called> | null })[];
}

/** A document on its way, and what came of it. */
export interface Reported<R extends Rec> {
  readonly batch: string;
  readonly requestId: string;
  readonly destination: string;
  readonly answer: "delivered" | "refused";
  readonly detail: string;
  readonly records: readonly R[];
}

/** Lanes are named by their path in the journal; instants are the wall clock's, epoch ms. */
export interface LaneFeed<R extends Rec> {
  /** How far a unit has ended, before its lanes are opened; and the units before it (P-8). */
  unit(unit: UnitId, watermark: Watermark<Position>, parents: readonly UnitId[], atMs: number): void;
  opened(lane: string, start: LaneStart<R>, atMs: number): void;
  took(lane: string, event: Fed<R>, atMs: number): void;
  drew(lane: string, requestId: string): void;
  reported(lane: string, reported: Reported<R>, atMs: number): void;
  /** Records that the filter passed over have ended. */
  passedOver(unit: UnitId, ranges: readonly EndedRange<Position>[], atMs: number): void;
  /** An entry of the mapping's journal; `lane` may be a unit's path or the mapping's. */
  noted(lane: string, fact: Fact, atMs: number): void;
  /** New settings are in force. */
  changed(atMs: number): void;
}
