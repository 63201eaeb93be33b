// The embedded queues and topics: what on-failure documents need, and SQS's standard queues as its API shows them.

export interface QueueSettings {
  /** How long a new message stays hidden, 0 to 900,000. Default 0. */
  readonly delayMs: number;
  /** Most bytes of a body and its attributes, 1,024 to 1,048,576. Default the most. */
  readonly maxMessageBytes: number;
  /** How long a message stays, 60,000 to 1,209,600,000. Default four days. */
  readonly retentionMs: number;
  /** How long a receive waits that does not say, 0 to 20,000. Default 0. */
  readonly receiveWaitMs: number;
  /** How long a received message is hidden, 0 to 43,200,000. Default 30,000. */
  readonly visibilityMs: number;
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
  /** Null: the queue's own. */
  readonly delayMs: number | null;
}

export type SendAnswer =
  | { readonly kind: "sent"; readonly messageId: string }
  | { readonly kind: "missing" }
  | { readonly kind: "tooLong"; readonly maxMessageBytes: number };

export interface ReceiveOptions {
  readonly max: number;
  /** Null: the queue's own. */
  readonly visibilityMs: number | null;
  /** How long to wait where nothing is visible; null: as the queue says. Default 0. */
  readonly waitMs?: number | null;
}

export interface QueueMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: string | null;
  readonly sentAtMs: number;
  readonly firstReceivedAtMs: number;
  readonly receiveCount: number;
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
  /** With its messages and subscriptions. False: no such queue. */
  deleteQueue(name: string): Promise<boolean>;
  listQueues(): Promise<readonly { readonly name: string; readonly messageCount: number }[]>;
  send(name: string, message: NewMessage): Promise<SendAnswer>;
  /** Up to `max` messages, oldest first, hidden ones included; takes nothing. Null: no such queue. */
  peek(name: string, max: number): Promise<readonly PeekedMessage[] | null>;
  /**
   * Takes up to `max` visible messages and hides them for `visibilityMs`; null: no such queue. A wait ends with the first message,
   * with the queue, with its time, or with `signal`: then with no message.
   */
  receive(name: string, options: ReceiveOptions, signal?: AbortSignal): Promise<readonly QueueMessage[] | null>;
  /** False: no message has this as its last receipt. */
  delete(name: string, receiptHandle: string): Promise<boolean>;
  /** Hides a message for this long from now on. `visible`: its visibility was over; `gone`: no message has this last receipt. */
  changeVisibility(name: string, receiptHandle: string, visibilityMs: number): Promise<"changed" | "visible" | "gone">;
  purge(name: string): Promise<boolean>;
  createTopic(name: string): Promise<void>;
  /** Subscribed queues get the message in SNS's envelope, or as it is where `isRaw`. */
  subscribe(topic: string, queue: string, options: { readonly isRaw: boolean }): Promise<boolean>;
  listTopics(): Promise<readonly { readonly name: string; readonly queues: readonly string[] }[]>;
  /** Null: no such topic. */
  publish(topic: string, message: string): Promise<{ readonly messageId: string } | null>;
}
