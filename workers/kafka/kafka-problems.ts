// What a fault of a Kafka cluster means for a mapping (M-702, M-704, M-705), from what kafkajs throws: its kind of error, the protocol's
// name of it, or the words and codes of TLS.

import type { SourceProblem } from "../../src/ports/source.ts";
import { UnreadableError } from "./kafka-errors.ts";

const CONNECTION_TEXT = "PROBLEM: Connection error. Please check your event source connection configuration.";
const SASL_TEXT = "PROBLEM: SASL authentication failed";
const RIGHTS_TEXT = "PROBLEM: Cluster failed to authorize Lambda";
const CLIENT_TEXT = "PROBLEM: Server failed to authenticate Lambda";
const SERVER_TEXT = "PROBLEM: Lambda failed to authenticate server";
const KEY_TEXT = "PROBLEM: Provided certificate or private key is invalid";

export interface KafkaPlace {
  /** `HOST:PORT`, as they are reached from here. */
  readonly servers: readonly string[];
  readonly topic: string;
  readonly groupId: string;
}

export function kafkaProblem(error: unknown, place: KafkaPlace): SourceProblem {
  const chain = chainOf(error);
  const words = wordsOf(chain.at(-1));
  const where = `Kafka at ${place.servers.join(", ")}`;
  const type = chain.map((link) => memberOf(link, "type")).find((name) => name !== "") ?? "";
  const all = chain.map((link) => `${memberOf(link, "name")} ${wordsOf(link)} ${memberOf(link, "code")}`).join(" ");

  if (type === "UNKNOWN_TOPIC_OR_PARTITION") return missingTopicProblem(place);
  if (type === "INVALID_TOPIC_EXCEPTION") {
    return {
      code: "missing",
      text: CONNECTION_TEXT,
      detail: `${where} can have no topic named ${place.topic}`,
      disablingReason: "ESM_CONFIG_NOT_VALID",
    };
  }
  if (type === "INCONSISTENT_GROUP_PROTOCOL") {
    return {
      code: "wrongType",
      text: CONNECTION_TEXT,
      detail: `the group ${place.groupId} in ${where} has members that share out partitions in ways that we do not know (not by range or roundrobin)`,
      disablingReason: "ESM_CONFIG_NOT_VALID",
    };
  }
  if (type.endsWith("_AUTHORIZATION_FAILED")) return rightsProblem(type, where, place);
  const unreadable = chain.find((link) => link instanceof UnreadableError);
  if (unreadable !== undefined) {
    return { code: "broken", text: CONNECTION_TEXT, detail: `${where} answers, but ${unreadable.message}` };
  }
  // A server that hangs up in the middle of a login has not judged it (M-703).
  if (/SASL/.test(all) && !isHangUp(words)) return saslProblem(words, where);
  if (
    /alert (?:bad|unknown|unsupported|revoked|expired)? ?(?:certificate|ca)|alert certificate|CERTIFICATE_REQUIRED/i.test(
      all,
    )
  ) {
    return {
      code: "denied",
      text: CLIENT_TEXT,
      detail: `${where} does not accept the client certificate, or wants one (CLIENT_CERTIFICATE_TLS_AUTH): ${words}`,
      disablingReason: "EVENT_SOURCE_AUTHN_ERROR",
    };
  }
  if (/certificate|self.signed|altnames|CERT_|UNABLE_TO_/i.test(all)) {
    return {
      code: "broken",
      text: SERVER_TEXT,
      detail: `${where} shows a certificate that is not trusted: ${words}`,
    };
  }
  return { code: "unreachable", text: CONNECTION_TEXT, detail: `${where} cannot be reached: ${words}` };
}

/** M-706: it is waited for, and never disables its mapping. */
export function missingTopicProblem(place: KafkaPlace): SourceProblem {
  return {
    code: "missing",
    text: CONNECTION_TEXT,
    detail: `there is no topic ${place.topic} in Kafka at ${place.servers.join(", ")}; it is waited for, never made`,
  };
}

/** The secret itself is at fault (M-605). `what` never holds its text. */
export function loginSecretProblem(what: string): SourceProblem {
  return { code: "denied", text: SASL_TEXT, detail: what, disablingReason: "EVENT_SOURCE_AUTHN_ERROR" };
}

export function certificateSecretProblem(what: string): SourceProblem {
  return { code: "denied", text: KEY_TEXT, detail: what, disablingReason: "EVENT_SOURCE_AUTHN_ERROR" };
}

/** A certificate authority that cannot be read, from a file or a secret. */
export function authorityProblem(what: string): SourceProblem {
  return { code: "broken", text: SERVER_TEXT, detail: what, disablingReason: "ESM_CONFIG_NOT_VALID" };
}

function saslProblem(words: string, where: string): SourceProblem {
  const isMechanism = /mechanism is not supported|UNSUPPORTED_SASL_MECHANISM/i.test(words);
  return {
    code: "denied",
    text: SASL_TEXT,
    detail: isMechanism ? `${where}: ${words}` : `${where} refuses the login of the secret: ${words}`,
    disablingReason: isMechanism ? "ESM_CONFIG_NOT_VALID" : "EVENT_SOURCE_AUTHN_ERROR",
  };
}

function rightsProblem(type: string, where: string, { topic, groupId }: KafkaPlace): SourceProblem {
  const what = type.startsWith("GROUP") ? `join the group ${groupId}` : `read the topic ${topic}`;
  return {
    code: "denied",
    text: RIGHTS_TEXT,
    detail: `${where} does not let this user ${what} (${type})`,
    disablingReason: "EVENT_SOURCE_AUTHZ_ERROR",
  };
}

function isHangUp(words: string): boolean {
  return /closed|timed? ?out|timeout|not connected|ECONN|EPIPE|socket/i.test(words) && !/invalid/i.test(words);
}

/** An error and what caused it, outermost first. */
function chainOf(error: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (let link = error; link !== undefined && link !== null && chain.length < 8; link = causeOf(link))
    chain.push(link);
  return chain;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

function memberOf(error: unknown, name: string): string {
  if (typeof error !== "object" || error === null) return "";
  const value: unknown = Reflect.get(error, name);
  return typeof value === "string" ? value : "";
}

function wordsOf(error: unknown): string {
  const words = memberOf(error, "message") || memberOf(error, "code") || memberOf(error, "name");
  return words === "" ? "it closed the connection without a reason" : words.replace(/^Connection error: /, "");
}
