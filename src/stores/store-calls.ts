// What each call of the protocol does in the store's tables. Synchronous: store-service.ts runs it inside a transaction, sends the
// answers, and keeps the reads that have nothing to say yet.

import type { MessagePort } from "node:worker_threads";
import { assertNever } from "../core/assert-never.ts";
import { type CheckpointTable, createCheckpointTable } from "./checkpoint-table.ts";
import { type ChangeLog, createChangeLog } from "./change-log.ts";
import { createDocumentOperations, type DocumentOperations } from "./document-operations.ts";
import { createDocumentTable, type DocumentTable } from "./document-table.ts";
import { createQueueTable, type QueueTable, type QueueTableOptions } from "./queue-table.ts";
import type { StoreDatabase } from "./store-database.ts";
import type { Missing, StoreCall, StoreCalls } from "./store-protocol.ts";
import { createStreamLog, type StreamLog } from "./stream-log.ts";
import { createTopicLog, type TopicLog } from "./topic-log.ts";
import { createValueTables, type ValueTables } from "./value-tables.ts";

export interface StoreTables {
  readonly log: StreamLog;
  readonly tables: ValueTables;
  readonly checkpoints: CheckpointTable;
  readonly queues: QueueTable;
  readonly topics: TopicLog;
  readonly documents: DocumentTable;
  readonly changes: ChangeLog;
  readonly operations: DocumentOperations;
}

export type StoreTablesOptions = QueueTableOptions & { readonly maxShardBytes: number | null };

export function createStoreTables(database: StoreDatabase, options: StoreTablesOptions): StoreTables {
  const queues = createQueueTable(database, options);
  const { nowMs, uuid, maxShardBytes } = options;
  const documents = createDocumentTable(database);
  const changes = createChangeLog(database, { nowMs, maxLogBytes: maxShardBytes, documents });
  return {
    log: createStreamLog(database, options),
    tables: createValueTables(database),
    checkpoints: createCheckpointTable(database),
    queues,
    topics: createTopicLog(database, { nowMs, maxPartitionBytes: maxShardBytes }),
    documents,
    changes,
    operations: createDocumentOperations({ documents, log: changes, nowMs, uuid }),
  };
}

const missing: Missing = { kind: "missing" };

export type CallAnswer = StoreCalls[StoreCall["kind"]]["answer"];

/** An answer on its way, once what it tells is committed. */
export interface Sent {
  readonly port: MessagePort;
  readonly requestId: number;
  readonly answer: CallAnswer;
}

/** Calls but for those that wait, or end a wait by themselves. */
export type PlainCall = Exclude<
  StoreCall,
  { kind: "stream-read" | "stream-delete" | "queue-receive" | "topic-read" | "changes-read" }
>;

export function answerCall(store: StoreTables, call: PlainCall): CallAnswer {
  switch (call.kind) {
    case "stream-create":
      return { kind: store.log.create(call.request.name, call.request) };
    case "stream-describe": {
      return store.log.describe(call.request.name) ?? missing;
    }
    case "stream-list":
      return store.log.names();
    case "stream-append":
      return store.log.append(call.request.name, call.request.frames, call.request.explicitHashKeys);
    case "stream-locate":
      return store.log.locate(call.request.name, call.request.shardId, call.request.start);
    case "stream-retention":
      return store.log.setRetentionHours(call.request.name, call.request.hours) ? { kind: "done" } : missing;
    case "stream-reshard":
      return store.log.reshard(call.request.name, call.request.change);
    case "stream-trim":
      return store.log.trimAll(call.request.name) ? { kind: "done" } : missing;
    case "table-list":
      return store.tables.list(call.request.table);
    case "table-get":
      return store.tables.get(call.request.table, call.request.key);
    case "table-change":
      store.tables.change(call.request.changes);
      return null;
    case "checkpoints-load":
      return store.checkpoints.load(call.request.mapping, call.request.generation);
    case "checkpoint-save":
      return store.checkpoints.save(call.request.mapping, call.request.generation, call.request);
    case "checkpoints-forget":
      store.checkpoints.forget(call.request.mapping, call.request);
      return null;
    default:
      if (isTopicCall(call)) return answerTopicCall(store, call);
      return isChangeCall(call) ? answerChangeCall(store, call) : answerQueueCall(store.queues, call);
  }
}

type TopicCall = Extract<PlainCall, { kind: `topic-${string}` }>;

type ChangeCall = Extract<PlainCall, { kind: `changes-${string}` }>;

const isChangeCall = (call: ChangeCall | QueueCall): call is ChangeCall => call.kind.startsWith("changes-");

function answerChangeCall({ documents, changes, operations }: StoreTables, call: ChangeCall): CallAnswer {
  switch (call.kind) {
    case "changes-apply":
      return operations.apply(call.request.place, call.request.operations);
    case "changes-locate":
      return changes.locate(call.request.cluster, call.request.start);
    case "changes-look":
      return documents.look(call.request.place, call.request.max);
    case "changes-list":
      return documents.list();
    case "changes-trim":
      return changes.trimAll(call.request.cluster);
    default:
      return assertNever(call);
  }
}

const isTopicCall = (call: TopicCall | ChangeCall | QueueCall): call is TopicCall => call.kind.startsWith("topic-");

function answerTopicCall({ topics, checkpoints }: StoreTables, call: TopicCall): CallAnswer {
  switch (call.kind) {
    case "topic-create":
      return topics.create(call.request.name, call.request.partitionCount);
    case "topic-grow":
      return topics.grow(call.request.name, call.request.partitionCount);
    case "topic-delete":
      return topics.delete(call.request.name);
    case "topic-trim":
      return topics.trimAll(call.request.name);
    case "topic-list":
      return topics.list();
    case "topic-describe":
      return topics.describe(call.request.name);
    case "topic-append":
      return topics.append(call.request);
    case "topic-locate":
      return topics.locate(call.request);
    case "topic-group":
      return topics.places(call.request.name, call.request.groupId);
    case "topic-group-forget":
      topics.forgetPlaces(call.request.name, call.request.groupId);
      return null;
    case "topic-commit":
      return topics.commit(call.request, checkpoints.isFenced(call.request.mapping, call.request.generation));
    default:
      return assertNever(call);
  }
}

export type QueueCall = Extract<PlainCall, { kind: `queue-${string}` }>;

export function answerQueueCall(queues: QueueTable, call: QueueCall): CallAnswer {
  switch (call.kind) {
    case "queue-create":
      return queues.createQueue(call.request.name, call.request.change);
    case "queue-describe":
      return queues.describeQueue(call.request.name);
    case "queue-count":
      return queues.countMessages(call.request.name);
    case "queue-change":
      return queues.changeQueue(call.request.name, call.request.change);
    case "queue-remove":
      return queues.deleteQueue(call.request.name);
    case "queue-visibility":
      return queues.changeVisibilityMany(call.request.name, call.request.changes);
    case "queue-list":
      return queues.listQueues();
    case "queue-send":
      return queues.sendMany(call.request.name, call.request.messages);
    case "queue-peek":
      return queues.peek(call.request.name, call.request.max);
    case "queue-delete":
      return queues.deleteMany(call.request.name, call.request.receiptHandles);
    case "queue-move":
      return queues.move(call.request.name, call.request);
    case "queue-purge":
      return queues.purge(call.request.name);
    default:
      return assertNever(call);
  }
}
