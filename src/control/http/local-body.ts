// What calls under `/_millrace/` bring: bodies, and parts of the path.

import type { FastifyRequest } from "fastify";

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export function bodyText({ body }: FastifyRequest): string {
  return body instanceof Uint8Array ? Buffer.from(body).toString("utf8") : "";
}

/** Null: it is no JSON; the answer then says what a body looks like. */
export function jsonBody(request: FastifyRequest): unknown {
  try {
    return JSON.parse(bodyText(request));
  } catch {
    return null;
  }
}

export const objectOf = (value: unknown): Readonly<Record<string, unknown>> | null =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;

/** Undefined: it is none. */
export function bytesOfBase64(value: unknown): Uint8Array | undefined {
  return typeof value === "string" && BASE64.test(value) ? Buffer.from(value, "base64") : undefined;
}

export function pathText({ params }: FastifyRequest, name: string): string {
  const value: unknown = typeof params === "object" && params !== null ? Reflect.get(params, name) : "";
  return typeof value === "string" ? value : "";
}
