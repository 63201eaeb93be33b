// What a fault of a schema registry means for a mapping (M-414): its partitions wait. One that refuses us is AWS's own text (M-702).

import type { SourceProblem } from "../../../src/ports/source.ts";

const CONNECTION_TEXT = "PROBLEM: Connection error. Please check your event source connection configuration.";
const ACCESS_TEXT = "PROBLEM: Cannot access Confluent Schema with the provided access configuration.";

/** `what`: the status it answered with, or why it did not answer. */
export function registryProblem(what: number | Error, where: string): SourceProblem {
  const registry = `the schema registry at ${where}`;
  if (typeof what !== "number") return unreachable(what, registry);
  if (what === 401 || what === 403) {
    return {
      code: "denied",
      text: ACCESS_TEXT,
      detail: `${registry} answers ${what}: it does not accept the access that the mapping has`,
      disablingReason: what === 401 ? "EVENT_SOURCE_AUTHN_ERROR" : "EVENT_SOURCE_AUTHZ_ERROR",
    };
  }
  if (what === 404) {
    return {
      code: "missing",
      text: CONNECTION_TEXT,
      detail: `${registry} answers 404 as no schema registry does: is its address right, with its path?`,
      disablingReason: "ESM_CONFIG_NOT_VALID",
    };
  }
  return { code: "unreachable", text: CONNECTION_TEXT, detail: `${registry} answers ${what}` };
}

/** The secret itself is at fault. `what` never holds its text. */
export function deniedProblem(what: string): SourceProblem {
  return { code: "denied", text: ACCESS_TEXT, detail: what, disablingReason: "EVENT_SOURCE_AUTHN_ERROR" };
}

/** A schema that nobody here can use: records that have it wait, as what is dropped would be lost. */
export function unusableProblem(schema: string, why: string): SourceProblem {
  return {
    code: "wrongType",
    text: CONNECTION_TEXT,
    detail: `${schema} cannot be used: ${why}`,
    disablingReason: "ESM_CONFIG_NOT_VALID",
  };
}

function unreachable(error: Error, registry: string): SourceProblem {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const isTimeout = error.name === "TimeoutError" || error.name === "AbortError";
  const words = isTimeout ? "it does not answer" : error.message || code || error.name;
  if (/alert|CERTIFICATE_REQUIRED/i.test(`${words} ${code}`)) {
    return {
      code: "denied",
      text: ACCESS_TEXT,
      detail: `${registry} does not accept the client certificate, or wants one (CLIENT_CERTIFICATE_TLS_AUTH): ${words}`,
      disablingReason: "EVENT_SOURCE_AUTHN_ERROR",
    };
  }
  if (/certificate|self.signed|altnames|CERT_|UNABLE_TO_/i.test(`${words} ${code}`)) {
    return {
      code: "broken",
      text: "PROBLEM: Lambda failed to authenticate server",
      detail: `${registry} shows a certificate that is not trusted: ${words}`,
    };
  }
  return { code: "unreachable", text: CONNECTION_TEXT, detail: `${registry} cannot be reached: ${words}` };
}
