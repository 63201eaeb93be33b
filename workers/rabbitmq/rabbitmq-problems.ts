// What a fault of RabbitMQ means for a mapping, from what the client throws: a code of AMQP where there is one, else its words.

import type { SourceProblem } from "../../src/ports/source.ts";

const CONNECTION_TEXT = "PROBLEM: Connection error. Please check your event source connection configuration.";
const LOGIN_TEXT = "PROBLEM: Server failed to authenticate Lambda";
const RIGHTS_TEXT = "PROBLEM: Cluster failed to authorize Lambda";
const CERTIFICATE_TEXT = "PROBLEM: Lambda failed to authenticate server";

export interface BrokerPlace {
  /** Host and port: what a person knows the broker by. */
  readonly address: string;
  readonly virtualHost: string;
  readonly queueName: string;
}

export function connectProblem(error: unknown, place: BrokerPlace): SourceProblem {
  const words = wordsOf(error);
  const where = `RabbitMQ at ${place.address}`;
  if (/ACCESS[-_]REFUSED/.test(words)) {
    return {
      code: "denied",
      text: LOGIN_TEXT,
      detail: `${where} refuses the user or password of the secret (BASIC_AUTH)`,
      disablingReason: "EVENT_SOURCE_AUTHN_ERROR",
    };
  }
  // The client tells no code here: the server closes instead of opening.
  if (/ConnectionOpenOk/.test(words)) {
    return {
      code: "missing",
      text: CONNECTION_TEXT,
      detail: `${where} has no virtual host ${place.virtualHost} for this user`,
      disablingReason: "ESM_CONFIG_NOT_VALID",
    };
  }
  if (/certificate|self.signed|altnames|CERT_/i.test(`${words} ${nodeCodeOf(error)}`))
    return {
      code: "broken",
      text: CERTIFICATE_TEXT,
      detail: `${where} shows a certificate that is not trusted: ${words}`,
    };
  return { code: "unreachable", text: CONNECTION_TEXT, detail: `${where} cannot be reached: ${words}` };
}

export function channelProblem(error: unknown, place: BrokerPlace): SourceProblem {
  const where = `queue ${place.queueName} in virtual host ${place.virtualHost} of RabbitMQ at ${place.address}`;
  switch (amqpCodeOf(error)) {
    case 404:
      return {
        code: "missing",
        text: CONNECTION_TEXT,
        detail: `there is no ${where}; it is waited for, never made`,
        disablingReason: "ESM_CONFIG_NOT_VALID",
      };
    case 403:
      return {
        code: "denied",
        text: RIGHTS_TEXT,
        detail: `the user may not read the ${where}`,
        disablingReason: "EVENT_SOURCE_AUTHZ_ERROR",
      };
    default:
      return { code: "unreachable", text: CONNECTION_TEXT, detail: `the ${where} cannot be read: ${wordsOf(error)}` };
  }
}

/** */
export function streamQueueProblem({ queueName, address }: BrokerPlace): SourceProblem {
  return {
    code: "wrongType",
    text: CONNECTION_TEXT,
    detail: `queue ${queueName} of RabbitMQ at ${address} is a stream: its messages are never acknowledged, so no mapping can read it`,
    disablingReason: "ESM_CONFIG_NOT_VALID",
  };
}

/** */
export function cancelledProblem({ queueName, address }: BrokerPlace): SourceProblem {
  return {
    code: "unreachable",
    text: CONNECTION_TEXT,
    detail: `RabbitMQ at ${address} has ended the consumer of queue ${queueName}: the queue was deleted or has moved`,
  };
}

/** The secret itself is at fault (M-605). `what` never holds its text. */
export function secretProblem(what: string): SourceProblem {
  return { code: "denied", text: LOGIN_TEXT, detail: what, disablingReason: "EVENT_SOURCE_AUTHN_ERROR" };
}

function amqpCodeOf(error: unknown): number | null {
  return error instanceof Error && "code" in error && typeof error.code === "number" ? error.code : null;
}

function nodeCodeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === "" ? nodeCodeOf(error) || error.name : error.message;
}
