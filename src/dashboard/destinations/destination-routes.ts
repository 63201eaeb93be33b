// What the dashboard asks of destinations: their documents by GET, and by POST resend, redrive and purge. The last two are SQS's own calls,
// made at this server's own door, so that AWS's rules and texts hold.

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ControlPlane } from "../../control/control-plane.ts";
import type { EmbeddedTopics } from "../../control/embedded-topics.ts";
import { jsonBody, objectOf, pathText } from "../../control/http/local-body.ts";
import { queryText } from "../../control/http/query.ts";
import type { Surroundings } from "../../control/lookups.ts";
import { queueArn } from "../../control/sqs/queue-address.ts";
import { MillraceError } from "../../errors.ts";
import { jsonFrom, textAt } from "../../cli/kinesis-endpoint.ts";
import type { Buckets } from "../../ports/buckets.ts";
import type { Queues } from "../../ports/queues.ts";
import type { Streams } from "../../ports/streams.ts";
import { type DestinationHouse, documentCalled, documentsOf } from "./documents.ts";
import type { Settings } from "./named-records.ts";
import { type ResendHouse, resend } from "./resend.ts";

export interface DestinationRoutes {
  readonly control: Pick<ControlPlane, "listMappings">;
  readonly queues: Pick<Queues, "peek">;
  readonly buckets: Pick<Buckets, "objects" | "read" | "exists">;
  readonly streams: Pick<Streams, "read" | "append">;
  readonly kafka: Pick<EmbeddedTopics, "look" | "send">;
  readonly endpoints: DestinationHouse["endpoints"];
  readonly settings: Surroundings;
}

export function addDestinationRoutes(app: FastifyInstance, routes: DestinationRoutes): void {
  const mappings = (): Promise<readonly Settings[]> => allMappings(routes.control);
  const house: DestinationHouse = {
    ...routes,
    clustersOf: async (destination) => clustersOf(destination, await mappings()),
  };
  const resending: ResendHouse = {
    ...routes,
    mappings,
    invoke: (functionArn, payload) => invokeAgain(app, functionArn, payload),
  };
  app.get("/_millrace/documents", async (request, reply) =>
    telling(reply, async () => {
      const destination = queryText(request, "destination") ?? "";
      const contents = await documentsOf(destination, house);
      return contents === null ? noDestination(reply, destination) : reply.send(contents);
    }),
  );
  app.post("/_millrace/documents/resend", async (request, reply) =>
    telling(reply, async () => {
      const { destination, id } = objectOf(jsonBody(request)) ?? {};
      if (typeof destination !== "string" || typeof id !== "string")
        return refuse(reply, 400, "bad-argument", 'The body is {"destination": an ARN, "id": a document\'s id}.');
      const body = await documentCalled(destination, id, house);
      if (body === null)
        return refuse(reply, 404, "gone", "This document is no longer there: it was taken, or its retention is over.");
      const resent = await resend(body, resending);
      if (resent.kind === "sent") return reply.send(resent);
      if (resent.kind === "not-resendable")
        return refuse(reply, 409, "not-resendable", `It cannot be sent again: ${resent.message}.`);
      return refuse(reply, 409, resent.code, `Nothing was sent: ${resent.message}.`, resent.help);
    }),
  );
  app.post("/_millrace/queues/:name/redrive", (request, reply) =>
    atQueue(app, { request, reply }, "StartMessageMoveTask", (name) => ({
      SourceArn: queueArn(name, routes.settings),
    })),
  );
  app.post("/_millrace/queues/:name/purge", (request, reply) =>
    atQueue(app, { request, reply }, "PurgeQueue", (name) => ({
      QueueUrl: `http://localhost/${routes.settings.accountId}/${name}`,
    })),
  );
}

/** A store that cannot be reached is told as such. */
async function telling(reply: FastifyReply, work: () => Promise<FastifyReply>): Promise<FastifyReply> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    const status = error.code === "source-unreachable" ? 503 : 400;
    return refuse(reply, status, error.code, error.message, error.help);
  }
}

const noDestination = (reply: FastifyReply, destination: string): FastifyReply =>
  refuse(
    reply,
    404,
    "bad-argument",
    `${destination || '""'} is no queue, topic or bucket, and no mapping's topic of Kafka.`,
  );

function refuse(
  reply: FastifyReply,
  status: 400 | 404 | 409 | 503,
  code: string,
  message: string,
  help: string | null = null,
): FastifyReply {
  return reply.code(status).send({ code, message, ...(help === null ? {} : { help }) });
}

async function allMappings(control: Pick<ControlPlane, "listMappings">): Promise<readonly Settings[]> {
  const all: Settings[] = [];
  let marker: unknown;
  do {
    const { body } = await control.listMappings(marker === undefined ? {} : { Marker: marker });
    const { EventSourceMappings: page, NextMarker: next } = Object(body) as Settings;
    if (Array.isArray(page)) all.push(...page);
    marker = next ?? undefined;
  } while (typeof marker === "string" && marker !== "");
  return all;
}

/** Each once. */
function clustersOf(destination: string, mappings: readonly Settings[]): readonly string[] {
  const clusters = mappings.flatMap((settings) => {
    const onFailure = objectOf(objectOf(settings["DestinationConfig"])?.["OnFailure"]);
    if (onFailure?.["Destination"] !== destination) return [];
    const { EventSourceArn: arn, SelfManagedEventSource: own } = settings;
    if (typeof arn === "string") return [arn];
    const servers = objectOf(objectOf(own)?.["Endpoints"])?.["KAFKA_BOOTSTRAP_SERVERS"];
    return Array.isArray(servers) ? [`kafka://${servers.join(",")}`] : [];
  });
  return [...new Set(clusters)];
}

/** Null: it is accepted. */
async function invokeAgain(app: FastifyInstance, functionArn: string, payload: string): Promise<string | null> {
  const answer = await app.inject({
    method: "POST",
    url: `/2015-03-31/functions/${encodeURIComponent(functionArn)}/invocations`,
    headers: { "content-type": "application/json", "x-amz-invocation-type": "Event" },
    payload,
  });
  if (answer.statusCode < 300) return null;
  const body = jsonFrom(answer.body);
  return textAt(body, "message") ?? textAt(body, "Message") ?? `the invocation was refused: ${answer.statusCode}`;
}

async function atQueue(
  app: FastifyInstance,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  operation: "StartMessageMoveTask" | "PurgeQueue",
  members: (name: string) => object,
): Promise<FastifyReply> {
  const answer = await app.inject({
    method: "POST",
    url: "/",
    headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AmazonSQS.${operation}` },
    payload: JSON.stringify(members(pathText(request, "name"))),
  });
  const body = jsonFrom(answer.body);
  if (answer.statusCode < 300) return reply.send(body);
  const code = (textAt(body, "__type") ?? `HTTP ${answer.statusCode}`).replace(/^.*#/, "");
  const status = answer.statusCode === 503 ? 503 : 409;
  return refuse(reply, status, code, textAt(body, "message") ?? textAt(body, "Message") ?? "");
}
