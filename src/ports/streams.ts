// The streams themselves, as the Kinesis calls of the endpoint and `millrace send` use them. Two adapters stand behind it, the
// embedded store (src/stores) and Redis Streams (workers/redis); one contract suite runs over both.

import type { Position, SourceProblem, Start, UnitId } from "./source.ts";

/** Most shards with which a stream can be made. Ours: AWS's own quota differs by account and region. */
export const MOST_SHARDS = 1_000;

/** A shard's hash keys are decimal texts from 0 to 2^128 - 1. */
export interface ShardDescription {
  readonly id: UnitId;
  readonly parentId: UnitId | null;
  readonly adjacentParentId: UnitId | null;
  readonly startingHashKey: string;
  readonly endingHashKey: string;
  readonly startingSequenceNumber: string;
  /** Set once the shard is closed. */
  readonly endingSequenceNumber: string | null;
}

export interface StreamDescription {
  readonly name: string;
  readonly status: "CREATING" | "DELETING" | "ACTIVE" | "UPDATING";
  readonly mode: "PROVISIONED" | "ON_DEMAND";
  /** In the order of their ids. */
  readonly shards: readonly ShardDescription[];
  /** 24 to 8,760. */
  readonly retentionHours: number;
  readonly createdAtMs: number;
  /** A Redis stream that knows nothing of Millrace: one shard, no retention of ours. */
  readonly isPlain: boolean;
}

export interface NewRecord {
  readonly partitionKey: string;
  /** Decimal text, or null: the partition key's MD5 decides. */
  readonly explicitHashKey: string | null;
  readonly data: Uint8Array;
}

export interface StoredRecord {
  readonly sequenceNumber: Position;
  readonly arrivedAtMs: number;
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

export type StreamsProblem =
  | { readonly kind: "missing" }
  | { readonly kind: "problem"; readonly problem: SourceProblem };

export type Put = { readonly shardId: UnitId; readonly sequenceNumber: Position };

/** A change of a stream's open shards. Hash keys are decimal texts. */
export type ReshardChange =
  | { readonly kind: "split"; readonly shardId: UnitId; readonly newStartingHashKey: string }
  /** The first one's range ends where the second one's begins. */
  | { readonly kind: "merge"; readonly shardId: UnitId; readonly adjacentShardId: UnitId }
  /** So many open shards, with ranges of one size. */
  | { readonly kind: "count"; readonly shardCount: number }
  /** No shard is open afterwards: a table's stream that is switched off. */
  | { readonly kind: "close" };

/** Why a change cannot be. Nothing has been changed then. */
export type ReshardRefusal =
  | { readonly kind: "noSuchShard"; readonly shardId: UnitId }
  /** It has been split or merged already. */
  | { readonly kind: "closedShard"; readonly shardId: UnitId }
  | { readonly kind: "notAdjacent"; readonly shardId: UnitId; readonly adjacentShardId: UnitId }
  | {
      readonly kind: "hashKeyOutside";
      readonly shardId: UnitId;
      readonly startingHashKey: string;
      readonly endingHashKey: string;
    }
  | { readonly kind: "tooMany" | "overDouble" | "underHalf"; readonly openCount: number; readonly wantedCount: number }
  /** Its shards are nobody's to change: a Redis stream that knows nothing of Millrace has one. */
  | { readonly kind: "plain" };

export interface Resharded {
  readonly kind: "resharded";
  /** Open shards before the change. */
  readonly openCount: number;
  readonly closed: readonly UnitId[];
  /** In the order of their ids; some may be closed again, as steps on the way. */
  readonly opened: readonly UnitId[];
}

export interface Streams {
  create(
    name: string,
    options: { readonly shardCount: number; readonly mode: StreamDescription["mode"] },
  ): Promise<{ readonly kind: "created" } | { readonly kind: "exists" } | StreamsProblem>;
  delete(name: string): Promise<{ readonly kind: "deleted" } | StreamsProblem>;
  describe(name: string): Promise<{ readonly kind: "stream"; readonly stream: StreamDescription } | StreamsProblem>;
  /** Names in order of UTF-16 code units. */
  list(): Promise<{ readonly kind: "names"; readonly names: readonly string[] } | StreamsProblem>;
  /** Appends in the order given, all or nothing; within a shard the sequence numbers rise in that order. */
  append(
    name: string,
    records: readonly NewRecord[],
  ): Promise<{ readonly kind: "put"; readonly puts: readonly Put[] } | StreamsProblem>;
  /** What comes after `after` now (never waits): at most `limit` records and about `maxBytes` of data, at least one if there is one. */
  read(
    name: string,
    shardId: UnitId,
    after: Position | null,
    options: { readonly limit: number; readonly maxBytes: number },
  ): Promise<
    | {
        readonly kind: "records";
        readonly records: readonly StoredRecord[];
        readonly millisBehindLatest: number;
        readonly isEnded: boolean;
      }
    | StreamsProblem
  >;
  /** The place of a start in a shard; `after` null is the beginning. */
  locate(
    name: string,
    shardId: UnitId,
    start: Start,
  ): Promise<{ readonly kind: "place"; readonly after: Position | null } | StreamsProblem>;
  setRetentionHours(name: string, hours: number): Promise<{ readonly kind: "done" } | StreamsProblem>;
  /** Closes shards and opens their children at one instant, all or nothing: no record comes into a parent afterwards. */
  reshard(
    name: string,
    change: ReshardChange,
  ): Promise<Resharded | { readonly kind: "refused"; readonly refusal: ReshardRefusal } | StreamsProblem>;
  close(): Promise<void>;
}
