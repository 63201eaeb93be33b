// Reads the store's messages on arrival, at both ends: an unknown kind or a missing member is an error with a code. The check is
// of the outline; the sender is our own code of the same version.

import { MillraceError } from "../errors.ts";
import type { FromStore, FromStoreThread, ToStore, ToStoreThread } from "./store-protocol.ts";

type Outline = Readonly<Record<string, readonly string[]>>;

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
  "queue-purge": call,
  "topic-create": call,
  "topic-subscribe": call,
  "topic-list": call,
  "topic-publish": call,
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

export const parseToStore = (value: unknown): ToStore => parse(value, toStore, "the store") as ToStore;
export const parseFromStore = (value: unknown): FromStore => parse(value, fromStore, "a store's client") as FromStore;
export const parseToStoreThread = (value: unknown): ToStoreThread =>
  parse(value, toStoreThread, "the store thread") as ToStoreThread;
export const parseFromStoreThread = (value: unknown): FromStoreThread =>
  parse(value, fromStoreThread, "the store thread's owner") as FromStoreThread;

function parse(value: unknown, outline: Outline, receiver: string): unknown {
  if (typeof value !== "object" || value === null || !("kind" in value) || typeof value.kind !== "string")
    throw new MillraceError("protocol-broken", `a message to ${receiver} has no kind`);
  const members = Object.hasOwn(outline, value.kind) ? outline[value.kind] : undefined;
  if (members === undefined)
    throw new MillraceError("protocol-broken", `a message to ${receiver} is of unknown kind ${value.kind}`);
  for (const member of members)
    if (!(member in value))
      throw new MillraceError("protocol-broken", `a message of kind ${value.kind} to ${receiver} lacks ${member}`);
  return value;
}
