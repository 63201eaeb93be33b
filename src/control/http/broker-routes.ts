// `POST /_millrace/brokers/BROKER/QUEUE`: messages for a queue of an embedded broker, `{"messages": [{"text" or "data", "properties"}]}`;
// `?virtualHost=` where it is not the default one.

import type { FastifyInstance, FastifyRequest } from "fastify";
import type { BrokerSending, EmbeddedBrokers } from "../embedded-brokers.ts";
import { queryText } from "./query.ts";

const SHAPE = 'The body is {"messages": [{"text": "…" or "data": base64, "properties": {…}}]}.';

export function addBrokerRoutes(app: FastifyInstance, brokers: EmbeddedBrokers): void {
  app.post("/_millrace/brokers/:broker/:queue", async (request, reply) => {
    const messages = messagesOf(request);
    if (messages === null) return reply.code(400).send({ message: SHAPE });
    const sent = await brokers.send({
      broker: parameter(request, "broker"),
      queueName: parameter(request, "queue"),
      virtualHost: queryText(request, "virtualHost") ?? "/",
      messages,
    });
    if (sent.kind === "refused") return reply.code(sent.status).send({ message: sent.text });
    return reply.send({ messageCount: sent.messageCount });
  });
}

function messagesOf({ body }: FastifyRequest): BrokerSending["messages"] | null {
  const value = parsed(body instanceof Uint8Array ? Buffer.from(body).toString("utf8") : "");
  const list: unknown = objectOf(value)?.["messages"];
  if (!Array.isArray(list)) return null;
  const messages: BrokerSending["messages"][number][] = [];
  for (const each of list) {
    const { text, data, properties = {} } = objectOf(each) ?? {};
    const given = objectOf(properties);
    if (given === null || (typeof text === "string") === (typeof data === "string")) return null;
    const bytes = typeof text === "string" ? Buffer.from(text, "utf8") : Buffer.from(String(data), "base64");
    messages.push({ body: bytes, isText: typeof text === "string", properties: given });
  }
  return messages;
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> | null =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The answer says what a body looks like.
    return null;
  }
}

function parameter({ params }: FastifyRequest, name: string): string {
  const value: unknown = typeof params === "object" && params !== null ? Reflect.get(params, name) : "";
  return typeof value === "string" ? value : "";
}
