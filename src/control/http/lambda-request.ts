// What Lambda's calls carry: labels of the path and queries, percent-decoded, and a JSON body.

import type { FastifyRequest } from "fastify";
import { type ApiAnswer, failure } from "../api-answer.ts";

/** A label of the path; empty: it has none of that name. */
export function label(request: FastifyRequest, name: string): string {
  const { params } = request;
  const value: unknown = typeof params === "object" && params !== null ? Reflect.get(params, name) : "";
  return typeof value === "string" ? value : "";
}

export function queryOf(request: FastifyRequest): { readonly [name: string]: unknown } {
  const { query } = request;
  return typeof query === "object" && query !== null ? Object.fromEntries(Object.entries(query)) : {};
}

/** A parameter that is given twice counts once, the first time. */
export function single(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" ? first : undefined;
}

/** Paths and queries carry texts; what is no whole number fails as a text where a number is due. */
export const numberFrom = (text: string | undefined): number | string | undefined =>
  text !== undefined && /^-?\d{1,10}$/.test(text) ? Number(text) : text;

/** Parses the body as JSON; no body at all is an empty object, as the service sees it. */
export async function withBody(
  request: FastifyRequest,
  work: (body: unknown) => Promise<ApiAnswer>,
): Promise<ApiAnswer> {
  const bytes = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
  let body: unknown = {};
  try {
    if (bytes.length > 0) body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    const detail = error instanceof Error ? error.message : "";
    return failure("InvalidRequestContentException", `Could not parse request body into json: ${detail}`);
  }
  return work(body);
}
