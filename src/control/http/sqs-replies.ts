// SQS over HTTP, in JSON and in the older query protocol. Both are one door: they differ in how a body is read and an answer written.

import type { FastifyReply, FastifyRequest } from "fastify";
import { callingFunctionOf } from "../../ports/calling-function.ts";
import { decodeWire } from "../kinesis/wire-value.ts";
import type { SelfFeedingWatch } from "../self-feeding.ts";
import { queryAnswer, SQS_NAMESPACE } from "../sqs/query-answer.ts";
import { queryBody } from "../sqs/query-request.ts";
import { type SqsAnswer, sqsFailure } from "../sqs/sqs-answer.ts";
import { callSqs, isSqsOperation, type SqsContext } from "../sqs/sqs-calls.ts";
import type { SqsOperation } from "../sqs/sqs-shapes.ts";
import { signedServiceOf } from "./client-protocol.ts";
import { sendSqs } from "./reply-forms.ts";
import { xmlText } from "./xml.ts";

export type SqsRouteContext = SqsContext & {
  readonly selfFeeding: SelfFeedingWatch;
  /** Aborted when the server closes: whoever waits is answered. */
  readonly closing: AbortSignal;
};

export async function answerSqsJson(
  context: SqsRouteContext,
  operation: SqsOperation,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const bytes = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
  const decoded = decodeWire(bytes, "json");
  if (decoded.kind === "malformed") {
    return sendSqs(reply, sqsFailure("SerializationException", "The body is no JSON that can be read."));
  }
  return sendSqs(reply, await answered(context, operation, decoded.value, reply));
}

export async function answerSqsQuery(
  context: SqsRouteContext,
  operation: SqsOperation,
  form: URLSearchParams,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { request } = reply;
  const queueUrl = isQueuePath(request.url) ? `http://${request.host}${request.url.replace(/\?.*$/, "")}` : null;
  const answer = await answered(context, operation, queryBody(operation, form, queueUrl), reply);
  const xml = xmlText(queryAnswer(operation, answer, request.id), { namespace: SQS_NAMESPACE });
  return reply.code(answer.status).header("content-type", "text/xml").send(`<?xml version="1.0"?>\n${xml}`);
}

/**
 * The operation of SQS that a form asks for; null: it is another service's. The version tells it, or the signature, or the queue's own
 * address. Not by GET: no GET acts here, and of SQS's actions all but a few do.
 */
export function sqsQueryOperation(request: FastifyRequest, form: URLSearchParams): SqsOperation | null {
  const action = form.get("Action") ?? "";
  if (request.method !== "POST" || !isSqsOperation(action)) return null;
  const version = form.get("Version");
  // A form that a person wrote often says none, and nobody else signed it.
  const isOurs = version === null ? !isOthers(request) : versions.has(version) || signedServiceOf(request) === "sqs";
  return isOurs || isQueuePath(request.url) ? action : null;
}

function isOthers(request: FastifyRequest): boolean {
  const service = signedServiceOf(request);
  return service !== null && service !== "" && service !== "sqs";
}

/** SQS's own and its earlier ones, which have these calls in the same form. */
const versions: ReadonlySet<string> = new Set(["2012-11-05", "2011-10-01", "2009-02-01", "2008-01-01"]);

const isQueuePath = (url: string): boolean => /^\/\d{12}\/[^/?]+(?:$|\?)/.test(url);

async function answered(
  context: SqsRouteContext,
  operation: SqsOperation,
  body: unknown,
  reply: FastifyReply,
): Promise<SqsAnswer> {
  const gone = new AbortController();
  const abort = (): void => gone.abort();
  reply.raw.once("close", abort);
  context.closing.addEventListener("abort", abort, { once: true });
  if (context.closing.aborted) abort();
  try {
    const { host, headers } = reply.request;
    const caller = callingFunctionOf(headers);
    const onSent = (name: string, count: number): void => {
      if (caller !== null) context.selfFeeding.fed(caller, { service: "sqs", name }, count);
    };
    return await callSqs(context, operation, body, { host, signal: gone.signal, onSent });
  } finally {
    reply.raw.removeListener("close", abort);
    context.closing.removeEventListener("abort", abort);
  }
}
