// The outlines of the store's messages, by which both ends read them on arrival.

import { type Outline, parseOutlined } from "../platform/message-outline.ts";
import type { FromStore, FromStoreThread, ToStore, ToStoreThread } from "./store-protocol.ts";

const call = ["requestId", "request"];

const toStore: Outline = {
  "stream-create": call,
  "stream-delete": call,
  "stream-describe": call,
  "stream-list": call,
  "stream-append": call,
  "stream-read": call,
  "stream-locate": call,
  "stream-retention": call,
  "stream-trim": call,
  "stream-reshard": call,
  "table-list": call,
  "table-get": call,
  "table-change": call,
  "checkpoints-load": call,
  "checkpoint-save": call,
  "checkpoints-forget": call,
  "queue-create": call,
  "queue-describe": call,
  "queue-count": call,
  "queue-change": call,
  "queue-remove": call,
  "queue-visibility": call,
  "queue-list": call,
  "queue-send": call,
  "queue-peek": call,
  "queue-receive": call,
  "queue-delete": call,
  "queue-move": call,
  "queue-purge": call,
  "topic-create": call,
  "topic-grow": call,
  "topic-delete": call,
  "topic-trim": call,
  "topic-list": call,
  "topic-describe": call,
  "topic-append": call,
  "topic-read": call,
  "topic-locate": call,
  "topic-group": call,
  "topic-group-forget": call,
  "topic-commit": call,
  "changes-apply": call,
  "changes-read": call,
  "changes-locate": call,
  "changes-look": call,
  "changes-list": call,
  "changes-trim": call,
  cancel: ["requestId"],
};

const fromStore: Outline = { answer: ["requestId", "answer"], failure: ["requestId", "code", "message"] };

const toStoreThread: Outline = {
  boot: ["protocolVersion", "storeFile", "region", "accountId", "maxShardBytes"],
  connect: ["port"],
  close: [],
};

const fromStoreThread: Outline = {
  ready: [],
  problem: ["message"],
  well: [],
  failed: ["code", "message", "help"],
  closed: [],
};

export const parseToStore = (value: unknown): ToStore => parseOutlined(value, toStore, "the store") as ToStore;
export const parseFromStore = (value: unknown): FromStore =>
  parseOutlined(value, fromStore, "a store's client") as FromStore;
export const parseToStoreThread = (value: unknown): ToStoreThread =>
  parseOutlined(value, toStoreThread, "the store thread") as ToStoreThread;
export const parseFromStoreThread = (value: unknown): FromStoreThread =>
  parseOutlined(value, fromStoreThread, "the store thread's owner") as FromStoreThread;
