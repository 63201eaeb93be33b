// `POST /_millrace/brokers/BROKER/QUEUE`: messages for a queue of an embedded broker, `{"messages": [{"text" or "data", "properties"}]}`;
// by GET the oldest of them, dead letters included, where a queue has them. `?virtualHost=` where it is not the default one, `?engine=rabbitmq` or `activemq` where the sender goes by one.

import type { FastifyInstance, FastifyRequest } from "fastify";
import type { BrokerSending, EmbeddedBrokers } from "../embedded-brokers.ts";
import { bytesOfBase64, jsonBody, objectOf, pathText } from "./local-body.ts";
import { queryCount, queryText } from "./query.ts";
import { sendRefusal } from "./topic-routes.ts";

const SHAPE = 'The body is {"messages": [{"text": "…" or "data": base64, "properties": {…}}]}.';

const DEFAULT_MESSAGES = 10;
const MOST_MESSAGES = 100;

export function addBrokerRoutes(app: FastifyInstance, brokers: EmbeddedBrokers): void {
  app.get("/_millrace/brokers/:broker/:queue", async (request, reply) => {
    const place = placeOf(request);
    const max = queryCount(request, "max", { otherwise: DEFAULT_MESSAGES, most: MOST_MESSAGES });
    const messages = await brokers.look(place, max);
    if (messages !== null) return reply.send({ messages });
    const message = `There is no queue ${place.queueName} of an embedded broker ${place.broker}.`;
    return reply.code(404).send({ message });
  });
  app.post("/_millrace/brokers/:broker/:queue", async (request, reply) => {
    const messages = messagesOf(request);
    if (messages === null) return reply.code(400).send({ message: SHAPE });
    const engine = queryText(request, "engine") ?? null;
    if (engine !== null && engine !== "rabbitmq" && engine !== "activemq")
      return reply.code(400).send({ message: `There is no engine ${engine}: it is rabbitmq or activemq.` });
    const sent = await brokers.send({
      engine: engine === null ? null : engine === "rabbitmq" ? "rabbitMq" : "activeMq",
      ...placeOf(request),
      messages,
    });
    if (sent.kind === "refused") return sendRefusal(reply, sent);
    const { messageCount, messageIds } = sent;
    return reply.send({ messageCount, messageIds });
  });
}

const placeOf = (request: FastifyRequest): Parameters<EmbeddedBrokers["look"]>[0] => ({
  broker: pathText(request, "broker"),
  queueName: pathText(request, "queue"),
  virtualHost: queryText(request, "virtualHost") ?? "/",
});

function messagesOf(request: FastifyRequest): BrokerSending["messages"] | null {
  const { messages: list, ...others } = objectOf(jsonBody(request)) ?? {};
  if (!Array.isArray(list) || Object.keys(others).length > 0) return null;
  const messages: BrokerSending["messages"][number][] = [];
  for (const each of list) {
    const { text, data, properties = {}, ...unknown } = objectOf(each) ?? {};
    const given = objectOf(properties);
    const body = bodyOf(text, data);
    if (given === null || body === null || Object.keys(unknown).length > 0) return null;
    messages.push({ body, isText: typeof text === "string", properties: given });
  }
  return messages;
}

/** Null: it is neither one text nor one base64. */
function bodyOf(text: unknown, data: unknown): Uint8Array | null {
  if (typeof text === "string") return data === undefined ? Buffer.from(text, "utf8") : null;
  return text === undefined ? (bytesOfBase64(data) ?? null) : null;
}
