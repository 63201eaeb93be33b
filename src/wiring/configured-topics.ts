// Topics of a configuration with the queues that hear them, made at the start. A subscription that is there stays as it is; where it is
// otherwise than configured, it is told. One that the configuration made carries a mark, so that those which an app made are its own matter.

import type { Config } from "../config/config.ts";
import { queueOfArn } from "../destinations/topics/topics.ts";
import type { Subscription, Topics } from "../ports/topics.ts";

/** An attribute of ours: never shown. */
const CONFIGURED = "millrace:Configured";

type Configured = Pick<Config, "topics" | "account" | "region">;

export async function makeConfiguredTopics(
  { topics: configured, account, region }: Configured,
  topics: Topics,
  onOtherwise: (text: string) => void,
): Promise<void> {
  for (const topic of configured) {
    const { name } = topic;
    await topics.create({ name, attributes: {}, tags: {} });
    tellUnlisted(topic, topics, onOtherwise);
    for (const queue of topic.queues) {
      const endpoint = `arn:aws:sqs:${region}:${account}:${queue}`;
      const raw = topic.isRaw ? { RawMessageDelivery: "true" } : {};
      const attributes = { [CONFIGURED]: "true", ...raw };
      const made = await topics.subscribe({ topic: name, protocol: "sqs", endpoint, attributes });
      if (made === null || made.isNew) continue;
      const { subscription } = made;
      await topics.changeSubscription(name, subscription.id, { [CONFIGURED]: "true" });
      const isRaw = subscription.attributes["RawMessageDelivery"] === "true";
      if (isRaw === topic.isRaw) continue;
      onOtherwise(
        `the topic ${name} has ${rawText(isRaw)} for the queue ${queue}, not ${rawText(topic.isRaw)} as configured, and keeps it: ` +
          "SetSubscriptionAttributes changes that",
      );
    }
  }
}

function tellUnlisted(topic: Config["topics"][number], topics: Topics, onOtherwise: (text: string) => void): void {
  for (const { endpoint, attributes } of topics.subscriptions(topic.name).filter(isOnQueue)) {
    const queue = queueOfArn(endpoint) ?? endpoint;
    if (attributes[CONFIGURED] === undefined || topic.queues.includes(queue)) continue;
    onOtherwise(
      `the queue ${queue} hears the topic ${topic.name}, of whose configuration it was taken out, and goes on so: Unsubscribe changes that`,
    );
  }
}

const isOnQueue = ({ protocol }: Subscription): boolean => protocol === "sqs";

const rawText = (isRaw: boolean): string => (isRaw ? "raw delivery" : "delivery in SNS's envelope");
