// What the query of a local page asks for, with its bounds.

import type { FastifyRequest } from "fastify";

export function queryText(request: FastifyRequest, name: string): string | null {
  const { query } = request;
  const value: unknown = typeof query === "object" && query !== null ? Reflect.get(query, name) : null;
  return typeof value === "string" ? value : null;
}

export function queryCount(
  request: FastifyRequest,
  name: string,
  bounds: { readonly otherwise: number; readonly most: number },
): number {
  const text = queryText(request, name);
  return text !== null && /^\d{1,12}$/.test(text) ? Math.min(Number(text), bounds.most) : bounds.otherwise;
}
