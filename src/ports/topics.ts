// Topics with SNS's semantics: named, with subscriptions to which every message goes that their filter lets through. Main keeps them
// (src/destinations/topics); a poller thread reaches only `publish`, by a message to main.

/** As the wire has it, checked. `value` is base64 where the type is Binary. */
export interface TopicAttribute {
  readonly name: string;
  /** `String`, `String.Array`, `Number` or `Binary`, with a label behind a dot if there is one. */
  readonly type: string;
  readonly value: string;
}

export interface TopicMessage {
  readonly body: string;
  /** Null: none. */
  readonly subject: string | null;
  readonly attributes: readonly TopicAttribute[];
  /** Bodies by protocol, where the message has them (`MessageStructure` json); `body` is its default. Null: one for all. */
  readonly bodies: Readonly<Record<string, string>> | null;
  /** Kept for a queue that is subscribed (`MessageGroupId` of a message to a standard topic). Null: none. */
  readonly groupId: string | null;
}

export type PublishAnswer =
  /** Every queue that takes it has it; what goes to functions and addresses is stored and on its way. */
  | { readonly kind: "published"; readonly messageId: string }
  | { readonly kind: "missing" }
  /** Somewhere on the way a store does not answer: some may have it, and whoever tries again sends it anew. */
  | { readonly kind: "failed"; readonly detail: string };

/** What a poller thread needs of topics. */
export interface TopicPublisher {
  /** Never rejects. `topic`: its name. */
  publish(topic: string, message: TopicMessage): Promise<PublishAnswer>;
}

export type SubscriptionProtocol = "sqs" | "lambda" | "http" | "https";

export interface Subscription {
  /** The last part of its ARN. */
  readonly id: string;
  readonly topic: string;
  readonly protocol: SubscriptionProtocol;
  /** ARN of a queue or function, or an address. */
  readonly endpoint: string;
  /** Set by SetSubscriptionAttributes and Subscribe, by their API names; only those that have their effect. */
  readonly attributes: Readonly<Record<string, string>>;
  /** What ConfirmSubscription must bring; null: confirmed. */
  readonly token: string | null;
}

export interface TopicView {
  readonly name: string;
  /** By their API names; only those that were set. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** Rejects where the change cannot be stored: then nothing has changed. */
export interface Topics extends TopicPublisher {
  /** A topic that is there stays as it is. */
  create(topic: TopicView): Promise<"created" | "exists">;
  /** With its subscriptions. False: no such topic. */
  remove(name: string): Promise<boolean>;
  find(name: string): TopicView | null;
  /** In order of name. */
  list(): readonly TopicView[];
  /** Null goes. False: no such topic. */
  change(
    name: string,
    change: {
      readonly attributes?: Readonly<Record<string, string | null>>;
      readonly tags?: Readonly<Record<string, string | null>>;
    },
  ): Promise<boolean>;
  /**
   * One of the same protocol and endpoint is answered as it is, unless it waits for its confirmation: then that is asked for anew. Null: no
   * such topic.
   */
  subscribe(
    asked: Omit<Subscription, "id" | "token">,
  ): Promise<{ readonly subscription: Subscription; readonly isNew: boolean } | null>;
  /** The subscription that waits for this token is confirmed, also once it is. Null: none of this topic has it. */
  confirm(topic: string, token: string): Promise<Subscription | null>;
  /** False: no such subscription. */
  unsubscribe(topic: string, id: string): Promise<boolean>;
  findSubscription(topic: string, id: string): Subscription | null;
  /** In order of topic, then as they were made. Null: of all topics. */
  subscriptions(topic: string | null): readonly Subscription[];
  /** Null goes. False: no such subscription. */
  changeSubscription(topic: string, id: string, attributes: Readonly<Record<string, string | null>>): Promise<boolean>;
}
