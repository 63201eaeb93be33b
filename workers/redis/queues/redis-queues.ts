// Queues with SQS's semantics in Redis, each of them a BullMQ queue. Every change is one script on BullMQ's keys and on ours beside them.
// The clock of all instants is Redis's own.

import { randomUUID } from "node:crypto";
import { MillraceError } from "../../../src/errors.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type {
  NewMessage,
  Queues,
  QueueView,
  Received,
  ReceiveOptions,
  SendAnswer,
  VisibilityAnswer,
  VisibilityChange,
} from "../../../src/ports/queues.ts";
import type { RedisAddress } from "../../../src/threads/protocol.ts";
import { openRedisLine, type RedisLine } from "../redis-line.ts";
import { problemFrom } from "../redis-problems.ts";
import { gatherDeletes } from "./gathered-deletes.ts";
import { type Found, gatherReceives } from "./gathered-receives.ts";
import { CHANGE, COUNT, CREATE, LIST, MOVE, PEEK, PURGE } from "./lua-manage.ts";
import { RECEIVE } from "./lua-receive.ts";
import { SEND } from "./lua-send.ts";
import { CHANGE_VISIBILITY, DELETE } from "./lua-settle.ts";
import { BULLMQ_LAYOUT, parseQueue, queueFields, queueKeys, type StoredQueue } from "./queue-layout.ts";
import {
  deadLetters,
  deleteWords,
  peekedMessages,
  receivedMessages,
  sendAnswer,
  sendWords,
  visibilityWords,
} from "./queue-messages.ts";
import { runScript, type Script, scriptOf } from "./queue-scripts.ts";
import { startSweeping } from "./queue-sweeping.ts";
import { createQueueWaits } from "./queue-waits.ts";

/** Messages of one step of Redis: while a script runs, nobody else is served. */
const STEP_MESSAGES = 1_000;
const SWEEP_EVERY_MS = 60_000;
/** Two who change a queue at once: the second reads again. */
const MOST_TRIES = 100;

const scripts = {
  change: scriptOf(CHANGE),
  changeVisibility: scriptOf(CHANGE_VISIBILITY),
  count: scriptOf(COUNT),
  create: scriptOf(CREATE),
  delete: scriptOf(DELETE),
  list: scriptOf(LIST),
  move: scriptOf(MOVE),
  peek: scriptOf(PEEK),
  purge: scriptOf(PURGE),
  receive: scriptOf(RECEIVE),
  send: scriptOf(SEND),
} as const;

export type RedisQueues = Queues & {
  /** Ends what waits; what is under way is rejected. */
  close(): Promise<void>;
};

export interface RedisQueuesOptions {
  readonly address: RedisAddress;
  readonly clock: Clock;
  /** What its connections are listed as, behind `millrace-commands-` and `millrace-blocking-`. Default: a random name. */
  readonly name?: string;
  /** How often retention is looked after; null: somebody else does. Default 60,000. */
  readonly sweepEveryMs?: number | null;
  /** How long an answer of Redis may take; default 5,000. */
  readonly answerWithinMs?: number;
  /** How often a receive that waits looks by itself; default 5,000. */
  readonly blockMs?: number;
  /** Retention cannot be looked after: one line for a person. Default: nobody is told. */
  readonly onProblem?: (detail: string) => void;
  /** The clock of all instants, for tests that move it by hand. Default: Redis's own. */
  readonly nowMs?: () => number;
}

