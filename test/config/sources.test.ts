// What `sources` may say of a broker: what would have no effect, or is not there, is refused with its place.

import { describe, expect, test } from "vitest";
import { createCertificates } from "../../scripts/brokers/certificates.ts";
import { folderWith, load, refusal } from "./folder.ts";

const arn = "arn:aws:mq:us-east-1:000000000000:broker:shop:b-1";
const tls = "engine: ACTIVEMQ, url: amqps://host:5671, caFile: ca.pem";

const aFolder = (members: string, more: Readonly<Record<string, string>> = {}): string =>
  folderWith({ "millrace.config.yaml": `sources:\n  ${arn}: { ${members} }\n`, ...more });

describe("the file of a broker's authority", () => {
  test("that is not there is told with its place", async () => {
    const said = await refusal(aFolder(tls));
    expect(said).toContain("error[config-invalid]: `caFile` cannot be read: ENOENT");
    expect(said).toContain("millrace.config.yaml:2:");
  });

  test("without a certificate is told as such", async () => {
    const junk = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    expect(await refusal(aFolder(tls, { "ca.pem": "no PEM" }))).toContain("`caFile` has no certificate in PEM");
    expect(await refusal(aFolder(tls, { "ca.pem": junk }))).toContain("`caFile` has no certificate in PEM");
  });

  test("with one is taken", async () => {
    const { caFile } = await createCertificates(folderWith({}));
    expect((await load(aFolder(tls.replace("ca.pem", caFile)))).sources).toMatchObject([{ arn, caFile }]);
  });

  test("has no effect without TLS, and is refused", async () => {
    const { caFile } = await createCertificates(folderWith({}));
    const members = `engine: RABBITMQ, url: "amqp://host:5672", caFile: ${caFile}`;
    expect(await refusal(aFolder(members))).toContain("`caFile` is for TLS, and `url` has none");
  });
});

describe("R-101, R-105: the form of ActiveMQ's event", () => {
  test("is the usual one, or what the broker is said to have", async () => {
    expect((await load(aFolder("engine: ACTIVEMQ"))).sources).toMatchObject([
      { activeMqEvent: { eventSource: "aws:mq", expiration: "number" } },
    ]);
    expect((await load(aFolder('engine: ACTIVEMQ, eventSource: "aws:amq", expiration: string'))).sources).toMatchObject(
      [{ activeMqEvent: { eventSource: "aws:amq", expiration: "string" } }],
    );
  });

  test("is none of RabbitMQ's, and none of AWS's other sources'", async () => {
    expect(await refusal(aFolder("engine: RABBITMQ, expiration: string"))).toContain(
      "`expiration` is not for RABBITMQ",
    );
    expect(await refusal(aFolder('engine: RABBITMQ, eventSource: "aws:mq"'))).toContain(
      "`eventSource` is not for RABBITMQ",
    );
    expect(await refusal(aFolder('engine: ACTIVEMQ, eventSource: "aws:rmq"'))).toContain("eventSource");
  });
});

describe("R-803: the time that RabbitMQ waits for an acknowledgement", () => {
  const mapped = (seconds: number, timeoutSeconds: number): string =>
    folderWith({
      "millrace.config.yaml": `sources:
  ${arn}: { engine: RABBITMQ, consumerTimeoutSeconds: ${seconds} }
functions:
  f: { Handler: f.handler, Timeout: ${timeoutSeconds} }
mappings:
  - EventSourceArn: ${arn}
    FunctionName: f
    Queues: [orders]
    SourceAccessConfigurations:
      - { Type: BASIC_AUTH, URI: "arn:aws:secretsmanager:us-east-1:000000000000:secret:login-abcdef" }
`,
      "f.ts": "export const handler = () => {};\n",
    });

  test("is more than the minute before which all goes back", async () => {
    expect(await refusal(aFolder("engine: RABBITMQ, consumerTimeoutSeconds: 60"))).toContain("consumerTimeoutSeconds");
    expect((await load(aFolder("engine: RABBITMQ, consumerTimeoutSeconds: 61"))).sources).toMatchObject([
      { consumerTimeoutMs: 61_000 },
    ]);
  });

  test("has room for a call of each function that is called", async () => {
    const said = await refusal(mapped(89, 30));
    expect(said).toContain("`consumerTimeoutSeconds` leaves no time for a call of `f`, whose Timeout is 30 s");
    expect(said).toContain("at least 90");
    expect((await load(mapped(90, 30))).sources).toMatchObject([{ consumerTimeoutMs: 90_000 }]);
  });
});
