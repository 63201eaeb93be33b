// How answers go out: AWS's headers, and the error form of the protocol that the client speaks.

import { crc32 } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type ApiAnswer, failure } from "../api-answer.ts";
import { type KinesisAnswer, kinesisFailure } from "../kinesis/kinesis-answer.ts";
import { contentTypes, type Encoding, encodeWire } from "../kinesis/wire-value.ts";
import type { SqsAnswer } from "../sqs/sqs-answer.ts";
import { jsonVersionOf, protocolOf } from "./client-protocol.ts";
import { xmlText } from "./xml.ts";

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

/** Whether a request is for the local pages, and not for AWS's API, whose buckets have a route there, too. */
export const isLocal = ({ originalUrl }: FastifyRequest): boolean => /^\/_millrace(?:[/?]|$)/.test(originalUrl);

/** A fault that no operation has told, in the client's own protocol; of the local pages, as their own refusals are. */
export function sendFault(reply: FastifyReply, fault: CommonFault, text: string): FastifyReply {
  if (isLocal(reply.request)) {
    const { status, code } = localForms[fault];
    return reply.code(status).send({ code, message: text });
  }
  const protocol = protocolOf(reply.request);
  switch (protocol) {
    case "rest-json":
      return sendApi(reply, failure(restNames[fault], text));
    case "json":
      if (jsonVersionOf(reply.request) === "1.0") return sendJson10Fault(reply, fault, text);
      return sendKinesis(reply, kinesisFailure(jsonNames[fault], text), protocol);
    case "cbor":
      return sendKinesis(reply, kinesisFailure(jsonNames[fault], text), protocol);
    case "rpc-cbor":
      return sendRpcFault(reply, fault, text);
    case "query":
      return sendQueryFault(reply, fault, text);
    case "s3":
      return sendBucketFault(reply, fault, text);
  }
}

const localForms = {
  AccessDenied: { code: "access-denied", status: 403 },
  UnknownOperation: { code: "unknown-path", status: 404 },
  TooLarge: { code: "too-large", status: 413 },
  Malformed: { code: "bad-argument", status: 400 },
  Internal: { code: "internal", status: 500 },
} as const;

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

function sendJson10Fault(reply: FastifyReply, fault: CommonFault, text: string): FastifyReply {
  const { status, body } = kinesisFailure(jsonNames[fault], text);
  void reply.code(status).header("content-type", "application/x-amz-json-1.0");
  return reply.send(Buffer.from(JSON.stringify(body)));
}

/** SQS speaks JSON 1.0, and names an error in a header as the query protocol had it. */
export function sendSqs(reply: FastifyReply, { status, body, error }: SqsAnswer): FastifyReply {
  void reply.code(status).header("content-type", "application/x-amz-json-1.0");
  if (error !== null) void reply.header("x-amzn-query-error", `${error.queryCode};${error.fault}`);
  return reply.send(Buffer.from(JSON.stringify(body)));
}

/** DynamoDB speaks JSON 1.0, and older SDKs check its sum. */
export function sendTables(reply: FastifyReply, status: number, body: string): FastifyReply {
  const bytes = Buffer.from(body);
  void reply.code(status).header("content-type", "application/x-amz-json-1.0");
  return reply.header("x-amz-crc32", String(crc32(bytes))).send(bytes);
}

function sendRpcFault(reply: FastifyReply, fault: CommonFault, text: string): FastifyReply {
  const { status, body } = kinesisFailure(jsonNames[fault], text);
  void reply.code(status).header("smithy-protocol", "rpc-v2-cbor").header("content-type", "application/cbor");
  return reply.send(encodeWire(body ?? {}, "cbor"));
}

function sendQueryFault(reply: FastifyReply, fault: CommonFault, text: string): FastifyReply {
  const { code, status } = queryForms[fault];
  const error = [
    ["Type", status === 500 ? "Receiver" : "Sender"],
    ["Code", code],
    ["Message", text],
  ] as const;
  const xml = xmlText([
    "ErrorResponse",
    [
      ["Error", error],
      ["RequestId", reply.request.id],
    ],
  ]);
  return reply.code(status).header("content-type", "text/xml").send(xml);
}

const bucketForms = {
  AccessDenied: { code: "AccessDenied", status: 403 },
  UnknownOperation: { code: "MethodNotAllowed", status: 405 },
  TooLarge: { code: "EntityTooLarge", status: 400 },
  Malformed: { code: "InvalidRequest", status: 400 },
  Internal: { code: "InternalError", status: 500 },
} as const;

function sendBucketFault(reply: FastifyReply, fault: CommonFault, text: string): FastifyReply {
  const { code, status } = bucketForms[fault];
  const xml = xmlText([
    "Error",
    [
      ["Code", code],
      ["Message", text],
      ["RequestId", reply.request.id],
    ],
  ]);
  void reply.code(status).header("content-type", "application/xml").header("x-amz-request-id", reply.request.id);
  return reply.send(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`);
}
