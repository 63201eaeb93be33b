// The calls of SNS that concern subscriptions: who hears of a topic, whether they have confirmed it, and what they want of it.

import { compileFilterPolicy } from "../../core/filter/filter-policy.ts";
import type { Subscription, SubscriptionProtocol } from "../../ports/topics.ts";
import { type QueryNode, queryMap, queryText } from "../http/query-tree.ts";
import type { XmlElement } from "../http/xml.ts";
import type { Surroundings } from "../lookups.ts";
import { invalid, type SnsResult, subscriptionMissing, topicMissing } from "./sns-answer.ts";
import {
  page,
  shownMap,
  type SnsContext,
  subscriptionArn,
  subscriptionOfArn,
  topicArn,
  topicOfArn,
} from "./sns-context.ts";
import { EFFECTIVE_DELIVERY_POLICY } from "./topic-operations.ts";

export async function subscribe({ topics, settings }: SnsContext, request: QueryNode): Promise<SnsResult> {
  const topic = topicOfArn(queryText(request, "TopicArn"), settings);
  const protocol = checkedProtocol(queryText(request, "Protocol"));
  const endpoint = checkedEndpoint(protocol, queryText(request, "Endpoint") ?? "", settings);
  const given = queryMap(request, "Attributes.entry", ["key", "value"]);
  const attributes = checkedAttributes(protocol, Object.fromEntries(given));
  const made = await topics.subscribe({ topic, protocol, endpoint, attributes: withoutNull(attributes) });
  if (made === null) throw topicMissing();
  const { subscription } = made;
  if (
    !made.isNew &&
    Object.entries(attributes).some(([name, value]) => (subscription.attributes[name] ?? null) !== value)
  ) {
    throw invalid("Attributes Reason: Subscription already exists with different attributes");
  }
  const isArnAsked = queryText(request, "ReturnSubscriptionArn") === "true";
  const isShown = isArnAsked || subscription.token === null;
  return [["SubscriptionArn", isShown ? subscriptionArn(subscription, settings) : "pending confirmation"]];
}

const carriedOut: readonly SubscriptionProtocol[] = ["sqs", "lambda", "http", "https"];
const knownElsewhere = ["email", "email-json", "sms", "application", "firehose"];

function checkedProtocol(protocol: string | undefined): SubscriptionProtocol {
  const found = carriedOut.find((each) => each === protocol);
  if (found !== undefined) return found;
  if (protocol !== undefined && knownElsewhere.includes(protocol)) {
    throw invalid(`Protocol Reason: Millrace delivers to ${carriedOut.join(", ")}, and not to ${protocol}`);
  }
  throw invalid(`Amazon SNS does not support this protocol string: ${protocol ?? ""}`);
}

function checkedEndpoint(protocol: SubscriptionProtocol, endpoint: string, settings: Surroundings): string {
  const { partition, region, accountId } = settings;
  switch (protocol) {
    case "http":
    case "https":
      if (URL.parse(endpoint)?.protocol === `${protocol}:`) return endpoint;
      throw invalid("Endpoint must match the specified protocol");
    case "sqs": {
      if (!/^arn:[\w-]+:sqs:[\w-]*:\d{12}:[\w.-]+$/.test(endpoint)) throw invalid("SQS endpoint ARN");
      const here = `arn:${partition}:sqs:${region}:${accountId}:`;
      if (!endpoint.startsWith(here)) throw invalid(`Endpoint Reason: queues of this server are ${here}NAME`);
      if (endpoint.endsWith(".fifo")) {
        throw invalid(
          "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
        );
      }
      return endpoint;
    }
    case "lambda":
      if (/^arn:[\w-]+:lambda:[\w-]+:\d{12}:function:[\w-]+(?::[\w$-]+)?$/.test(endpoint)) return endpoint;
      throw invalid("Lambda endpoint ARN");
  }
}

/** Null: as if it had not been set. Throws SnsRefusal for what would have no effect. */
function checkedAttributes(
  protocol: SubscriptionProtocol,
  given: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string | null>> {
  const checked = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, checkedAttribute(protocol, name, value)]),
  );
  const policy =
    checked["FilterPolicy"] ?? (checked["FilterPolicy"] === undefined ? before["FilterPolicy"] : undefined);
  const scope = checked["FilterPolicyScope"] ?? before["FilterPolicyScope"];
  if (policy !== undefined && policy !== null) {
    const answer = compileFilterPolicy(policy, scope === "MessageBody" ? "MessageBody" : "MessageAttributes");
    if (answer.kind === "invalid") throw invalid(`FilterPolicy: ${answer.reason}`);
  }
  return checked;
}

function checkedAttribute(protocol: SubscriptionProtocol, name: string, value: string): string | null {
  switch (name) {
    case "RawMessageDelivery":
      if (value.toLowerCase() === "false" || value === "") return null;
      if (value.toLowerCase() !== "true")
        throw invalid("Attributes Reason: RawMessageDelivery: Invalid value [" + value + "]. Must be true or false.");
      if (protocol === "lambda") {
        throw invalid("Attributes Reason: Delivery protocol [lambda] does not support raw message delivery.");
      }
      return "true";
    case "FilterPolicy":
      return value === "" || value === "{}" ? null : value;
    case "FilterPolicyScope":
      if (value === "MessageAttributes" || value === "MessageBody") return value;
      throw invalid(`FilterPolicyScope: Invalid value [${value}]. Please use either MessageBody or MessageAttributes`);
    case "RedrivePolicy":
      return value === "" || value === "{}" ? null : checkedRedrive(value);
    case "DeliveryPolicy":
    case "SubscriptionRoleArn":
    case "ReplayPolicy":
      if (value === "") return null;
      throw invalid(`Attributes Reason: Millrace does not carry out ${name}`);
    default:
      throw invalid("AttributeName");
  }
}

