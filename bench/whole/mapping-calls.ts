// The mapping API's calls that a bench makes, over HTTP as any client would.

import { setTimeout as delay } from "node:timers/promises";

const PATH = "/2015-03-31/event-source-mappings";
const LOOK_EVERY_MS = 1;

async function call(
  url: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown> | null> {
  const response = await fetch(`${url}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

/** The new mapping's UUID. */
export async function createMapping(url: string, body: unknown): Promise<string> {
  return String((await call(url, "POST", PATH, body))?.["UUID"]);
}

export async function untilEnabled(url: string, uuid: string): Promise<void> {
  while ((await call(url, "GET", `${PATH}/${uuid}`))?.["State"] !== "Enabled") await delay(LOOK_EVERY_MS);
}

/** Resolves when it is gone. */
export async function deleteMapping(url: string, uuid: string): Promise<void> {
  await call(url, "DELETE", `${PATH}/${uuid}`);
  while ((await call(url, "GET", `${PATH}/${uuid}`)) !== null) await delay(LOOK_EVERY_MS);
}
