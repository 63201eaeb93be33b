// How answers go out: AWS's headers, and the error form of the protocol that the client speaks.

import type { FastifyReply, FastifyRequest } from "fastify";
import { type ApiAnswer, failure } from "../api-answer.ts";
import { type KinesisAnswer, kinesisFailure } from "../kinesis/kinesis-answer.ts";
import { contentTypes, type Encoding, encodeWire } from "../kinesis/wire-value.ts";

/** The protocols that AWS's services speak, as far as they need a form for errors. */
export type Protocol = "rest-json" | "json" | "cbor" | "query";

export function protocolOf(request: FastifyRequest): Protocol {
  const type = contentTypeOf(request);
  if (type.startsWith("application/x-amz-cbor")) return "cbor";
  if (type.startsWith("application/x-www-form-urlencoded")) return "query";
  return request.headers["x-amz-target"] !== undefined || type.startsWith("application/x-amz-json")
    ? "json"
    : "rest-json";
}

/** The type as the client sent it: `onRequest` replaces it so that every body is read as bytes. */
export const ORIGINAL_TYPE = "x-millrace-content-type";

function contentTypeOf(request: FastifyRequest): string {
  const type = request.headers[ORIGINAL_TYPE];
  return typeof type === "string" ? type.toLowerCase() : "";
}

export function sendApi(reply: FastifyReply, answer: ApiAnswer): FastifyReply {
  void reply.code(answer.status);
  if (answer.errorType !== null) void reply.header("x-amzn-ErrorType", answer.errorType);
  if (answer.body === null) return reply.send();
  return reply.header("content-type", "application/json").send(Buffer.from(JSON.stringify(answer.body)));
}

export function sendKinesis(reply: FastifyReply, answer: KinesisAnswer, encoding: Encoding): FastifyReply {
  void reply.code(answer.status).header("content-type", contentTypes[encoding]);
  if (answer.errorType !== null) void reply.header("x-amzn-ErrorType", answer.errorType);
  return answer.body === null ? reply.send(Buffer.alloc(0)) : reply.send(encodeWire(answer.body, encoding));
}

export type CommonFault = "AccessDenied" | "UnknownOperation" | "TooLarge" | "Malformed" | "Internal";

/** A fault that no operation has told, in the client's own protocol. */
export function sendFault(reply: FastifyReply, fault: CommonFault, text: string): FastifyReply {
  const protocol = protocolOf(reply.request);
  switch (protocol) {
    case "rest-json":
      return sendApi(reply, failure(restNames[fault], text));
    case "json":
    case "cbor":
      return sendKinesis(reply, kinesisFailure(jsonNames[fault], text), protocol);
    case "query":
      return sendQueryFault(reply, fault, text);
  }
}

const restNames = {
  AccessDenied: "AccessDeniedException",
  UnknownOperation: "UnknownOperationException",
  TooLarge: "RequestEntityTooLargeException",
  Malformed: "InvalidRequestContentException",
  Internal: "ServiceException",
} as const;

const jsonNames = {
  AccessDenied: "AccessDeniedException",
  UnknownOperation: "UnknownOperationException",
  TooLarge: "RequestEntityTooLarge",
  Malformed: "SerializationException",
  Internal: "InternalFailure",
} as const;

const queryForms = {
  AccessDenied: { code: "AccessDenied", status: 403 },
  UnknownOperation: { code: "InvalidAction", status: 400 },
  TooLarge: { code: "RequestEntityTooLarge", status: 413 },
  Malformed: { code: "MalformedInput", status: 400 },
  Internal: { code: "InternalFailure", status: 500 },
} as const;

function sendQueryFault(reply: FastifyReply, fault: CommonFault, text: string): FastifyReply {
  const { code, status } = queryForms[fault];
  const blame = status === 500 ? "Receiver" : "Sender";
  const xml =
    `<ErrorResponse><Error><Type>${blame}</Type><Code>${code}</Code><Message>${escapeXml(text)}</Message></Error>` +
    `<RequestId>${reply.request.id}</RequestId></ErrorResponse>`;
  return reply.code(status).header("content-type", "text/xml").send(xml);
}

const escapeXml = (text: string): string =>
  text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, "?")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
