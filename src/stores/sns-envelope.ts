// What a queue receives of a message that was published to a topic, as SNS writes it: the envelope's members in their order and
// spacing. The signature is not one: nothing here holds a key, and it says so.

export interface SnsNotification {
  readonly messageId: string;
  readonly topicArn: string;
  readonly message: string;
  readonly sentAtMs: number;
  readonly region: string;
  /** ARN of the subscription. */
  readonly subscriptionArn: string;
}

/** No subject: on-failure documents have none (O-2). */
export function snsEnvelope(notification: SnsNotification): string {
  const host = `https://sns.${notification.region}.amazonaws.com`;
  const members: readonly (readonly [string, string])[] = [
    ["Type", "Notification"],
    ["MessageId", notification.messageId],
    ["TopicArn", notification.topicArn],
    ["Message", notification.message],
    ["Timestamp", new Date(notification.sentAtMs).toISOString()],
    ["SignatureVersion", "1"],
    ["Signature", "not-signed-by-millrace"],
    ["SigningCertURL", `${host}/SimpleNotificationService-0000000000000000000000.pem`],
    ["UnsubscribeURL", `${host}/?Action=Unsubscribe&SubscriptionArn=${notification.subscriptionArn}`],
  ];
  const lines = members.map(([name, value]) => `  ${JSON.stringify(name)} : ${JSON.stringify(value)}`);
  return `{\n${lines.join(",\n")}\n}`;
}