/** Its calls reject with MillraceError `source-unreachable` for all that Redis or the way to it refuses. */
export function createRedisQueues(options: RedisQueuesOptions): RedisQueues {
  const { address, clock, name: ownName = randomUUID(), sweepEveryMs = SWEEP_EVERY_MS } = options;
  const lineOptions = {
    name: `queues-${ownName}`,
    ...(options.answerWithinMs === undefined ? {} : { answerWithinMs: options.answerWithinMs }),
  };
  const commands = openedAtFirst(address, () => openRedisLine(address, "commands", lineOptions));
  const keys = queueKeys(address);
  const waits = createQueueWaits({
    commands,
    openBlocking: () => openRedisLine(address, "blocking", lineOptions),
    wakeKey: `${address.keyPrefix}wake:queues:${ownName}`,
    markerOf: (queue) => keys.marker(queue),
    clock,
    ...(options.blockMs === undefined ? {} : { blockMs: options.blockMs }),
  });
  const run = (
    script: Script,
    queue: string,
    words: readonly (string | number)[],
    how: { readonly isRepeatable?: boolean } = {},
  ): Promise<unknown> => {
    const instant = options.nowMs === undefined ? [] : [String(options.nowMs())];
    return runScript(commands, script, [keys.base, keys.names, ...instant], [queue, ...words], how);
  };
  const stopSweeping =
    sweepEveryMs === null
      ? null
      : startSweeping({
          run,
          names: list,
          clock,
          everyMs: sweepEveryMs,
          onProblem: options.onProblem ?? (() => undefined),
        });
  /** Queues that take the digest of the content for a deduplication id, as far as a send has met one. */
  const digested = new Set<string>();

  async function guarded<T>(queue: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof MillraceError) throw error;
      const { detail } = problemFrom(error, address, { arn: queue, key: `${keys.base}${queue}` });
      throw new MillraceError("source-unreachable", detail, { cause: error });
    }
  }

  async function find(name: string): Promise<StoredQueue | null> {
    const fields = await commands.ask((redis) => redis.hgetall(keys.queue(name)), { isRepeatable: true });
    return parseQueue(name, fields);
  }

  async function list(): Promise<readonly { readonly name: string; readonly messageCount: number }[]> {
    const answer = listOf(await run(scripts.list, "", [], { isRepeatable: true }));
    const found: { readonly name: string; readonly messageCount: number }[] = [];
    for (let at = 0; at < answer.length; at += 2)
      found.push({ name: String(answer[at]), messageCount: Number(answer[at + 1]) });
    return found.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  async function create(
    name: string,
    change: Parameters<Queues["createQueue"]>[1] = {},
  ): Promise<"created" | "exists"> {
    const fields = queueFields(change.settings ?? {}, withTags({}, change.tags));
    const made = await run(scripts.create, name, [BULLMQ_LAYOUT, ...fields], { isRepeatable: true });
    return made === 1 ? "created" : "exists";
  }

  async function change(name: string, wanted: Parameters<Queues["changeQueue"]>[1]): Promise<boolean> {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const queue = await find(name);
      if (queue === null) return false;
      const { settings, tags } = queue.texts;
      // Tags are not the queue's own attributes: changing them is no modification.
      const isModified = wanted.settings === undefined ? 0 : 1;
      const fields = queueFields({ ...queue.changed, ...wanted.settings }, withTags(queue.tags, wanted.tags));
      const answer = await run(scripts.change, name, [settings, tags, isModified, ...fields]);
      digested.delete(name);
      if (answer !== 0) return answer === 1;
    }
    throw new MillraceError("source-unreachable", `the queue ${name} is changed by others all the time`);
  }

  async function sendSome(name: string, messages: readonly NewMessage[]): Promise<readonly SendAnswer[]> {
    const isWithDigest = digested.has(name);
    const words = messages.flatMap((message) => sendWords(randomUUID(), message, isWithDigest));
    const answer = await run(scripts.send, name, words);
    if (answer === null) return messages.map(() => ({ kind: "missing" }) as const);
    if (answer === "incomplete")
      throw new MillraceError("bad-argument", `the FIFO queue ${name} takes no message without a group and an id`);
    if (answer === "content" && !isWithDigest) {
      digested.add(name);
      return sendSome(name, messages);
    }
    return listOf(answer).map((text) => sendAnswer(String(text)));
  }

  async function receiveOnce(
    name: string,
    { max, visibilityMs, maxBytes = Number.MAX_SAFE_INTEGER, isOneGroup = false }: ReceiveOptions,
  ): Promise<Found> {
    const messages: Received["messages"][number][] = [];
    const dead: Received["deadLetters"][number][] = [];
    const mark = randomUUID().slice(-12);
    for (let bytes = 0; ; ) {
      const most = Math.min(STEP_MESSAGES, max - messages.length);
      // Only the very first message may be larger than what is left.
      const words = [
        most,
        visibilityMs ?? "",
        mark,
        isOneGroup ? 1 : 0,
        maxBytes - bytes,
        messages.length === 0 ? 1 : 0,
      ];
      let answer: unknown;
      try {
        answer = await run(scripts.receive, name, words);
      } catch (error) {
        // What earlier steps took is handed out: else it would be hidden, and counted as received, for nothing.
        if (messages.length + dead.length === 0) throw error;
        return { answer: { messages, deadLetters: dead }, isFound: true, dueInMs: null, waitMs: 0 };
      }
      if (answer === null) return { answer: null, isFound: true, dueInMs: null, waitMs: 0 };
      const [found, buried, deadLetterQueue, dueInMs, waitMs, stepBytes, extras] = listOf(answer);
      bytes += Number(stepBytes);
      const step = receivedMessages(listOf(found), listOf(extras), mark);
      messages.push(...step);
      dead.push(...deadLetters(listOf(buried), String(deadLetterQueue)));
      // A group is held once something of it is in flight: a second step would bring another one.
      if (step.length === most && messages.length < max && !isOneGroup) continue;
      const isFound = messages.length > 0 || dead.length > 0;
      const due = Number(dueInMs);
      return {
        answer: { messages, deadLetters: dead },
        isFound,
        dueInMs: due < 0 ? null : due,
        waitMs: Number(waitMs),
      };
    }
  }

  const receiveTogether = gatherReceives(receiveOnce);

  async function receive(name: string, asked: ReceiveOptions, signal?: AbortSignal): Promise<Received | null> {
    const { waitMs: askedMs = 0 } = asked;
    const last = await receiveTogether(name, asked, signal);
    const waitMs = askedMs ?? last.waitMs;
    if (last.isFound || waitMs <= 0) return last.answer;
    const untilMs = clock.monotonicMs() + waitMs;
    return waits.wait({ queue: name, untilMs, look: () => receiveOnce(name, asked), last }, signal);
  }

  async function eraseAll(name: string, receipts: readonly string[]): Promise<readonly boolean[]> {
    const answers: boolean[] = [];
    for (let from = 0; from < receipts.length; from += STEP_MESSAGES) {
      const step = receipts.slice(from, from + STEP_MESSAGES);
      const answer = await run(scripts.delete, name, deleteWords(step), { isRepeatable: true });
      const told = answer === null ? [] : listOf(answer);
      answers.push(...step.map((_, index) => told[index] === 1));
    }
    return answers;
  }

  const deleteMany = gatherDeletes(eraseAll);

  async function show(name: string, changes: readonly VisibilityChange[]): Promise<readonly VisibilityAnswer[]> {
    const answers: VisibilityAnswer[] = [];
    for (let from = 0; from < changes.length; from += STEP_MESSAGES) {
      const step = changes.slice(from, from + STEP_MESSAGES);
      const told = listOf(await run(scripts.changeVisibility, name, visibilityWords(step), { isRepeatable: true }));
      answers.push(
        ...step.map((_, index) => {
          const answer = told[index];
          return answer === "changed" || answer === "visible" ? answer : "gone";
        }),
      );
    }
    return answers;
  }

  async function purge(name: string, isRemoved: boolean): Promise<boolean> {
    for (;;) {
      const answer = await run(scripts.purge, name, [isRemoved ? 1 : 0], { isRepeatable: true });
      if (answer !== 1) return answer === 0;
    }
  }

  async function move(
    name: string,
    { max, to }: Parameters<Queues["move"]>[1],
  ): Promise<{ readonly movedCount: number; readonly unmovableCount: number } | null> {
    let movedCount = 0;
    for (;;) {
      const most = Math.min(STEP_MESSAGES, max - movedCount);
      const ids = Array.from({ length: most }, () => randomUUID());
      const answer = await run(scripts.move, name, [to ?? "", ...ids]);
      if (answer === null) return null;
      const [moved, unmovable] = listOf(answer);
      movedCount += Number(moved);
      if (Number(moved) < most || movedCount >= max) return { movedCount, unmovableCount: Number(unmovable) };
    }
  }

  return {
    createQueue: (name, wanted) => guarded(name, () => create(name, wanted)),
    describeQueue: (name) => guarded(name, async () => viewOf(await find(name))),
    countMessages: (name) =>
      guarded(name, async () => {
        const answer = await run(scripts.count, name, [], { isRepeatable: true });
        if (answer === null) return null;
        const [visible, hidden, delayed] = listOf(answer).map(Number);
        return { visibleCount: visible ?? 0, hiddenCount: hidden ?? 0, delayedCount: delayed ?? 0 };
      }),
    changeQueue: (name, wanted) => guarded(name, () => change(name, wanted)),
    deleteQueue: (name) => guarded(name, () => purge(name, true)),
    listQueues: () => guarded("", list),
    send: (name, message) =>
      guarded(name, async () => (await sendSome(name, [message]))[0] ?? ({ kind: "missing" } as const)),
    sendMany: (name, messages) => guarded(name, () => sendSome(name, messages)),
    peek: (name, max) =>
      guarded(name, async () => {
        const answer = await run(scripts.peek, name, [max], { isRepeatable: true });
        return answer === null ? null : peekedMessages(listOf(answer), max);
      }),
    receive: (name, asked, signal) => guarded(name, () => receive(name, asked, signal)),
    delete: (name, receipt) => guarded(name, async () => (await deleteMany(name, [receipt]))[0] === true),
    deleteMany: (name, receipts) => guarded(name, () => deleteMany(name, receipts)),
    changeVisibility: (name, receiptHandle, visibilityMs) =>
      guarded(name, async () => (await show(name, [{ receiptHandle, visibilityMs }]))[0] ?? "gone"),
    changeVisibilityMany: (name, changes) => guarded(name, () => show(name, changes)),
    move: (name, wanted) => guarded(name, () => move(name, wanted)),
    purge: (name) => guarded(name, () => purge(name, false)),
    async close() {
      const swept = stopSweeping?.();
      await waits.close();
      commands.close();
      await swept;
    },
  };
}

/** A thread that has nothing to do with queues has no connection for them. */
function openedAtFirst(address: RedisAddress, open: () => RedisLine): RedisLine {
  let line: RedisLine | null = null;
  return {
    address,
    ask: (work, how) => (line ??= open()).ask(work, how),
    close: () => line?.close(),
  };
}

function viewOf(queue: StoredQueue | null): QueueView | null {
  if (queue === null) return null;
  const { name, settings, tags, createdAtMs, modifiedAtMs } = queue;
  return { name, settings, tags, createdAtMs, modifiedAtMs };
}

function withTags(
  tags: QueueView["tags"],
  change: Readonly<Record<string, string | null>> = {},
): Readonly<Record<string, string>> {
  const merged = Object.entries({ ...tags, ...change }).filter((entry): entry is [string, string] => entry[1] !== null);
  return Object.fromEntries(merged);
}

function listOf(answer: unknown): readonly unknown[] {
  return Array.isArray(answer) ? (answer as readonly unknown[]) : [];
}
