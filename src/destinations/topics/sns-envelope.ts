// What a subscriber receives of a message that was published to a topic, as SNS writes it: the envelope's members in their order and
// spacing for queues and addresses, the event's record for functions, the request for a confirmation. The signature is none: nothing here
// holds a key, and it says so. Unlike SNS's, the addresses in it are this server's, so that following them works.

import type { TopicAttribute } from "../../ports/topics.ts";

export interface SnsNotification {
  readonly messageId: string;
  readonly topicArn: string;
  /** Null: none, as on-failure documents have none (O-2). */
  readonly subject: string | null;
  readonly message: string;
  readonly attributes: readonly TopicAttribute[];
  readonly sentAtMs: number;
  /** ARN of the subscription. */
  readonly subscriptionArn: string;
  /** `1` or `2`, as the topic says. */
  readonly signatureVersion: string;
  /** Where this server is reached. */
  readonly endpointUrl: string;
}

/** What stands in the place of a signature. */
export const NO_SIGNATURE = "not-signed-by-millrace";

type Members = readonly (readonly [string, unknown])[];

export function snsEnvelope(notification: SnsNotification): string {
  const { subject, attributes } = notification;
  return spaced([
    ["Type", "Notification"],
    ["MessageId", notification.messageId],
    ["TopicArn", notification.topicArn],
    ...(subject === null ? [] : [["Subject", subject] as const]),
    ["Message", notification.message],
    ["Timestamp", new Date(notification.sentAtMs).toISOString()],
    ["SignatureVersion", notification.signatureVersion],
    ["Signature", NO_SIGNATURE],
    ["SigningCertURL", certificateUrl(notification)],
    ["UnsubscribeURL", unsubscribeUrl(notification)],
    ...(attributes.length === 0 ? [] : [["MessageAttributes", shownAttributes(attributes)] as const]),
  ]);
}

export interface ConfirmationRequest {
  readonly messageId: string;
  readonly topicArn: string;
  readonly token: string;
  readonly sentAtMs: number;
  readonly signatureVersion: string;
  readonly endpointUrl: string;
}

export function confirmationEnvelope(request: ConfirmationRequest): string {
  const { topicArn, token, endpointUrl } = request;
  return spaced([
    ["Type", "SubscriptionConfirmation"],
    ["MessageId", request.messageId],
    ["Token", token],
    ["TopicArn", topicArn],
    [
      "Message",
      `You have chosen to subscribe to the topic ${topicArn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
    ],
    ["SubscribeURL", `${endpointUrl}/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=${token}`],
    ["Timestamp", new Date(request.sentAtMs).toISOString()],
    ["SignatureVersion", request.signatureVersion],
    ["Signature", NO_SIGNATURE],
    ["SigningCertURL", certificateUrl(request)],
  ]);
}

/** The event of a function that is subscribed. */
export function snsEvent(notification: SnsNotification): string {
  return JSON.stringify({
    Records: [
      {
        EventSource: "aws:sns",
        EventVersion: "1.0",
        EventSubscriptionArn: notification.subscriptionArn,
        Sns: {
          Type: "Notification",
          MessageId: notification.messageId,
          TopicArn: notification.topicArn,
          Subject: notification.subject,
          Message: notification.message,
          Timestamp: new Date(notification.sentAtMs).toISOString(),
          SignatureVersion: notification.signatureVersion,
          Signature: NO_SIGNATURE,
          SigningCertUrl: certificateUrl(notification),
          UnsubscribeUrl: unsubscribeUrl(notification),
          MessageAttributes: shownAttributes(notification.attributes),
        },
      },
    ],
  });
}

const shownAttributes = (attributes: readonly TopicAttribute[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(attributes.map(({ name, type, value }) => [name, { Type: type, Value: value }]));

const certificateUrl = ({ endpointUrl }: { readonly endpointUrl: string }): string =>
  `${endpointUrl}/SimpleNotificationService-0000000000000000000000.pem`;

const unsubscribeUrl = (given: { readonly endpointUrl: string; readonly subscriptionArn: string }): string =>
  `${given.endpointUrl}/?Action=Unsubscribe&SubscriptionArn=${given.subscriptionArn}`;

/** A line a member, spaced as SNS does; what is within a member is compact. */
function spaced(members: Members): string {
  const lines = members.map(([name, value]) => `  ${JSON.stringify(name)} : ${JSON.stringify(value)}`);
  return `{\n${lines.join(",\n")}\n}`;
}
