// Sending to the queues of embedded brokers: what `POST /_millrace/brokers/BROKER/QUEUE`, `millrace send rabbitmq:` and `activemq:` ask for.
// A broker that has an address is none of ours: its messages are sent to it.

import { isUtf8 } from "node:buffer";
import { activeMqIdOf, storedActiveMqText } from "../kinds/activemq/stored-message.ts";
import type { AmqpProperties } from "../kinds/rabbitmq/basic-properties.ts";
import { storedRabbitMqText } from "../kinds/rabbitmq/stored-message.ts";
import type { Queues } from "../ports/queues.ts";
import { type Refusal, refusedElsewhere } from "./embedded-topics.ts";
import { type BrokerSettings, embeddedMqName } from "./broker-reading.ts";

/** As long as the store keeps anything in a queue: brokers keep messages for good. */
const KEPT = { settings: { retentionMs: 1_209_600_000 } };

export interface BrokerSending {
  /** What the sender takes it for; null: it does not say. */
  readonly engine: BrokerSettings["engine"] | null;
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

/** What its sender gave; `text` where the body is UTF-8, else `data` in base64. */
export interface SeenMessage extends Readonly<Record<string, unknown>> {
  readonly messageId: string;
  readonly sentAtMs: number;
}

export type BrokerSent =
  /** `messageIds`: in order, as the journal names them; of RabbitMQ without the `.TAG` that each delivery adds. */
  { readonly kind: "sent"; readonly messageCount: number; readonly messageIds: readonly string[] } | Refusal;

export interface EmbeddedBrokers {
  send(sending: BrokerSending): Promise<BrokerSent>;
  /** The oldest messages of a queue as a person reads them; nothing is taken away. Null: there is no such embedded broker, or no such queue. */
  look(place: Omit<BrokerSending, "engine" | "messages">, max: number): Promise<readonly SeenMessage[] | null>;
}

export function createEmbeddedBrokers(brokers: readonly BrokerSettings[], queues: Queues): EmbeddedBrokers {
  const named = (broker: string): BrokerSettings | undefined =>
    brokers.find(({ arn }) => arn === broker || arn.split(":broker:")[1]?.split(":")[0] === broker);
  return {
    async look({ broker, queueName, virtualHost }, max) {
      const found = named(broker);
      if (found === undefined || found.url !== null) return null;
      const peeked = await queues.peek(embeddedMqName(found.arn, queueName, virtualHost), max);
      return peeked?.map(({ messageId, sentAtMs, body }) => ({ messageId, sentAtMs, ...shownStored(body) })) ?? null;
    },
    async send({ engine, broker, queueName, virtualHost, messages }) {
      const found = named(broker);
      if (found === undefined) {
        return refused(
          404,
          `There is no broker ${broker}: \`sources\` of the configuration names brokers by their ARNs.`,
        );
      }
      if (engine !== null && engine !== found.engine) {
        const word = found.engine.toLowerCase();
        return refused(
          409,
          `Broker ${broker} runs ${ENGINE_NAMES[found.engine]}: it is ${word}:${broker}/${queueName}.`,
        );
      }
      if (found.url !== null)
        return refusedElsewhere(found.url, `Broker ${broker} is at ${found.url}: send its messages there.`);
      const known = found.engine === "rabbitMq" ? RABBIT_PROPERTIES : ACTIVE_PROPERTIES;
      const flaw = messages.map(({ properties }) => flawOf(properties, known)).find((each) => each !== null);
      if (flaw !== undefined) return refused(400, flaw);
      const name = embeddedMqName(found.arn, queueName, virtualHost);
      await queues.createQueue(name, KEPT);
      const answers = await queues.sendMany(
        name,
        messages.map((each) => ({
          body: storedText(found.engine, each),
          attributes: null,
          sizeBytes: 0,
          delayMs: null,
        })),
      );
      const shown = (id: string): string => (found.engine === "rabbitMq" ? id : activeMqIdOf(id));
      const messageIds = answers.flatMap((each) => (each.kind === "sent" ? [shown(each.messageId)] : []));
      return { kind: "sent", messageCount: messages.length, messageIds };
    },
  };
}

/** Both engines' messages are stored as one JSON object with the body in base64. */
function shownStored(stored: string): Readonly<Record<string, unknown>> {
  const { body, ...given }: { readonly body: string } = JSON.parse(stored);
  const bytes = Buffer.from(body, "base64");
  return isUtf8(bytes) ? { ...given, text: bytes.toString("utf8") } : { ...given, data: body };
}

const ENGINE_NAMES = { rabbitMq: "RabbitMQ", activeMq: "ActiveMQ" };

const refused = (status: Refusal["status"], text: string): Refusal => ({ kind: "refused", status, text });

type Message = BrokerSending["messages"][number];

type PropertyType = "string" | "number" | "object";

const RABBIT_PROPERTIES: Readonly<Record<keyof AmqpProperties, PropertyType>> = {
  contentType: "string",
  contentEncoding: "string",
  headers: "object",
  deliveryMode: "number",
  priority: "number",
  correlationId: "string",
  replyTo: "string",
  expiration: "string",
  messageId: "string",
  timestamp: "number",
  type: "string",
  userId: "string",
  appId: "string",
  clusterId: "string",
};
const ACTIVE_PROPERTIES: Readonly<Record<string, PropertyType>> = {
  replyTo: "string",
  type: "string",
  priority: "number",
  correlationId: "string",
  headers: "object",
};

/** What is wrong with them, in a sentence; null: nothing. */
function flawOf(properties: Message["properties"], known: Readonly<Record<string, PropertyType>>): string | null {
  for (const [name, value] of Object.entries(properties)) {
    const type = Object.hasOwn(known, name) ? known[name] : undefined;
    if (type === undefined) return `A message has no property ${name}; it may have ${Object.keys(known).join(", ")}.`;
    const isOfType = type === "object" ? isObject(value) : typeof value === type;
    if (!isOfType) return `The property ${name} of a message is ${type === "object" ? "an object" : `a ${type}`}.`;
  }
  return null;
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

/** A message as its broker's queue in the store has it. */
export const storedText = (engine: BrokerSettings["engine"], message: Message): string =>
  engine === "rabbitMq" ? rabbitText(message) : activeText(message);

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
