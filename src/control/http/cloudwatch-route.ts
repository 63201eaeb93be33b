// CloudWatch over HTTP, in the three protocols that its clients speak: JSON 1.0, Smithy's RPC in CBOR, and the query protocol. They are one
// door: a body is read to the same members, and an answer is written from the same value.

import { decode, encode, Tagged } from "cborg";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import {
  callCloudWatch,
  type CloudWatchAnswer,
  type CloudWatchContext,
  cloudWatchFailure,
} from "../cloudwatch/cloudwatch-calls.ts";
import { type CloudWatchOperation, cloudWatchShapes, isCloudWatchOperation } from "../cloudwatch/cloudwatch-shapes.ts";
import { decodeWire, encodeWire, Instant, type WireValue } from "../kinesis/wire-value.ts";
import type { Shape } from "../shape.ts";
import { protocolOf } from "./client-protocol.ts";
import { type QueryNode, queryList, queryTree } from "./query-tree.ts";
import { type XmlElement, xmlText } from "./xml.ts";

const VERSION = "2010-08-01";
const NAMESPACE = `http://monitoring.amazonaws.com/doc/${VERSION}/`;

/** `sendUnknown`: what every other operation of the service hears. */
export function addCloudWatchRoutes(
  app: FastifyInstance,
  context: CloudWatchContext,
  sendUnknown: (request: FastifyRequest, reply: FastifyReply) => FastifyReply,
): void {
  app.post("/service/GraniteServiceVersion20100801/operation/:operation", async (request, reply) => {
    const { params } = request;
    const name: unknown = typeof params === "object" && params !== null ? Reflect.get(params, "operation") : "";
    const isRpc = protocolOf(request) === "rpc-cbor";
    if (typeof name !== "string" || !isCloudWatchOperation(name) || !isRpc) return sendUnknown(request, reply);
    const body = decodedRpc(bodyOf(request));
    const answer =
      body === undefined ? cloudWatchFailure("SerializationException", NO_CBOR) : callCloudWatch(context, name, body);
    return sendRpc(reply, answer);
  });
}

const NO_CBOR = "The body is no CBOR that can be read.";
const NO_JSON = "The body is no JSON that can be read.";

/** Undefined: it cannot be read. Instants are seconds, as they are in JSON. */
function decodedRpc(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return {};
  try {
    return decode(bytes, { tags: { 1: (content) => content() } });
  } catch {
    return undefined; // The caller says so in the client's form.
  }
}

function sendRpc(reply: FastifyReply, answer: CloudWatchAnswer): FastifyReply {
  const value = answer.kind === "result" ? rpcValue(answer.result) : { __type: typeOf(answer), message: answer.text };
  void reply.code(answer.kind === "result" ? 200 : answer.status).header("smithy-protocol", "rpc-v2-cbor");
  if (answer.kind === "error") void reply.header("x-amzn-query-error", queryErrorOf(answer));
  return reply.header("content-type", "application/cbor").send(Buffer.from(encode(value)));
}

/** Instants are tag 1 over seconds; Kinesis's older CBOR has milliseconds there. */
function rpcValue(value: WireValue): unknown {
  if (value instanceof Instant) return new Tagged(1, value.atMs / 1_000);
  if (value instanceof Uint8Array || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each: WireValue) => rpcValue(each));
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, rpcValue(each)]));
}

type Failure = Extract<CloudWatchAnswer, { kind: "error" }>;

/** As the service's model names it: some by their code, some with `Exception` or `Fault` behind it. */
function typeOf({ code }: Failure): string {
  const names: Readonly<Record<string, string>> = {
    InvalidParameterCombination: "InvalidParameterCombinationException",
    InvalidParameterValue: "InvalidParameterValueException",
    MissingParameter: "MissingRequiredParameterException",
    InternalServiceError: "InternalServiceFault",
  };
  return `com.amazonaws.cloudwatch.v2010_08_01#${names[code] ?? code}`;
}

const queryErrorOf = ({ code, status }: Failure): string => `${code};${status < 500 ? "Sender" : "Receiver"}`;

export function answerCloudWatchJson(
  context: CloudWatchContext,
  operation: CloudWatchOperation,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): FastifyReply {
  const decoded = decodeWire(bodyOf(request), "json");
  const answer =
    decoded.kind === "malformed"
      ? cloudWatchFailure("SerializationException", NO_JSON)
      : callCloudWatch(context, operation, decoded.value);
  void reply.header("content-type", "application/x-amz-json-1.0");
  if (answer.kind === "result") return reply.code(200).send(encodeWire(answer.result, "json"));
  void reply.code(answer.status).header("x-amzn-query-error", queryErrorOf(answer));
  return reply.send(Buffer.from(JSON.stringify({ __type: typeOf(answer), message: answer.text })));
}

/** Null: the call is none of CloudWatch. */
export function answerCloudWatchQuery(
  context: CloudWatchContext,
  members: URLSearchParams,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): FastifyReply | null {
  const operation = members.get("Action") ?? "";
  if (!isCloudWatchOperation(operation) || members.get("Version") !== VERSION || request.method !== "POST") return null;
  const answer = callCloudWatch(context, operation, valueOf(queryTree(members), cloudWatchShapes[operation]));
  void reply.header("content-type", "text/xml");
  const { id } = request;
  if (answer.kind === "result") {
    const tail: XmlElement = ["ResponseMetadata", [["RequestId", id]]];
    const result: XmlElement = [`${operation}Result`, membersOf(answer.result)];
    return reply.code(200).send(xmlText([`${operation}Response`, [result, tail]], { namespace: NAMESPACE }));
  }
  const { status, code, text } = answer;
  const type = status < 500 ? "Sender" : "Receiver";
  const error: XmlElement = [
    "Error",
    [
      ["Type", type],
      ["Code", code],
      ["Message", text],
    ],
  ];
  return reply.code(status).send(xmlText(["ErrorResponse", [error, ["RequestId", id]]], { namespace: NAMESPACE }));
}

/** What a form says of a member of this shape, as JSON would have it; what cannot be read stays a text, which the shape then refuses. */
function valueOf(node: QueryNode | undefined, shape: Shape): unknown {
  if (node === undefined) return undefined;
  switch (shape.kind) {
    case "structure":
      return Object.fromEntries(
        Object.entries(shape.members).map(([name, member]) => [name, valueOf(node.members.get(name), member)]),
      );
    case "list":
      return queryList(node, "member").map((each) => valueOf(each, shape.item));
    case "integer":
    case "number":
      return node.value !== null && /^-?\d{1,12}(?:\.\d{1,12})?$/.test(node.value) ? Number(node.value) : node.value;
    case "boolean":
      return node.value === "true" ? true : node.value === "false" ? false : node.value;
    case "timestamp": {
      const atMs = Date.parse(node.value ?? "");
      return Number.isNaN(atMs) ? node.value : atMs / 1_000;
    }
    default:
      return node.value;
  }
}

function membersOf(value: { readonly [name: string]: WireValue }): readonly XmlElement[] {
  return Object.entries(value).map(([name, each]) => [name, contentOf(each)] as const);
}

function contentOf(value: WireValue): XmlElement[1] {
  if (value instanceof Instant) return new Date(value.atMs).toISOString();
  if (Array.isArray(value)) return value.map((each: WireValue) => ["member", contentOf(each)] as const);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return String(value);
  return membersOf(value as { readonly [name: string]: WireValue });
}

function bodyOf(request: FastifyRequest): Uint8Array {
  return request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
}
