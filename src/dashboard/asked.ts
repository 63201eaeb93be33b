// What the query of a dashboard's question asks for: a value that cannot be meant is refused and not passed over.

import type { FastifyReply, FastifyRequest } from "fastify";
import { MillraceError } from "../errors.ts";
import { refuseError } from "./page-routes.ts";

const DEFAULT_ENTRIES = 200;
const MOST_ENTRIES = 1_000;

/** An instant, epoch ms; null: none is named. Throws MillraceError bad-argument for what is none. */
export function askedMs(request: FastifyRequest, name: string): number | null {
  const value = asked(request, name);
  if (value === undefined) return null;
  if (typeof value === "string" && /^\d{1,15}(?:\.\d+)?$/.test(value)) return Number(value);
  const example = `${name}=${Date.UTC(2026, 0, 1)}`;
  throw new MillraceError("bad-argument", `${name} is an instant in epoch ms, and not ${shown(value)}.`, {
    help: example,
  });
}

/** How many entries, 1 to 1,000; default 200. Throws MillraceError bad-argument for another value. */
export function askedLimit(request: FastifyRequest): number {
  const value = asked(request, "limit");
  if (value === undefined) return DEFAULT_ENTRIES;
  const limit = typeof value === "string" && /^\d{1,12}$/.test(value) ? Number(value) : 0;
  if (limit >= 1 && limit <= MOST_ENTRIES) return limit;
  const range = `1 to ${MOST_ENTRIES.toLocaleString("en-US")}`;
  throw new MillraceError("bad-argument", `limit is ${range}, and not ${shown(value)}.`, {
    help: `limit=${MOST_ENTRIES}`,
  });
}

/** What `ask` answers, or the refusal of what it was asked. */
export async function sendAnswer(reply: FastifyReply, ask: () => object | Promise<object>): Promise<FastifyReply> {
  try {
    return reply.send(await ask());
  } catch (error) {
    return refuseError(reply, error);
  }
}

/** Undefined: not named. One that is named twice is a list. */
const asked = ({ query }: FastifyRequest, name: string): unknown =>
  typeof query === "object" && query !== null ? Reflect.get(query, name) : undefined;

const shown = (value: unknown): string => JSON.stringify(value).slice(0, 60);
