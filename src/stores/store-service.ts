// The store behind its ports: takes what all clients ask, runs it in one transaction, answers. It owns the waiting reads. What a
// call does is store-calls.ts's; which thread this runs in is its owner's business.
//
// V1  Group commit: everything that lies in the ports when a message comes is one transaction, and nothing of it is answered
//     before the commit (D1).
// V2  A transaction that fails is undone and its calls are run one by one, so that only the culprit fails.
// V3  A read or receive that waits is tried again when its shard or queue has something new, and answered when its stream or queue goes,
//     when its time is over or it is cancelled, or never when its client is gone. Nobody polls.

import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { MillraceError } from "../errors.ts";
import type { Cancel, Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import { parseToStore } from "./parse-store.ts";
import { createQueueWaits } from "./queue-waits.ts";
import { answerCall, type CallAnswer, createStoreTables, type Sent } from "./store-calls.ts";
import type { ChangeReadAnswer, ChangeReadRequest } from "./change-protocol.ts";
import { createReadWaits } from "./read-waits.ts";
import type { StoreDatabase } from "./store-database.ts";
import type { FromStore, ReadAnswer, ReadRequest, ToStore } from "./store-protocol.ts";
import type { TopicRead, TopicReadAnswer, TopicReadRequest } from "./topic-protocol.ts";
import { createWriteTrouble } from "./write-trouble.ts";

/** Most calls of one transaction: bounds how long the first of them waits for its answer. */
const MOST_CALLS = 1_000;
/** Between two looks at what retention has ended, when there is nothing to take away. */
const SWEEP_EVERY_MS = 60_000;
/** Between two steps of a sweep, so that calls come in between. */
const SWEEP_PAUSE_MS = 10;

export interface StoreService {
  connect(port: MessagePort): void;
  /** One step of taking away what nobody can read any more; true while there is more to do. Done by itself from time to time. */
  sweep(): boolean;
  close(): void;
}

export interface StoreServiceOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly region: string;
  readonly accountId: string;
  readonly maxShardBytes: number | null;
  /** The file cannot be written, or something failed that nobody asked for and is tried again later. Said once. */
  readonly onProblem: (error: unknown) => void;
  /** All is well again. Default: nobody is told. */
  readonly onWell?: () => void;
}

interface Asked {
  readonly port: MessagePort;
  readonly message: ToStore;
}

interface WaitingRead {
  readonly port: MessagePort;
  readonly requestId: number;
  readonly request: ReadRequest;
}

