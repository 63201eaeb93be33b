// The outlines of the messages between main and pollers, by which both read them on arrival.

import { type OutlineOf, parseOutlined } from "../platform/message-outline.ts";
import type { FromPoller, ToPoller } from "./protocol.ts";

const toPoller: OutlineOf<ToPoller> = {
  boot: [
    "protocolVersion",
    "threadName",
    "pollerIndex",
    "stateDir",
    "storePort",
    "permits",
    "redis",
    "destinations",
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
  published: ["id", "answer"],
  "secret-text": ["id", "text"],
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
  unrecoverable: ["uuid", "generation", "reason"],
  secret: ["id", "secretArn"],
  publish: ["id", "topic", "message"],
  summary: ["mappings"],
  threads: ["threads"],
  entries: ["entries", "droppedCount"],
  recorded: ["id", "text", "state"],
  "shut-down": ["errors"],
};

export const parseToPoller = (value: unknown): ToPoller => parseOutlined(value, toPoller, "a poller") as ToPoller;
export const parseFromPoller = (value: unknown): FromPoller => parseOutlined(value, fromPoller, "main") as FromPoller;
