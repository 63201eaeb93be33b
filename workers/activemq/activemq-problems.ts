// What a fault of ActiveMQ means for a mapping, from what the client tells: a condition of AMQP where there is one, else words.

import type { SourceProblem } from "../../src/ports/source.ts";

const CONNECTION_TEXT = "PROBLEM: Connection error. Please check your event source connection configuration.";
const LOGIN_TEXT = "PROBLEM: Server failed to authenticate Lambda";
const RIGHTS_TEXT = "PROBLEM: Cluster failed to authorize Lambda";
const CERTIFICATE_TEXT = "PROBLEM: Lambda failed to authenticate server";

export interface ActiveMqPlace {
  /** Host and port: what a person knows the broker by. */
  readonly address: string;
  readonly queueName: string;
}

/** `wasOpen`: whether the broker had let us in before. */
export function connectionProblem(error: unknown, place: ActiveMqPlace, wasOpen: boolean): SourceProblem {
  const words = wordsOf(error);
  const where = `ActiveMQ at ${place.address}`;
  if (!wasOpen && isLoginRefused(error)) {
    return {
      code: "denied",
      text: LOGIN_TEXT,
      detail: `${where} refuses the user or password of the secret (BASIC_AUTH)`,
      disablingReason: "EVENT_SOURCE_AUTHN_ERROR",
    };
  }
  if (/certificate|self.signed|altnames|CERT_/i.test(`${words} ${codeOf(error)}`)) {
    return {
      code: "broken",
      text: CERTIFICATE_TEXT,
      detail: `${where} shows a certificate that is not trusted: ${words}`,
    };
  }
  const what = wasOpen ? "has ended the connection" : "cannot be reached";
  return { code: "unreachable", text: CONNECTION_TEXT, detail: `${where} ${what}: ${words}` };
}

export function consumerProblem(error: unknown, place: ActiveMqPlace): SourceProblem {
  const where = `queue ${place.queueName} of ActiveMQ at ${place.address}`;
  if (/unauthorized|not authorized|security/i.test(`${conditionOf(error)} ${wordsOf(error)}`)) {
    return {
      code: "denied",
      text: RIGHTS_TEXT,
      detail: `the user may not read the ${where}`,
      disablingReason: "EVENT_SOURCE_AUTHZ_ERROR",
    };
  }
  return { code: "unreachable", text: CONNECTION_TEXT, detail: `the ${where} cannot be read: ${wordsOf(error)}` };
}

/** The secret itself is at fault (M-605). `what` never holds its text. */
export function secretProblem(what: string): SourceProblem {
  return { code: "denied", text: LOGIN_TEXT, detail: what, disablingReason: "EVENT_SOURCE_AUTHN_ERROR" };
}

function isLoginRefused(error: unknown): boolean {
  return /unauthorized|Failed to authenticate|invalid|SASL/i.test(`${conditionOf(error)} ${wordsOf(error)}`);
}

function memberOf(error: unknown, name: string): string {
  if (typeof error !== "object" || error === null) return "";
  const value: unknown = Reflect.get(error, name);
  return typeof value === "string" ? value : "";
}

const codeOf = (error: unknown): string => memberOf(error, "code");
const conditionOf = (error: unknown): string => memberOf(error, "condition");

function wordsOf(error: unknown): string {
  const words = memberOf(error, "message") || memberOf(error, "description") || conditionOf(error) || codeOf(error);
  return words === "" ? "it was closed without a reason" : words;
}
