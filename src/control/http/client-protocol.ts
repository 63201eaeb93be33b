// Which of AWS's protocols a request speaks, told from its headers: every error goes out in the form that the client reads.

import type { FastifyRequest } from "fastify";
import { isForBuckets, serviceOf } from "../s3/s3-request.ts";

/** The protocols that AWS's services speak, as far as they need a form for errors. `rpc-cbor`: Smithy's RPC v2. */
export type Protocol = "rest-json" | "json" | "cbor" | "rpc-cbor" | "query" | "s3";

/** The type as the client sent it: `onRequest` replaces it so that every body is read as bytes. */
export const ORIGINAL_TYPE = "x-millrace-content-type";

export function protocolOf(request: FastifyRequest): Protocol {
  const type = contentTypeOf(request);
  if (request.headers["smithy-protocol"] === "rpc-v2-cbor") return "rpc-cbor";
  if (type.startsWith("application/x-amz-cbor")) return "cbor";
  if (type.startsWith("application/x-www-form-urlencoded")) return "query";
  if (request.headers["x-amz-target"] !== undefined || type.startsWith("application/x-amz-json")) return "json";
  if (isQueryByGet(request)) return "query";
  return isForBuckets(request) ? "s3" : "rest-json";
}

/** `1.0` where the client speaks it, as SQS's do; Kinesis and Secrets Manager speak 1.1. */
export function jsonVersionOf(request: FastifyRequest): "1.0" | "1.1" {
  return contentTypeOf(request).startsWith("application/x-amz-json-1.0") ? "1.0" : "1.1";
}

/** The service that the signature names, which is not checked otherwise; null: unsigned. */
export function signedServiceOf(request: FastifyRequest): string | null {
  return serviceOf(request);
}

export function targetOf(request: FastifyRequest): string {
  const target = request.headers["x-amz-target"];
  return typeof target === "string" ? target : "";
}

/** The members of a call in the query protocol, from the body or, by GET, from the address. */
export function queryMembers(request: FastifyRequest): URLSearchParams {
  if (request.method === "GET") return new URLSearchParams(request.url.split("?").slice(1).join("?"));
  const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
  return new URLSearchParams(new TextDecoder().decode(body));
}

function isQueryByGet(request: FastifyRequest): boolean {
  return request.method === "GET" && /^\/?\?(?:.*&)?Action=/.test(request.url);
}

function contentTypeOf(request: FastifyRequest): string {
  const type = request.headers[ORIGINAL_TYPE];
  return typeof type === "string" ? type.toLowerCase() : "";
}
