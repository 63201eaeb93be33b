// Questions to a Confluent-compatible registry, over HTTP. Its secrets are read for each (M-605): schemas are asked for once, so that there
// are few. Nothing is tried again here: who asks holds the partition and asks anew (M-414).

import { type RequestOptions, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { RegistryReading } from "../../../src/ports/mapping-spec.ts";
import type { SourceProblem } from "../../../src/ports/source.ts";
import { loginOf } from "../../broker-login.ts";
import { tlsOptions } from "../kafka-connection.ts";
import type { SecretText } from "../kafka-login.ts";
import { deniedProblem, registryProblem } from "./registry-problems.ts";

const ANSWER_MS = 10_000;
/** Far over any schema. */
const MOST_BYTES = 16 * 1024 * 1024;

export type RegistryAnswer =
  | { readonly kind: "found"; readonly body: unknown }
  /** The registry is there, and has no such schema. */
  | { readonly kind: "unknown" }
  | { readonly kind: "problem"; readonly problem: SourceProblem };

/** `path` begins with a slash and is encoded. */
export type AskRegistry = (path: string) => Promise<RegistryAnswer>;

export function createRegistryClient(reading: RegistryReading, secretText: SecretText): AskRegistry {
  return async (path) => {
    const options = await optionsOf(reading, secretText);
    if ("problem" in options) return { kind: "problem", problem: options.problem };
    const base = new URL(reading.url);
    const url = new URL(`${base.pathname.replace(/\/+$/, "")}${path}`, base.origin);
    const answer = await ask(url, options);
    return answer instanceof Error
      ? { kind: "problem", problem: registryProblem(answer, base.origin) }
      : answerOf(answer, base.origin);
  };
}

async function optionsOf(
  reading: RegistryReading,
  secretText: SecretText,
): Promise<RequestOptions | { readonly problem: SourceProblem }> {
  const { caFile, caSecretArn, clientSecretArn, basicAuthSecretArn } = reading;
  const tls = await tlsOptions({ caFile, caSecretArn, clientSecretArn }, secretText);
  if ("problem" in tls) return tls;
  const headers = { accept: "application/vnd.schemaregistry.v1+json, application/json" };
  // A connection for each question: an agent would keep what a secret had held before.
  const options: RequestOptions = { ...tls, headers, agent: false, signal: AbortSignal.timeout(ANSWER_MS) };
  if (basicAuthSecretArn === null) return options;
  const login = loginOf(await secretText(basicAuthSecretArn), basicAuthSecretArn);
  if (typeof login === "string") return { problem: deniedProblem(login) };
  return { ...options, auth: `${login.username}:${login.password}` };
}

interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

function ask(url: URL, options: RequestOptions): Promise<HttpAnswer | Error> {
  return new Promise((resolve) => {
    const request = url.protocol === "https:" ? requestHttps(url, options) : requestHttp(url, options);
    request.on("error", resolve);
    request.on("response", (response) => {
      const parts: Buffer[] = [];
      let byteCount = 0;
      response.on("error", resolve);
      response.on("data", (part: Buffer) => {
        parts.push(part);
        byteCount += part.length;
        if (byteCount > MOST_BYTES) request.destroy(new Error(`it answers with more than ${MOST_BYTES} bytes`));
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString("utf8") }),
      );
    });
    request.end();
  });
}

function answerOf({ status, text }: HttpAnswer, where: string): RegistryAnswer {
  const body = jsonOf(text);
  if (status === 200 && body !== undefined) return { kind: "found", body };
  // 40401 a subject, 40402 a version, 40403 a schema. A 404 without such a code is some other server's, or a wrong path.
  const code = typeof body === "object" && body !== null && "error_code" in body ? Number(body.error_code) : 0;
  if (status === 404 && code >= 40_400 && code < 40_500) return { kind: "unknown" };
  return { kind: "problem", problem: registryProblem(status, where) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