function checkedRedrive(text: string): string {
  try {
    const { deadLetterTargetArn } = JSON.parse(text) as { readonly deadLetterTargetArn?: unknown };
    if (typeof deadLetterTargetArn === "string" && /^arn:[\w-]+:sqs:[\w-]*:\d{12}:[\w-]+$/.test(deadLetterTargetArn))
      return text;
  } catch {
    throw invalid("RedrivePolicy: failed to parse JSON.");
  }
  throw invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn");
}

const withoutNull = (given: Readonly<Record<string, string | null>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value === null ? [] : [[name, value]])));

export async function confirmSubscription({ topics, settings }: SnsContext, request: QueryNode): Promise<SnsResult> {
  const topic = topicOfArn(queryText(request, "TopicArn"), settings);
  const token = queryText(request, "Token") ?? "";
  if (token === "") throw invalid("Token");
  if (topics.find(topic) === null) throw topicMissing();
  const confirmed = await topics.confirm(topic, token);
  if (confirmed === null) throw invalid("Token");
  return [["SubscriptionArn", subscriptionArn(confirmed, settings)]];
}

/** As on AWS a subscription that is not there is no error. */
export async function unsubscribe({ topics, settings }: SnsContext, request: QueryNode): Promise<SnsResult> {
  const { topic, id } = subscriptionOfArn(queryText(request, "SubscriptionArn"), settings);
  await topics.unsubscribe(topic, id);
  return null;
}

export async function listSubscriptions({ topics, settings }: SnsContext, request: QueryNode): Promise<SnsResult> {
  return listed(topics.subscriptions(null), request, settings);
}

export async function listSubscriptionsByTopic(
  { topics, settings }: SnsContext,
  request: QueryNode,
): Promise<SnsResult> {
  const topic = topicOfArn(queryText(request, "TopicArn"), settings);
  if (topics.find(topic) === null) throw topicMissing();
  return listed(topics.subscriptions(topic), request, settings);
}

function listed(all: readonly Subscription[], request: QueryNode, settings: Surroundings): readonly XmlElement[] {
  return page(all, queryText(request, "NextToken"), {
    name: "Subscriptions",
    keyOf: ({ topic, id }) => `${topic}:${id}`,
    members: (subscription) => [
      [
        "SubscriptionArn",
        subscription.token === null ? subscriptionArn(subscription, settings) : "PendingConfirmation",
      ],
      ["Owner", settings.accountId],
      ["Protocol", subscription.protocol],
      ["Endpoint", subscription.endpoint],
      ["TopicArn", topicArn(subscription.topic, settings)],
    ],
  });
}

export async function getSubscriptionAttributes(
  { topics, settings }: SnsContext,
  request: QueryNode,
): Promise<SnsResult> {
  const { topic, id } = subscriptionOfArn(queryText(request, "SubscriptionArn"), settings);
  const found = topics.findSubscription(topic, id);
  if (found === null) throw subscriptionMissing();
  const { attributes, protocol } = found;
  const shown = ["FilterPolicy", "FilterPolicyScope", "RedrivePolicy"].flatMap((name) => {
    const value =
      attributes[name] ??
      (name === "FilterPolicyScope" && attributes["FilterPolicy"] !== undefined ? "MessageAttributes" : undefined);
    return value === undefined ? [] : [[name, value] as const];
  });
  return [
    shownMap("Attributes", {
      SubscriptionArn: subscriptionArn(found, settings),
      TopicArn: topicArn(topic, settings),
      Owner: settings.accountId,
      Protocol: protocol,
      Endpoint: found.endpoint,
      PendingConfirmation: String(found.token !== null),
      ConfirmationWasAuthenticated: String(protocol === "sqs" || protocol === "lambda"),
      RawMessageDelivery: attributes["RawMessageDelivery"] ?? "false",
      SubscriptionPrincipal: `arn:${settings.partition}:iam::${settings.accountId}:root`,
      ...(protocol === "http" || protocol === "https" ? { EffectiveDeliveryPolicy: EFFECTIVE_DELIVERY_POLICY } : {}),
      ...Object.fromEntries(shown),
    }),
  ];
}

export async function setSubscriptionAttributes(
  { topics, settings }: SnsContext,
  request: QueryNode,
): Promise<SnsResult> {
  const { topic, id } = subscriptionOfArn(queryText(request, "SubscriptionArn"), settings);
  const found = topics.findSubscription(topic, id);
  if (found === null) throw subscriptionMissing();
  const given = { [queryText(request, "AttributeName") ?? ""]: queryText(request, "AttributeValue") ?? "" };
  await topics.changeSubscription(topic, id, checkedAttributes(found.protocol, given, found.attributes));
  return null;
}
