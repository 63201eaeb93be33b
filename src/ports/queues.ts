// The embedded queues and topics, as far as on-failure documents need them. Issue 4's SQS semantics grow here.

export interface QueueMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly sentAtMs: number;
  readonly receiveCount: number;
}

/** A message as it lies there, without a receipt. */
export type PeekedMessage = Omit<QueueMessage, "receiptHandle">;

export interface Queues {
  createQueue(name: string): Promise<void>;
  listQueues(): Promise<readonly { readonly name: string; readonly messageCount: number }[]>;
  /** Null: no such queue. */
  send(name: string, body: string): Promise<{ readonly messageId: string } | null>;
  /** Up to `max` messages, oldest first, hidden ones included; takes nothing. Null: no such queue. */
  peek(name: string, max: number): Promise<readonly PeekedMessage[] | null>;
  /** Takes up to `max` visible messages and hides them for `visibilityMs`; null: no such queue. Never waits. */
  receive(
    name: string,
    options: { readonly max: number; readonly visibilityMs: number },
  ): Promise<readonly QueueMessage[] | null>;
  delete(name: string, receiptHandle: string): Promise<boolean>;
  purge(name: string): Promise<boolean>;
  createTopic(name: string): Promise<void>;
  /** Subscribed queues get the message in SNS's envelope, or as it is where `isRaw`. */
  subscribe(topic: string, queue: string, options: { readonly isRaw: boolean }): Promise<boolean>;
  listTopics(): Promise<readonly { readonly name: string; readonly queues: readonly string[] }[]>;
  /** Null: no such topic. */
  publish(topic: string, message: string): Promise<{ readonly messageId: string } | null>;
}
