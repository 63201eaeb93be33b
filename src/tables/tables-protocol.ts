// The messages between main and the tables' thread, plain data only, parsed on arrival by both sides. Requests carry an id; an answer
// may come late (a large scan) and in any order.

import type { MessagePort } from "node:worker_threads";
import type { ErrorCode } from "../errors.ts";
import { type OutlineOf, parseOutlined } from "../platform/message-outline.ts";
import type { TableOperation, TableReply, TableStream } from "../ports/item-tables.ts";

export const TABLES_PROTOCOL_VERSION = 1;

export interface TablesBoot {
  readonly kind: "boot";
  readonly protocolVersion: number;
  readonly folder: string;
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
  /** Where streams are: Redis as configured (RedisAddress of src/threads/protocol.ts), or null: the store behind `storePort`. */
  readonly redis: {
    readonly url: string;
    readonly keyPrefix: string;
    readonly queuePrefix: string;
    readonly caPem: string | null;
  } | null;
  readonly storePort: MessagePort;
}

export type ToTables =
  | TablesBoot
  /** `body` is copied: it may be a part of a larger buffer. */
  | { readonly kind: "call"; readonly requestId: number; readonly operation: TableOperation; readonly body: Uint8Array }
  | { readonly kind: "streams"; readonly requestId: number }
  | { readonly kind: "close" };

export type FromTables =
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: "reply"; readonly requestId: number; readonly reply: TableReply }
  | { readonly kind: "listed"; readonly requestId: number; readonly streams: readonly TableStream[] }
  | { readonly kind: "closed" };

const toTables: OutlineOf<ToTables> = {
  boot: ["protocolVersion", "folder", "partition", "region", "accountId", "redis", "storePort"],
  call: ["requestId", "operation", "body"],
  streams: ["requestId"],
  close: [],
};

const fromTables: OutlineOf<FromTables> = {
  ready: [],
  failed: ["code", "message"],
  reply: ["requestId", "reply"],
  listed: ["requestId", "streams"],
  closed: [],
};

export const parseToTables = (value: unknown): ToTables =>
  parseOutlined(value, toTables, "the tables' thread") as ToTables;
export const parseFromTables = (value: unknown): FromTables =>
  parseOutlined(value, fromTables, "the tables' owner") as FromTables;
