// Topics: what they are and who hears what is published to them. Queues have a message before the publish is answered, functions and
// addresses once it is stored for them. What cannot be delivered goes to the subscription's queue for dead letters, or is lost, and the
// journal says which.

import { assertNever } from "../../core/assert-never.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Journal } from "../../ports/journal.ts";
import type { Queues } from "../../ports/queues.ts";
import type { Random } from "../../ports/random.ts";
import type { Tables } from "../../ports/tables.ts";
import type { Subscription, Topics, TopicView } from "../../ports/topics.ts";
import { type AddressPost, openAddressDeliveries, type Poster } from "./address-deliveries.ts";
import { compileFilterPolicy, type PolicyAnswer } from "../../core/filter/filter-policy.ts";
import { confirmationEnvelope, snsEnvelope, snsEvent, type SnsNotification } from "./sns-envelope.ts";
import { openTopicCatalog } from "./topic-catalog.ts";
import {
  deadLetter,
  isRaw,
  type QueuedMessage,
  queuedMessage,
  sendToQueue,
  type TopicDelivery,
} from "./topic-sends.ts";

export interface TopicsOptions {
  readonly tables: Tables;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly poster: Poster;
  readonly settings: { readonly partition: string; readonly region: string; readonly accountId: string };
  /** Where this server is reached. */
  readonly endpointUrl: () => string;
  /** Stores an invocation of this ARN. Null: it is stored; else why it never will be. Rejects where it may be later. */
  readonly invoke: (functionArn: string, payload: string, requestId: string) => Promise<string | null>;
  /** Default SNS's. */
  readonly waitsMs?: readonly number[];
}

export interface OpenTopics extends Topics {
  /** Sends nothing more to addresses; what waits is stored. */
  close(): Promise<void>;
}

