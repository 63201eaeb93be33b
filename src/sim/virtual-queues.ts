// The world's queues as a mapping's process meets them: over queues of the world's own clock, with the fates of its calls, and with a look
// at what goes in and comes out. Whoever else calls them meets no fate.
//
// VQ1 What is noted is what the queue did and what the mapping asked for, whether or not either heard of the other.

import { MillraceError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type {
  DeadLetter,
  NewMessage,
  QueueMessage,
  Queues,
  Received,
  SendAnswer,
  VisibilityAnswer,
  VisibilityChange,
} from "../ports/queues.ts";
import { wakeAfter } from "./wake-after.ts";

/** Of one call: it takes so much longer, fails with nothing done, or is done and its answer gets lost. */
export interface QueueFate {
  readonly delayMs: number;
  readonly isFailing: boolean;
  readonly isLost: boolean;
}

export interface QueueFates {
  /** `isRepeated`: a standard queue hands the messages out without hiding them. */
  receive(queue: string): QueueFate & { readonly isRepeated: boolean };
  delete(queue: string): QueueFate;
  /** Of every other question. */
  ask(queue: string): Omit<QueueFate, "isLost">;
}

/** What is looked at, by the queue's name. */
export interface QueueWatch {
  sent(queue: string, messageId: string, message: NewMessage, visibleAtMs: number): void;
  purged(queue: string): void;
  received(queue: string, life: number, seen: ReceivedAs): void;
  repeated(queue: string, ids: readonly string[]): void;
  deadLettered(queue: string, deadLetters: readonly DeadLetter[]): void;
  deleteAsked(queue: string, life: number, receipts: readonly string[]): void;
  deleted(queue: string, receipts: readonly string[]): void;
  visibilityChanged(
    queue: string,
    life: number,
    change: { readonly receipt: string; readonly hiddenUntilMs: number },
  ): void;
}

export interface ReceivedAs {
  readonly messages: readonly QueueMessage[];
  readonly hiddenUntilMs: number;
  readonly isLost: boolean;
}

export interface VirtualQueues {
  /** As producers, doors and destinations call them. */
  readonly queues: Queues;
  /** As one process of a mapping does. `life` tells its notes from others'. */
  ofProcess(life: number, fates: QueueFates): Queues;
  /** No process reaches this queue for so long. */
  outage(queue: string, forMs: number): void;
  /** Every message that was sent to it has ended. */
  isEmpty(queue: string): Promise<boolean>;
  /** Messages that were sent to it, in order. */
  sent(queue: string): readonly TakenMessage[];
}

export interface TakenMessage {
  readonly messageId: string;
  readonly body: string;
  /** FIFO; null for a standard queue. */
  readonly groupId: string | null;
  readonly sentAtMs: number;
  /** By the clock that is never set. */
  readonly sentSteadyMs: number;
}

export interface VirtualQueuesOptions {
  /** Queues by the world's clock, whose calls take no time but for the waits of receives. */
  readonly inner: Queues;
  readonly clock: Clock;
  readonly watch: QueueWatch;
}

const ASK_AGAIN_MS = 60_000;

export function createVirtualQueues({ inner, clock, watch }: VirtualQueuesOptions): VirtualQueues {
  /** By the clock that is never set. */
  const awayUntilMs = new Map<string, number>();
  const taken = new Map<string, TakenMessage[]>();
  /** Ids of all of them. */
  const takenIds = new Set<string>();
  /** How many lie in each queue, but for those that its retention has ended. */
  const counts = new Map<string, number>();
  /** When a queue was last asked itself. */
  const askedMs = new Map<string, number>();
  /** How the receives that wait are ended as their queue goes away. */
  const waiting = new Map<string, Set<() => void>>();

  const add = (name: string, count: number): void => void counts.set(name, (counts.get(name) ?? 0) + count);

  function take(name: string, messageId: string, { body, groupId = null }: NewMessage): void {
    const messages = taken.get(name) ?? [];
    taken.set(name, messages);
    takenIds.add(messageId);
    messages.push({ messageId, body, groupId, sentAtMs: clock.nowMs(), sentSteadyMs: clock.monotonicMs() });
    add(name, 1);
  }

  function purged(name: string): void {
    counts.set(name, 0);
    watch.purged(name);
  }

  async function noted(
    name: string,
    messages: readonly NewMessage[],
    send: () => Promise<readonly SendAnswer[]>,
  ): Promise<readonly SendAnswer[]> {
    const settings = (await inner.describeQueue(name))?.settings;
    const answers = await send();
    for (const [index, answer] of answers.entries()) {
      const message = messages[index];
      // What repeats a message within five minutes is none, whichever call it came by.
      if (answer.kind !== "sent" || message === undefined || takenIds.has(answer.messageId)) continue;
      take(name, answer.messageId, message);
      watch.sent(name, answer.messageId, message, clock.nowMs() + (message.delayMs ?? settings?.delayMs ?? 0));
    }
    return answers;
  }

  const queues: Queues = {
    ...inner,
    async send(name, message) {
      const [answer] = await noted(name, [message], async () => [await inner.send(name, message)]);
      return answer ?? { kind: "missing" };
    },
    sendMany: (name, messages) => noted(name, messages, () => inner.sendMany(name, messages)),
    async purge(name) {
      const isThere = await inner.purge(name);
      if (isThere) purged(name);
      return isThere;
    },
    async deleteQueue(name) {
      const isThere = await inner.deleteQueue(name);
      if (isThere) purged(name);
      return isThere;
    },
  };

  const isAway = (name: string): boolean => (awayUntilMs.get(name) ?? 0) > clock.monotonicMs();

  /** Its time passes, then it fails, or the work is done; and its answer may get lost. */
  async function under<T>(name: string, fate: QueueFate, work: () => Promise<T>): Promise<T> {
    if (fate.delayMs > 0) await new Promise<void>((resolve) => void wakeAfter(clock, fate.delayMs, resolve));
    if (fate.isFailing || isAway(name)) throw unreachable(name);
    const answer = await work();
    if (fate.isLost) throw unreachable(name);
    return answer;
  }

  const processOf = (life: number, fates: QueueFates): Queues => ({
    ...queues,
    receive(name, options, signal) {
      const fate = fates.receive(name);
      return under(name, fate, async () => {
        const received = await waitedFor(name, (cut) => inner.receive(name, options, bothOf(signal, cut)));
        if (received === null) return null;
        await seen(name, received, { life, fate, visibilityMs: options.visibilityMs });
        return received;
      });
    },
    async delete(name, receiptHandle) {
      const [isDone = false] = await deleted(name, [receiptHandle], { life, fates });
      return isDone;
    },
    deleteMany: (name, receipts) => deleted(name, receipts, { life, fates }),
    async changeVisibility(name, receiptHandle, visibilityMs) {
      const [answer = "gone"] = await changed(name, [{ receiptHandle, visibilityMs }], { life, fates });
      return answer;
    },
    changeVisibilityMany: (name, changes) => changed(name, changes, { life, fates }),
    describeQueue: (name) => under(name, { ...fates.ask(name), isLost: false }, () => inner.describeQueue(name)),
    countMessages: (name) => under(name, { ...fates.ask(name), isLost: false }, () => inner.countMessages(name)),
  });

  async function seen(
    name: string,
    { messages, deadLetters }: Received,
    {
      life,
      fate,
      visibilityMs,
    }: { life: number; fate: QueueFate & { isRepeated: boolean }; visibilityMs: number | null },
  ): Promise<void> {
    const nowMs = clock.nowMs();
    if (deadLetters.length > 0) watch.deadLettered(name, deadLetters);
    for (const { deadLetterQueue } of deadLetters) {
      add(name, -1);
      add(deadLetterQueue, 1);
    }
    if (messages.length === 0) return;
    const settings = (await inner.describeQueue(name))?.settings;
    const hiddenUntilMs = nowMs + (visibilityMs ?? settings?.visibilityMs ?? 0);
    watch.received(name, life, { messages, hiddenUntilMs, isLost: fate.isLost });
    if (!fate.isRepeated || settings?.isFifo === true) return;
    watch.repeated(
      name,
      messages.map(({ messageId }) => messageId),
    );
    for (const { receiptHandle } of messages) await inner.changeVisibility(name, receiptHandle, 0);
  }

  function changed(
    name: string,
    changes: readonly VisibilityChange[],
    { life, fates }: { readonly life: number; readonly fates: QueueFates },
  ): Promise<readonly VisibilityAnswer[]> {
    return under(name, { ...fates.ask(name), isLost: false }, async () => {
      const answers = await inner.changeVisibilityMany(name, changes);
      for (const [index, { receiptHandle: receipt, visibilityMs }] of changes.entries())
        if (answers[index] === "changed")
          watch.visibilityChanged(name, life, { receipt, hiddenUntilMs: clock.nowMs() + visibilityMs });
      return answers;
    });
  }

  function deleted(
    name: string,
    receipts: readonly string[],
    { life, fates }: { readonly life: number; readonly fates: QueueFates },
  ): Promise<readonly boolean[]> {
    watch.deleteAsked(name, life, receipts);
    return under(name, fates.delete(name), async () => {
      const answers = await inner.deleteMany(name, receipts);
      const done = receipts.filter((_, index) => answers[index] === true);
      add(name, -done.length);
      watch.deleted(name, done);
      return answers;
    });
  }

  /** Ended with a failure where its queue goes away meanwhile. */
  async function waitedFor(
    name: string,
    receive: (cut: AbortSignal) => Promise<Received | null>,
  ): Promise<Received | null> {
    const cut = new AbortController();
    const end = (): void => cut.abort();
    const ends = waiting.get(name) ?? new Set();
    waiting.set(name, ends);
    ends.add(end);
    try {
      const received = await receive(cut.signal);
      if (cut.signal.aborted && received?.messages.length === 0) throw unreachable(name);
      return received;
    } finally {
      ends.delete(end);
    }
  }

  return {
    queues,
    ofProcess: processOf,
    sent: (name) => taken.get(name) ?? [],
    async isEmpty(name) {
      if ((counts.get(name) ?? 0) <= 0) return true;
      // What its retention ends nobody tells: it is looked for now and then.
      if (clock.monotonicMs() - (askedMs.get(name) ?? 0) < ASK_AGAIN_MS) return false;
      askedMs.set(name, clock.monotonicMs());
      const left = await inner.countMessages(name);
      return left === null || left.visibleCount + left.hiddenCount + left.delayedCount === 0;
    },
    outage(name, forMs) {
      awayUntilMs.set(name, Math.max(awayUntilMs.get(name) ?? 0, clock.monotonicMs() + forMs));
      for (const end of waiting.get(name) ?? []) end();
    },
  };
}

const unreachable = (name: string): MillraceError =>
  new MillraceError("source-unreachable", `the queue ${name} cannot be reached: the world is away`);

const bothOf = (signal: AbortSignal | undefined, cut: AbortSignal): AbortSignal =>
  signal === undefined ? cut : AbortSignal.any([signal, cut]);
