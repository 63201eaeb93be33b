// The messages between the store thread and its clients, over one MessagePort a client, and between main and the thread itself.
// Requests carry an id; an answer may come late (a blocked read) and in any order. Both sides parse on arrival (parse-store.ts).

import type { MessagePort } from "node:worker_threads";
import type { ErrorCode } from "../errors.ts";
import type { EventSizing } from "../kinds/event-sizing.ts";
import type { Lost, Position, Start, UnitId } from "../ports/source.ts";
import type {
  NewMessage,
  PeekedMessage,
  QueueChange,
  QueueCounts,
  QueueView,
  Received,
  SendAnswer,
  VisibilityAnswer,
  VisibilityChange,
} from "../ports/queues.ts";
import type { ReshardChange, Resharded, ReshardRefusal, StreamDescription } from "../ports/streams.ts";
import type { Row, TableChange, TableName } from "../ports/tables.ts";
import type { ChangeCalls } from "./change-protocol.ts";
import type { TopicCalls } from "./topic-protocol.ts";

export const STORE_PROTOCOL_VERSION = 1;

/** The place of a start in a shard; `earlierCount` as in ResolveAnswer. */
export interface Placed {
  readonly kind: "place";
  readonly after: Position | null;
  readonly earlierCount: number | null;
}

export interface Missing {
  readonly kind: "missing";
}

export interface ReadRequest {
  readonly name: string;
  readonly shardId: UnitId;
  readonly after: Position | null;
  /** Where the reader stands, as an earlier answer said; null at first. Lets a gap be counted. */
  readonly cursor: ReadCursor | null;
  readonly limit: number;
  readonly maxBytes: number;
  /**
   * What `maxBytes` counts. `event`: bytes in the Lambda event, one record may overshoot. `data`: keys and data, at least one
   * record.
   */
  readonly counting: { readonly kind: "event"; readonly sizing: EventSizing } | { readonly kind: "data" };
  /** Wait for something to say, unless the reader has yet to hear that it has caught up. */
  readonly isWaiting: boolean;
  readonly isTipKnown: boolean;
}

/** A stream that is deleted and made again is another incarnation; indexes count a shard's records from 0. */
export interface ReadCursor {
  readonly incarnation: number;
  readonly nextIndex: number;
}

export interface ReadAnswer {
  readonly kind: "read";
  /** Frames (frames.ts), transferred. */
  readonly frames: ArrayBuffer;
  readonly recordCount: number;
  readonly cursor: ReadCursor;
  readonly isCaughtUp: boolean;
  /** Closed, and nothing is left to hand out. */
  readonly isEnded: boolean;
  readonly lost: Lost | null;
  readonly millisBehindLatest: number;
}

export interface AppendAnswer {
  readonly kind: "put";
  /** Ids of the stream's shards; a record's is named by its index here. */
  readonly shardIds: readonly UnitId[];
  readonly shardIndexes: readonly number[];
  readonly ms: readonly number[];
  readonly counters: readonly number[];
}

