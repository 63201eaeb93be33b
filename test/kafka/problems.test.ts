// What the client throws, as it was seen on brokers, and what the mapping then says.

import { describe, expect, test } from "vitest";
import { type KafkaPlace, kafkaProblem } from "../../workers/kafka/kafka-problems.ts";
import { loadKafkajs } from "../../workers/kafka/kafka-client.ts";

const place: KafkaPlace = { servers: ["one:9092", "two:9092"], topic: "orders", groupId: "g" };

/** An error with the members that the client's errors have. */
function thrown(message: string, members: object = {}, cause?: Error): Error {
  return Object.assign(new Error(message, cause === undefined ? {} : { cause }), members);
}

const cases: readonly (readonly [string, Error, object])[] = [
  [
    "a wrong password",
    thrown("SASL PLAIN authentication failed: Authentication failed: Invalid username or password", {
      name: "KafkaJSSASLAuthenticationError",
    }),
    {
      code: "denied",
      text: "PROBLEM: SASL authentication failed",
      disablingReason: "EVENT_SOURCE_AUTHN_ERROR",
    },
  ],
  [
    "a mechanism that the broker does not have",
    thrown("SASL SCRAM-SHA-256 mechanism is not supported by the server", { name: "KafkaJSSASLAuthenticationError" }),
    { text: "PROBLEM: SASL authentication failed", disablingReason: "ESM_CONFIG_NOT_VALID" },
  ],
  [
    "M-703: a broker that hangs up in the middle of a login",
    thrown("SASL PLAIN authentication failed: Closed connection", { name: "KafkaJSSASLAuthenticationError" }),
    {
      code: "unreachable",
      text: "PROBLEM: Connection error. Please check your event source connection configuration.",
    },
  ],
  [
    "an authority that is not trusted",
    thrown("Connection error: self-signed certificate in certificate chain", {
      name: "KafkaJSConnectionError",
      code: "SELF_SIGNED_CERT_IN_CHAIN",
    }),
    { code: "broken", text: "PROBLEM: Lambda failed to authenticate server" },
  ],
  [
    "a client certificate that the broker does not trust",
    thrown("Connection error: …:SSL routines:ssl3_read_bytes:ssl/tls alert certificate unknown:…", {
      name: "KafkaJSConnectionError",
    }),
    {
      code: "denied",
      text: "PROBLEM: Server failed to authenticate Lambda",
      disablingReason: "EVENT_SOURCE_AUTHN_ERROR",
    },
  ],
  [
    "a client certificate that is missing",
    thrown("Connection error: …:ssl/tls alert bad certificate:…", { name: "KafkaJSConnectionError" }),
    { text: "PROBLEM: Server failed to authenticate Lambda" },
  ],
  [
    "a topic that the user may not read",
    thrown("Not authorized to access topics", { name: "KafkaJSProtocolError", type: "TOPIC_AUTHORIZATION_FAILED" }),
    {
      code: "denied",
      text: "PROBLEM: Cluster failed to authorize Lambda",
      detail: expect.stringContaining("read the topic orders"),
      disablingReason: "EVENT_SOURCE_AUTHZ_ERROR",
    },
  ],
  [
    "a group that the user may not join",
    thrown("Not authorized to access group", { name: "KafkaJSProtocolError", type: "GROUP_AUTHORIZATION_FAILED" }),
    { detail: expect.stringContaining("join the group g"), disablingReason: "EVENT_SOURCE_AUTHZ_ERROR" },
  ],
  [
    "M-706: a topic that is missing",
    thrown("This server does not host this topic-partition", { type: "UNKNOWN_TOPIC_OR_PARTITION" }),
    {
      code: "missing",
      text: "PROBLEM: Connection error. Please check your event source connection configuration.",
    },
  ],
  [
    "a refused port",
    thrown("Connection error: connect ECONNREFUSED 127.0.0.1:9", {
      name: "KafkaJSConnectionError",
      code: "ECONNREFUSED",
    }),
    { code: "unreachable", detail: "Kafka at one:9092, two:9092 cannot be reached: connect ECONNREFUSED 127.0.0.1:9" },
  ],
];

describe("M-702, M-704, M-705: faults of the cluster", () => {
  test.each(cases)("%s", (_what, error, problem) => {
    expect(kafkaProblem(error, place)).toMatchObject(problem);
    const wrapped = thrown(error.message, { name: "KafkaJSNumberOfRetriesExceeded" }, error);
    expect(kafkaProblem(wrapped, place)).toMatchObject(problem);
  });

  test("M-703, M-706: what may pass by itself has no reason to disable", () => {
    const passing = cases.filter(([what]) => /^M-|refused port|authority/.test(what));
    expect(passing.map(([, error]) => kafkaProblem(error, place).disablingReason)).toEqual(
      passing.map(() => undefined),
    );
  });

  test("the client's own errors, of a port where nobody listens", async () => {
    const { Kafka } = await loadKafkajs();
    const admin = new Kafka({ brokers: ["127.0.0.1:1"], logLevel: 0, retry: { retries: 0 } }).admin();
    const error: unknown = await admin.connect().catch((failure: unknown) => failure);
    expect(kafkaProblem(error, place)).toMatchObject({
      code: "unreachable",
      detail: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test("what is no error at all", () => {
    expect(kafkaProblem(undefined, place)).toMatchObject({ code: "unreachable" });
    expect(kafkaProblem("gone", place)).toMatchObject({ code: "unreachable" });
  });
});