export function createStoreService(database: StoreDatabase, options: StoreServiceOptions): StoreService {
  const { clock, random } = options;
  const store = createStoreTables(database, {
    ...options,
    nowMs: () => clock.nowMs(),
    uuid: () => random.uuid("store"),
  });
  const trouble = createWriteTrouble({
    clock,
    onProblem: options.onProblem,
    onWell: () => options.onWell?.(),
  });
  const ports = new Set<MessagePort>();
  /** By the shard's key. */
  const waiting = new Map<number, Set<WaitingRead>>();
  /** Takes back what the transaction that runs has done to `waiting`. */
  const undo: (() => void)[] = [];
  const receives = createQueueWaits<MessagePort>({ clock, queues: store.queues, look: lookAtQueue });
  const topicReads = createReadWaits<MessagePort, TopicReadRequest, TopicReadAnswer>({
    keyOf: ({ name }) => name,
    look: (request) => store.topics.read(request),
  });
  const changeReads = createReadWaits<MessagePort, ChangeReadRequest, ChangeReadAnswer>({
    keyOf: ({ cluster }) => cluster,
    look: (request) => store.changes.read(request),
  });
  /** All that wait by themselves, and forget what a transaction that was undone has done. */
  const waits = [receives, topicReads, changeReads];
  const settle = (outcome: "committed" | "undone"): void => {
    for (const each of waits) each.settle(outcome);
  };
  let cancelSweep: Cancel | null = null;
  let isClosed = false;

  function runTogether(batch: readonly Asked[]): void {
    undo.length = 0;
    let sent: readonly Sent[];
    try {
      sent = transact(batch);
    } catch (error) {
      for (const each of undo.toReversed()) each();
      settle("undone");
      const [only] = batch;
      if (batch.length === 1 && only !== undefined) {
        trouble.failed(only.message.kind, error);
        return fail(only, error);
      }
      for (const each of batch) runTogether([each]);
      return;
    }
    for (const { message } of batch) trouble.succeeded(message.kind);
    answerAll(sent); // Not within the try: what is committed is never run again.
    settle("committed");
  }

  /** What a commit tells those who wait. */
  function retryTouched(sent: Sent[]): void {
    receives.retryTouched(sent);
    topicReads.retry(store.topics.takeTouched(), sent);
    changeReads.retry(store.changes.takeTouched(), sent);
  }

  function forgetTouched(): void {
    store.queues.takeTouched();
    store.topics.takeTouched();
    store.changes.takeTouched();
  }

  function transact(batch: readonly Asked[]): readonly Sent[] {
    const sent: Sent[] = [];
    database.begin();
    try {
      for (const { port, message } of batch) handle(port, message, sent);
      for (const shard of store.log.flush()) retry(shard.key, sent);
      retryTouched(sent);
      database.commit();
      return sent;
    } catch (error) {
      database.rollback();
      store.log.forgetAll();
      forgetTouched();
      throw error;
    }
  }

  function handle(port: MessagePort, message: ToStore, sent: Sent[]): void {
    switch (message.kind) {
      case "cancel":
        return cancel(port, message.requestId, sent);
      case "stream-read":
        return read({ port, requestId: message.requestId, request: message.request }, sent);
      case "queue-receive":
        return receives.receive({ port, requestId: message.requestId, request: message.request }, sent);
      case "topic-read":
        return topicReads.ask({ port, requestId: message.requestId, request: message.request }, sent);
      case "changes-read":
        return changeReads.ask({ port, requestId: message.requestId, request: message.request }, sent);
      case "stream-delete": {
        const stream = store.log.delete(message.request.name);
        sent.push({ port, requestId: message.requestId, answer: { kind: stream === null ? "missing" : "deleted" } });
        for (const shard of stream?.shards ?? []) retry(shard.key, sent);
        return;
      }
      default:
        sent.push({ port, requestId: message.requestId, answer: answerCall(store, message) });
    }
  }

  function read(asked: WaitingRead, sent: Sent[]): void {
    const answer = store.log.read(asked.request);
    if (answer !== null) {
      sent.push({ port: asked.port, requestId: asked.requestId, answer });
      return;
    }
    const key = store.log.find(asked.request.name, asked.request.shardId)?.shard.key;
    if (key === undefined) return;
    add(key, asked);
    undo.push(() => remove(key, asked));
  }

  /** A message may have become visible, or a wait be over. */
  function lookAtQueue(queue: string): void {
    if (isClosed) return;
    const sent: Sent[] = [];
    database.begin();
    try {
      receives.retry(queue, sent);
      database.commit();
    } catch (error) {
      database.rollback();
      forgetTouched();
      settle("undone");
      return trouble.failed("look", error);
    }
    trouble.succeeded("look");
    answerAll(sent);
    settle("committed");
  }

  function add(key: number, asked: WaitingRead): void {
    const reads = waiting.get(key) ?? new Set();
    reads.add(asked);
    waiting.set(key, reads);
  }

  function remove(key: number, asked: WaitingRead): void {
    const reads = waiting.get(key);
    reads?.delete(asked);
    if (reads?.size === 0) waiting.delete(key);
  }

  function retry(shardKey: number, sent: Sent[]): void {
    const reads = waiting.get(shardKey);
    if (reads === undefined) return;
    // A copy: a read that still has nothing to say is added again.
    const tried = [...reads];
    for (const asked of tried) {
      remove(shardKey, asked);
      undo.push(() => add(shardKey, asked));
      read(asked, sent);
    }
  }

  function cancel(port: MessagePort, requestId: number, sent: Sent[]): void {
    if (waits.some((each) => each.cancel(port, requestId, sent))) return;
    for (const [key, reads] of waiting) {
      for (const asked of reads) {
        if (asked.port !== port || asked.requestId !== requestId) continue;
        remove(key, asked);
        undo.push(() => add(key, asked));
        // Asked without waiting, the same read says where the reader stands.
        const answer = store.log.read({ ...asked.request, isWaiting: false });
        if (answer !== null) sent.push({ port, requestId, answer });
        return;
      }
    }
  }

  function forgetPort(port: MessagePort): void {
    ports.delete(port);
    for (const each of waits) each.forgetPort(port);
    for (const [key, reads] of waiting) for (const asked of reads) if (asked.port === port) remove(key, asked);
  }

  function receive(port: MessagePort, value: unknown): void {
    if (isClosed) return;
    const batch: Asked[] = [{ port, message: parseToStore(value) }];
    for (const each of ports) {
      for (; batch.length < MOST_CALLS; ) {
        const more = receiveMessageOnPort(each);
        if (more === undefined) break;
        batch.push({ port: each, message: parseToStore(more.message) });
      }
    }
    runTogether(batch);
  }

  function sweep(): boolean {
    const sent: Sent[] = [];
    let isMore: boolean;
    database.begin();
    try {
      isMore = store.log.sweep() || store.queues.sweep() || store.topics.sweep() || store.changes.sweep();
      retryTouched(sent);
      database.commit();
    } catch (error) {
      database.rollback();
      store.log.forgetAll();
      forgetTouched();
      settle("undone");
      throw error;
    }
    answerAll(sent);
    settle("committed");
    return isMore;
  }

  function sweepLater(afterMs: number): void {
    cancelSweep = clock.wakeAt(clock.nowMs() + afterMs, () => {
      let isMore = false;
      try {
        isMore = sweep();
        trouble.succeeded("sweep");
      } catch (error) {
        trouble.failed("sweep", error);
      }
      sweepLater(isMore ? SWEEP_PAUSE_MS : SWEEP_EVERY_MS);
    });
  }

  sweepLater(SWEEP_EVERY_MS);
  return {
    connect(port) {
      ports.add(port);
      port.on("message", (value: unknown) => receive(port, value));
      port.on("close", () => forgetPort(port));
    },
    sweep,
    close() {
      if (isClosed) return;
      isClosed = true;
      cancelSweep?.();
      trouble.close();
      for (const each of waits) each.close();
      for (const port of ports) port.close();
      database.close();
    },
  };
}

function answerAll(sent: readonly Sent[]): void {
  for (const { port, requestId, answer } of sent) {
    const message: FromStore = { kind: "answer", requestId, answer };
    port.postMessage(message, hasFrames(answer) ? [answer.frames] : []);
  }
}

function hasFrames(answer: CallAnswer): answer is ReadAnswer | TopicRead {
  return typeof answer === "object" && answer !== null && "frames" in answer;
}

function fail({ port, message }: Asked, error: unknown): void {
  const failure: FromStore = {
    kind: "failure",
    requestId: message.requestId,
    code: error instanceof MillraceError ? error.code : "state-broken",
    message: error instanceof Error ? error.message : String(error),
  };
  port.postMessage(failure);
}