/** Each call: what is asked, and what comes back. */
export interface StoreCalls extends TopicCalls, ChangeCalls {
  "stream-create": {
    request: { readonly name: string; readonly shardCount: number; readonly mode: StreamDescription["mode"] };
    answer: { readonly kind: "created" } | { readonly kind: "exists" };
  };
  "stream-delete": { request: { readonly name: string }; answer: { readonly kind: "deleted" } | Missing };
  "stream-describe": {
    request: { readonly name: string };
    /** `incarnation` as in ReadCursor. */
    answer: { readonly kind: "stream"; readonly stream: StreamDescription; readonly incarnation: number } | Missing;
  };
  "stream-list": { request: object; answer: readonly string[] };
  "stream-append": {
    request: {
      readonly name: string;
      /** Transferred. */
      readonly frames: ArrayBuffer;
      /** Decimal texts; null as a whole where no record has one. */
      readonly explicitHashKeys: readonly (string | null)[] | null;
    };
    answer: AppendAnswer | Missing;
  };
  "stream-read": { request: ReadRequest; answer: ReadAnswer | Missing };
  "stream-locate": {
    request: { readonly name: string; readonly shardId: UnitId; readonly start: Start };
    answer: Placed | Missing;
  };
  "stream-retention": {
    request: { readonly name: string; readonly hours: number };
    answer: { readonly kind: "done" } | Missing;
  };
  "stream-reshard": {
    request: { readonly name: string; readonly change: ReshardChange };
    answer: Resharded | { readonly kind: "refused"; readonly refusal: ReshardRefusal } | Missing;
  };
  /** Lets everything that is stored now go, as if its retention were over. */
  "stream-trim": { request: { readonly name: string }; answer: { readonly kind: "done" } | Missing };
  "table-list": { request: { readonly table: TableName }; answer: readonly Row[] };
  "table-get": { request: { readonly table: TableName; readonly key: string }; answer: string | null };
  "table-change": { request: { readonly changes: readonly TableChange[] }; answer: null };
  "checkpoints-load": {
    request: { readonly mapping: string; readonly generation: number };
    answer: readonly { readonly unit: UnitId; readonly value: string }[];
  };
  "checkpoint-save": {
    request: {
      readonly mapping: string;
      readonly generation: number;
      readonly unit: UnitId;
      readonly value: string;
    };
    answer: "kept" | "fenced";
  };
  /** `isDeleted`: the mapping is gone for good, so every later save is refused. */
  "checkpoints-forget": { request: { readonly mapping: string; readonly isDeleted: boolean }; answer: null };
  "queue-create": {
    request: { readonly name: string; readonly change: QueueChange };
    answer: "created" | "exists";
  };
  "queue-describe": { request: { readonly name: string }; answer: QueueView | null };
  "queue-count": { request: { readonly name: string }; answer: QueueCounts | null };
  "queue-change": { request: { readonly name: string; readonly change: QueueChange }; answer: boolean };
  /** The queue itself; `queue-delete` deletes messages. */
  "queue-remove": { request: { readonly name: string }; answer: boolean };
  "queue-list": { request: object; answer: readonly { readonly name: string; readonly messageCount: number }[] };
  /** An answer a message. */
  "queue-send": {
    request: { readonly name: string; readonly messages: readonly NewMessage[] };
    answer: readonly SendAnswer[];
  };
  "queue-peek": {
    request: { readonly name: string; readonly max: number };
    answer: readonly PeekedMessage[] | null;
  };
  "queue-receive": {
    request: {
      readonly name: string;
      readonly max: number;
      /** Null: the queue's own. */
      readonly visibilityMs: number | null;
      /** How long the call waits for a message; null: the queue's own. */
      readonly waitMs: number | null;
      readonly isOneGroup: boolean;
      /** Null: no limit. */
      readonly maxBytes: number | null;
    };
    answer: Received | null;
  };
  "queue-move": {
    request: { readonly name: string; readonly max: number; readonly to: string | null };
    answer: { readonly movedCount: number; readonly unmovableCount: number } | null;
  };
  "queue-visibility": {
    request: { readonly name: string; readonly changes: readonly VisibilityChange[] };
    answer: readonly VisibilityAnswer[];
  };
  /** An answer a receipt. */
  "queue-delete": {
    request: { readonly name: string; readonly receiptHandles: readonly string[] };
    answer: readonly boolean[];
  };
  "queue-purge": { request: { readonly name: string }; answer: boolean };
}

export type StoreCallKind = keyof StoreCalls;

export type StoreCall = {
  [K in StoreCallKind]: { readonly kind: K; readonly requestId: number; readonly request: StoreCalls[K]["request"] };
}[StoreCallKind];

/** A blocked read or receive that is no longer wanted: it is answered at once, with nothing. */
export interface CancelRead {
  readonly kind: "cancel";
  readonly requestId: number;
}

export type ToStore = StoreCall | CancelRead;

export type FromStore =
  | { readonly kind: "answer"; readonly requestId: number; readonly answer: unknown }
  | { readonly kind: "failure"; readonly requestId: number; readonly code: ErrorCode; readonly message: string };

/** What the thread needs to know; its first message. */
export interface StoreBoot {
  readonly kind: "boot";
  readonly protocolVersion: number;
  readonly storeFile: string;
  /** For the ARNs that a topic's messages name. */
  readonly region: string;
  readonly accountId: string;
  /** Most bytes that a shard keeps; older records go. Null: only retention bounds it. */
  readonly maxShardBytes: number | null;
}

export type ToStoreThread =
  | StoreBoot
  | { readonly kind: "connect"; readonly port: MessagePort }
  | { readonly kind: "close" };

export type FromStoreThread =
  | { readonly kind: "ready" }
  /** The file cannot be written, as on a full disk, or a step of housekeeping failed, which is tried again. Said once. */
  | { readonly kind: "problem"; readonly message: string }
  | { readonly kind: "well" }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly message: string; readonly help: string | null }
  | { readonly kind: "closed" };
