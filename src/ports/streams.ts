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
  close(): Promise<void>;
}
