// Queues with SQS's semantics, standard and FIFO, as its API and the pollers of mappings use them. Adapters: src/stores (embedded),
// workers/redis (BullMQ). One suite of contract tests holds for both (test/contracts).
//
// Every call rejects with MillraceError `source-unreachable` while the store cannot be reached; nothing is half done then but what a
// client of a network may not know.

export interface QueueSettings {
  /** How long a new message stays hidden, 0 to 900,000; a change holds for those of a FIFO queue that wait already. Default 0. */
  readonly delayMs: number;
  /** Most bytes of a body and its attributes, 1,024 to 1,048,576. Default the most. */
  readonly maxMessageBytes: number;
  /** How long a message stays, 60,000 to 1,209,600,000. Default four days. */
  readonly retentionMs: number;
  /** How long a receive waits that does not say, 0 to 20,000. Default 0. */
  readonly receiveWaitMs: number;
  /** How long a received message is hidden, 0 to 43,200,000. Default 30,000. */
  readonly visibilityMs: number;
  /** Fixed when the queue is made; its name ends in `.fifo`. Default false. */
  readonly isFifo: boolean;
  /** FIFO: a message without a deduplication id has the SHA-256 of its body as one. Default false. */
  readonly isDeduplicatedByContent: boolean;
  /** FIFO: within what an id counts as sent before. Default the queue. */
  readonly deduplicationScope: "queue" | "messageGroup";
  /** FIFO: kept and shown, as a limit that we do not have needs no raising. Default perQueue. */
  readonly fifoThroughputLimit: "perQueue" | "perMessageGroupId";
  /**
   * Where messages go that were received `maxReceiveCount` times in this queue, 1 to 1,000, and would be received again. A queue that is
   * not there, or of the other kind (FIFO or not), takes none: they go on being handed out. Default null.
   */
  readonly redrive: { readonly deadLetterQueue: string; readonly maxReceiveCount: number } | null;
  /** Which queues may name this one as theirs for dead letters: all (null), or these. Default null. */
  readonly redriveSources: readonly string[] | null;
  /** Attributes that are kept and shown and have no effect here, by their API names (a policy, encryption). Default none. */
  readonly keptAttributes: Readonly<Record<string, string>>;
}

export interface QueueView {
  readonly name: string;
  readonly settings: QueueSettings;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
}

export interface QueueCounts {
  readonly visibleCount: number;
  /** Received, and not yet visible again. */
  readonly hiddenCount: number;
  /** Never received, and not yet visible. */
  readonly delayedCount: number;
}

/** What changes; what is absent stays. A tag that is null goes. */
export interface QueueChange {
  readonly settings?: Partial<QueueSettings>;
  readonly tags?: Readonly<Record<string, string | null>>;
}

export interface NewMessage {
  readonly body: string;
  /** Text that goes with the message and comes back with it, as its edge wrote it; null: none. */
  readonly attributes: string | null;
  /** Bytes that count towards `maxMessageBytes`. */
  readonly sizeBytes: number;
  /** Null: the queue's own. A message of a FIFO queue has none of its own. */
  readonly delayMs: number | null;
  /** FIFO: needed. Standard: kept and shown. Null: none. */
  readonly groupId?: string | null;
  /** FIFO: null where the queue takes it from the content. */
  readonly deduplicationId?: string | null;
  /** AWSTraceHeader. */
  readonly traceHeader?: string | null;
}

export type SendAnswer =
  /** A duplicate within five minutes answers as the message that it repeats. `sequenceNumber`: FIFO, 20 digits, else null. */
  | { readonly kind: "sent"; readonly messageId: string; readonly sequenceNumber: string | null }
  | { readonly kind: "missing" }
  | { readonly kind: "tooLong"; readonly maxMessageBytes: number };

export interface ReceiveOptions {
  readonly max: number;
  /** Null: the queue's own. */
  readonly visibilityMs: number | null;
  /** How long to wait where nothing is visible; null: as the queue says. Default 0. */
  readonly waitMs?: number | null;
  /** Most bytes of bodies and attributes together; at least one message comes all the same. Default: no limit. */
  readonly maxBytes?: number;
  /** FIFO: all messages of one group (P-32). Default false: as many of one group as there are, then of others. */
  readonly isOneGroup?: boolean;
  /** Standard queues: the store may ask in one step for all who say so at the same time, and deal out what comes. Default false. */
  readonly isShared?: boolean;
}

