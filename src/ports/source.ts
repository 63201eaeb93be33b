// A source as the runtime sees it: units of order (shards, partitions) and a reader for each. Adapters: src/stores (embedded log),
// workers/redis (Redis Streams), src/sim (virtual). All answers are values; nothing expected is thrown.
//
// S1  A reader answers one read at a time; the runtime never asks for a second one before the first has answered.
// S2  Records come in the unit's order, each once, with dense ordinals from `firstOrdinal` on.
// S3  A read waits until there is something to say; it answers `caughtUp` when what it returns is all there is now, and says so anew,
//     records or not, in the first answer behind a problem.
// S4  An aborted read may answer nothing at all. The runtime has let go of it.

import type { Rec } from "../core/record.ts";

/** Name of a shard, partition or queue within its source, for example `shardId-000000000000`. */
export type UnitId = string;

/**
 * A record's place in its unit, as the source writes it (Kinesis: the 42-digit decimal sequence number). Positions of one
 * unit sort by their place when compared as text of equal length; nobody but the source's kind looks inside.
 */
export type Position = string;

export interface Unit {
  readonly id: UnitId;
  /** Units that must be drained before this one is read (P-8); empty for a first shard. */
  readonly parents: readonly UnitId[];
  /** No record will be added any more. */
  readonly isClosed: boolean;
  /** The hash keys that it takes, decimal texts, both included; left out where the source has none. */
  readonly hashKeys?: { readonly first: string; readonly last: string };
}

/** Why a source cannot be read now. The text is what LastProcessingResult shows, `PROBLEM: ` included. */
export interface SourceProblem {
  readonly code: "unreachable" | "missing" | "wrongType" | "denied" | "broken";
  readonly text: string;
  /** One line for a person: what, where, and what to do. Never holds a secret. */
  readonly detail: string;
  /** Waiting does not mend it: with this reason the mapping is disabled once it has lasted (M-705). Left out: it may pass by itself. */
  readonly disablingReason?: DisablingReason;
  /** It will be no other tomorrow: the mapping is disabled at once. Left out: it is given its time. */
  readonly isFinal?: true;
  /** Of a topic: its schema registry's, not its brokers' (M-210). */
  readonly isOfRegistry?: true;
}

/** What StateTransitionReason says of a mapping that stopped by itself (M-705). */
export type DisablingReason =
  | "ESM_CONFIG_NOT_VALID"
  | "EVENT_SOURCE_AUTHN_ERROR"
  | "EVENT_SOURCE_AUTHZ_ERROR"
  /** Our words for what AWS has no code for. */
  | "CHANGE_STREAM_POSITION_LOST"
  | "CHANGE_STREAM_NOT_RESUMABLE";

export type TopologyAnswer =
  | {
      readonly kind: "topology";
      readonly units: readonly Unit[];
      /** Of the stream, which tells it from another of its name; left out where none can come unseen, or the source has no such instant. */
      readonly streamCreatedAtMs?: number;
    }
  | { readonly kind: "problem"; readonly problem: SourceProblem };

/** Where to begin: after a checkpointed position, or at a starting position (H-1 to H-3). */
export type Start =
  | { readonly kind: "after"; readonly position: Position }
  | { readonly kind: "trimHorizon" }
  | { readonly kind: "latest" }
  | { readonly kind: "atTimestamp"; readonly atMs: number };

/** A start resolved against the source: read what comes after `after`; null is the unit's very beginning. */
export type ResolveAnswer =
  | {
      readonly kind: "resolved";
      readonly after: Position | null;
      /** Records that lie before `after` and will not be read, for a start at the tip; null for others. */
      readonly earlierCount: number | null;
    }
  | { readonly kind: "problem"; readonly problem: SourceProblem };

/** How much the runtime can take now; a reader may overshoot `bytes` by one record, never `records`. */
export interface Room {
  readonly records: number;
  readonly bytes: number;
}

export type Read<R extends Rec> =
  | {
      readonly kind: "records";
      /** Never empty unless `lost` or `passed` is set, `isCaughtUp` changed, or the answer before was a problem. */
      readonly records: readonly R[];
      readonly isCaughtUp: boolean;
      /**
       * Ended without being delivered: aggregates with a record outside the shard (P-10). They have ordinals among those of `records`;
       * left out where there are none.
       */
      readonly dropped?: readonly { readonly record: R; readonly recordCount: number }[];
      /** Records that left the source (retention, trimming) before they were read: read on from the oldest left (E-68). */
      readonly lost: Lost | null;
      /** Nothing lies between the last record and this place, and it can be read on from there, too. */
      readonly passed?: Position;
    }
  /** The unit is closed and everything in it has been handed out. */
  | { readonly kind: "ended" }
  /** The source cannot be read; the runtime reports it, waits and reads again. No attempt is used (P-13). */
  | { readonly kind: "problem"; readonly problem: SourceProblem };

/** A gap. `count` is null where the source cannot tell how many records went. */
export interface Lost {
  readonly after: Position | null;
  readonly before: Position | null;
  readonly count: number | null;
}

export interface Reader<R extends Rec> {
  read(room: Room, signal: AbortSignal): Promise<Read<R>>;
  /** Gives back what the reader holds. Called once; a read in progress has been aborted before. */
  close(): Promise<void>;
}

export interface Source<R extends Rec> {
  /** Every unit that still exists, closed ones included, parents before children. */
  topology(): Promise<TopologyAnswer>;
  /** Turns a starting position into a place in one unit. `latest` is the tip at the instant of the answer (H-2). */
  resolve(unit: UnitId, start: Start): Promise<ResolveAnswer>;
  /** Opens a reader behind `after` (null: the beginning). Never fails: what is wrong shows in the first read. */
  open(unit: UnitId, after: Position | null, options: { readonly firstOrdinal: number }): Reader<R>;
  close(): Promise<void>;
}