export async function openTopics(options: TopicsOptions): Promise<OpenTopics> {
  const { clock, random, settings } = options;
  const queueArn = (name: string): string =>
    `arn:${settings.partition}:sqs:${settings.region}:${settings.accountId}:${name}`;
  const catalog = await openTopicCatalog(options.tables, queueArn);
  const policies = new Map<string, { readonly text: string; readonly policy: PolicyAnswer }>();
  const deliveries = await openAddressDeliveries({
    tables: options.tables,
    clock,
    poster: options.poster,
    onGivenUp: async (post, detail) => {
      const subscription = catalog.subscription(post.topic, post.subscriptionId);
      const { message: body, attributes = [], groupId = null } = post;
      const message = { body, attributes, groupId };
      await giveUp(
        { ...post, message, deadLetterArn: subscription === null ? null : deadLetterArn(subscription) },
        detail,
      );
    },
    onTrouble: (detail) =>
      options.journal.append(null, "topics", { kind: "thread", thread: "store", event: "failed", detail }),
    ...(options.waitsMs === undefined ? {} : { waitsMs: options.waitsMs }),
  });

  const topicArn = (name: string): string =>
    `arn:${settings.partition}:sns:${settings.region}:${settings.accountId}:${name}`;

  /** Never rejects. */
  async function giveUp(
    lost: {
      readonly topic: string;
      readonly url: string;
      readonly messageId: string;
      readonly message: QueuedMessage;
      readonly deadLetterArn: string | null;
    },
    detail: string,
  ): Promise<void> {
    const queue = lost.deadLetterArn === null ? null : queueOfArn(lost.deadLetterArn);
    let deadLetterQueue: string | null = null;
    let why = detail;
    if (queue !== null) {
      const flaw = await sendToQueue(options.queues, queue, lost.message).catch(String);
      if (flaw === null) deadLetterQueue = queue;
      else why = `${detail}; nor did the queue for dead letters take it: ${flaw}`;
    }
    const { topic, messageId, url: endpoint } = lost;
    options.journal.append(null, `topics/${topic}`, {
      kind: "undelivered",
      topic,
      endpoint,
      messageId,
      deadLetterQueue,
      detail: why,
    });
  }

  async function deliver(delivery: TopicDelivery): Promise<AddressPost | null> {
    const { subscription } = delivery;
    switch (subscription.protocol) {
      case "sqs":
        await settle(delivery, await deliverToQueue(delivery));
        return null;
      case "lambda": {
        const event = snsEvent(delivery.notification);
        await settle(delivery, await options.invoke(subscription.endpoint, event, random.uuid("topics")));
        return null;
      }
      case "http":
      case "https":
        return postOf(delivery, random.uuid("topics"));
      default:
        return assertNever(subscription.protocol);
    }
  }

  async function settle(delivery: TopicDelivery, flaw: string | null): Promise<void> {
    if (flaw === null) return;
    const { subscription, notification } = delivery;
    const { topic, endpoint: url } = subscription;
    const { messageId } = notification;
    const lost = { topic, url, messageId, message: deadLetter(delivery), deadLetterArn: deadLetterArn(subscription) };
    await giveUp(lost, flaw);
  }

  async function deliverToQueue(delivery: TopicDelivery): Promise<string | null> {
    const { endpoint } = delivery.subscription;
    const queue = queueOfArn(endpoint);
    if (queue === null) return `${endpoint} is no queue`;
    return await sendToQueue(options.queues, queue, queuedMessage(delivery));
  }

  function policyOf(subscription: Subscription): PolicyAnswer | null {
    const text = subscription.attributes["FilterPolicy"];
    if (text === undefined) return null;
    const scope = subscription.attributes["FilterPolicyScope"] === "MessageBody" ? "MessageBody" : "MessageAttributes";
    const known = policies.get(subscription.id);
    if (known?.text === `${scope} ${text}`) return known.policy;
    const policy = compileFilterPolicy(text, scope);
    policies.set(subscription.id, { text: `${scope} ${text}`, policy });
    return policy;
  }

  async function askForConfirmation(subscription: Subscription, topic: TopicView): Promise<void> {
    const { token } = subscription;
    if (token === null) return;
    const messageId = random.uuid("topics");
    const arn = topicArn(topic.name);
    const body = confirmationEnvelope({
      messageId,
      topicArn: arn,
      token,
      sentAtMs: clock.nowMs(),
      signatureVersion: topic.attributes["SignatureVersion"] ?? "1",
      endpointUrl: options.endpointUrl(),
    });
    const headers = addressHeaders("SubscriptionConfirmation", messageId, arn);
    const { id: subscriptionId, endpoint: url } = subscription;
    await deliveries.accept([
      { id: random.uuid("topics"), topic: topic.name, subscriptionId, messageId, url, headers, body, message: body },
    ]);
  }

  return {
    create: (topic) =>
      catalog.change(() =>
        catalog.topic(topic.name) === null
          ? { answer: "created", edits: [{ kind: "topic", topic }] }
          : { answer: "exists", edits: [] },
      ),
    remove: (name) =>
      catalog.change(() =>
        catalog.topic(name) === null
          ? { answer: false, edits: [] }
          : { answer: true, edits: [{ kind: "topic-gone", name }] },
      ),
    find: (name) => catalog.topic(name),
    list: () => catalog.topics(),
    change: (name, { attributes = {}, tags = {} }) =>
      catalog.change(() => {
        const topic = catalog.topic(name);
        if (topic === null) return { answer: false, edits: [] };
        const changed = {
          name,
          attributes: merged(topic.attributes, attributes),
          tags: merged(topic.tags, tags),
        };
        return { answer: true, edits: [{ kind: "topic", topic: changed }] };
      }),
    async subscribe(asked) {
      const answer = await catalog.change(() => {
        if (catalog.topic(asked.topic) === null) return { answer: null, edits: [] };
        const there = catalog
          .subscriptions(asked.topic)
          .find(({ protocol, endpoint }) => protocol === asked.protocol && endpoint === asked.endpoint);
        if (there !== undefined) return { answer: { subscription: there, isNew: false }, edits: [] };
        const isConfirmed = asked.protocol === "sqs" || asked.protocol === "lambda";
        const token = isConfirmed ? null : newToken(random);
        const subscription: Subscription = { ...asked, id: random.uuid("topics"), token };
        return { answer: { subscription, isNew: true }, edits: [{ kind: "subscription", subscription }] };
      });
      const topic = answer === null ? null : catalog.topic(asked.topic);
      if (answer !== null && topic !== null) await askForConfirmation(answer.subscription, topic);
      return answer;
    },
    confirm: (topic, token) =>
      catalog.change(() => {
        const found = catalog
          .subscriptions(topic)
          .find((each) => each.token === token || each.attributes[CONFIRMED_BY] === token);
        if (found === undefined) return { answer: null, edits: [] };
        const attributes = { ...found.attributes, [CONFIRMED_BY]: token };
        const subscription: Subscription = { ...found, attributes, token: null };
        return { answer: subscription, edits: [{ kind: "subscription", subscription }] };
      }),
    unsubscribe: (topic, id) =>
      catalog.change(() =>
        catalog.subscription(topic, id) === null
          ? { answer: false, edits: [] }
          : { answer: true, edits: [{ kind: "subscription-gone", topic, id }] },
      ),
    findSubscription: (topic, id) => catalog.subscription(topic, id),
    subscriptions: (topic) => catalog.subscriptions(topic),
    changeSubscription: (topic, id, attributes) =>
      catalog.change(() => {
        const found = catalog.subscription(topic, id);
        if (found === null) return { answer: false, edits: [] };
        const subscription = { ...found, attributes: merged(found.attributes, attributes) };
        return { answer: true, edits: [{ kind: "subscription", subscription }] };
      }),
    async publish(name, message) {
      const topic = catalog.topic(name);
      if (topic === null) return { kind: "missing" };
      const messageId = random.uuid("topics");
      const sentAtMs = clock.nowMs();
      const posts: AddressPost[] = [];
      const failures: string[] = [];
      try {
        for (const subscription of catalog.subscriptions(name)) {
          const body = message.bodies?.[subscription.protocol] ?? message.body;
          if (subscription.token !== null) continue;
          const policy = policyOf(subscription);
          if (policy !== null && !(policy.kind === "policy" && policy.admits(message.attributes, body))) continue;
          const notification: SnsNotification = {
            messageId,
            topicArn: topicArn(name),
            subject: message.subject,
            message: body,
            attributes: message.attributes,
            sentAtMs,
            subscriptionArn: `${topicArn(name)}:${subscription.id}`,
            signatureVersion: topic.attributes["SignatureVersion"] ?? "1",
            endpointUrl: options.endpointUrl(),
          };
          // What one cannot be given keeps it from no other.
          const post = await deliver({ subscription, message, body, notification }).catch((error: unknown) => {
            failures.push(error instanceof Error ? error.message : String(error));
            return null;
          });
          if (post !== null) posts.push(post);
        }
        await deliveries.accept(posts);
        const [detail] = failures;
        return detail === undefined ? { kind: "published", messageId } : { kind: "failed", detail };
      } catch (error) {
        return { kind: "failed", detail: error instanceof Error ? error.message : String(error) };
      }
    },
    close: () => deliveries.close(),
  };
}

