// S3 over HTTP. Its paths may be any, so a request that is S3's (src/control/s3/s3-request.ts) is led to one route of its own before the
// paths of others are looked at; what it names is read from the address that the client sent. Bodies are streams here.

import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { callS3 } from "../s3/s3-calls.ts";
import { type S3Answer, S3Refusal } from "../s3/s3-answer.ts";
import type { S3Context } from "../s3/s3-call.ts";
import { isForBuckets, placeOf, queryOf } from "../s3/s3-request.ts";
import { ORIGINAL_TYPE } from "./client-protocol.ts";
import { type XmlElement, xmlText } from "./xml.ts";

const ROUTE = "/_millrace/buckets";
const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

/** For fastify's `rewriteUrl`. */
export function bucketUrl(request: Pick<IncomingMessage, "headers" | "url">): string {
  const { headers, url = "/" } = request;
  return isForBuckets({ headers, url }) ? ROUTE : url;
}

export function addS3Routes(app: FastifyInstance, context: S3Context): void {
  // Fastify takes it up when it is ready to listen.
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
    scope.route({
      method: ["GET", "HEAD", "PUT", "POST", "DELETE"],
      url: ROUTE,
      handler: async (request, reply) => answer(context, request, reply),
    });
  });
}

async function answer(context: S3Context, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { method, originalUrl: url } = request;
  void reply.header("x-amz-request-id", request.id);
  // The type as the client sent it; empty: it sent none.
  const type = request.headers[ORIGINAL_TYPE];
  const headers = { ...request.headers, "content-type": typeof type === "string" ? type : undefined };
  const body: AsyncIterable<Uint8Array> = request.body instanceof Readable ? request.body : Readable.from([]);
  try {
    const raw = { headers, url };
    return sendS3(reply, await callS3(context, placeOf(raw), { method, headers, query: queryOf(raw), body }));
  } catch (error) {
    // Whatever is left of a body that nobody reads goes by, so that the answer is heard.
    if (request.body instanceof Readable) request.body.resume();
    if (error instanceof S3Refusal) return sendRefusal(reply, error);
    return sendRefusal(reply, new S3Refusal("InternalError", error instanceof Error ? error.message : String(error)));
  }
}

function sendS3(reply: FastifyReply, { status, headers, body }: S3Answer): FastifyReply {
  void reply.code(status).headers(headers);
  if (body === null) return reply.send();
  if (!isElement(body)) return reply.send(body instanceof Readable ? body : Readable.from(body));
  return reply
    .header("content-type", "application/xml")
    .send(`${DECLARATION}${xmlText(body, { namespace: NAMESPACE, controls: "references" })}`);
}

const isElement = (body: XmlElement | AsyncIterable<Uint8Array>): body is XmlElement => Array.isArray(body);

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

function sendRefusal(reply: FastifyReply, refusal: S3Refusal): FastifyReply {
  void reply.code(refusal.status);
  // An answer to HEAD has no body; its status is all that a client has.
  if (reply.request.method === "HEAD") return reply.send();
  const xml = xmlText([
    "Error",
    [
      ["Code", refusal.code],
      ["Message", refusal.message],
      ["Resource", reply.request.originalUrl.split("?", 1)[0] ?? ""],
      ["RequestId", reply.request.id],
    ],
  ]);
  return reply.header("content-type", "application/xml").send(`${DECLARATION}${xml}`);
}
