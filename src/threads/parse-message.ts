// Reads a message that arrived from another thread. Both sides of a port parse: an unknown kind or a missing member is an error
// with a code, not something to skip. The check is of the shape's outline; the sender is our own code of the same version.

import { MillraceError } from "../errors.ts";
import type { FromPoller, ToPoller } from "./protocol.ts";

/** For each kind the members that a message of it must have. */
type OutlineOf<M extends { readonly kind: string }> = {
  readonly [K in M["kind"]]: readonly Exclude<keyof Extract<M, { readonly kind: K }>, "kind">[];
};
type Outline = Readonly<Record<string, readonly string[]>>;

const toPoller: OutlineOf<ToPoller> = {
  boot: [
    "protocolVersion",
    "threadName",
    "pollerIndex",
    "stateDir",
    "storePort",
    "permits",
    "redis",
    "endpointUrl",
    "region",
    "accountId",
    "functions",
    "maxFunctionThreads",
    "journalBytes",
    "logBytes",
    "isDebugged",
  ],
  function: ["deployed"],
  "function-removed": ["name"],
  "consumer-gone": ["consumerArn"],
  start: ["spec"],
  update: ["spec"],
  stop: ["uuid", "isDelete", "graceMs"],
  steer: ["uuid", "command"],
  watch: ["isWatched", "areLanesWatched"],
  invoke: ["id", "call"],
  record: ["id", "mapping", "isWithPayloads"],
  "record-end": ["id"],
  shutdown: ["graceMs"],
};

const fromPoller: OutlineOf<FromPoller> = {
  ready: ["protocolVersion"],
  positioned: ["uuid", "generation"],
  updated: ["uuid", "generation"],
  stopped: ["uuid", "generation", "errors"],
  problem: ["uuid", "generation", "problem"],
  fenced: ["uuid", "generation"],
  invoked: ["id", "answer"],
  summary: ["mappings"],
  entries: ["entries", "droppedCount"],
  recorded: ["id", "text", "state"],
  "shut-down": ["errors"],
};

export const parseToPoller = (value: unknown): ToPoller => parse(value, toPoller, "a poller") as ToPoller;
export const parseFromPoller = (value: unknown): FromPoller => parse(value, fromPoller, "main") as FromPoller;

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