export interface QueueMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** The body as a JSON text, where the store has that at hand: whoever needs it makes it otherwise. */
  readonly bodyJson?: string;
  readonly attributes: string | null;
  readonly sentAtMs: number;
  readonly firstReceivedAtMs: number;
  readonly receiveCount: number;
  /** FIFO, 20 digits; null for a standard queue. */
  readonly sequenceNumber: string | null;
  readonly groupId: string | null;
  readonly deduplicationId: string | null;
  readonly traceHeader: string | null;
  /** Name of the queue that it was a dead letter of, or null. */
  readonly deadLetterSource: string | null;
}

/**
 * A message that a receive has moved to the queue for dead letters instead of handing it out. It keeps its id, text, group, count
 * of receives (which goes on there) and first receive, is visible at once, and remembers where it came from. In a standard queue it keeps
 * the time of its sending, and is not kept longer for it; in a FIFO queue that time is new, and so is its deduplication id: its message id.
 */
export interface DeadLetter {
  readonly messageId: string;
  readonly receiveCount: number;
  readonly deadLetterQueue: string;
}

export interface Received {
  readonly messages: readonly QueueMessage[];
  readonly deadLetters: readonly DeadLetter[];
}

/** `visible`: its visibility was over, and it stays so; `gone`: no message has this last receipt. */
export type VisibilityAnswer = "changed" | "visible" | "gone";

export interface VisibilityChange {
  readonly receiptHandle: string;
  /** How long it is hidden from now on. */
  readonly visibilityMs: number;
}

/** A message as it lies there, without a receipt. */
export type PeekedMessage = Pick<QueueMessage, "messageId" | "body" | "sentAtMs" | "receiveCount">;

export interface Queues {
  /** A queue that is there stays as it is. */
  createQueue(name: string, change?: QueueChange): Promise<"created" | "exists">;
  /** Null: no such queue. */
  describeQueue(name: string): Promise<QueueView | null>;
  /** Looks at each message that lies there. Null: no such queue. */
  countMessages(name: string): Promise<QueueCounts | null>;
  /** False: no such queue. */
  changeQueue(name: string, change: QueueChange): Promise<boolean>;
  /** With its messages. False: no such queue. */
  deleteQueue(name: string): Promise<boolean>;
  listQueues(): Promise<readonly { readonly name: string; readonly messageCount: number }[]>;
  send(name: string, message: NewMessage): Promise<SendAnswer>;
  /** In order, in one step; an answer a message. Rejects, with nothing sent, where a FIFO queue has been given no group or no id. */
  sendMany(name: string, messages: readonly NewMessage[]): Promise<readonly SendAnswer[]>;
  /** Up to `max` messages, oldest first, hidden ones included; takes nothing. Null: no such queue. */
  peek(name: string, max: number): Promise<readonly PeekedMessage[] | null>;
  /**
   * Takes up to `max` visible messages and hides them for `visibilityMs`; null: no such queue. A wait ends with the first message,
   * with the queue, with its time, or with `signal`: then with no message; and with dead letters, also where there are no messages: who
   * has to wait on then asks again.
   *
   * FIFO: a group of which a message is in flight is held as a whole, a message that is not visible yet holds back those behind it (P-33, Q-45).
   */
  receive(name: string, options: ReceiveOptions, signal?: AbortSignal): Promise<Received | null>;
  /** False: no message has this as its last receipt, or, in a FIFO queue, its visibility is over. */
  delete(name: string, receiptHandle: string): Promise<boolean>;
  /** In one step; an answer a receipt. All false where there is no such queue. */
  deleteMany(name: string, receiptHandles: readonly string[]): Promise<readonly boolean[]>;
  /** Hides a message for this long from now on. */
  changeVisibility(name: string, receiptHandle: string, visibilityMs: number): Promise<VisibilityAnswer>;
  /** Each in order, in one step up to a thousand of them; an answer a receipt. All `gone` where there is no such queue. */
  changeVisibilityMany(name: string, changes: readonly VisibilityChange[]): Promise<readonly VisibilityAnswer[]>;
  /**
   * Moves up to `max` visible messages, oldest first, in one step, as StartMessageMoveTask does: to `to`, or, where that is null, each to
   * the queue that it was a dead letter of. What is moved is a new message: with an id and a time of sending of its own, never received.
   * `unmovable`: visible ones that have nowhere to go, as far as it looked. Null: no such queue.
   */
  move(
    name: string,
    options: { readonly max: number; readonly to: string | null },
  ): Promise<{ readonly movedCount: number; readonly unmovableCount: number } | null>;
  purge(name: string): Promise<boolean>;
}
