// Sending to the queues of embedded brokers: what `POST /_millrace/brokers/BROKER/QUEUE`, `millrace send rabbitmq:` and `activemq:` ask for.
// A broker that has an address is none of ours: its messages are sent to it.

import { storedActiveMqText } from "../kinds/activemq/stored-message.ts";
import type { AmqpProperties } from "../kinds/rabbitmq/basic-properties.ts";
import { storedRabbitMqText } from "../kinds/rabbitmq/stored-message.ts";
import type { Queues } from "../ports/queues.ts";
import { type BrokerSettings, embeddedMqName } from "./broker-reading.ts";

/** As long as the store keeps anything in a queue: brokers keep messages for good. */
const KEPT = { settings: { retentionMs: 1_209_600_000 } };

export interface BrokerSending {
  /** Its ARN, or its name within the ARN. */
  readonly broker: string;
  readonly queueName: string;
  readonly virtualHost: string;
  readonly messages: readonly {
    readonly body: Uint8Array;
    /** It was given as text: where the engine tells the two apart, a text message. */
    readonly isText: boolean;
    readonly properties: Readonly<Record<string, unknown>>;
  }[];
}

export type BrokerSent =
  | { readonly kind: "sent"; readonly messageCount: number }
  | { readonly kind: "refused"; readonly status: 400 | 404 | 409; readonly text: string };

export interface EmbeddedBrokers {
  send(sending: BrokerSending): Promise<BrokerSent>;
}

export function createEmbeddedBrokers(brokers: readonly BrokerSettings[], queues: Queues): EmbeddedBrokers {
  return {
    async send({ broker, queueName, virtualHost, messages }) {
      const found = brokers.find(({ arn }) => arn === broker || arn.split(":broker:")[1]?.split(":")[0] === broker);
      if (found === undefined) {
        return refused(
          404,
          `There is no broker ${broker}: \`sources\` of the configuration names brokers by their ARNs.`,
        );
      }
      if (found.url !== null) return refused(409, `Broker ${broker} is at ${found.url}: send its messages there.`);
      const known = found.engine === "rabbitMq" ? RABBIT_PROPERTIES : ACTIVE_PROPERTIES;
      const foreign = messages
        .flatMap(({ properties }) => Object.keys(properties))
        .find((name) => !known.includes(name));
      if (foreign !== undefined)
        return refused(400, `A message has no property ${foreign}; it may have ${known.join(", ")}.`);
      const name = embeddedMqName(found.arn, queueName, virtualHost);
      await queues.createQueue(name, KEPT);
      const storedText = found.engine === "rabbitMq" ? rabbitText : activeText;
      await queues.sendMany(
        name,
        messages.map((each) => ({ body: storedText(each), attributes: null, sizeBytes: 0, delayMs: null })),
      );
      return { kind: "sent", messageCount: messages.length };
    },
  };
}

const refused = (status: 400 | 404 | 409, text: string): BrokerSent => ({ kind: "refused", status, text });

type Message = BrokerSending["messages"][number];

const RABBIT_PROPERTIES: readonly (keyof AmqpProperties)[] = [
  "contentType",
  "contentEncoding",
  "headers",
  "deliveryMode",
  "priority",
  "correlationId",
  "replyTo",
  "expiration",
  "messageId",
  "timestamp",
  "type",
  "userId",
  "appId",
  "clusterId",
];
const ACTIVE_PROPERTIES: readonly string[] = ["replyTo", "type", "priority", "correlationId", "headers"];

/** The kind reads properties by their names and leaves out those of another type (basic-properties.ts). */
function rabbitText({ body, properties }: Message): string {
  return storedRabbitMqText({ body, properties });
}

function activeText({ body, isText, properties }: Message): string {
  const { headers } = properties;
  const custom = typeof headers === "object" && headers !== null ? Object.entries(headers) : [];
  return storedActiveMqText({
    messageType: isText ? "jms/text-message" : "jms/bytes-message",
    isPersistent: true,
    replyTo: textOf(properties["replyTo"]),
    type: textOf(properties["type"]),
    expiresAtMs: 0,
    priority: typeof properties["priority"] === "number" ? properties["priority"] : 4,
    correlationId: textOf(properties["correlationId"]),
    properties: Object.fromEntries(custom.map(([name, value]) => [name, String(value)])),
    body,
  });
}

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);
