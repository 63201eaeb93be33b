// A queue of an app under test: standard, or FIFO by its name, by the calls of SQS as its door takes them. What they refuse is thrown with
// AWS's text.

import { MillraceError } from "../errors.ts";
import type { Entry } from "../ports/journal.ts";
import type { HouseQueues } from "../wiring/house-queues.ts";
import { type TimeSpan, toMs } from "./time-span.ts";

export interface QueueOptions {
  /** How long a received message is hidden, whole seconds; default "30 s". */
  readonly visibility?: TimeSpan;
  /** How long a new message stays hidden, whole seconds; default 0. */
  readonly delay?: TimeSpan;
  /** A message that was received `maxReceiveCount` times goes there: a queue of the app that was named before. Default: none. */
  readonly deadLetters?: { readonly queue: string; readonly maxReceiveCount: number };
  /** FIFO: a message without `deduplicationId` has one of its body. Default true here. */
  readonly isDeduplicatedByContent?: boolean;
}

export interface SendOptions {
  /** FIFO: needed. */
  readonly groupId?: string;
  /** FIFO; default: of the body, if the queue does so. */
  readonly deduplicationId?: string;
  /** Whole seconds; standard queues only. Default: the queue's own. */
  readonly delay?: TimeSpan;
  /** Texts. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A message as it lies in its queue, hidden or not. */
export interface TestMessage {
  readonly messageId: string;
  readonly body: string;
  readonly sentAtMs: number;
  readonly receiveCount: number;
}

/** A message that was sent to the queue and has left it. `filtered`: deleted since no pattern of its mapping let it through. */
export interface EndedMessage {
  readonly messageId: string;
  readonly body: string;
  readonly groupId: string | null;
  readonly how: "deleted" | "filtered" | "dead letter";
}

export interface TestQueue {
  readonly queueArn: string;
  /** `body`: text, or a value that becomes JSON. Rejects with AWS's text. */
  send(body: unknown, options?: SendOptions): Promise<{ readonly messageId: string }>;
  /** One after another, in order. */
  sendAll(bodies: readonly unknown[], options?: SendOptions): Promise<readonly { readonly messageId: string }[]>;
  /** What lies there now, oldest first: visible, in flight and delayed. */
  messages(): Promise<readonly TestMessage[]>;
  counts(): Promise<{ readonly visible: number; readonly inFlight: number; readonly delayed: number }>;
  /** What was sent to it and is no longer there, in the order of sending. */
  ended(): Promise<readonly EndedMessage[]>;
}

const MOST_PEEKED = 1_000_000;

export function createTestQueue(options: {
  readonly name: string;
  readonly queueArn: string;
  readonly settings: QueueOptions;
  /** The queues that were named before are there. */
  readonly before: Promise<unknown>;
  readonly arnOf: (queueName: string) => string;
  /** Throws once the app is closed. */
  readonly queues: () => HouseQueues;
  readonly entries: () => readonly Entry[];
}): TestQueue & { readonly ready: Promise<void> } {
  const { name, queueArn, settings, queues, entries } = options;
  const queueUrl = `http://localhost/000000000000/${name}`;
  const ready = options.before
    .then(() => call("CreateQueue", { QueueName: name, Attributes: attributesOf() }))
    .then(() => undefined);
  // Whoever sends to it or maps it is told.
  ready.catch(() => undefined);

  function attributesOf(): Readonly<Record<string, string>> {
    const { visibility, delay, deadLetters, isDeduplicatedByContent = true } = settings;
    const redrive = deadLetters && {
      deadLetterTargetArn: options.arnOf(deadLetters.queue),
      maxReceiveCount: deadLetters.maxReceiveCount,
    };
    return {
      ...(visibility === undefined ? {} : { VisibilityTimeout: secondsText(visibility) }),
      ...(delay === undefined ? {} : { DelaySeconds: secondsText(delay) }),
      ...(redrive === undefined ? {} : { RedrivePolicy: JSON.stringify(redrive) }),
      ...(name.endsWith(".fifo")
        ? { FifoQueue: "true", ContentBasedDeduplication: String(isDeduplicatedByContent) }
        : {}),
    };
  }

  async function call(operation: string, body: object): Promise<Readonly<Record<string, unknown>>> {
    const answer = await queues().sqs(operation, body);
    if (answer.error === null) return answer.body;
    throw new MillraceError("bad-argument", `${answer.error.name}: ${answer.error.text}`);
  }

  async function send(body: unknown, more: SendOptions = {}): Promise<{ readonly messageId: string }> {
    const text: string | undefined = typeof body === "string" ? body : JSON.stringify(body);
    if (text === undefined)
      throw new MillraceError("bad-argument", "a message is a text, or a value that can be JSON", {
        help: `app.queue(${JSON.stringify(name)}).send({ total: 1 })`,
      });
    await ready;
    const { groupId, deduplicationId, delay, attributes } = more;
    const named = Object.entries(attributes ?? {}).map(
      ([key, value]) => [key, { DataType: "String", StringValue: value }] as const,
    );
    const { MessageId: messageId } = await call("SendMessage", {
      QueueUrl: queueUrl,
      MessageBody: text,
      ...(groupId === undefined ? {} : { MessageGroupId: groupId }),
      ...(deduplicationId === undefined ? {} : { MessageDeduplicationId: deduplicationId }),
      ...(delay === undefined ? {} : { DelaySeconds: Number(secondsText(delay)) }),
      ...(named.length === 0 ? {} : { MessageAttributes: Object.fromEntries(named) }),
    });
    return { messageId: String(messageId) };
  }

  async function messages(): Promise<readonly TestMessage[]> {
    await ready;
    const found = (await queues().queues.peek(name, MOST_PEEKED)) ?? [];
    return found.map(({ messageId, body, sentAtMs, receiveCount }) => ({ messageId, body, sentAtMs, receiveCount }));
  }

  return {
    ready,
    queueArn,
    send,
    async sendAll(bodies, more) {
      const sent: { readonly messageId: string }[] = [];
      for (const body of bodies) sent.push(await send(body, more));
      return sent;
    },
    messages,
    async counts() {
      await ready;
      const counts = await queues().queues.countMessages(name);
      const { visibleCount = 0, hiddenCount = 0, delayedCount = 0 } = counts ?? {};
      return { visible: visibleCount, inFlight: hiddenCount, delayed: delayedCount };
    },
    async ended() {
      const left = new Set((await messages()).map(({ messageId }) => messageId));
      const [filtered, dead] = endsIn(entries());
      return queues()
        .sent(name)
        .filter(({ messageId }) => !left.has(messageId))
        .map(({ messageId, body, groupId }): EndedMessage => {
          const how = dead.has(messageId) ? "dead letter" : filtered.has(messageId) ? "filtered" : "deleted";
          return { messageId, body, groupId, how };
        });
    },
  };
}

function endsIn(entries: readonly Entry[]): readonly [filtered: ReadonlySet<string>, dead: ReadonlySet<string>] {
  const filtered = new Set<string>();
  const dead = new Set<string>();
  for (const entry of entries) {
    if (entry.kind === "read") for (const id of entry.passedOver ?? []) filtered.add(id);
    if (entry.kind === "dead-letter") dead.add(entry.messageId);
  }
  return [filtered, dead];
}

/** SQS counts in whole seconds, and refuses others with a text that names no test. */
function secondsText(span: TimeSpan): string {
  const ms = toMs(span);
  if (ms % 1_000 === 0) return String(ms / 1_000);
  throw new MillraceError("bad-argument", `${JSON.stringify(span)}: a queue counts in whole seconds`);
}