/** Remembers the token, so that a confirmation may be repeated. Never shown. */
export const CONFIRMED_BY = "millrace:ConfirmedBy";

const newToken = (random: Random): string =>
  [random.uuid("topics"), random.uuid("topics"), random.uuid("topics")].join("").replaceAll("-", "");

function deadLetterArn({ attributes }: Subscription): string | null {
  const text = attributes["RedrivePolicy"];
  if (text === undefined) return null;
  const { deadLetterTargetArn } = JSON.parse(text) as { readonly deadLetterTargetArn?: unknown };
  return typeof deadLetterTargetArn === "string" ? deadLetterTargetArn : null;
}

/** Null: no queue's ARN. */
export function queueOfArn(arn: string): string | null {
  return /^arn:[\w-]+:sqs:[\w-]*:\d*:([^:]+)$/.exec(arn)?.[1] ?? null;
}

function merged(
  before: Readonly<Record<string, string>>,
  change: Readonly<Record<string, string | null>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries({ ...before, ...change }).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
}

function postOf(delivery: TopicDelivery, id: string): AddressPost {
  const { subscription, body, notification } = delivery;
  const { messageId, topicArn, subscriptionArn } = notification;
  const isAsItIs = isRaw(subscription);
  const { body: message, attributes, groupId } = deadLetter(delivery);
  return {
    id,
    topic: subscription.topic,
    subscriptionId: subscription.id,
    messageId,
    url: subscription.endpoint,
    headers: {
      ...addressHeaders("Notification", messageId, topicArn),
      "x-amz-sns-subscription-arn": subscriptionArn,
      ...(isAsItIs ? { "x-amz-sns-rawdelivery": "true" } : {}),
    },
    body: isAsItIs ? body : snsEnvelope(notification),
    message,
    attributes,
    groupId,
  };
}

const addressHeaders = (type: string, messageId: string, topicArn: string): Readonly<Record<string, string>> => ({
  "content-type": "text/plain; charset=UTF-8",
  "user-agent": "Amazon Simple Notification Service Agent",
  "x-amz-sns-message-type": type,
  "x-amz-sns-message-id": messageId,
  "x-amz-sns-topic-arn": topicArn,
});
