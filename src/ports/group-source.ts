// A source that the members of a consumer group share out among themselves: Kafka (M-201 to M-203). A mapping has one group and one or
// more members, its pollers. Adapters: workers/kafka, src/stores (embedded topics), src/sim (virtual). All answers are values.
//
// K1  An epoch is one assignment of a partition to a member without a break. Its number is never used again within the process.
// K2  Records of an epoch come in the partition's order, each once. `records` and `passed` share its dense ordinals, from 0 on.
// K3  One `read` at a time; it waits until there is something to say. Nothing of an epoch is told before `assigned` or after `revoked`.
// K4  A commit of an epoch that is over changes nothing at the broker and answers `ended` for it (M-806).
// K5  Committed places of a partition never go back while its epoch lasts. The place to commit is the last position that has ended.

import type { PartitionEpoch, Rec } from "../core/record.ts";
import type { Lost, Position, SourceProblem, Start, UnitId } from "./source.ts";

export interface AssignedPartition {
  readonly partition: PartitionEpoch;
  /** It is read behind this; null: from its very beginning. */
  readonly after: Position | null;
}

export type MemberEvent<R extends Rec> =
  /** New epochs, besides those that go on; may be empty: the member stands and has been given nothing. */
  | { readonly kind: "assigned"; readonly partitions: readonly AssignedPartition[] }
  | { readonly kind: "revoked"; readonly partitions: readonly PartitionEpoch[] }
  | {
      readonly kind: "records";
      readonly partition: PartitionEpoch;
      readonly records: readonly R[];
      /** Nothing more of this partition was at hand. */
      readonly isCaughtUp: boolean;
      /** Records that were gone before they could be read: it is read on from what is there (M-506). */
      readonly lost: Lost | null;
    }
  /** Positions that hold nothing to deliver (control records, what compaction took) have been read through: they end here (TM-56). */
  | {
      readonly kind: "passed";
      readonly partition: PartitionEpoch;
      readonly ordinal: number;
      readonly through: Position;
    }
  /** Nothing can be read now; the member goes on trying. Told once, until it changes. Its epochs last until `revoked`. */
  | { readonly kind: "problem"; readonly problem: SourceProblem }
  | { readonly kind: "recovered" };

export interface Place {
  readonly partition: PartitionEpoch;
  readonly place: Position;
}

/** `ended`: of partitions whose epoch was over before. `failed`: the broker did not take it now; committing again later is right. */
export type CommitAnswer =
  | { readonly kind: "kept"; readonly ended: readonly PartitionEpoch[] }
  | { readonly kind: "failed"; readonly detail: string };

export interface GroupMember<R extends Rec> {
  read(signal: AbortSignal): Promise<readonly MemberEvent<R>[]>;
  /** No further records of these until `resume`; what is on its way still comes (M-208). Epochs that are over are ignored. */
  pause(partitions: readonly PartitionEpoch[]): void;
  resume(partitions: readonly PartitionEpoch[]): void;
  /** One at a time. Never rejects. */
  commit(places: readonly Place[]): Promise<CommitAnswer>;
  /** Leaves the group; others may have its partitions then. A read that is out has been aborted before. Never rejects. */
  close(): Promise<void>;
}

export type PlacesAnswer =
  /** Of every partition that there is now; empty where the group has committed all of them. */
  | { readonly kind: "places"; readonly places: readonly { readonly unit: UnitId; readonly after: Position | null }[] }
  | { readonly kind: "problem"; readonly problem: SourceProblem };

export interface GroupSource<R extends Rec> {
  /** Resolves a starting position for the partitions without a committed place, at the instant of the answer (M-502, M-503, M-505). */
  places(start: Start): Promise<PlacesAnswer>;
  /**
   * Joins the group as one more member. Never fails: what is wrong shows in what it reads. `startOf`: where a partition without a
   * committed place begins; null: its very beginning (M-504).
   */
  open(index: number, options: { readonly startOf: (unit: UnitId) => Position | null }): GroupMember<R>;
  /**
   * How many offsets each partition has behind its committed place; where there is none, behind `startOf` (left out, or null: from its very
   * beginning). Null: not known now.
   */
  unread(startOf?: (unit: UnitId) => Position | null): Promise<ReadonlyMap<UnitId, number> | null>;
  /** Called once, when all members are closed. */
  close(): Promise<void>;
}
